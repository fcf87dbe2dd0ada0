/* The port of policies: a session whose input and output are delivered by the loop. */
#include "cli/port.h"

#include <string.h>

#include "applets/applet.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/mem.h"

struct cli_port {
	struct session *session;
	struct timer *soon;
	struct text out;
	char *delivered; /* what output() was last given */
	char **lines;    /* typed, not carried out yet */
	size_t n_lines;
	enum { NOTHING, PROMPT, QUESTION } wanted; /* input that the policy does not know of yet */
	const struct cli_port_events *events;
	void *arg;
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
}

static const struct session_ops ops = {
	.output = on_output,
	.question = on_question,
	.ready = on_ready,
};

static bool
takes_input(const struct cli_port *p)
{
	return session_is_ready(p->session) || session_is_asking(p->session);
}

static void
type_line(struct cli_port *p)
{
	char *line = p->lines[0];

	p->n_lines--;
	memmove(p->lines, p->lines + 1, p->n_lines * sizeof p->lines[0]);
	if (session_is_asking(p->session))
		session_answer(p->session, line);
	else
		session_line(p->session, line);
	mem_free(line);
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

static struct cli_port *
port_open(void *engine, const void *ctx, const char *policy, struct cause *cause,
	const struct cli_port_events *events, void *arg)
{
	struct cli *cli = ((struct engine *)engine)->cli;
	struct cli_port *p = mem_new(ctx, struct cli_port);
	/* event manager session cli username, else what the daemon's settings say */
	const char *user = session_cli_username(engine);
	struct session_spec spec = {
		.user = *user ? user : cli->policy_user,
		.location = mem_printf(p, "EEM:%s", policy),
		.level = *user ? session_cli_privilege(engine) : cli->policy_level,
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
	return session_prompt(p->session);
}

static bool
port_takes_answer(const struct cli_port *p)
{
	return false; /* a question of a session is told by waiting() */
}

const struct cli_port_ops cli_port = {
	.open = port_open,
	.send = port_send,
	.takes_answer = port_takes_answer,
	.prompt = port_prompt,
};
