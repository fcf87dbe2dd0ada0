/* Watching resource policies. */
#include "detect/erm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"

#define POLL (5 * USEC_PER_SEC)
/* The kernel takes this window from everybody, shorter ones from root only. */
#define TRIGGER_WINDOW (2 * USEC_PER_SEC)

struct erm {
	struct engine *engine;
	erm_f *f;
	erm_wanted_f *wanted;
	erm_changed_f *changed;
	void *arg;
	struct timer *timer;
	struct erm_policy *policies;
	unsigned generation; /* of the policies: answers about older ones are dropped */
	/* A worker is at it: files of /proc; file systems, which may never answer and so have their own. */
	bool reads[2];
	char *said; /* what erm_needs() gave last */
};

struct item {
	struct erm_owner *owner; /* valid while the generation is the same */
	enum usage_kind kind;
	char *path;
	struct usage found;
};

struct job {
	struct erm *erm;
	char *procfs;
	unsigned generation;
	bool of_filesystems;
	usec at;
	struct item *items;
	size_t n;
};

const char *
erm_level_name(enum erm_level level)
{
	static const char *const names[] = { "minor", "major", "critical" }; /* ORDER: enum erm_level */

	return names[level];
}

static bool
is_watched(const struct erm *e, const struct erm_policy *p)
{
	return p->applied && e->wanted(e->arg, p->name);
}

/* ---- levels ---- */

static bool
passes(struct erm_limit *l, int percent, usec now)
{
	bool other = l->up ? percent <= l->falling : percent >= l->rising;

	if (!other) {
		l->since = 0;
		return false;
	}
	if (l->since == 0)
		l->since = now;
	if (now - l->since < (l->up ? l->falling_time : l->rising_time))
		return false;
	l->since = 0;
	l->up = !l->up;
	return true;
}

static void
sample(struct erm *e, const struct erm_policy *p, struct erm_owner *o, const struct usage *now, usec at)
{
	int percent = usage_percent(o->kind, &o->last, now, at - o->sampled);

	if (o->sampled == 0 && usage_form(o->kind)->grows)
		percent = -1;
	if (percent >= 0 && o->told > percent)
		percent = o->told;
	o->told = 0;
	o->last = *now;
	o->sampled = at;
	for (int level = 0; percent >= 0 && level < ERM_LEVELS; level++)
		if (o->limits[level].set && passes(&o->limits[level], percent, at))
			e->f(e->arg, p, o, (enum erm_level)level, percent);
}

/* ---- reading, in a worker ---- */

static void
read_items(void *data)
{
	struct job *j = data;

	for (size_t i = 0; i < j->n; i++)
		j->items[i].found = usage_read(j->procfs, j->items[i].kind, j->items[i].path);
}

static void
on_read(void *data)
{
	const struct job *j = data;
	struct erm *e = j->erm;
	size_t i = 0;

	e->reads[j->of_filesystems] = false;
	if (j->generation != e->generation) {
		timer_set(e->timer, 0);
		return;
	}
	for (struct erm_policy *p = e->policies; p != NULL; p = p->next)
		for (struct erm_owner *o = p->owners; o != NULL; o = o->next)
			for (i = 0; i < j->n; i++)
				if (j->items[i].owner == o)
					sample(e, p, o, &j->items[i].found, j->at);
	e->changed(e->arg);
}

static void
job_free(void *data)
{
	struct job *j = data;

	for (size_t i = 0; i < j->n; i++)
		free(j->items[i].path);
	free(j->items);
	free(j->procfs);
	free(j);
}

static void
add_item(struct job *j, struct erm_owner *o)
{
	struct item *item;

	j->items = realloc(j->items, (j->n + 1) * sizeof *j->items);
	if (j->items == NULL)
		abort();
	item = &j->items[j->n++];
	*item = (struct item){ .owner = o, .kind = o->kind };
	if (o->path != NULL && (item->path = strdup(o->path)) == NULL)
		abort();
}

static void
submit(struct erm *e, bool of_filesystems)
{
	struct job *j;

	if (e->reads[of_filesystems])
		return;
	j = calloc(1, sizeof *j);
	if (j == NULL || (j->procfs = strdup(e->engine->settings->procfs)) == NULL)
		abort();
	j->erm = e;
	j->generation = e->generation;
	j->of_filesystems = of_filesystems;
	j->at = loop_mono(e->engine->loop);
	for (struct erm_policy *p = e->policies; p != NULL; p = p->next)
		for (struct erm_owner *o = p->owners; is_watched(e, p) && o != NULL; o = o->next)
			if ((o->kind == USAGE_FILESYSTEM) == of_filesystems)
				add_item(j, o);
	if (j->n == 0) {
		job_free(j);
		return;
	}
	e->reads[of_filesystems] = true;
	work_submit(e, e->engine->loop, read_items, on_read, job_free, j);
}

static bool
anything_watched(const struct erm *e)
{
	for (const struct erm_policy *p = e->policies; p != NULL; p = p->next)
		if (is_watched(e, p))
			return true;
	return false;
}

static void
on_due(void *arg)
{
	struct erm *e = arg;

	submit(e, false);
	submit(e, true);
	if (anything_watched(e))
		timer_set(e->timer, POLL);
}

/* ---- triggers of the kernel: between two looks, too ---- */

struct trigger {
	struct erm *erm;
	struct erm_owner *owner;
	struct watch *watch;
	int fd, percent;
};

static int
trigger_free(void *ptr)
{
	struct trigger *t = ptr;

	mem_free(t->watch);
	close(t->fd);
	return 0;
}

static void
on_trigger(void *arg, int fd, unsigned what)
{
	struct trigger *t = arg;

	t->owner->told = t->percent; /* so much of the window; at most one word a window */
	submit(t->erm, false);
}

static int
least_rising(const struct erm_owner *o)
{
	int least = 0;

	for (int i = 0; i < ERM_LEVELS; i++)
		if (o->limits[i].set && (least == 0 || o->limits[i].rising < least))
			least = o->limits[i].rising;
	return least;
}

/* Accounting/psi.rst: "some STALL WINDOW" in microseconds. Where the kernel says no, looks must do. */
static void
set_trigger(struct erm *e, struct erm_owner *o)
{
	char path[512], words[64];
	int percent = least_rising(o), fd, n;
	struct statfs fs;
	struct trigger *t;

	if (o->trigger != NULL || usage_form(o->kind)->pressure == NULL || percent == 0)
		return;
	snprintf(path, sizeof path, "%s/pressure/%s", e->engine->settings->procfs,
		usage_form(o->kind)->pressure);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	n = snprintf(words, sizeof words, "some %lld %lld", (long long)(TRIGGER_WINDOW * percent / 100),
		(long long)TRIGGER_WINDOW);
	if (fstatfs(fd, &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC || write(fd, words, (size_t)n + 1) < 0) {
		close(fd);
		return;
	}
	t = mem_new(o, struct trigger);
	t->erm = e;
	t->owner = o;
	t->fd = fd;
	t->percent = percent;
	mem_on_free(t, trigger_free);
	t->watch = watch_fd(t, e->engine->loop, fd, WATCH_PRIORITY, on_trigger, t);
	o->trigger = t;
}

void
erm_settle(struct erm *e)
{
	for (struct erm_policy *p = e->policies; p != NULL; p = p->next)
		for (struct erm_owner *o = p->owners; o != NULL; o = o->next) {
			if (is_watched(e, p)) {
				set_trigger(e, o);
				continue;
			}
			mem_free(o->trigger);
			o->trigger = NULL;
			o->sampled = 0;
		}
	if (anything_watched(e))
		timer_set(e->timer, 0);
	else
		timer_stop(e->timer);
}

/* ---- which policies ---- */

static struct erm_policy *
find(const struct erm *e, const char *name)
{
	struct erm_policy *p = e->policies;

	while (p != NULL && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

const char *
erm_needs(struct erm *e, const char *policy)
{
	const struct erm_policy *p = find(e, policy);

	mem_free(e->said);
	e->said = NULL;
	if (p == NULL)
		e->said = mem_printf(e, "the policy %s of `resource policy`", policy);
	else if (!p->applied)
		e->said = mem_printf(e, "the line `user global %s` of `resource policy`", policy);
	else if (p->owners == NULL)
		e->said = mem_printf(e, "a resource in the policy %s", policy);
	for (const struct erm_owner *o = p == NULL ? NULL : p->owners; e->said == NULL && o != NULL;
		o = o->next)
		if (o->sampled != 0 && !o->last.is_there)
			e->said = mem_printf(e, "%s%s%s", usage_form(o->kind)->needs,
				o->path != NULL ? " " : "", o->path != NULL ? o->path : "");
	return e->said;
}

static bool
is_same(const struct erm_owner *a, const struct erm_owner *b)
{
	return a->kind == b->kind && (a->path == NULL) == (b->path == NULL) &&
	       (a->path == NULL || strcmp(a->path, b->path) == 0);
}

/* A threshold that was passed stays passed when another line is typed. */
static void
inherit(struct erm_owner *new, const struct erm_policy *before)
{
	for (const struct erm_owner *o = before->owners; o != NULL; o = o->next) {
		if (!is_same(o, new))
			continue;
		new->last = o->last;
		new->sampled = o->sampled;
		for (int i = 0; i < ERM_LEVELS; i++)
			if (new->limits[i].set) {
				new->limits[i].up = o->limits[i].up;
				new->limits[i].since = o->limits[i].since;
			}
	}
}

void
erm_replace(struct erm *e, struct erm_policy *policies)
{
	struct erm_policy *old = e->policies, *next;

	for (struct erm_policy *p = policies; p != NULL; p = p->next) {
		const struct erm_policy *before = find(e, p->name);

		for (struct erm_owner *o = p->owners; before != NULL && o != NULL; o = o->next)
			inherit(o, before);
	}
	e->policies = policies;
	e->generation++;
	for (; old != NULL; old = next) {
		next = old->next;
		mem_free(old);
	}
	e->changed(e->arg);
	erm_settle(e);
}

struct erm *
erm_new(const void *ctx, struct engine *engine, erm_f *f, erm_wanted_f *wanted, erm_changed_f *changed,
	void *arg)
{
	struct erm *e = mem_new(ctx, struct erm);

	e->engine = engine;
	e->f = f;
	e->wanted = wanted;
	e->changed = changed;
	e->arg = arg;
	e->timer = timer_after(e, engine->loop, 0, on_due, e);
	timer_stop(e->timer);
	return e;
}
