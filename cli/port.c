/*
 * The port of policies: a session whose input and output are delivered by the loop, and the device's own
 * CLI behind it for what the session does not know.
 */
#include "cli/port.h"

#include <stdio.h>
#include <string.h>

#include "applets/applet.h"
#include "cli/device/device.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"

/* What the device's CLI is doing for us. */
enum device_turn {
	TURN_NONE,      /* nothing: lines go to the session */
	TURN_STARTING,  /* its first prompt is awaited */
	TURN_PREPARING, /* it is being brought into the mode that the line is meant for */
	TURN_ANSWERING, /* it has the line */
	TURN_LEAVING,   /* it leaves its configuration mode for a line that is ours */
};

struct cli_port {
	LIST_ENTRY(cli_port) link;
	struct session *session;
	struct timer *soon;
	struct text out;
	char *delivered; /* what output() was last given */
	char **lines;    /* typed, not carried out yet */
	size_t n_lines;
	enum { NOTHING, PROMPT, QUESTION } wanted; /* input that the policy does not know of yet */
	const struct cli_port_events *events;
	void *arg;

	struct device *device; /* NULL until a line is meant for it */
	enum device_turn turn;
	char *line; /* on its way to the device, or behind its leaving */
	unsigned preparations;
	bool was_config;     /* the device was in a configuration mode when it got the line */
	bool at_device;      /* whose prompt was seen last */
	const char *failure; /* NULL = none */
	enum cli_port_failure failed;
};

static void
deliver_soon(struct cli_port *p)
{
	if (!timer_is_set(p->soon))
		timer_set(p->soon, 0);
}

/* IOS ends lines with CR LF. */
static void
add_output(struct cli_port *p, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '\n' && (i == 0 || s[i - 1] != '\r'))
			text_addc(&p->out, '\r');
		text_addc(&p->out, s[i]);
	}
	deliver_soon(p);
}

static void
on_output(void *arg, bool is_json, const char *s, size_t n)
{
	add_output(arg, s, n);
}

static void
on_question(void *arg, enum ask_kind kind, const char *prompt)
{
	struct cli_port *p = arg;

	add_output(p, prompt, strlen(prompt));
	p->wanted = QUESTION;
}

static void
on_ready(void *arg, const struct outcome *o)
{
	struct cli_port *p = arg;
	const char *prompt = session_prompt(p->session);

	add_output(p, prompt, strlen(prompt));
	p->wanted = PROMPT;
	p->at_device = false;
}

static const struct session_ops ops = {
	.output = on_output,
	.question = on_question,
	.ready = on_ready,
};

/* ---- the device's CLI ---- */

static void
fail(struct cli_port *p, enum cli_port_failure what, const char *why)
{
	p->failure = mem_strdup(p, why);
	p->failed = what;
	p->turn = TURN_NONE;
	p->at_device = false;
	mem_free(p->device);
	p->device = NULL;
	deliver_soon(p);
}

static void
device_type(struct cli_port *p, enum device_turn turn, const char *line)
{
	struct err err = ERR_INIT;

	p->turn = turn;
	if (!device_send(p->device, line, &err))
		fail(p, CLI_PORT_WRITE, err.text);
}

/*
 * The device is at its prompt: brings it where the session is (both are in configuration, or neither;
 * both are privileged), then types the line.
 */
static void
prepare(struct cli_port *p)
{
	const struct device *d = p->device;
	bool wants_config = device_has_modes(d) && p->session->edit != NULL && !device_in_config(d);

	if (device_is_unprivileged(d) && p->session->level > 1 && p->preparations == 0) {
		p->preparations = 1;
		device_type(p, TURN_PREPARING, "enable");
	} else if (wants_config && p->preparations < 2) {
		p->preparations = 2;
		device_type(p, TURN_PREPARING, "configure terminal");
	} else if (wants_config) {
		fail(p, CLI_PORT_READ,
			mem_printf(p, "%s does not enter its configuration mode", device_name(d)));
	} else {
		p->was_config = device_in_config(d);
		device_type(p, TURN_ANSWERING, p->line);
	}
}

static void
on_device_output(void *arg, const char *s, size_t n)
{
	struct cli_port *p = arg;

	if (p->turn != TURN_ANSWERING)
		return;
	text_addn(&p->out, s, n);
	deliver_soon(p);
}

/* The device's `end`, or `exit` from its global mode, is the session's as well. */
static void
device_answered(struct cli_port *p)
{
	struct err err = ERR_INIT;

	p->turn = TURN_NONE;
	p->at_device = true;
	p->wanted = PROMPT;
	if (p->was_config && !device_in_config(p->device) && !session_end_config(p->session, &err))
		log_msg(p->session->cli->engine->log, p->session->cause, "SYS", SEV_ERRORS, "CONFIG_LINE",
			"Configured from console by %s: %s", p->session->who, err.text);
	deliver_soon(p);
}

static void
on_device_prompt(void *arg)
{
	struct cli_port *p = arg;

	switch (p->turn) {
	case TURN_STARTING:
	case TURN_PREPARING:
		prepare(p);
		break;
	case TURN_ANSWERING:
		device_answered(p);
		break;
	case TURN_LEAVING:
		p->turn = TURN_NONE;
		session_line(p->session, p->line);
		break;
	case TURN_NONE:
		break;
	}
}

static void
on_device_quiet(void *arg)
{
	struct cli_port *p = arg;

	if (p->turn == TURN_ANSWERING) {
		p->wanted = QUESTION;
		deliver_soon(p);
	} else if (p->turn != TURN_NONE) {
		fail(p, CLI_PORT_READ, mem_printf(p, "%s asks instead of answering", device_name(p->device)));
	}
}

static void
on_device_failed(void *arg, enum cli_port_failure what, const char *why)
{
	struct cli_port *p = arg;

	if (p->turn != TURN_NONE) {
		fail(p, what, why);
		return;
	}
	/* It ended at its prompt, of which nobody takes notice: the next line for it starts another. */
	p->at_device = false;
	mem_free(p->device);
	p->device = NULL;
}

static const struct device_events device_events = {
	.output = on_device_output,
	.prompt = on_device_prompt,
	.quiet = on_device_quiet,
	.failed = on_device_failed,
};

static bool
is_for_device(struct cli_port *p, const char *line)
{
	if (!device_is_configured(p->session->cli->engine) || line_is_of_eem(line))
		return false;
	return (p->device != NULL && device_in_config(p->device)) || !session_knows(p->session, line);
}

static void
to_device(struct cli_port *p)
{
	struct err err = ERR_INIT;

	p->preparations = 0;
	/* A line of another mode leaves the applet (or whatever is open), as a global line of ours does. */
	if (!mode_to_global(p->session, &err)) {
		fail(p, CLI_PORT_WRITE, err.text);
	} else if (p->device != NULL) {
		prepare(p);
	} else {
		p->turn = TURN_STARTING;
		p->device = device_open(p, p->session->cli->engine, &device_events, p, &err);
		if (p->device == NULL)
			fail(p, CLI_PORT_CONNECT, err.text);
	}
}

/* An applet that only seems to work is looked at for long: said once. */
static void
tell_no_device(struct cli_port *p, const char *line)
{
	struct cli *cli = p->session->cli;

	if (cli->has_told_no_device || (p->session->edit != NULL && conf_edit_is_raw(p->session->edit)) ||
		device_is_configured(cli->engine) || cli_knows(cli, line))
		return;
	cli->has_told_no_device = true;
	line += strspn(line, " \t");
	log_msg(cli->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_CLI_UNKNOWN",
		"%s: eventd does not know the command '%.*s ...', and no device is configured that would get "
		"it "
		"(cli.device)",
		session_who(p->session), (int)strcspn(line, " \t\r\n"), line);
}

/* ---- lines ---- */

static bool
takes_input(const struct cli_port *p)
{
	if (p->turn != TURN_NONE)
		return p->turn == TURN_ANSWERING;
	return session_is_ready(p->session) || session_is_asking(p->session);
}

static void
type_line(struct cli_port *p)
{
	mem_free(p->line);
	p->line = p->lines[0];
	p->n_lines--;
	memmove(p->lines, p->lines + 1, p->n_lines * sizeof p->lines[0]);
	if (p->turn == TURN_ANSWERING)
		device_type(p, TURN_ANSWERING, p->line);
	else if (session_is_asking(p->session))
		session_answer(p->session, p->line);
	else if (is_for_device(p, p->line))
		to_device(p);
	else if (p->device != NULL && device_in_config(p->device))
		device_type(p, TURN_LEAVING, "end");
	else {
		tell_no_device(p, p->line);
		session_line(p->session, p->line);
	}
}

/* One thing at a time, the callback last: it may close the port. */
static void
deliver(void *arg)
{
	struct cli_port *p = arg;
	bool is_prompt = p->wanted == PROMPT;

	if (p->out.len > 0) {
		size_t n = p->out.len;

		mem_free(p->delivered);
		p->delivered = p->out.s;
		text_init(&p->out, p);
		timer_set(p->soon, 0);
		p->events->output(p->arg, p->delivered, n);
		return;
	}
	if (p->failure != NULL) {
		const char *why = p->failure;

		p->failure = NULL;
		p->wanted = NOTHING;
		p->events->failed(p->arg, p->failed, why);
		return;
	}
	if (p->wanted != NOTHING) {
		p->wanted = NOTHING;
		if (p->n_lines > 0)
			timer_set(p->soon, 0);
		p->events->waiting(p->arg, is_prompt);
		return;
	}
	if (p->n_lines > 0 && takes_input(p))
		type_line(p);
}

static int
port_gone(void *ptr)
{
	LIST_REMOVE((struct cli_port *)ptr, link);
	return 0;
}

static struct cli_port *
port_open(void *engine, const void *ctx, const char *policy, struct cause *cause,
	const struct cli_port_events *events, void *arg)
{
	struct cli *cli = ((struct engine *)engine)->cli;
	struct cli_port *p = mem_new(ctx, struct cli_port);
	/* event manager session cli username; without it whoever is nobody */
	const char *user = session_cli_username(engine);
	struct session_spec spec = {
		.user = user,
		.location = mem_printf(p, "EEM:%s", policy),
		.level = *user ? session_cli_privilege(engine) : 1,
		.cause = cause,
		.is_policy = true,
		.echoes = true,
	};
	struct err err = ERR_INIT;

	p->events = events;
	p->arg = arg;
	text_init(&p->out, p);
	p->session = session_open(p, cli, &spec, &ops, p, &err);
	if (p->session == NULL) {
		mem_free(p);
		return NULL;
	}
	p->soon = timer_after(p, cli->engine->loop, 0, deliver, p);
	LIST_INSERT_HEAD(&cli->ports, p, link);
	mem_on_free(p, port_gone);
	text_printf(&p->out, "\r\n%s", session_prompt(p->session));
	p->wanted = PROMPT;
	return p;
}

static void
port_send(struct cli_port *p, const char *line)
{
	p->lines = mem_resize(p, p->lines, (p->n_lines + 1) * sizeof p->lines[0]);
	p->lines[p->n_lines++] = mem_strdup(p, line);
	deliver_soon(p);
}

static const char *
port_prompt(struct cli_port *p)
{
	return p->at_device ? device_prompt(p->device) : session_prompt(p->session);
}

static bool
port_takes_answer(const struct cli_port *p)
{
	return p->turn == TURN_ANSWERING; /* a question of the session is told by waiting() */
}

static bool
port_knows(const void *engine, const char *line)
{
	const struct engine *e = engine;

	return e->cli == NULL || device_is_configured(e) || cli_knows(e->cli, line);
}

const struct cli_port_ops cli_port = {
	.open = port_open,
	.send = port_send,
	.takes_answer = port_takes_answer,
	.prompt = port_prompt,
	.knows = port_knows,
};

/* ---- show system processes ---- */

void
port_each_process(void *source, cli_process_f *f, void *arg)
{
	const struct cli *cli = source;
	const struct cli_port *p;

	LIST_FOREACH (p, &cli->ports, link) {
		char role[200];

		if (p->device == NULL)
			continue;
		snprintf(role, sizeof role, "%s of %s", device_name(p->device), p->session->location);
		f(arg, &(struct cli_process){
			       .name = "eventd-device", .role = role, .pid = (int)device_pid(p->device) });
	}
}
