/* Planned acts by time. A plan that was given up stays in the queue; its number tells that it is void. */
#ifndef SANJI_DUE_QUEUE_H
#define SANJI_DUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct due_queue;

struct due_queue *due_queue_new(void);
void due_queue_free(struct due_queue **queue);
void due_queue_add(struct due_queue *queue, int64_t at_ms, int32_t index, uint32_t plan);
/* The earliest, if it is due; it is taken out. */
bool due_queue_due(struct due_queue *queue, int64_t now_ms, int32_t *index, uint32_t *plan);
int64_t due_queue_next(const struct due_queue *queue); /* INT64_MAX when empty */

#endif
