/* Inputs on their way to a batch: a queue owns its blocks. */
#include "center/center_private.h"

#include <stdlib.h>
#include <string.h>

void center_queue(struct input_queue *queue, struct input *input)
{
    input->next = NULL;
    if (!queue->last)
        queue->last = &queue->first;
    *queue->last = input;
    queue->last = &input->next;
    queue->count++;
}

struct input *center_queue_take(struct input_queue *queue)
{
    struct input *input = queue->first;
    if (!input)
        return NULL;
    queue->first = input->next;
    if (!queue->first)
        queue->last = &queue->first;
    queue->count--;
    return input;
}

void center_queue_free(struct input_queue *queue)
{
    for (struct input *input; (input = center_queue_take(queue));)
        free(input);
}

void center_queue_drop(struct input_queue *queue, const struct neighbour *from)
{
    struct input_queue others = {0};
    for (struct input *input; (input = center_queue_take(queue));) {
        if (input->from == from)
            free(input);
        else
            center_queue(&others, input);
    }
    *queue = others;
}

struct input *center_input_new(enum input_kind kind, const uint8_t *bytes, size_t size)
{
    struct input *input = calloc(1, sizeof *input + size);
    if (!input)
        abort(); /* nothing that was acknowledged is lost; the supervisor starts us again */
    input->kind = kind;
    input->size = size;
    if (size > 0)
        memcpy(input->bytes, bytes, size);
    return input;
}
