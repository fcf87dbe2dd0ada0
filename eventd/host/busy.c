/* Samples of /proc. */
#include "host/busy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/loop.h"
#include "core/mem.h"
#include "host/read.h"
#include "host/usage.h"

#define LONELY  (600 * USEC_PER_SEC) /* processes are no longer measured when nobody has asked for so long */
#define LEAST   (USEC_PER_SEC * 9 / 10) /* less time than this says nothing of five seconds */
#define BETWEEN USEC_PER_SEC            /* the two samples that the first who asks waits for */

struct waiter {
	struct busy *busy;
	busy_f *f;
	void *arg;
	TAILQ_ENTRY(waiter) entry;
};

struct busy {
	struct engine *engine;
	struct timer *timer;  /* the next sample */
	struct timer *second; /* the second of the two samples */
	TAILQ_HEAD(, waiter) waiters;
	bool is_reading;
	usec asked; /* mono: when somebody last asked for processes; 0: nobody */

	struct usage total, interrupt;
	usec total_at;
	bool has_total;
	struct busy_use use;
	double interrupts;

	struct busy_process *v; /* by pid; malloc */
	size_t n;
	usec measured_at;   /* mono: of the sample that v's use goes up to */
	uint64_t *measured; /* cpu_msec of v at that time; malloc */
	bool has_rates;
};

/* One look at /proc, by a worker. */
struct look {
	struct busy *busy;
	bool with_processes, with_slices;
	struct usage total, interrupt;
	unsigned processors;
	struct machine_process *v;
	size_t n;
	struct busy_slices *slices;
};

void
busy_average(struct busy_use *use, double value, double seconds, bool is_first)
{
	if (is_first) {
		*use = (struct busy_use){ value, value, value };
		return;
	}
	use->five_seconds = value;
	use->one_minute += (value - use->one_minute) * (1 - exp(-seconds / 60));
	use->five_minutes += (value - use->five_minutes) * (1 - exp(-seconds / 300));
}

static double
share(const struct usage *before, const struct usage *now)
{
	uint64_t used = now->used - before->used, whole = now->whole - before->whole;

	if (!now->is_there || !before->is_there || now->used < before->used || now->whole <= before->whole)
		return 0;
	return used >= whole ? 100 : 100.0 * (double)used / (double)whole;
}

/* ---- the worker's side ---- */

/* Of the first thread: time on a processor, time waiting for one, slices (Documentation/scheduler/sched-stats.rst). */
static struct busy_slices
slices_of(int pid)
{
	unsigned long long ns = 0, n = 0;
	char line[HOST_VALUE_MAX];

	if (!host_read(line, sizeof line, "/proc/%d/schedstat", pid) ||
		sscanf(line, "%llu %*u %llu", &ns, &n) != 2 || n == 0)
		return (struct busy_slices){ 0 };
	return (struct busy_slices){ .invoked = n, .usecs = ns / 1000 / n };
}

static void
look_at_proc(void *data)
{
	struct look *k = data;
	struct machine_cpu cpu = { 0 };

	k->total = usage_read("/proc", USAGE_CPU_TOTAL, NULL);
	k->interrupt = usage_read("/proc", USAGE_CPU_INTERRUPT, NULL);
	if (!k->with_processes)
		return;
	machine_cpu(&cpu, NULL);
	k->processors = cpu.count > 0 ? cpu.count : 1;
	k->n = machine_processes(&k->v);
	if (!k->with_slices)
		return;
	k->slices = calloc(k->n + 1, sizeof *k->slices);
	if (k->slices == NULL)
		abort();
	for (size_t i = 0; i < k->n; i++)
		k->slices[i] = slices_of(k->v[i].pid);
}

static void
look_free(void *data)
{
	struct look *k = data;

	free(k->v);
	free(k->slices);
	free(k);
}

/* ---- what becomes of it ---- */

static void
take_total(struct busy *b, const struct look *k, usec now)
{
	usec passed = now - b->total_at;

	if (b->total_at != 0 && passed < LEAST)
		return;
	if (b->total_at != 0) {
		busy_average(
			&b->use, share(&b->total, &k->total), (double)passed / USEC_PER_SEC, !b->has_total);
		b->interrupts = share(&b->interrupt, &k->interrupt);
		b->has_total = true;
	}
	b->total = k->total;
	b->interrupt = k->interrupt;
	b->total_at = now;
}

/* The same process in the last sample, both being in order of pid; NULL: it is new. */
static const struct busy_process *
same_before(const struct busy *b, const struct machine_process *p, size_t *at)
{
	const struct busy_process *was;

	while (*at < b->n && b->v[*at].is.pid < p->pid)
		++*at;
	was = *at < b->n ? &b->v[*at] : NULL;
	return was != NULL && was->is.pid == p->pid && was->is.parent == p->parent &&
			       was->is.cpu_msec <= p->cpu_msec
		       ? was
		       : NULL;
}

static void
take_processes(struct busy *b, const struct look *k, usec now)
{
	usec passed = now - b->measured_at;
	bool is_first = b->measured_at == 0, measures = is_first || passed >= LEAST;
	struct busy_process *v = calloc(k->n + 1, sizeof *v);
	uint64_t *measured = calloc(k->n + 1, sizeof *measured);
	size_t at = 0;

	if (v == NULL || measured == NULL)
		abort();
	for (size_t i = 0; i < k->n; i++) {
		const struct busy_process *was = same_before(b, &k->v[i], &at);
		uint64_t before = was != NULL ? b->measured[was - b->v] : k->v[i].cpu_msec;

		v[i].is = k->v[i];
		if (k->slices != NULL)
			v[i].slices = k->slices[i];
		if (was != NULL)
			v[i].use = was->use;
		measured[i] = measures ? k->v[i].cpu_msec : before;
		if (measures && !is_first)
			busy_average(&v[i].use,
				(double)(k->v[i].cpu_msec - before) * USEC_PER_MSEC * 100 /
					((double)passed * k->processors),
				(double)passed / USEC_PER_SEC, !b->has_rates);
	}
	free(b->v);
	free(b->measured);
	b->v = v;
	b->measured = measured;
	b->n = k->n;
	if (!measures)
		return;
	b->has_rates = !is_first;
	b->measured_at = now;
}

static void
forget_processes(struct busy *b)
{
	free(b->v);
	free(b->measured);
	b->v = NULL;
	b->measured = NULL;
	b->n = 0;
	b->measured_at = 0;
	b->has_rates = false;
}

static int
waiter_free(void *ptr)
{
	struct waiter *w = ptr;

	if (w->busy != NULL)
		TAILQ_REMOVE(&w->busy->waiters, w, entry);
	return 0;
}

/* Whoever comes meanwhile is told as well: nothing is fresher. */
static void
tell_waiters(struct busy *b)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(&b->waiters)) != NULL) {
		TAILQ_REMOVE(&b->waiters, w, entry);
		w->busy = NULL;
		w->f(w->arg, b->v, b->n);
	}
}

static void look(struct busy *, bool with_processes);

static void
looked(void *data)
{
	struct look *k = data;
	struct busy *b = k->busy;
	usec now = clock_mono(b->engine->clock);

	b->is_reading = false;
	take_total(b, k, now);
	if (k->with_processes)
		take_processes(b, k, now);
	if (TAILQ_EMPTY(&b->waiters))
		return;
	if (!k->with_slices) /* they came while a sample was under way */
		look(b, true);
	else if (!b->has_rates)
		timer_set(b->second, BETWEEN);
	else
		tell_waiters(b);
}

static void
look(struct busy *b, bool with_processes)
{
	struct look *k;

	if (b->is_reading)
		return;
	k = calloc(1, sizeof *k);
	if (k == NULL)
		abort();
	k->busy = b;
	k->with_processes = with_processes;
	k->with_slices = with_processes && !TAILQ_EMPTY(&b->waiters);
	b->is_reading = true;
	work_submit(b, b->engine->loop, look_at_proc, looked, look_free, k);
}

static void
on_timer(void *arg)
{
	struct busy *b = arg;

	timer_set(b->timer, BUSY_SAMPLE);
	if (b->asked != 0 && clock_mono(b->engine->clock) - b->asked > LONELY) {
		b->asked = 0;
		forget_processes(b);
	}
	look(b, b->asked != 0);
}

static void
on_second(void *arg)
{
	look(arg, true);
}

/* ---- for others ---- */

struct busy_use
busy_total(const struct busy *b, double *interrupts)
{
	*interrupts = b->interrupts;
	return b->use;
}

void
busy_processes(const void *ctx, struct busy *b, busy_f *f, void *arg)
{
	struct waiter *w = mem_new(ctx, struct waiter);

	w->busy = b;
	w->f = f;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&b->waiters, w, entry);
	mem_on_free(w, waiter_free);
	b->asked = clock_mono(b->engine->clock);
	if (!timer_is_set(b->second))
		look(b, true);
}

static int
busy_free(void *ptr)
{
	forget_processes(ptr);
	return 0;
}

struct busy *
busy_new(const void *ctx, struct engine *engine)
{
	struct busy *b = mem_new(ctx, struct busy);

	b->engine = engine;
	TAILQ_INIT(&b->waiters);
	mem_on_free(b, busy_free);
	b->timer = timer_after(b, engine->loop, 0, on_timer, b);
	b->second = timer_after(b, engine->loop, 0, on_second, b);
	timer_stop(b->second);
	return b;
}
