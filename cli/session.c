/* A session: its line, its output, and commands that go on later. */
#include "cli/session.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/cause.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/writer.h"

#define LINES 4096 /* sessions at once, those of policies included */

/* ---- life ---- */

static int
session_gone(void *ptr)
{
	struct session *s = ptr;
	struct command *c = s->cmd;

	s->ops = NULL;
	if (c != NULL) {
		question_drop(c);
		s->cmd = NULL;
		if (c->waiting && c->over != NULL)
			c->over(c->over_arg, SESSION_GONE);
	}
	if (s->prev != NULL)
		s->prev->next = s->next;
	else if (s->cli->sessions == s)
		s->cli->sessions = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	mode_abandon(s);
	cause_unref(s->cause);
	return 0;
}

/* Takes the lowest free line. */
static bool
take_line(struct cli *cli, struct session *s)
{
	struct session *before = NULL, *at = cli->sessions;

	while (at != NULL && at->line == s->line) {
		s->line++;
		before = at;
		at = at->next;
	}
	if (s->line >= LINES)
		return false;
	s->prev = before;
	s->next = at;
	if (before != NULL)
		before->next = s;
	else
		cli->sessions = s;
	if (at != NULL)
		at->prev = s;
	return true;
}

static usec
now(const struct session *s)
{
	struct loop *loop = s->cli->engine->loop;

	return loop != NULL ? loop_mono(loop) : 0;
}

static void tty_print(struct tty *, const char *, size_t);
static void tty_ask(struct tty *, const char *, void (*)(void *, const char *), void *);
static bool tty_help(struct tty *, struct text *);
static bool tty_set_help(struct tty *, const char *);

struct session *
session_open(const void *ctx, struct cli *cli, const struct session_spec *spec, const struct session_ops *ops,
	void *arg, struct err *err)
{
	struct session *s = mem_new(ctx, struct session);

	s->cli = cli;
	if (!take_line(cli, s)) {
		mem_free(s);
		err_set(err, ERR_REFUSED, "no tty lines available");
		return NULL;
	}
	mem_on_free(s, session_gone);
	s->ops = ops;
	s->arg = arg;
	snprintf(s->tty_name, sizeof s->tty_name, "vty%u", s->line);
	s->user = mem_strdup(s, spec->user != NULL ? spec->user : "");
	s->location = mem_strdup(s, spec->location != NULL ? spec->location : "local");
	s->who = mem_printf(s, "%s on %s (%s)", s->user, s->tty_name, s->location);
	s->level = s->entitled = spec->level;
	s->cause = cause_ref(spec->cause);
	s->is_policy = spec->is_policy;
	s->json = spec->wants_json;
	s->echoes = spec->echoes;
	s->help_by_line = spec->help_by_line;
	s->term = (struct session_term){
		.length = spec->length > 0 ? spec->length : 24,
		.width = spec->width > 0 ? spec->width : 80,
		.history = 20,
	};
	s->tty = (struct tty){ .print = tty_print,
		.ask = tty_ask,
		.help = tty_help,
		.set_help = tty_set_help,
		.name = s->tty_name };
	s->opened = s->active = now(s);
	return s;
}

/* ---- who and where ---- */

struct engine *
session_engine(const struct session *s)
{
	return s->cli->engine;
}

const char *
session_user(const struct session *s)
{
	return s->user;
}

const char *
session_tty_name(const struct session *s)
{
	return s->tty_name;
}

const char *
session_location(const struct session *s)
{
	return s->location;
}

const char *
session_who(const struct session *s)
{
	return s->who;
}

unsigned
session_level(const struct session *s)
{
	return s->level;
}

struct cause *
session_cause(const struct session *s)
{
	return s->cause;
}

bool
session_is_policy(const struct session *s)
{
	return s->is_policy;
}

const char *
session_mode(const struct session *s)
{
	return mode_parser_name(s);
}

const void *
session_cmd_ctx(const struct session *s)
{
	return s->cmd != NULL ? (const void *)s->cmd : (const void *)s;
}

const struct exec_cmd *
session_row(const struct session *s)
{
	return s->cmd != NULL ? s->cmd->row : NULL;
}

struct session_term *
session_term(struct session *s)
{
	return &s->term;
}

bool
session_is_quiet(const struct session *s)
{
	return s->cli->quiet;
}

bool
session_is_ready(const struct session *s)
{
	return s->cmd == NULL && !s->closing;
}

bool
session_is_asking(const struct session *s)
{
	return s->cmd != NULL && s->cmd->question.open;
}

bool
session_is_closing(const struct session *s)
{
	return s->closing;
}

bool
session_command_is(const struct session *s, uint64_t serial)
{
	return s->cmd != NULL && s->cmd->serial == serial;
}

/* ---- output ---- */

void
session_emit(struct session *s, bool is_json, const char *out, size_t n)
{
	struct text t;

	if (n == 0 || s->ops == NULL)
		return;
	if (s->cli->engine->redact == NULL) {
		s->ops->output(s->arg, is_json, out, n);
		return;
	}
	text_init(&t, s);
	text_addn(&t, out, n);
	redact_text(s->cli->engine->redact, &t, 0);
	s->ops->output(s->arg, is_json, t.s, t.len);
	mem_free(t.s);
}

bool
session_is_behind(const struct session *s)
{
	return s->ops != NULL && s->ops->backlog != NULL && s->ops->backlog(s->arg) >= SESSION_BACKLOG;
}

/* What the writer holds comes before whatever is printed beside it. */
static void
flush_writer(struct command *c)
{
	struct text held = c->written;

	if (held.len == 0 || writer_is_json(c->writer))
		return;
	text_init(&c->written, c);
	if (c->pipe != NULL)
		pipe_feed(c->pipe, held.s, held.len);
	else
		session_emit(c->session, false, held.s, held.len);
	mem_free(held.s);
}

void
session_write(struct session *s, const char *out, size_t n)
{
	if (s->cmd != NULL) {
		flush_writer(s->cmd);
		if (s->cmd->pipe != NULL) {
			pipe_feed(s->cmd->pipe, out, n);
			return;
		}
	}
	session_emit(s, false, out, n);
}

void
session_print(struct session *s, const char *fmt, ...)
{
	struct text t;
	va_list ap;

	text_init(&t, s);
	va_start(ap, fmt);
	text_vprintf(&t, fmt, ap);
	va_end(ap);
	session_write(s, t.s, t.len);
	mem_free(t.s);
}

/* Foreign text: made safe for a screen (text_add_screen()). */
static void
session_foreign(struct session *s, const char *out, size_t n)
{
	struct text t;

	text_init(&t, s);
	text_add_screen(&t, out, n);
	session_write(s, t.s, t.len);
	mem_free(t.s);
}

struct writer *
session_writer(struct session *s)
{
	struct command *c = s->cmd;
	bool is_json = s->json && c->row != NULL && (c->row->flags & EXEC_SHOW) != 0 && c->pipe == NULL;

	if (c->writer == NULL) {
		text_init(&c->written, c);
		c->writer = writer_new(c, is_json ? WRITER_JSON : WRITER_TEXT, &c->written);
	}
	return c->writer;
}

struct writer *
session_writer_json(struct session *s)
{
	struct command *c = s->cmd;

	if (c->writer == NULL) {
		text_init(&c->written, c);
		c->writer = writer_new(c, WRITER_JSON, &c->written);
	}
	return c->writer;
}

/* ---- going on later ---- */

static void
deadline_passed(void *arg)
{
	struct command *c = arg;
	struct session *s = c->session;
	uint64_t serial = c->serial;
	struct err err = ERR_INIT;

	question_drop(c);
	c->waiting = false;
	if (c->over != NULL)
		c->over(c->over_arg, SESSION_DEADLINE);
	if (!session_command_is(s, serial))
		return;
	err_set(&err, ERR_TIMEOUT, "Timed out");
	command_end(c, false, &err);
}

enum cmd_result
session_wait(struct session *s, usec deadline, session_over_f *over, void *arg)
{
	struct command *c = s->cmd;

	c->waiting = true;
	c->over = over;
	c->over_arg = arg;
	mem_free(c->deadline);
	c->deadline = NULL;
	if (deadline > 0 && s->cli->engine->loop != NULL)
		c->deadline = timer_after(c, s->cli->engine->loop, deadline, deadline_passed, c);
	return CMD_WAIT;
}

void
session_done(struct session *s)
{
	if (s->cmd != NULL)
		command_end(s->cmd, true, NULL);
}

void
session_fail(struct session *s, const struct err *err)
{
	if (s->cmd != NULL)
		command_end(s->cmd, false, err);
}

void
session_interrupt(struct session *s)
{
	struct command *c = s->cmd;
	uint64_t serial;
	struct err err = ERR_INIT;

	if (c == NULL) {
		if (s->edit != NULL && !mode_leave_config(s, &err))
			report_refusal(s, NULL, &err);
		return;
	}
	serial = c->serial;
	question_drop(c);
	if (!session_command_is(s, serial))
		return;
	if (c->waiting) {
		c->waiting = false;
		if (c->over != NULL)
			c->over(c->over_arg, SESSION_INTERRUPTED);
		if (!session_command_is(s, serial))
			return;
	}
	command_end(c, false, NULL);
}

bool
session_end_config(struct session *s, struct err *err)
{
	return s->edit == NULL || mode_leave_config(s, err);
}

/* ---- the terminal of a synchronous policy ---- */

static struct session *
of_tty(struct tty *tty)
{
	return (struct session *)((char *)tty - offsetof(struct session, tty));
}

/* What a policy prints may be foreign; a CR before the newline is how IOS ends lines. */
static void
tty_print(struct tty *tty, const char *out, size_t n)
{
	struct session *s = of_tty(tty);
	const char *end = out + n;

	if (s->cmd == NULL || !s->cmd->waiting)
		return;
	while (out < end) {
		const char *cr = memmem(out, (size_t)(end - out), "\r\n", 2);

		session_foreign(s, out, (size_t)((cr != NULL ? cr : end) - out));
		out = cr != NULL ? cr + 1 : end;
	}
}

static void
tty_ask(struct tty *tty, const char *prompt, void (*got)(void *arg, const char *line), void *arg)
{
	struct session *s = of_tty(tty);
	struct question *q;

	if (s->cmd == NULL || !s->cmd->waiting || s->cmd->question.open) {
		got(arg, NULL);
		return;
	}
	q = &s->cmd->question;
	*q = (struct question){ .open = true, .kind = ASK_LINE, .got = got, .arg = arg };
	question_put(s, prompt != NULL ? prompt : "");
}

/* The command whose `?` waits, or NULL. */
static struct command *
asks_for_help(struct tty *tty)
{
	struct command *c = of_tty(tty)->cmd;

	return c != NULL && c->waiting && c->key == CLI_QUESTIONMARK ? c : NULL;
}

static bool
tty_help(struct tty *tty, struct text *out)
{
	struct command *c = asks_for_help(tty);

	if (c != NULL)
		command_help(c, out);
	return c != NULL;
}

static bool
tty_set_help(struct tty *tty, const char *text)
{
	struct command *c = asks_for_help(tty);

	if (c != NULL)
		c->help = mem_strdup(c, text);
	return c != NULL;
}

struct tty *
session_tty(struct session *s)
{
	return &s->tty;
}
