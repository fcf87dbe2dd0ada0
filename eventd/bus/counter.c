/* Named counters, and who wants to know of their changes. */
#include "bus/counter.h"

#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "core/mem.h"

struct counter {
	const char *name;
	int64_t value;
	bool was_set, has_changed;
	UT_hash_handle hh;
};

struct watch {
	LIST_ENTRY(watch) link;
	counter_f *f;
	void *arg;
};
LIST_HEAD(watches, watch);

struct counters {
	struct counter *by_name; /* uthash keeps the order of insertion */
	struct watches watches;
};

static int
counters_free(void *p)
{
	struct counters *all = p;

	HASH_CLEAR(hh, all->by_name);
	while (!LIST_EMPTY(&all->watches)) {
		struct watch *w = LIST_FIRST(&all->watches);

		LIST_REMOVE(w, link);
		mem_on_free(w, NULL);
	}
	return 0;
}

struct counters *
counters_new(const void *ctx)
{
	struct counters *all = mem_new(ctx, struct counters);

	LIST_INIT(&all->watches);
	mem_on_free(all, counters_free);
	return all;
}

static struct counter *
counter_find(const struct counters *all, const char *name)
{
	struct counter *c;

	HASH_FIND_STR(all->by_name, name, c);
	return c;
}

static struct counter *
counter_of(struct counters *all, const char *name)
{
	struct counter *c = counter_find(all, name);

	if (c != NULL)
		return c;
	c = mem_new(all, struct counter);
	c->name = mem_strdup(c, name);
	HASH_ADD_KEYPTR(hh, all->by_name, c->name, strlen(c->name), c);
	return c;
}

static bool
result_of(int64_t value, enum counter_op op, int64_t by, int64_t *out)
{
	bool overflow = false;

	*out = value;
	if (op == COUNTER_SET)
		*out = by;
	else if (op == COUNTER_INC)
		overflow = __builtin_add_overflow(value, by, out);
	else if (op == COUNTER_DEC)
		overflow = __builtin_sub_overflow(value, by, out);
	return !overflow && *out >= INT32_MIN && *out <= INT32_MAX;
}

bool
counter_change(struct counters *all, const char *name, enum counter_op op, int64_t by, struct cause *cause,
	int64_t *now, struct err *err)
{
	struct counter *c = counter_of(all, name);
	struct watch *w, *next;
	int64_t value;

	if (!result_of(c->value, op, by, &value))
		return err_class(err, ERR_RANGE, "FH_ERANGE", "counter %s would leave the range %d to %d",
			name, INT32_MIN, INT32_MAX);
	c->value = value;
	c->was_set |= op == COUNTER_SET;
	c->has_changed |= op != COUNTER_NOP;
	if (now)
		*now = value;
	if (op == COUNTER_NOP)
		return true;
	for (w = LIST_FIRST(&all->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		w->f(w->arg, c->name, value, cause);
	}
	return true;
}

int64_t
counter_get(const struct counters *all, const char *name)
{
	const struct counter *c = counter_find(all, name);

	return c ? c->value : 0;
}

void
counters_each_changed(
	struct counters *all, bool again, void (*f)(void *arg, const char *name, int64_t value), void *arg)
{
	struct counter *c, *next;

	HASH_ITER (hh, all->by_name, c, next) {
		if (c->has_changed || again)
			f(arg, c->name, c->value);
		c->has_changed = false;
	}
}

void
counter_restore(struct counters *all, const char *name, int64_t value)
{
	struct counter *c = counter_of(all, name);
	int64_t sum;

	if (!c->was_set && result_of(value, COUNTER_INC, c->value, &sum))
		c->value = sum;
}

static int
watch_free(void *p)
{
	LIST_REMOVE((struct watch *)p, link);
	return 0;
}

void
counters_watch(const void *ctx, struct counters *all, counter_f *f, void *arg)
{
	struct watch *w = mem_new(ctx, struct watch);

	w->f = f;
	w->arg = arg;
	LIST_INSERT_HEAD(&all->watches, w, link);
	mem_on_free(w, watch_free);
}
