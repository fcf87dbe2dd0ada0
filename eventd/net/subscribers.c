/* Lists of subscribers. */
#include "net/subscribers.h"

#include "core/mem.h"

void
subscribers_begin(struct subscribers *list)
{
	TAILQ_INIT(list);
}

static int
subscriber_free(void *ptr)
{
	struct subscriber *s = ptr;

	TAILQ_REMOVE(s->list, s, entry);
	return 0;
}

void
subscribe(const void *ctx, struct subscribers *list, void (*f)(void), void *arg)
{
	struct subscriber *s = mem_new(ctx, struct subscriber);

	s->f = f;
	s->arg = arg;
	s->list = list;
	TAILQ_INSERT_TAIL(list, s, entry);
	mem_on_free(s, subscriber_free);
}

void
subscribers_end(struct subscribers *list)
{
	struct subscriber *s;

	while ((s = TAILQ_FIRST(list)) != NULL)
		mem_free(s);
}
