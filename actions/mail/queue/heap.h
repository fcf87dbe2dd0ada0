/*
 * What is deferred, by the time of the next try: a binary heap of parts, each of which knows its place, so
 * that it can leave from anywhere. Engine thread only.
 */
#ifndef ACTIONS_MAIL_QUEUE_HEAP_H
#define ACTIONS_MAIL_QUEUE_HEAP_H

struct heap;
struct queue_part;

struct heap *heap_new(const void *ctx);
void heap_put(struct heap *, struct queue_part *); /* by its next_try */
void heap_take(struct heap *, struct queue_part *);
struct queue_part *heap_first(const struct heap *); /* NULL: empty */

#endif
