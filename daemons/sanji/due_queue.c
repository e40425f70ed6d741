/* A binary heap. */
#include "due_queue.h"

#include <stdlib.h>

struct planned {
    int64_t at_ms;
    int32_t index;
    uint32_t plan;
};

struct due_queue {
    size_t count, room;
    struct planned *heap;
};

struct due_queue *due_queue_new(void)
{
    struct due_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        abort();
    return queue;
}

void due_queue_free(struct due_queue **queue)
{
    if (!*queue)
        return;
    free((*queue)->heap);
    free(*queue);
    *queue = NULL;
}

static void swap(struct planned *a, struct planned *b)
{
    struct planned c = *a;
    *a = *b;
    *b = c;
}

void due_queue_add(struct due_queue *queue, int64_t at_ms, int32_t index, uint32_t plan)
{
    if (queue->count == queue->room) {
        queue->room = queue->room ? queue->room * 2 : 256;
        queue->heap = realloc(queue->heap, queue->room * sizeof *queue->heap);
        if (!queue->heap)
            abort();
    }
    size_t at = queue->count++;
    queue->heap[at] = (struct planned){at_ms, index, plan};
    for (; at > 0 && queue->heap[(at - 1) / 2].at_ms > queue->heap[at].at_ms; at = (at - 1) / 2)
        swap(&queue->heap[(at - 1) / 2], &queue->heap[at]);
}

static void sink(struct due_queue *queue)
{
    struct planned *heap = queue->heap;
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queue->count; child++)
            if (heap[child].at_ms < heap[least].at_ms)
                least = child;
        if (least == at)
            return;
        swap(&heap[least], &heap[at]);
        at = least;
    }
}

bool due_queue_due(struct due_queue *queue, int64_t now_ms, int32_t *index, uint32_t *plan)
{
    if (queue->count == 0 || queue->heap[0].at_ms > now_ms)
        return false;
    *index = queue->heap[0].index;
    *plan = queue->heap[0].plan;
    queue->heap[0] = queue->heap[--queue->count];
    sink(queue);
    return true;
}

int64_t due_queue_next(const struct due_queue *queue)
{
    return queue->count ? queue->heap[0].at_ms : INT64_MAX;
}
