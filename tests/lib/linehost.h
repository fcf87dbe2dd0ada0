/* An engine of configuration, settings and log only, on a virtual clock, and somebody who types its lines. */
#ifndef TESTS_LINEHOST_H
#define TESTS_LINEHOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/settings.h"

struct world {
	struct engine engine;
	struct settings settings;
	struct conf_edit *edit;
};

/* Of a test's setup(), which registers its rows behind it. */
static inline struct world *
world_new(void **state)
{
	struct world *w = mem_new(NULL, struct world);
	struct engine *e = &w->engine;

	w->settings = (struct settings){ .hostname = "settled", .log_level = SEV_WARNINGS, .console = true };
	e->settings = &w->settings;
	e->clock = clock_new_virtual(w, 1779041202 * USEC_PER_SEC);
	e->loop = loop_new(w, e->clock);
	e->redact = redact_new(w);
	e->log = log_new(w, e->clock, e->redact);
	e->conf = conf_new(w, e);
	w->edit = conf_edit_new(w, e->conf, "test");
	*state = w;
	return w;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;

	mem_free(w->edit);
	mem_free(w);
	return 0;
}

static inline void
type(struct world *w, const char *line)
{
	struct err err = ERR_INIT;

	if (!conf_edit_line(w->edit, line, true, NULL, &err))
		fail_msg("%s: %s (%s)", line, err.text, err.hint);
}

#endif
