/*
 * Fuzz target: what a process that runs a Lua policy may send. The first byte chooses between one that
 * registers a policy and one that runs it; the rest is its byte stream. No process is started.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../lib/virtual.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/frame.h"
#include "sched/manual.h"
#include "sched/sched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct engine *engine;
	struct process *process; /* started last */
};

static void
on_told(void *arg, struct process *p, const json_t *message)
{
	struct world *w = arg;
	char *text = json_dumps(message, JSON_COMPACT); /* what goes out is JSON */

	if (text == NULL)
		abort();
	free(text);
	w->process = p;
}

static void
say(struct world *w, const char *json)
{
	json_t *message = json_loads(json, 0, NULL);

	process_hear(w->process, message);
	json_decref(message);
}

static void
begin_registration(struct world *w)
{
	static const struct policy_args args = { .name = { .set = true, .s = "p.lua" } };
	static const struct source source = { .text = "eem.register{}", .len = 14 };

	w->process = NULL;
	registration_start(w->engine->scripts, &args, &source, 1);
	if (w->process == NULL)
		abort();
}

static void
begin_run(struct world *w)
{
	const struct manual_want want = { .name = "p.lua" };

	begin_registration(w);
	say(w, "{\"type\":\"call\",\"id\":1,\"name\":\"register\",\"at\":\"p.lua:1\","
	       "\"args\":{\"detector\":\"none\",\"options\":{\"maxrun\":30}}}");
	say(w, "{\"type\":\"result\",\"status\":0}");
	virtual_advance(w->engine, 0);
	w->process = NULL;
	if (manual_run(w->engine, &want, NULL) == NULL)
		abort();
	virtual_advance(w->engine, 0);
	if (w->process == NULL)
		abort();
}

static bool
is_alive(const struct world *w)
{
	return sched_active(w->engine->sched) > 0 || registration_is_under_way(w->engine->scripts, "p.lua");
}

static void
feed(struct world *w, const uint8_t *data, size_t size)
{
	struct frame_reader *in = frame_reader_new(w->engine, WIRE_FRAME_MAX);
	struct err err = ERR_INIT;
	json_t *message;

	frame_reader_feed(in, data, size);
	while ((message = frame_reader_next(in, &err)) != NULL) {
		if (is_alive(w))
			process_hear(w->process, message);
		json_decref(message);
		virtual_advance(w->engine, 100 * USEC_PER_MSEC);
	}
	mem_free(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Building the tables for each input would be most of the work. */
	static struct world w;

	if (w.engine == NULL) {
		w.engine = virtual_engine(NULL);
		process_fake(w.engine->scripts, on_told, &w);
	}
	if (size == 0)
		return 0;
	if ((data[0] & 1) != 0)
		begin_run(&w);
	else
		begin_registration(&w);
	feed(&w, data + 1, size - 1);
	policies_remove(w.engine->policies, "p.lua");
	registration_cancel(w.engine->scripts, "p.lua");
	virtual_advance(w.engine, 60 * USEC_PER_SEC); /* maxrun ends what is left */
	if (is_alive(&w))
		abort();
	return 0;
}
