/* Sessions and policies: `event cli` looks at lines before they run, and policies type lines of their own. */
#include "typist.h"

/* ---- the hook of `event cli` ---- */

struct hook {
	enum cli_verdict verdict;
	char expanded[128], mode[32];
	enum session_end over;
};

static void
hook_over(void *arg, enum session_end why)
{
	((struct hook *)arg)->over = why;
}

static enum cli_verdict
hook(void *arg, struct session *s, const struct cli_line *line)
{
	struct hook *h = arg;

	snprintf(h->expanded, sizeof h->expanded, "%s", line->expanded);
	snprintf(h->mode, sizeof h->mode, "%s", line->mode);
	if (h->verdict == CLI_HOLD)
		session_wait(s, 30 * USEC_PER_SEC, hook_over, h);
	return h->verdict;
}

static void
the_hook_of_event_cli(void **state)
{
	struct fixture *f = *state;
	struct hook h = { .verdict = CLI_RUN };

	cli_set_hook(f->e->cli, hook, &h);
	expect(f, "tes ec x", "x\n");
	assert_string_equal(h.expanded, "test echo x");
	assert_string_equal(h.mode, "exec");
	h.verdict = CLI_SKIP;
	expect(f, "test echo x", "");
	h.verdict = CLI_HOLD;
	type(f, "test echo x");
	assert_false(session_is_ready(f->s));
	session_release(f->s, true);
	assert_string_equal(f->out->s, "x\n");
	type(f, "test echo x");
	session_release(f->s, false);
	assert_true(f->accepted);
	assert_string_equal(f->out->s, "");
	h.verdict = CLI_RUN;
	type(f, "conf t");
	type(f, "serv y");
	assert_string_equal(h.expanded, "service y");
	assert_string_equal(h.mode, "config");
	type(f, "do tes ec z");
	assert_string_equal(h.expanded, "do test echo z");
}
/* ---- the port of policies ---- */

struct policy {
	struct text *out;
	int waiting; /* -1 not, 0 at a question, 1 at the prompt */
};

static void
policy_output(void *arg, const char *s, size_t n)
{
	text_addn(((struct policy *)arg)->out, s, n);
}

static void
policy_waiting(void *arg, int is_prompt)
{
	((struct policy *)arg)->waiting = is_prompt;
}

static const struct cli_port_events policy_events = { .output = policy_output, .waiting = policy_waiting };

static const char *
send(struct fixture *f, struct policy *p, struct cli_port *port, const char *line)
{
	text_clear(p->out);
	p->waiting = -1;
	f->e->cli_port->send(port, line);
	assert_int_equal(p->waiting, -1); /* nothing comes from inside send() */
	loop_settle(f->e->loop);
	return p->out->s;
}

static void
a_policy_types(void **state)
{
	struct fixture *f = *state;
	struct policy p = { .out = text_new(f), .waiting = -1 };
	void *run = mem_ctx(f->ctx, "run");
	struct cli_port *port = f->e->cli_port->open(f->e, run, "LINK", NULL, &policy_events, &p);

	assert_int_equal(p.waiting, -1);
	loop_settle(f->e->loop);
	assert_string_equal(p.out->s, "\r\nR1>");
	assert_int_equal(p.waiting, 1);
	assert_string_equal(send(f, &p, port, "test echo x"), "x\r\nR1>");
	assert_string_equal(send(f, &p, port, "sho qux"),
		"       ^\r\n% Invalid input detected at '^' marker.\r\n\r\nR1>");
	assert_string_equal(send(f, &p, port, "enable"), "R1#");
	assert_string_equal(send(f, &p, port, "conf t"),
		"Enter configuration commands, one per line.  End with CNTL/Z.\r\nR1(config)#");
	assert_string_equal(send(f, &p, port, "end"), "R1#");
	assert_non_null(strstr(type(f, "show logging"), "Configured from console by  on vty1 (EEM:LINK)\n"));
	assert_string_equal(send(f, &p, port, "clear logging"), "Clear logging buffer [confirm]");
	assert_int_equal(p.waiting, 0);
	assert_string_equal(send(f, &p, port, ""), "R1#");
	assert_int_equal(p.waiting, 1);
	assert_string_equal(send(f, &p, port, "exit"), "R1#");
	mem_free(run);
	assert_null(strstr(type(f, "show users"), "EEM"));
}

static void
a_policy_is_not_seen_by_event_cli(void **state)
{
	struct fixture *f = *state;
	struct hook h = { .verdict = CLI_SKIP };
	struct policy p = { .out = text_new(f), .waiting = -1 };
	struct cli_port *port = f->e->cli_port->open(f->e, f->ctx, "A", NULL, &policy_events, &p);

	cli_set_hook(f->e->cli, hook, &h);
	loop_settle(f->e->loop);
	assert_string_equal(send(f, &p, port, "test echo x"), "x\r\nR1>");
	assert_string_equal(h.expanded, "");
	mem_free(port);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(the_hook_of_event_cli),
		TYPED(a_policy_types),
		TYPED(a_policy_is_not_seen_by_event_cli),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
