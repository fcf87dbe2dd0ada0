/* eventd-lua processes, one of them ahead of its time. */
#include "applets/lua/host.h"

#include <signal.h>

#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/helper.h"
#include "core/loop.h"
#include "core/mem.h"

/* The next one is started when the run that took the last has had its chance to begin. */
#define PAUSE (20 * USEC_PER_MSEC)

struct host {
	struct scripts *scripts;
	struct helper *helper;
	const struct host_events *events; /* NULL: it waits for its policy */
	void *arg;
};

static void
on_message(void *arg, json_t *message)
{
	struct host *h = arg;

	if (h->events != NULL)
		h->events->on_message(h->arg, message);
	else
		host_kill(h); /* nobody has asked it anything */
}

static void
on_exit_host(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct host *h = arg;

	(void)pid;
	if (h->events != NULL) {
		h->events->on_exit(h->arg, exit_code, term_signal);
		return;
	}
	/* One that died waiting: the next run starts its own. */
	h->scripts->ready = NULL;
	mem_free(h);
}

static struct host *
host_new(struct scripts *s, struct err *err)
{
	const struct engine *engine = s->engine;
	struct host *h;
	struct helper_spec how = { .name = "eventd-lua",
		.dir = engine->program_dir,
		.frame_max = WIRE_FRAME_MAX,
		.isolated = true,
		.on_message = on_message,
		.on_exit = on_exit_host };

	if (how.dir == NULL) {
		err_class(err, ERR_IO, "FH_ESYSERR", "eventd-lua: nobody knows where the programs are");
		return NULL;
	}
	h = mem_new(s, struct host);
	how.arg = h;
	h->scripts = s;
	h->helper = helper_new(h, engine->loop, &how);
	if (helper_start(h->helper, err))
		return h;
	mem_free(h);
	return NULL;
}

struct host *
host_take(const void *ctx, struct scripts *s, const struct host_events *events, void *arg, struct err *err)
{
	struct host *h = s->ready;

	s->ready = NULL;
	if (h == NULL)
		h = host_new(s, err);
	if (h == NULL)
		return NULL;
	h->events = events;
	h->arg = arg;
	host_keep_ready(s);
	return mem_steal(ctx, h);
}

bool
host_send(struct host *h, const json_t *message, struct err *err)
{
	return helper_pid(h->helper) == 0 || helper_send(h->helper, message, err);
}

void
host_kill(struct host *h)
{
	helper_kill(h->helper, SIGKILL);
}

pid_t
host_pid(const struct host *h)
{
	return helper_pid(h->helper);
}

/* ---- one that waits ---- */

static void
count_script(void *arg, struct policy *p)
{
	*(size_t *)arg += p->kind == POLICY_SCRIPT;
}

static void
on_soon(void *arg)
{
	struct scripts *s = arg;
	size_t n = 0;

	policies_each(s->engine->policies, count_script, &n);
	if (n == 0) {
		mem_free(s->ready);
		s->ready = NULL;
	} else if (s->ready == NULL) {
		s->ready = host_new(s, NULL);
	}
}

void
host_keep_ready(struct scripts *s)
{
	/* Simulated time knows no preparations. */
	if (clock_is_virtual(s->engine->clock) || s->engine->program_dir == NULL || s->fake != NULL)
		return;
	if (s->soon == NULL)
		s->soon = timer_after(s, s->engine->loop, PAUSE, on_soon, s);
	else
		timer_set(s->soon, PAUSE);
}

pid_t
host_ready_pid(const struct scripts *s)
{
	return s->ready != NULL ? host_pid(s->ready) : 0;
}
