/* Collapsing a backlog: which mails belong together, and what the one mail says. */
#include "actions/mail/queue/digest.h"

#include <string.h>
#include <time.h>

#include "actions/mail/decode.h"
#include "actions/mail/mailer.h"
#include "actions/mail/message.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

#define BACKLOG_MAX 100000
#define STORE_WAIT  (60 * USEC_PER_SEC)
#define EXCERPT     200 /* octets of each body */

/* Mails of one applet, one server, one sender, the same people. */
struct group {
	UT_hash_handle hh;
	char *key;
	struct mail_request *request; /* of its first mail: how all of them travel */
	json_t *mids, *digested;
	struct text body;
};

struct digest {
	struct session *session;
	struct mail_queue *queue;
	struct group *groups;
	json_t *made; /* as mailqueue_digest() takes them */
	size_t mails;
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

static char *
mailboxes(const void *ctx, const json_t *message)
{
	const json_t *part = json_array_get(json_object_get(message, "parts"), 0), *to;
	struct text *t = text_new(ctx);
	size_t i;

	json_array_foreach(json_object_get(part, "recipients"), i, to)
		text_printf(t, "%s%s", i == 0 ? "" : ",", text_of(to, "mailbox"));
	return t->s;
}

/* Only what waits for its server is old news: held and failed mails wait for somebody to look at them. */
static bool
is_backlog(const struct mail_queue *q, const json_t *message)
{
	const struct queue_message *m =
		queue_message_find(q, (uint64_t)json_integer_value(json_object_get(message, "id")));
	const struct queue_part *p;

	if (m == NULL || m->kind != QUEUE_MAIL || m->part_count != 1 || m->submission != NULL)
		return false;
	p = LIST_FIRST(&m->parts);
	return p->tries + p->host->failures > 0 && p->domain == NULL &&
	       (p->state == MAILQUEUE_DEFERRED || p->state == MAILQUEUE_QUEUED);
}

static struct group *
group_of(struct digest *d, const json_t *message, struct mail_request *r)
{
	char *to = mailboxes(r, message);
	char *clear = mem_printf(
		d, "%s\n%s\n%u\n%d\n%s\n%s", r->applet, r->server, r->port, (int)r->secure, r->from, to);
	char *key = mem_secret(d, clear, strlen(clear)); /* the server string holds the password */
	struct group *g;

	explicit_bzero(clear, strlen(clear));
	mem_free(clear);
	HASH_FIND_STR(d->groups, key, g);
	if (g != NULL) {
		mem_free(r);
		return g;
	}
	g = mem_new(d, struct group);
	g->key = key;
	g->request = r;
	g->mids = json_array();
	g->digested = json_array();
	text_init(&g->body, g);
	HASH_ADD_KEYPTR(hh, d->groups, g->key, (unsigned)strlen(g->key), g);
	return g;
}

/* The beginning of a text, its lines indented: what is no line end and cannot be shown is shown as an escape. */
static void
add_excerpt(struct text *out, const struct text *body)
{
	size_t n = body->len, whole;
	const char *s = body->s;

	for (whole = 0; whole < body->len && whole + utf8_len(s + whole, n - whole) <= EXCERPT;)
		whole += utf8_len(s + whole, n - whole) > 0 ? utf8_len(s + whole, n - whole) : 1;
	for (n = whole; n > 0; n -= whole, s += whole) {
		const char *end = memchr(s, '\n', n);
		size_t line = end == NULL ? n : (size_t)(end - s);

		whole = end == NULL ? n : line + 1;
		line -= line > 0 && s[line - 1] == '\r';
		text_add(out, "  ");
		text_add_line(out, s, line);
		text_addc(out, '\n');
	}
}

static void
add_to_group(struct group *g, const json_t *message)
{
	const char *text = text_of(message, "text");
	char *subject = decode_field(g, text, "Subject"), *date = decode_field(g, text, "Date"),
	     *to = mailboxes(g, message);
	struct text *body = text_new(g);

	json_array_append(g->mids, json_object_get(message, "id"));
	json_array_append_new(g->digested,
		json_pack("{s:O, s:s, s:s, s:s, s:O}", "message_id", json_object_get(message, "message_id"),
			"applet", g->request->applet, "subject", subject, "recipients", to, "created",
			json_object_get(message, "created")));
	text_printf(&g->body, "%s\n  ", date);
	text_add_line(&g->body, subject, strlen(subject));
	text_printf(&g->body, "\n  %s\n", text_of(message, "message_id"));
	decode_body(body, text);
	add_excerpt(&g->body, body);
	text_addc(&g->body, '\n');
}

/* ---- the one mail ---- */

static json_t *
compose(struct digest *d, struct group *g, struct err *err)
{
	struct engine *e = d->queue->engine;
	struct mail_request *r = g->request;
	size_t n = json_array_size(g->mids);
	struct text *body = text_new(g), *out = text_new(g);
	struct mail_message m = { .applet = r->applet };
	char *to = strrchr(g->key, '\n') + 1, *subject;

	subject = mem_printf(g, "%zu mails of %s that could not be delivered in time", n, r->applet);
	text_printf(body, "%zu mails waited for %s. This one stands for all of them.\n\n", n,
		LIST_FIRST(&queue_message_find(
				   d->queue, (uint64_t)json_integer_value(json_array_get(g->mids, 0)))
				    ->parts)
			->host->name);
	text_addn(body, g->body.s, g->body.len);
	r->message_id = mailer_message_id(e->mailer, r);
	m.from = mail_address_parse(r, r->from, strlen(r->from), err);
	m.to = mail_addresses_parse(r, to, strlen(to), err);
	m.subject = subject;
	m.subject_len = strlen(subject);
	m.body = body->s;
	m.body_len = body->len;
	m.message_id = r->message_id;
	m.date = (time_t)(clock_wall(e->clock) / USEC_PER_SEC);
	m.max_size = mailer_defaults(e->mailer)->max_size;
	if (m.from == NULL || m.to == NULL || !mail_message_build(&m, out, NULL, err))
		return NULL;
	r->recipients = mem_array(r, const char *, m.to->count);
	for (size_t i = 0; i < m.to->count; i++)
		r->recipients[r->recipient_count++] = m.to->items[i].mailbox;
	r->message = out->s;
	r->message_len = out->len;
	return queue_message_json(d->queue, r, QUEUE_DIGEST, err);
}

static int
group_free(void *p)
{
	struct group *g = p;

	json_decref(g->mids);
	json_decref(g->digested);
	return 0;
}

static int
digest_free(void *p)
{
	json_decref(((struct digest *)p)->made);
	return 0;
}

/* Behind the commit: the many leave the index, the ones come. */
static void
on_made(struct mail_queue *q, const json_t *in, const json_t *out)
{
	const json_t *one, *id;
	size_t i, k;

	json_array_foreach(json_object_get(in, "digests"), i, one)
	{
		json_array_foreach(json_object_get(one, "mids"), k, id)
		{
			struct queue_message *m = queue_message_find(q, (uint64_t)json_integer_value(id));

			if (m != NULL)
				queue_message_drop(q, m);
		}
		queue_index_added(
			q, json_array_get(json_object_get(out, "added"), i), json_object_get(one, "add"));
	}
	queue_command_done(q, in, out);
}

/* They wait again, each by itself. */
static void
on_not_made(struct mail_queue *q, const json_t *in)
{
	const json_t *one, *id;
	size_t i, k;

	json_array_foreach(json_object_get(in, "digests"), i, one)
	{
		json_array_foreach(json_object_get(one, "mids"), k, id)
		{
			struct queue_message *m = queue_message_find(q, (uint64_t)json_integer_value(id));

			if (m != NULL)
				queue_part_place(q, LIST_FIRST(&m->parts), MAILQUEUE_QUEUED, 0);
		}
	}
}

static void
make(struct digest *d, struct group *g)
{
	struct err err = ERR_INIT;
	json_t *add = compose(d, g, &err);
	const json_t *id;
	size_t i;

	if (add == NULL) {
		session_print(d->session, "%% %s\n", err.text);
		return;
	}
	/* None of them starts while the store works on it. */
	json_array_foreach(g->mids, i, id)
	{
		struct queue_message *m = queue_message_find(d->queue, (uint64_t)json_integer_value(id));

		queue_part_place(d->queue, LIST_FIRST(&m->parts), MAILQUEUE_HELD, 0);
	}
	d->mails += json_array_size(g->mids);
	json_array_append_new(
		d->made, json_pack("{s:o, s:O, s:O}", "add", add, "mids", g->mids, "digested", g->digested));
}

/* ---- reading the backlog ---- */

static void
finish(struct digest *d)
{
	struct group *g, *next;
	json_t *in;

	HASH_ITER (hh, d->groups, g, next) {
		if (json_array_size(g->mids) > 1)
			make(d, g);
	}
	in = json_pack(
		"{s:O, s:I}", "digests", d->made, "at", (json_int_t)clock_wall(d->queue->engine->clock));
	queue_command(d->session, d->queue, mailqueue_digest, in, on_made, on_not_made, d->mails,
		mem_printf(d, "collapsed into %zu", json_array_size(d->made)));
}

static void
on_read(void *arg, const json_t *out, const struct err *err)
{
	struct digest *d = arg;
	const json_t *messages = json_object_get(out, "messages"), *m;
	struct mail_request *r;
	struct group *g;
	size_t i;

	if (err != NULL) {
		session_fail(d->session, err);
		return;
	}
	json_array_foreach(messages, i, m)
	{
		if (!is_backlog(d->queue, m))
			continue;
		r = mail_request_read(d, d->queue->engine->secrets, text_of(m, "request"), NULL);
		if (r == NULL)
			continue;
		g = group_of(d, m, r);
		mem_on_free(g, group_free);
		add_to_group(g, m);
	}
	finish(d);
}

static enum cmd_result
digest(struct session *s, const void *args, struct err *err)
{
	struct digest *d = mem_new(session_cmd_ctx(s), struct digest);

	(void)args, (void)err;
	d->session = s;
	d->queue = session_engine(s)->mail_queue;
	d->made = json_array();
	mem_on_free(d, digest_free);
	store_submit(d, d->queue->store, mailqueue_view,
		json_pack("{s:i, s:i, s:b}", "after", 0, "limit", BACKLOG_MAX, "texts", true), on_read, d);
	return session_wait(s, STORE_WAIT, NULL, NULL);
}

/* ---- show mail queue digest ---- */

static void
on_digested(void *arg, const json_t *out, const struct err *err)
{
	struct session *s = arg;
	struct writer *w = session_writer(s);
	const json_t *row;
	char at[32];
	size_t i;

	if (err != NULL) {
		session_fail(s, err);
		return;
	}
	w_list(w, "digested");
	json_array_foreach(json_object_get(out, "digested"), i, row)
	{
		time_t created = (time_t)(json_integer_value(json_object_get(row, "created")) / USEC_PER_SEC);
		struct tm tm;

		gmtime_r(&created, &tm);
		strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &tm);
		w_object(w, NULL);
		w_str(w, "accepted", at);
		w_str(w, "applet", text_of(row, "applet"));
		w_str(w, "subject", text_of(row, "subject"));
		w_str(w, "recipients", text_of(row, "recipients"));
		w_str(w, "message_id", text_of(row, "message_id"));
		w_str(w, "digest", text_of(row, "digest"));
		w_end(w);
		w_text(w, "%s %s ", at, text_of(row, "applet"));
		w_foreign(w, text_of(row, "subject"), strlen(text_of(row, "subject")));
		w_text(w, "\n  to %s, %s in %s\n", text_of(row, "recipients"), text_of(row, "message_id"),
			text_of(row, "digest"));
	}
	w_end(w);
	session_done(s);
}

static enum cmd_result
show_digested(struct session *s, const void *args, struct err *err)
{
	(void)args, (void)err;
	store_submit(session_cmd_ctx(s), session_engine(s)->store, mailqueue_digested, NULL, on_digested, s);
	return session_wait(s, STORE_WAIT, NULL, NULL);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "mail queue digest",
		  .help = "Collapse old mails of one applet into one",
		  .level = 15 },
		.run = digest },
	{ .cmd = { .words = "show mail digest", .help = "Mails that a digest stands for", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_digested },
};

void
queue_digest_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
