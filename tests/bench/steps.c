/*
 * What the steps of an applet cost: `steps` runs loops in an engine on a virtual clock and prints one
 * JSON object a line: for each kind of step the nanoseconds of this thread's CPU, median of its repetitions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/history.h"
#include "conf/conf.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/manual.h"
#include "setup.h"

enum { REPETITIONS = 31, ITERATIONS = 2000, COPIES = 10 };

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct engine *
engine_of(void *ctx, const char *config)
{
	struct setup setup = { .clock = clock_new_virtual(ctx, 0), .seed = 1 };
	struct err err = ERR_INIT;
	struct engine *e = engine_new(ctx, &setup, &err);

	if (e == NULL || !conf_load(e->conf, "bench", config, true, true, NULL, NULL, &err)) {
		fprintf(stderr, "steps: %s (line %d)\n", err.text, err.line);
		exit(1);
	}
	return e;
}

/* One run of the applet B, from its start to its end. */
static double
run_ns(struct engine *e)
{
	struct err err = ERR_INIT;
	double before = cpu_ns();

	if (manual_run(e, &(struct manual_want){ .name = "B" }, &err) == NULL) {
		fprintf(stderr, "steps: %s\n", err.text);
		exit(1);
	}
	loop_advance(e->loop, 3600 * USEC_PER_SEC); /* of virtual time: a turn takes a millisecond */
	double took = cpu_ns() - before;
	const struct history_entry *last = history_at(e->history, history_count(e->history) - 1);
	if (strcmp(last->status, "success") != 0) {
		fprintf(stderr, "steps: the run ended in %s\n", last->status);
		exit(1);
	}
	return took;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Fills `took`, the shortest first. */
static void
repeat(const char *config, double *took, unsigned n)
{
	void *ctx = mem_ctx(NULL, "bench");
	struct engine *e = engine_of(ctx, config);

	run_ns(e); /* warm */
	for (unsigned i = 0; i < n; i++)
		took[i] = run_ns(e);
	qsort(took, n, sizeof *took, by_size);
	mem_free(ctx);
}

/* A loop with COPIES of the step in its block; the loop itself has three steps more. */
static double
loop_with(const char *step, unsigned copies)
{
	struct text config;
	double took[REPETITIONS];

	text_init(&config, NULL);
	text_printf(&config,
		"event manager applet B\n event none maxrun 0\n action 001 set i 0\n action 002 set x \"some "
		"text of 26 "
		"characters\"\n action 003 while $i lt %d\n",
		ITERATIONS);
	for (unsigned i = 0; i < copies; i++)
		text_printf(&config, " action %03u %s\n", 100 + i, step);
	text_add(&config, " action 997 increment i\n action 998 end\n action 999 comment end\n");
	repeat(config.s, took, REPETITIONS);
	mem_free(config.s);
	return took[REPETITIONS / 2] / ITERATIONS;
}

static const char *const steps[] = {
	"set y \"7\"",
	"set y \"$x\"",
	"set y \"a $x b $i\"",
	"increment i 0",
	"add $i 3",
	"multiply i 3",
	"if $i lt 0 goto 999",
	"if \"$x\" eq \"other\" goto 999",
	"string length \"$x\"",
	"string toupper \"$x\"",
	"regexp \"text of ([0-9]+)\" \"$x\" all number",
	"counter name \"c\" op inc value 1",
};

int
main(void)
{
	double empty = loop_with("", 0);

	printf("{\"step\":\"while + increment + end\",\"ns\":%.1f}\n", empty / 3);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		printf("{\"step\":\"");
		for (const char *c = steps[i]; *c; c++) {
			if (*c == '"')
				putchar('\\');
			putchar(*c);
		}
		printf("\",\"ns\":%.1f}\n", (loop_with(steps[i], COPIES) - empty) / COPIES);
	}
	return 0;
}
