/*
 * Detector ioswdsysmon: processor and memory use of processes. A condition is sampled each period; what is
 * due at about the same moment shares one pass over /proc (host/processes.h), in a worker thread. An event
 * when the statement begins to hold, and again only after it has not held.
 */
#include "detect/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"
#include "detect/task.h"
#include "detect/threshold.h"
#include "detect/words.h"
#include "host/processes.h"

#define PERIOD_DEFAULT (5 * USEC_PER_SEC)
#define PERIOD_MIN     USEC_PER_SEC
#define TOGETHER       (50 * USEC_PER_MSEC) /* what is due so soon is sampled with what is due now */

struct monitored {
	struct kw_flag cpu, mem;
	struct kw_str task;
	struct kw_enum op, percent;
	struct kw_int val;
	struct kw_time period;
};

struct ioswdsysmon_spec {
	struct spec_common common;
	struct kw_time window;
	struct kw_flag sub1, sub2;
	struct kw_enum both;
	struct monitored one, two;
};

enum logic { BOTH, ONLY_FIRST, ANY };

static const struct kw_alternative logic[] = {
	{ "and", "Both must hold", BOTH, false },
	{ "andnot", "The first must hold, the second must not", ONLY_FIRST, false },
	{ "or", "One of them must hold", ANY, false },
	{ NULL, NULL, 0, false },
};

struct sub_data {
	const char *path;
	int64_t pid;
	const char *present;
	const char *type;
	const char *taskname;
	int64_t value;
	const char *period;
	int64_t is_percent;
	int64_t diff;
};

struct ioswdsysmon_data {
	int64_t num_subs;
	const char *node;
	struct sub_data sub[2];
};

static const struct event_field ioswdsysmon_fields[] = {
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_num_subs", "Number of conditions", num_subs),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_node", "Node", node),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_path", "Path of the process", sub[0].path),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_pid", "Its number", sub[0].pid),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_present", "1: the condition held", sub[0].present),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_type", "cpu_proc or mem_proc", sub[0].type),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_taskname", "Name of the process", sub[0].taskname),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_value", "The value", sub[0].value),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub1_period", "Time between samples", sub[0].period),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_is_percent", "1: value and change are in percent",
		sub[0].is_percent),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub1_diff", "Change since the sample before", sub[0].diff),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_path", "Path of the process", sub[1].path),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_pid", "Its number", sub[1].pid),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_present", "1: the condition held", sub[1].present),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_type", "cpu_proc or mem_proc", sub[1].type),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_taskname", "Name of the process", sub[1].taskname),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_value", "The value", sub[1].value),
	WORDS_STR(struct ioswdsysmon_data, "_ioswd_sub2_period", "Time between samples", sub[1].period),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_is_percent", "1: value and change are in percent",
		sub[1].is_percent),
	WORDS_INT(struct ioswdsysmon_data, "_ioswd_sub2_diff", "Change since the sample before", sub[1].diff),
	EVENT_FIELDS_END,
};

#define CONDITION(of_)                                                                                      \
	static const struct kw of_##_cpu_kw[] = { WORDS_VALUE(struct ioswdsysmon_spec, "taskname",          \
							  "Name of the process, or path of its program",    \
							  of_.task, kw_word, .flags = KW_REQ),              \
		WORDS_CHOICE(struct ioswdsysmon_spec, "op", "Comparison operator", of_.op, threshold_ops,   \
			.flags = KW_REQ),                                                                   \
		WORDS_VALUE(struct ioswdsysmon_spec, "val", "Percent of a processor", of_.val, kw_number,   \
			.flags = KW_REQ, .max = 100),                                                       \
		WORDS_VALUE(struct ioswdsysmon_spec, "period", "Time between samples; without it 5",        \
			of_.period, kw_seconds, .max = WORDS_TIME_MAX),                                     \
		KW_END };                                                                                   \
	static const struct kw of_##_mem_kw[] = { WORDS_VALUE(struct ioswdsysmon_spec, "taskname",          \
							  "Name of the process, or path of its program",    \
							  of_.task, kw_word, .flags = KW_REQ),              \
		WORDS_CHOICE(struct ioswdsysmon_spec, "op", "Comparison operator", of_.op, threshold_ops,   \
			.flags = KW_REQ),                                                                   \
		WORDS_VALUE(struct ioswdsysmon_spec, "val", "Bytes, or percent of the memory", of_.val,     \
			kw_number, .flags = KW_REQ, .max = INT64_MAX),                                      \
		WORDS_CHOICE(struct ioswdsysmon_spec, "is-percent", "Is the value in percent", of_.percent, \
			words_true_false, .dflt = 0, .has_dflt = true),                                     \
		WORDS_VALUE(struct ioswdsysmon_spec, "period", "Time between samples; without it 5",        \
			of_.period, kw_seconds, .max = WORDS_TIME_MAX),                                     \
		KW_END };                                                                                   \
	static const struct kw of_##_kw[] = { { .word = "cpu-proc",                                         \
						      .help = "Processor use of a process",                 \
						      KW_AT(struct ioswdsysmon_spec, of_.cpu),              \
						      .flags = KW_REQ,                                      \
						      .group = 1,                                           \
						      .sub = of_##_cpu_kw },                                \
		{ .word = "mem-proc",                                                                       \
			.help = "Memory use of a process",                                                  \
			KW_AT(struct ioswdsysmon_spec, of_.mem),                                            \
			.flags = KW_REQ,                                                                    \
			.group = 1,                                                                         \
			.sub = of_##_mem_kw },                                                              \
		KW_END }

CONDITION(one);
CONDITION(two);

static const struct kw ioswdsysmon_kw[] = {
	WORDS_VALUE(struct ioswdsysmon_spec, "timewin", "Time within which the conditions must hold", window,
		kw_seconds, .max = WORDS_TIME_MAX),
	{ .word = "sub1",
		.help = "First condition",
		KW_AT(struct ioswdsysmon_spec, sub1),
		.flags = KW_REQ,
		.sub = one_kw },
	WORDS_CHOICE(struct ioswdsysmon_spec, "sub12-op", "How the conditions are combined", both, logic),
	{ .word = "sub2", .help = "Second condition", KW_AT(struct ioswdsysmon_spec, sub2), .sub = two_kw },
	SPEC_COMMON_ROWS(struct ioswdsysmon_spec),
	KW_END,
};

static bool
is_possible(const struct monitored *m)
{
	return !m->percent.set || !m->percent.v || m->val.v <= 100;
}

static bool
ioswdsysmon_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct ioswdsysmon_spec *a = args;

	if (a->both.set && !a->sub2.set)
		return words_missing(err, "'sub2' is missing (Second condition)");
	if (a->sub2.set && !a->both.set)
		return words_missing(err, "'sub12-op' is missing (How the conditions are combined)");
	if (!is_possible(&a->one) || !is_possible(&a->two))
		return err_set(
			err, ERR_REFUSED, "With 'is-percent true', 'val' takes a number from 0 to 100");
	return true;
}

/* ---- statements ---- */

/* One condition of an armed statement. */
struct sub {
	TAILQ_ENTRY(sub) entry; /* in order of `due` */
	usec period, due;       /* monotonic */
	bool asked;             /* the pass under way is for it, too */
	bool ever_held;
	usec held; /* when it held last */
	struct task task;
};

/* One armed statement. */
struct watcher {
	struct spec *spec;
	struct sysmon *all;
	struct sub sub[2];
	size_t nsubs;
	bool holds;
};

struct sysmon {
	struct engine *engine;
	struct timer *timer;
	bool reads; /* a worker is at it */
	TAILQ_HEAD(sub_list, sub) subs;
};

/* What goes to the worker and comes back. */
struct sweep {
	struct sysmon *all;
	char *procfs;
	char **names;
	size_t n;
	usec at;
	struct processes *found;
};

/* ---- what the conditions come to ---- */

static bool
has_held(const struct watcher *w, const struct sub *b, usec now)
{
	const struct ioswdsysmon_spec *a = w->spec->args;

	if (!a->window.set)
		return b->task.holds;
	return b->ever_held && now - b->held <= a->window.v;
}

static bool
statement_holds(const struct watcher *w, usec now)
{
	const struct ioswdsysmon_spec *a = w->spec->args;
	bool first = has_held(w, &w->sub[0], now), second;

	if (w->nsubs == 1)
		return first;
	second = has_held(w, &w->sub[1], now);
	switch ((enum logic)a->both.v) {
	case BOTH:
		return first && second;
	case ONLY_FIRST:
		return first && !second && w->sub[1].task.sampled != 0;
	case ANY:
		return first || second;
	}
	return false;
}

static void
fill_sub(struct event *ev, struct sub_data *d, const struct sub *b, bool held)
{
	const struct task *t = &b->task;
	char period[32];

	snprintf(period, sizeof period, "%lld.%03d", (long long)(b->period / USEC_PER_SEC),
		(int)(b->period % USEC_PER_SEC / USEC_PER_MSEC));
	d->path = event_str(ev, t->found.path);
	d->pid = t->found.pid;
	d->present = held ? "1" : "0";
	d->type = t->is_cpu ? "cpu_proc" : "mem_proc";
	d->taskname = event_str(ev, t->name);
	d->value = t->value;
	d->period = event_str(ev, period);
	d->is_percent = t->in_percent;
	d->diff = t->diff;
}

static void
evaluate(struct watcher *w, usec now)
{
	bool holds = statement_holds(w, now);
	struct ioswdsysmon_data *d;
	struct event *ev;

	if (holds == w->holds)
		return;
	w->holds = holds;
	if (!holds)
		return;
	ev = event_new(w->all->engine, &detector_ioswdsysmon, NULL, NULL);
	d = ev->data;
	d->num_subs = (int64_t)w->nsubs;
	d->node = "node0/0";
	for (size_t i = 0; i < w->nsubs; i++)
		fill_sub(ev, &d->sub[i], &w->sub[i], has_held(w, &w->sub[i], now));
	ev->source = "processes";
	bus_publish(w->all->engine->bus, ev, &w->spec->id, 1);
}

/* ---- one pass for all that is due ---- */

static struct sysmon *
state_of(struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_ioswdsysmon);
}

static void
insert(struct sysmon *all, struct sub *b)
{
	struct sub *before;

	TAILQ_FOREACH_REVERSE(before, &all->subs, sub_list, entry)
	{
		if (before->due <= b->due) {
			TAILQ_INSERT_AFTER(&all->subs, before, b, entry);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&all->subs, b, entry);
}

static void
wake(struct sysmon *all)
{
	const struct sub *b = TAILQ_FIRST(&all->subs);
	usec now = loop_mono(all->engine->loop);

	if (all->reads)
		return;
	if (b == NULL)
		timer_stop(all->timer);
	else
		timer_set(all->timer, b->due > now ? b->due - now : 0);
}

static void
read_processes(void *data)
{
	struct sweep *p = data;

	p->found = processes_read(p->procfs, p->names, p->n);
}

static void
put_off(struct sysmon *all, struct sub *b, usec now)
{
	TAILQ_REMOVE(&all->subs, b, entry);
	b->asked = false;
	b->due += b->period;
	if (b->due <= now + TOGETHER) /* the machine slept: what was missed is not made up for */
		b->due = now + b->period;
	insert(all, b);
}

static void
on_read(void *data)
{
	const struct sweep *p = data;
	struct sysmon *all = p->all;
	struct sub *b;

	all->reads = false;
	while ((b = TAILQ_FIRST(&all->subs)) != NULL && b->asked) {
		put_off(all, b, p->at);
		task_sample(&b->task, p->found, p->names, p->at);
		if (b->task.holds) {
			b->held = p->at;
			b->ever_held = true;
		}
	}
	for (struct spec *s = bus_specs(all->engine->bus, &detector_ioswdsysmon); s != NULL; s = s->next) {
		spec_lacks(s, p->found->readable ? NULL : "the list of processes: /proc is not mounted");
		if (s->private != NULL)
			evaluate(s->private, p->at);
	}
	wake(all);
}

static void
sweep_free(void *data)
{
	struct sweep *p = data;

	processes_free(p->found);
	for (size_t i = 0; i < p->n; i++)
		free(p->names[i]);
	free(p->names);
	free(p->procfs);
	free(p);
}

static void
want(struct sweep *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->names[i], name) == 0)
			return;
	p->names = realloc(p->names, (p->n + 1) * sizeof *p->names);
	if (p->names == NULL || (p->names[p->n++] = strdup(name)) == NULL)
		abort();
}

static void
on_due(void *arg)
{
	struct sysmon *all = arg;
	usec now = loop_mono(all->engine->loop);
	struct sweep *p = calloc(1, sizeof *p);
	struct sub *b;

	if (p == NULL || (p->procfs = strdup(all->engine->settings->procfs)) == NULL)
		abort();
	p->all = all;
	p->at = now;
	TAILQ_FOREACH (b, &all->subs, entry) {
		if (b->due > now + TOGETHER)
			break;
		b->asked = true;
		want(p, b->task.name);
	}
	all->reads = true;
	work_submit(all, all->engine->loop, read_processes, on_read, sweep_free, p);
}

/* ---- arming ---- */

static int
watcher_free(void *ptr)
{
	struct watcher *w = ptr;

	for (size_t i = 0; i < w->nsubs; i++) {
		TAILQ_REMOVE(&w->all->subs, &w->sub[i], entry);
		task_forget(&w->sub[i].task);
	}
	return 0;
}

static void
add_sub(struct watcher *w, const struct monitored *m)
{
	struct sub *b = &w->sub[w->nsubs++];

	b->task = (struct task){ .ctx = w,
		.name = m->task.s,
		.is_cpu = m->cpu.set,
		.in_percent = m->cpu.set || (m->percent.set && m->percent.v),
		.op = (enum compare)m->op.v,
		.val = m->val.v };
	b->period = m->period.set ? m->period.v : PERIOD_DEFAULT;
	if (b->period < PERIOD_MIN)
		b->period = PERIOD_MIN;
	b->due = loop_mono(w->all->engine->loop); /* the first sample is what later ones are compared with */
	insert(w->all, b);
}

static bool
ioswdsysmon_arm(struct spec *s, struct err *err)
{
	const struct ioswdsysmon_spec *a = s->args;
	struct watcher *w = mem_new(s, struct watcher);

	w->spec = s;
	w->all = state_of(s->engine);
	mem_on_free(w, watcher_free);
	add_sub(w, &a->one);
	if (a->sub2.set)
		add_sub(w, &a->two);
	s->private = w;
	wake(w->all);
	return true;
}

static void
ioswdsysmon_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
ioswdsysmon_start(struct engine *engine, struct err *err)
{
	struct sysmon *all = mem_new(engine->bus, struct sysmon);

	all->engine = engine;
	TAILQ_INIT(&all->subs);
	all->timer = timer_after(all, engine->loop, 0, on_due, all);
	timer_stop(all->timer);
	*bus_detector_state(engine->bus, &detector_ioswdsysmon) = all;
	return true;
}

const struct detector detector_ioswdsysmon = {
	.name = "ioswdsysmon",
	.help = "IOS WDSysMon event",
	.version = "01.00",
	.kw = ioswdsysmon_kw,
	.spec_size = sizeof(struct ioswdsysmon_spec),
	.data_size = sizeof(struct ioswdsysmon_data),
	.fields = ioswdsysmon_fields,
	.key = "_ioswd_sub1_taskname,_ioswd_sub2_taskname",
	.check = ioswdsysmon_check,
	.start = ioswdsysmon_start,
	.arm = ioswdsysmon_arm,
	.disarm = ioswdsysmon_disarm,
};
