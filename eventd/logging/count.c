/* How often each message came. */
#include "logging/count.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"

/* There are as many as this program has messages: some dozens. */
struct count {
	const char *facility, *mnemonic;
	enum severity severity;
	uint64_t n;
	char last[80];
	TAILQ_ENTRY(count) entry;
};

struct counts {
	TAILQ_HEAD(, count) all; /* in the order in which they are shown */
};

struct counts *
counts_new(const void *ctx)
{
	struct counts *c = mem_new(ctx, struct counts);

	TAILQ_INIT(&c->all);
	return c;
}

static int
compare(const struct count *c, const struct log_entry *e)
{
	int order = strcmp(c->facility, e->facility);

	order = order != 0 ? order : strcmp(c->mnemonic, e->mnemonic);
	return order != 0 ? order : (int)c->severity - (int)e->severity;
}

static struct count *
find(struct counts *counts, const struct log_entry *e)
{
	struct count *at, *c;

	TAILQ_FOREACH (at, &counts->all, entry) {
		int order = compare(at, e);

		if (order == 0)
			return at;
		if (order > 0)
			break;
	}
	c = mem_new(counts, struct count);
	c->facility = mem_strdup(c, e->facility);
	c->mnemonic = mem_strdup(c, e->mnemonic);
	c->severity = e->severity;
	if (at != NULL)
		TAILQ_INSERT_BEFORE(at, c, entry);
	else
		TAILQ_INSERT_TAIL(&counts->all, c, entry);
	return c;
}

void
counts_add(struct counts *counts, const struct log_entry *e)
{
	struct count *c;

	if (e->is_debug)
		return;
	c = find(counts, e);
	c->n++;
	snprintf(c->last, sizeof c->last, "%s", e->stamp);
}

void
counts_each(const struct counts *counts, void (*f)(void *arg, const struct logging_count *), void *arg)
{
	const struct count *c;

	TAILQ_FOREACH (c, &counts->all, entry)
		f(arg, &(struct logging_count){ c->facility, c->mnemonic, c->severity, c->n, c->last });
}
