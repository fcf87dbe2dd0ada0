/* CLI sessions of runs. */
#include "applets/vty.h"

#include <string.h>

#include "core/debug.h"
#include "core/mem.h"
#include "core/text.h"

#define READ_MAX ((size_t)4 * 1024 * 1024) /* of one answer; then the oldest goes */

struct vty {
	struct run *run;
	struct cli_port *port;
	struct text read; /* what came and was not taken yet */
	size_t shown;     /* bytes of it already in the debug */
	unsigned owed;    /* lines whose answer has not ended in a wait for input yet */
	bool is_waiting;  /* the session wanted input when it was last heard of ... */
	bool at_prompt;   /* ... at its prompt */
	const struct vty_events *events;
	void *arg;
};

static const struct cli_port_ops *
ops(const struct vty *v)
{
	return run_engine(v->run)->cli_port;
}

/* ---- debug event manager action cli ---- */

static bool
is_debugged(const struct vty *v)
{
	return (run_debugs(v->run) & DEBUG_BIT(DEBUG_EEM_CLI)) != 0;
}

static void
trace(struct vty *v, const char *what)
{
	run_debug(v->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": CTL : %s called.", what);
}

/* One OUT line an output line, as the router prints it; `all`: with one that has not ended yet. */
static void
show_output(struct vty *v, bool all)
{
	if (!is_debugged(v)) {
		v->shown = v->read.len;
		return;
	}
	while (v->shown < v->read.len) {
		const char *at = v->read.s + v->shown, *end = memchr(at, '\n', v->read.len - v->shown);
		size_t n = end == NULL ? v->read.len - v->shown : (size_t)(end - at);

		if (end == NULL && !all)
			break;
		v->shown += n + (end != NULL);
		if (n > 0 && at[n - 1] == '\r')
			n--;
		run_debug(v->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": OUT : %.*s", (int)n, at);
	}
}

/* ---- what the port tells ---- */

static void
drop(struct vty *v, size_t n)
{
	text_drop(&v->read, n);
	v->shown = v->shown > n ? v->shown - n : 0;
}

static void
on_output(void *arg, const char *s, size_t n)
{
	struct vty *v = arg;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' && (v->read.len == 0 || v->read.s[v->read.len - 1] != '\r'))
			text_addc(&v->read, '\r');
		text_addc(&v->read, s[i]);
	}
	if (v->read.len > READ_MAX)
		drop(v, v->read.len - READ_MAX);
	show_output(v, false);
	v->events->news(v->arg);
}

static void
on_waiting(void *arg, int is_prompt)
{
	struct vty *v = arg;

	v->is_waiting = true;
	v->at_prompt = is_prompt != 0;
	if (v->owed > 0)
		v->owed--;
	v->events->news(v->arg);
}

static void
on_failed(void *arg, enum cli_port_failure what, const char *why)
{
	struct vty *v = arg;

	v->owed = 0;
	v->is_waiting = v->at_prompt = true;
	show_output(v, true);
	v->events->failed(v->arg, what, why);
}

static const struct cli_port_events port_events = {
	.output = on_output,
	.waiting = on_waiting,
	.failed = on_failed,
};

/* ---- for policies ---- */

static int
vty_gone(void *p)
{
	trace(p, "cli_close");
	return 0;
}

struct vty *
vty_open(const void *ctx, struct run *run, const struct vty_events *events, void *arg)
{
	const struct cli_port_ops *o = run_engine(run)->cli_port;
	struct vty *v = mem_new(ctx, struct vty);

	v->run = run;
	v->events = events;
	v->arg = arg;
	v->owed = 1; /* the session's first prompt */
	text_init(&v->read, v);
	trace(v, "cli_open");
	if (o != NULL)
		v->port = o->open(run_engine(run), v, run_policy(run), run_cause(run), &port_events, v);
	if (v->port == NULL) {
		mem_free(v);
		return NULL;
	}
	mem_on_free(v, vty_gone);
	return v;
}

void
vty_type(struct vty *v, const char *line)
{
	/* A line that the command under way reads has no answer of its own. */
	bool answers = v->owed > 0 && ops(v)->takes_answer(v->port);

	show_output(v, true);
	run_debug(v->run, DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": IN  : %s%s", ops(v)->prompt(v->port), line);
	v->is_waiting = false;
	v->owed += !answers;
	ops(v)->send(v->port, line);
}

bool
vty_wants_input(const struct vty *v)
{
	return v->is_waiting && v->owed == 0;
}

bool
vty_at_prompt(const struct vty *v)
{
	return vty_wants_input(v) && v->at_prompt;
}

bool
vty_takes_line(const struct vty *v)
{
	return vty_wants_input(v) || ops(v)->takes_answer(v->port);
}

const char *
vty_text(const struct vty *v, size_t *n)
{
	*n = v->read.len;
	return v->read.s;
}

void
vty_take(struct vty *v, size_t n)
{
	show_output(v, true);
	drop(v, n);
}

void
vty_clear(struct vty *v)
{
	text_clear(&v->read);
	v->shown = 0;
}

/* ORDER: enum cli_port_failure */
static const struct {
	const char *mnemonic, *text;
} failures[] = {
	{ "FMPD_CLI_CONNECT", "Unable to establish CLI session" },
	{ "FMPD_CLI_READ", "Unable to read CLI response" },
	{ "FMPD_CLI_WRITE", "Unable to send CLI command" },
};

const char *
vty_failure_text(enum cli_port_failure what)
{
	return failures[what].text;
}

const char *
vty_failure_mnemonic(enum cli_port_failure what)
{
	return failures[what].mnemonic;
}
