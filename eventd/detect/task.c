/* Samples of processes. */
#include "detect/task.h"

#include <string.h>

#include <uthash.h>

#include "core/mem.h"

/* A process at the sample before. */
struct task_before {
	int64_t pid;
	uint64_t start, cpu_us;
	int64_t value;
	bool has_value, is_there;
	UT_hash_handle hh;
};

/* What the process is worth to the condition; false: that takes two samples. */
static bool
value_of(const struct task *t, const struct processes *all, const struct process *p,
	const struct task_before *old, usec now, int64_t *value)
{
	usec time = now - t->sampled;

	if (!t->is_cpu) {
		*value = !t->in_percent    ? p->rss
			 : all->memory > 0 ? (p->rss * 100 + all->memory / 2) / all->memory
					   : 0;
		return true;
	}
	if (old == NULL || t->sampled == 0 || time <= 0 || p->cpu_us < old->cpu_us)
		return false;
	*value = ((int64_t)(p->cpu_us - old->cpu_us) * 100 + time / 2) / time;
	return true;
}

static struct task_before *
remember(struct task *t, const struct process *p)
{
	struct task_before *old;

	HASH_FIND(hh, t->before, &p->pid, sizeof p->pid, old);
	if (old != NULL && old->start != p->start) { /* the number was used again */
		HASH_DEL(t->before, old);
		mem_free(old);
		old = NULL;
	}
	if (old == NULL) {
		old = mem_new(t->ctx, struct task_before);
		old->pid = p->pid;
		old->start = p->start;
		old->cpu_us = UINT64_MAX; /* nothing is known of it yet */
		HASH_ADD(hh, t->before, pid, sizeof old->pid, old);
	}
	old->is_there = true;
	return old;
}

static void
forget_ended(struct task *t)
{
	struct task_before *old, *next;

	HASH_ITER (hh, t->before, old, next) {
		if (!old->is_there) {
			HASH_DEL(t->before, old);
			mem_free(old);
			continue;
		}
		old->is_there = false;
	}
}

/* Of several processes with the name: one that meets the condition, the most of them or the least. */
static bool
says_more(const struct task *t, bool holds, int64_t value)
{
	enum compare op = t->op;

	if (!t->was_looked_at)
		return true;
	if (holds != t->holds)
		return holds;
	return op == COMPARE_LT || op == COMPARE_LE ? value < t->value : value > t->value;
}

static void
sample_process(struct task *t, const struct processes *all, const struct process *p, usec now)
{
	struct task_before *old = remember(t, p);
	int64_t value, diff;
	bool holds;

	if (value_of(t, all, p, old->cpu_us == UINT64_MAX ? NULL : old, now, &value)) {
		diff = old->has_value ? value - old->value : 0;
		holds = compare_holds(t->op, value, t->val);
		if (says_more(t, holds, value)) {
			t->found = *p;
			t->value = value;
			t->diff = diff;
			t->holds = holds;
			t->was_looked_at = true;
		}
		old->value = value;
		old->has_value = true;
	}
	old->cpu_us = p->cpu_us;
}

void
task_sample(struct task *t, const struct processes *all, char *const *names, usec now)
{
	t->was_looked_at = t->holds = false;
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(names[all->v[i].wanted], t->name) == 0)
			sample_process(t, all, &all->v[i], now);
	forget_ended(t);
	t->sampled = now;
}

void
task_forget(struct task *t)
{
	struct task_before *old, *next;

	HASH_ITER (hh, t->before, old, next) {
		HASH_DEL(t->before, old);
		mem_free(old);
	}
}
