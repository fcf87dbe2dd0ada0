/*
 * Who wants to know of changes of a table: functions of one type, each with its argument, called in the
 * order in which they came, each ending with its context or with the list, whichever is first. Engine
 * thread only.
 */
#ifndef NET_SUBSCRIBERS_H
#define NET_SUBSCRIBERS_H

#include <sys/queue.h>

struct subscriber {
	void (*f)(void); /* of the list's own type: cast back before it is called */
	void *arg;
	struct subscribers *list;
	TAILQ_ENTRY(subscriber) entry;
};
TAILQ_HEAD(subscribers, subscriber);

void subscribers_begin(struct subscribers *);

void subscribe(const void *ctx, struct subscribers *, void (*f)(void), void *arg);

/* The list goes: nobody looks back at it. */
void subscribers_end(struct subscribers *);

/* Whoever is called may leave. `next_` is a second variable. */
#define SUBSCRIBERS_EACH(s_, next_, list_) \
	for ((s_) = TAILQ_FIRST(list_); (s_) != NULL && ((next_) = TAILQ_NEXT(s_, entry), 1); (s_) = (next_))

#endif
