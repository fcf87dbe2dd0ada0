/*
 * Fuzz target: applets that run. The first lines of the input are the values of variables v0 to v3, the
 * others are actions, labelled in their order. What compiles is run; every run must end by itself or at
 * maxrun, and hold nothing afterwards. No effects outside: the engine is that of a check.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/manual.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIABLES = 4, ACTIONS = 60, VALUE_BYTES = 4096 };

static struct engine *
engine_of_ours(void)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	const struct setup how = { .clock = clock_new_virtual(ctx, 0), .seed = 1, .is_check = true };
	struct engine *e = engine_new(ctx, &how, NULL);

	if (e == NULL)
		abort();
	e->value_max = VALUE_BYTES;
	return e;
}

/* The CLI could configure another engine than the one this target is about. */
static bool
is_allowed(const char *line)
{
	return strncmp(line + strspn(line, " \t"), "c", 1) != 0 || strstr(line, "cl") == NULL;
}

static void
add_line(struct text *config, const char *line, unsigned n)
{
	if (n < VARIABLES)
		text_printf(config, "event manager environment v%u %s\n", n, line);
	else if (n == VARIABLES)
		text_add(config, "event manager applet F\n event none maxrun 0.003\n");
	if (n >= VARIABLES && is_allowed(line))
		text_printf(config, " action %03u %s\n", n, line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine *engine; /* building the tables for each input would be most of the work */
	void *ctx = mem_ctx(NULL, "input");
	char *text = mem_strndup(ctx, (const char *)data, size), *line;
	struct text config;
	unsigned n = 0;

	if (engine == NULL)
		engine = engine_of_ours();
	text_init(&config, ctx);
	while ((line = strsep(&text, "\n")) != NULL && n < VARIABLES + ACTIONS)
		add_line(&config, line, n++);
	conf_load(engine->conf, "fuzz", config.s, true, false, NULL, NULL, NULL);
	if (policies_find(engine->policies, "F") != NULL) {
		const char *args[] = { "first", "2" };

		manual_run(engine, &(struct manual_want){ .name = "F", .args = args, .nargs = 2 }, NULL);
		loop_advance(engine->loop, USEC_PER_SEC);
		if (sched_active(engine->sched) != 0)
			abort();
	}
	mem_free(ctx);
	return 0;
}
