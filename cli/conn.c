/* One client of the control protocol: a table of message types, a session, a queue of lines. */
#include "cli/conn.h"

#include <string.h>

#include <jansson.h>

#include "cli/server.h"
#include "cli/shell.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

#define QUEUE_MAX 256u               /* requests waiting behind a running line */
#define PIECE     ((size_t)64 << 10) /* of output in one frame */

struct cli_conn {
	struct cli *cli;
	struct conn_peer peer;
	struct frame_reader *reader;
	struct text *out;
	void (*more)(void *arg);
	void *arg;
	struct session *session;
	json_t *queue; /* array of requests */
	json_t *id;    /* of the running line, or NULL */
	bool terminal; /* a person sits there */
	bool greeted, busy, pumping, over;
	unsigned long dropped; /* messages that a slow reader missed */
};

static int
conn_gone(void *ptr)
{
	struct cli_conn *c = ptr;

	c->over = true;
	if (c->session != NULL && c->terminal)
		login_ended(c->session);
	mem_free(c->session);
	json_decref(c->queue);
	json_decref(c->id);
	return 0;
}

struct cli_conn *
cli_conn_new(const void *ctx, struct cli *cli, const struct conn_peer *peer, struct text *out,
	void (*more)(void *arg), void *arg)
{
	struct cli_conn *c = mem_new(ctx, struct cli_conn);

	c->cli = cli;
	c->peer = (struct conn_peer){ .user = mem_strdup(c, peer->user), .level = peer->level };
	c->reader = frame_reader_new(c, CONTROL_FRAME_MAX);
	c->out = out;
	c->more = more;
	c->arg = arg;
	c->queue = json_array();
	mem_on_free(c, conn_gone);
	return c;
}

bool
cli_conn_is_over(const struct cli_conn *c)
{
	return c->over;
}

bool
cli_conn_wants_input(const struct cli_conn *c)
{
	return !c->over && json_array_size(c->queue) < QUEUE_MAX;
}

/* ---- out ---- */

/* Takes the object. */
static void
put(struct cli_conn *c, json_t *message)
{
	if (!c->over && c->out->len < CONN_LIMIT)
		frame_add(c->out, message);
	json_decref(message);
	if (c->out->len >= CONN_LIMIT)
		c->over = true;
	c->more(c->arg);
}

static json_t *
message_new(const char *type, json_t *id)
{
	json_t *m = json_object();

	json_object_set_new(m, "t", json_string(type));
	if (id != NULL)
		json_object_set(m, "id", id);
	return m;
}

static void
set_text(json_t *m, const char *key, const char *s)
{
	json_object_set_new(m, key, frame_string(s, strlen(s)));
}

static void
set_state(struct cli_conn *c, json_t *m)
{
	const struct session_term *term = session_term(c->session);

	set_text(m, "prompt", session_prompt(c->session));
	set_text(m, "mode", session_mode(c->session));
	json_object_set_new(m, "length", json_integer(term->length));
	json_object_set_new(m, "width", json_integer(term->width));
}

static json_t *
error_json(const struct err *err)
{
	json_t *e = json_object();

	set_text(e, "code", err_code_name(err->code));
	set_text(e, "message", err->text);
	json_object_set_new(e, "line", err->line > 0 ? json_integer(err->line) : json_null());
	json_object_set_new(e, "column", err->column > 0 ? json_integer(err->column) : json_null());
	json_object_set_new(
		e, "hint", err->hint[0] != '\0' ? frame_string(err->hint, strlen(err->hint)) : json_null());
	return e;
}

static void
put_result(struct cli_conn *c, json_t *id, const struct outcome *o)
{
	json_t *m = message_new("result", id);
	struct err interrupted = ERR_INIT;

	json_object_set_new(m, "accepted", json_boolean(o->accepted));
	if (!o->accepted && o->interrupted)
		err_set(&interrupted, ERR_REFUSED, "Interrupted");
	if (!o->accepted)
		json_object_set_new(m, "error", error_json(o->interrupted ? &interrupted : o->err));
	set_state(c, m);
	put(c, m);
}

static void
fail(struct cli_conn *c, const char *why)
{
	json_t *m = message_new("failed", NULL);

	set_text(m, "message", why);
	put(c, m);
	c->over = true;
	c->more(c->arg);
}

/* ---- the session's side ---- */

/* At most n bytes, not in the middle of a character. */
static size_t
cut(const char *s, size_t n, size_t max)
{
	size_t at = max;

	if (n <= max)
		return n;
	while (at > max - 4 && ((unsigned char)s[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void
on_output(void *arg, bool is_json, const char *s, size_t n)
{
	struct cli_conn *c = arg;

	while (n > 0) {
		size_t len = cut(s, n, PIECE);
		json_t *m = message_new("output", c->id);

		json_object_set_new(m, is_json ? "json" : "text", frame_string(s, len));
		put(c, m);
		s += len;
		n -= len;
	}
}

static void
on_question(void *arg, enum ask_kind kind, const char *prompt)
{
	/* ORDER: enum ask_kind */
	static const char *const kinds[] = { "line", "secret", "yesno", "confirm", "collect" };
	struct cli_conn *c = arg;
	json_t *m = message_new("question", c->id);

	set_text(m, "kind", kinds[kind]);
	set_text(m, "prompt", prompt);
	put(c, m);
}

static void
on_monitor(void *arg, const char *line, size_t n)
{
	struct cli_conn *c = arg;
	json_t *m;

	if (c->out->len > CONN_BACKLOG) {
		c->dropped++;
		return;
	}
	if (c->dropped > 0) {
		m = message_new("monitor", NULL);
		json_object_set_new(m, "text", json_sprintf("%lu messages dropped", c->dropped));
		c->dropped = 0;
		put(c, m);
	}
	m = message_new("monitor", NULL);
	json_object_set_new(m, "text", frame_string(line, n));
	put(c, m);
}

static void pump(struct cli_conn *);

static void
on_ready(void *arg, const struct outcome *o)
{
	struct cli_conn *c = arg;
	json_t *id = c->id;

	c->id = NULL;
	put_result(c, id, o);
	json_decref(id);
	if (session_is_closing(c->session)) {
		put(c, message_new("closed", NULL));
		c->over = true;
		c->more(c->arg);
	}
	c->busy = false;
	pump(c);
}

static size_t
on_backlog(void *arg)
{
	return ((const struct cli_conn *)arg)->out->len;
}

static const struct session_ops ops = {
	.output = on_output,
	.question = on_question,
	.ready = on_ready,
	.monitor = on_monitor,
	.backlog = on_backlog,
};

/* ---- requests ---- */

static const char *
get_text(const json_t *m, const char *key)
{
	const char *s = json_string_value(json_object_get(m, key));

	return s != NULL ? s : "";
}

static unsigned
get_size(const json_t *m, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(m, key));

	return n > 0 && n <= 10000 ? (unsigned)n : 0;
}

static void
do_hello(struct cli_conn *c, json_t *m)
{
	json_t *answer;

	if (json_integer_value(json_object_get(m, "version")) != CONTROL_VERSION) {
		fail(c, "this version of the control protocol is not spoken here");
		return;
	}
	c->greeted = true;
	answer = message_new("hello", json_object_get(m, "id"));
	json_object_set_new(answer, "version", json_integer(CONTROL_VERSION));
	json_object_set_new(answer, "program", json_string("eventd"));
	put(c, answer);
}

static void
do_open(struct cli_conn *c, json_t *m)
{
	bool terminal = json_is_true(json_object_get(m, "terminal"));
	struct session_spec spec = {
		.user = c->peer.user,
		.location = "127.0.0.1",
		.level = c->peer.level,
		.wants_json = json_is_true(json_object_get(m, "json")),
		.echoes = terminal,
		.help_by_line = !terminal,
		.length = get_size(m, "height"),
		.width = get_size(m, "width"),
	};
	struct err err = ERR_INIT;
	json_t *answer;

	if (c->session != NULL) {
		fail(c, "a session is open already");
		return;
	}
	c->session = session_open(c, c->cli, &spec, &ops, c, &err);
	if (c->session == NULL) {
		fail(c, err.text);
		return;
	}
	c->terminal = terminal;
	login_succeeded(c->session);
	answer = message_new("opened", json_object_get(m, "id"));
	set_text(answer, "tty", session_tty_name(c->session));
	set_text(answer, "user", session_user(c->session));
	json_object_set_new(answer, "level", json_integer(session_level(c->session)));
	set_state(c, answer);
	put(c, answer);
}

static void
do_line(struct cli_conn *c, json_t *m)
{
	char *octets;

	c->busy = true;
	c->id = json_incref(json_object_get(m, "id"));
	octets = frame_octets_text(c, json_object_get(m, "octets"));
	session_line(c->session, octets != NULL ? octets : get_text(m, "text"));
	mem_free(octets);
}

static void
do_end(struct cli_conn *c, json_t *m)
{
	struct err err = ERR_INIT;
	struct outcome o = { .err = &err };

	o.accepted = session_end_config(c->session, &err);
	put_result(c, json_object_get(m, "id"), &o);
}

/* A key's answer; the next request may be handled. */
static void
key_answered(struct cli_conn *c, const char *type, const char *text)
{
	json_t *id = c->id, *answer = message_new(type, id);

	c->id = NULL;
	json_decref(id);
	set_text(answer, "text", text);
	put(c, answer);
	c->busy = false;
	pump(c);
}

static void
helped(void *arg, const char *text)
{
	key_answered(arg, "help", text);
}

static void
completed(void *arg, const char *text)
{
	key_answered(arg, "completion", text);
}

static void
do_help(struct cli_conn *c, json_t *m)
{
	c->busy = true;
	c->id = json_incref(json_object_get(m, "id"));
	session_key(c->session, CLI_QUESTIONMARK, get_text(m, "text"), helped, c);
}

static void
do_complete(struct cli_conn *c, json_t *m)
{
	c->busy = true;
	c->id = json_incref(json_object_get(m, "id"));
	session_key(c->session, CLI_TAB, get_text(m, "text"), completed, c);
}

static void
do_answer(struct cli_conn *c, json_t *m)
{
	session_answer(c->session, json_string_value(json_object_get(m, "text")));
}

static void
do_interrupt(struct cli_conn *c, json_t *m)
{
	bool was_busy = c->busy;
	json_t *state;

	session_interrupt(c->session);
	if (was_busy)
		return;
	state = message_new("state", NULL);
	set_state(c, state);
	put(c, state);
}

/* at_once: not held up by a running line. */
static const struct request {
	const char *type;
	void (*handle)(struct cli_conn *, json_t *);
	bool needs_session, at_once;
} requests[] = {
	{ "hello", do_hello, false, false },
	{ "open", do_open, false, false },
	{ "line", do_line, true, false },
	{ "end", do_end, true, false },
	{ "help", do_help, true, false },
	{ "complete", do_complete, true, false },
	{ "answer", do_answer, true, true },
	{ "interrupt", do_interrupt, true, true },
};

static const struct request *
find_request(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		if (strcmp(requests[i].type, type) == 0)
			return &requests[i];
	}
	return NULL;
}

static void
handle(struct cli_conn *c, json_t *m)
{
	const struct request *r = find_request(get_text(m, "t"));

	if (r == NULL)
		fail(c, "unknown message");
	else if (!c->greeted && r->handle != do_hello)
		fail(c, "hello comes first");
	else if (r->needs_session && c->session == NULL)
		fail(c, "no session is open");
	else
		r->handle(c, m);
}

/* Takes the message. What must wait goes to the queue. */
static void
arrived(struct cli_conn *c, json_t *m)
{
	/* With requests before it, whether there will be a session is not known yet. */
	bool must_wait = c->busy || json_array_size(c->queue) > 0 || c->out->len >= CONN_BACKLOG;
	const struct request *r = find_request(get_text(m, "t"));

	if (must_wait && !(r != NULL && r->at_once && c->session != NULL)) {
		json_array_append_new(c->queue, m);
		return;
	}
	handle(c, m);
	json_decref(m);
}

static void
run_queue(struct cli_conn *c)
{
	while (!c->over && !c->busy && c->out->len < CONN_BACKLOG && json_array_size(c->queue) > 0) {
		json_t *m = json_incref(json_array_get(c->queue, 0));

		json_array_remove(c->queue, 0);
		handle(c, m);
		json_decref(m);
	}
}

/* Everything that can be done now. Requests that end at once come back here: not deeper. */
static void
pump(struct cli_conn *c)
{
	struct err err = ERR_INIT;
	json_t *m;

	if (c->pumping)
		return;
	c->pumping = true;
	run_queue(c);
	while (cli_conn_wants_input(c) && (m = frame_reader_next(c->reader, &err)) != NULL) {
		arrived(c, m);
		run_queue(c);
	}
	if (err.code != ERR_NONE && !c->over)
		fail(c, err.text);
	c->pumping = false;
}

void
cli_conn_feed(struct cli_conn *c, const void *data, size_t n)
{
	if (c->over)
		return;
	frame_reader_feed(c->reader, data, n);
	pump(c);
}

void
cli_conn_resume(struct cli_conn *c)
{
	if (!c->over)
		pump(c);
}
