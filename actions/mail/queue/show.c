/* `show mail queue [detail]`: what waits, why, and every attempt. Read from the store, some mails at a time. */
#include "actions/mail/queue/show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "actions/mail/queue/private.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

#define AT_ONCE    200
#define STORE_WAIT (60 * USEC_PER_SEC)

struct show_args {
	struct kw_flag detail, summary;
	struct kw_int id, number;
};

static const struct kw show_kw[] = {
	{ .help = "Number of the mail (MID)",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.group = 1,
		.min = 1,
		.max = INT64_MAX },
	{ .word = "detail", .help = "Every attempt", KW_AT(struct show_args, detail), .group = 2 },
	{ .word = "id",
		.help = "One mail",
		.type = &kw_number,
		KW_AT(struct show_args, id),
		.group = 1,
		.min = 1,
		.max = INT64_MAX },
	{ .word = "summary", .help = "How many there are", KW_AT(struct show_args, summary), .group = 2 },
	KW_END,
};

struct show {
	struct session *session;
	struct mail_queue *queue;
	struct writer *w;
	const struct show_args *args;
	int64_t after;
	bool begun;
};

static const char *const states[MAILQUEUE_STATE_COUNT] = {
	[MAILQUEUE_QUEUED] = "queued",
	[MAILQUEUE_ACTIVE] = "active",
	[MAILQUEUE_DEFERRED] = "deferred",
	[MAILQUEUE_HELD] = "held",
	[MAILQUEUE_FAILED] = "failed",
};

static const char *const recipient_states[] = {
	[MAILQUEUE_WAITS] = "waiting",
	[MAILQUEUE_SENT] = "sent",
	[MAILQUEUE_REFUSED] = "failed",
	[MAILQUEUE_KEPT] = "held",
};

static const char *const kinds[] = {
	[QUEUE_MAIL] = "mail",
	[QUEUE_BOUNCE] = "bounce",
	[QUEUE_WARNING] = "delay-warning",
	[QUEUE_DIGEST] = "digest",
};

static int64_t
integer(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static const char *
string(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

/* "2026-11-22T19:37:01Z" */
static const char *
moment(int64_t wall, char out[32])
{
	time_t t = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

/* The index knows better than the store what is due: a flush is not written down. */
static enum mailqueue_state
state_of(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)integer(part, "id"));

	return p != NULL ? p->state : (enum mailqueue_state)integer(part, "state");
}

/* Seconds, -1: not at all. */
static int64_t
next_try(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)integer(part, "id"));
	usec now = clock_mono(v->queue->engine->clock), at;

	if (p == NULL || (p->state != MAILQUEUE_DEFERRED && p->state != MAILQUEUE_QUEUED))
		return -1;
	at = p->state == MAILQUEUE_DEFERRED ? p->next_try : now;
	if (at < p->host->put_off_until)
		at = p->host->put_off_until;
	return (at - now + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

static void
put_str(struct writer *w, const json_t *row, const char *key)
{
	const char *s = string(row, key);

	w_str(w, key, s != NULL && s[0] != '\0' && strcmp(s, "-") != 0 ? s : NULL);
}

/* ---- JSON ---- */

static void
json_reply(struct writer *w, const json_t *row)
{
	if (integer(row, "code") == 0) {
		w_str(w, "reply", NULL);
		return;
	}
	w_object(w, "reply");
	w_int(w, "code", integer(row, "code"));
	w_str(w, "text", string(row, "reply"));
	w_end(w);
}

static void
json_recipients(struct writer *w, const json_t *part)
{
	const json_t *to;
	size_t i;

	json_array_foreach(json_object_get(part, "recipients"), i, to)
	{
		w_object(w, NULL);
		w_str(w, "mailbox", string(to, "mailbox"));
		w_str(w, "state", recipient_states[integer(to, "state") & 3]);
		put_str(w, to, "class");
		put_str(w, to, "phase");
		w_int(w, "code", integer(to, "code"));
		put_str(w, to, "enhanced");
		json_reply(w, to);
		w_end(w);
	}
}

static void
json_attempts(struct writer *w, const json_t *part)
{
	static const char *const texts[] = { "host", "ip", "phase", "class", "detail", "tls_version",
		"cipher", "certificate", "enhanced" };
	const json_t *a;
	char at[32];
	size_t i;

	w_list(w, "attempts");
	json_array_foreach(json_object_get(part, "attempts"), i, a)
	{
		w_object(w, NULL);
		w_str(w, "time", moment(integer(a, "at"), at));
		for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
			put_str(w, a, texts[n]);
		w_int(w, "port", integer(a, "port"));
		w_int(w, "code", integer(a, "code"));
		w_bool(w, "unconfirmed", integer(a, "unconfirmed") != 0);
		w_str(w, "next_try", integer(a, "next_try") == 0 ? NULL : moment(integer(a, "next_try"), at));
		json_reply(w, a);
		w_end(w);
	}
	w_end(w);
}

static void
json_fate(const struct show *v, const json_t *part)
{
	struct writer *w = v->w;
	int64_t next = next_try(v, part);

	w_str(w, "state", states[state_of(v, part)]);
	w_int(w, "tries", integer(part, "tries"));
	if (next < 0)
		w_str(w, "next_try", NULL);
	else
		w_int(w, "next_try", next);
	put_str(w, part, "class");
	put_str(w, part, "phase");
	put_str(w, part, "reason");
	w_bool(w, "possible_duplicate", integer(part, "unconfirmed") > 0);
}

static void
json_message(const struct show *v, const json_t *m)
{
	const json_t *parts = json_object_get(m, "parts"), *part;
	struct writer *w = v->w;
	char at[32];
	size_t i;

	w_object(w, NULL);
	w_int(w, "mid", integer(m, "id"));
	w_str(w, "kind", kinds[integer(m, "kind") & 3]);
	w_str(w, "message_id", string(m, "message_id"));
	put_str(w, m, "applet");
	w_str(w, "server", string(m, "server"));
	w_str(w, "sender", string(m, "sender"));
	w_int(w, "size", integer(m, "size"));
	w_str(w, "accepted", moment(integer(m, "created"), at));
	json_fate(v, json_array_get(parts, 0));
	w_list(w, "recipients");
	json_array_foreach(parts, i, part) json_recipients(w, part);
	w_end(w);
	w_list(w, "parts");
	json_array_foreach(parts, i, part)
	{
		w_object(w, NULL);
		w_str(w, "host", string(part, "host"));
		json_fate(v, part);
		if (v->args->detail.set)
			json_attempts(w, part);
		w_end(w);
	}
	w_end(w);
	w_end(w);
}

/* ---- text ---- */

static void
say_foreign(struct writer *w, const char *s)
{
	if (s != NULL)
		w_foreign(w, s, strlen(s));
}

static void
say_attempt(struct writer *w, const json_t *a)
{
	char at[32];
	const char *tls = string(a, "tls_version"), *reply = string(a, "reply"), *ip = string(a, "ip");

	w_text(w, "    %s ", moment(integer(a, "at"), at));
	say_foreign(w, string(a, "host"));
	if (ip != NULL)
		w_text(w, " [%s]:%lld", ip, (long long)integer(a, "port"));
	w_text(w, " %s", string(a, "class"));
	if (string(a, "phase") != NULL && strcmp(string(a, "phase"), "-") != 0)
		w_text(w, " %s", string(a, "phase"));
	if (string(a, "detail") != NULL) {
		w_text(w, ": ");
		say_foreign(w, string(a, "detail"));
	}
	w_text(w, "\n");
	if (tls != NULL) {
		w_text(w, "      TLS %s %s", tls, string(a, "cipher") != NULL ? string(a, "cipher") : "");
		if (string(a, "certificate") != NULL) {
			w_text(w, ", certificate ");
			say_foreign(w, string(a, "certificate"));
		}
		w_text(w, "\n");
	}
	if (integer(a, "code") != 0) {
		w_text(w, "      reply %lld ", (long long)integer(a, "code"));
		say_foreign(w, reply);
		w_text(w, "\n");
	}
	if (integer(a, "unconfirmed") != 0)
		w_text(w, "      not confirmed: it may arrive twice\n");
	if (integer(a, "next_try") != 0)
		w_text(w, "      next try %s\n", moment(integer(a, "next_try"), at));
}

/* Seconds; 0: its mails are tried when they are due. */
static int64_t
put_off_of(const struct mail_queue *q, const struct queue_host *h)
{
	usec left = h->put_off_until - clock_mono(q->engine->clock);

	return left <= 0 ? 0 : (left + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

/* It waits although nothing is wrong with itself. */
static void
say_put_off(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)integer(part, "id"));

	if (p == NULL || (p->state != MAILQUEUE_QUEUED && p->state != MAILQUEUE_DEFERRED) ||
		put_off_of(v->queue, p->host) == 0)
		return;
	w_text(v->w, "       the host is put off since MID %llu: %s %s\n",
		(unsigned long long)p->host->failed_mid, mail_class_name(p->host->class),
		mail_phase_name(p->host->phase));
}

static void
say_part(const struct show *v, const json_t *m, const json_t *part)
{
	struct writer *w = v->w;
	int64_t next = next_try(v, part);
	const json_t *item;
	char when[32] = "-";
	size_t i;

	if (next >= 0)
		snprintf(when, sizeof when, "%lld s", (long long)next);
	w_text(w, "%-7lld%-10s%-7lld%-10s", (long long)integer(m, "id"), states[state_of(v, part)],
		(long long)integer(part, "tries"), when);
	say_foreign(w, string(part, "host"));
	json_array_foreach(json_object_get(part, "recipients"), i, item)
	{
		if (i == 3) {
			w_text(w, ", ... (%zu)", json_array_size(json_object_get(part, "recipients")));
			break;
		}
		w_text(w, i == 0 ? "  " : ", ");
		say_foreign(w, string(item, "mailbox"));
	}
	w_text(w, "\n");
	if (string(part, "reason") != NULL) {
		w_text(w, "       ");
		say_foreign(w, string(part, "reason"));
		w_text(w, "\n");
	}
	say_put_off(v, part);
	if (integer(part, "unconfirmed") > 0)
		w_text(w, "       possible duplicate: %lld attempt%s ended without an answer\n",
			(long long)integer(part, "unconfirmed"),
			integer(part, "unconfirmed") == 1 ? "" : "s");
}

static void
say_details(const struct show *v, const json_t *m, const json_t *part)
{
	struct writer *w = v->w;
	const char *sender = string(m, "sender"); /* NULL: the null reverse-path of a bounce */
	const json_t *item;
	char at[32];
	size_t i;

	w_text(w, "    %s of applet %s, from <%s>, accepted %s, %lld octets\n    Message-ID %s\n    server ",
		kinds[integer(m, "kind") & 3], string(m, "applet"), sender != NULL ? sender : "",
		moment(integer(m, "created"), at), (long long)integer(m, "size"), string(m, "message_id"));
	say_foreign(w, string(m, "server"));
	w_text(w, "\n");
	json_array_foreach(json_object_get(part, "recipients"), i, item)
	{
		w_text(w, "    RID [%zu] ", i);
		say_foreign(w, string(item, "mailbox"));
		w_text(w, " %s", recipient_states[integer(item, "state") & 3]);
		if (integer(item, "code") != 0) {
			w_text(w, ": %lld ", (long long)integer(item, "code"));
			say_foreign(w, string(item, "reply"));
		}
		w_text(w, "\n");
	}
	json_array_foreach(json_object_get(part, "attempts"), i, item) say_attempt(w, item);
}

static void
say_message(const struct show *v, const json_t *m)
{
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(m, "parts"), i, part)
	{
		say_part(v, m, part);
		if (v->args->detail.set)
			say_details(v, m, part);
	}
}

/* ---- the whole ---- */

static void
count_states(const struct mail_queue *q, size_t counts[MAILQUEUE_STATE_COUNT], size_t *unconfirmed)
{
	const struct queue_part *p, *next;

	HASH_ITER (hh, q->parts, p, next) {
		counts[p->state]++;
		*unconfirmed += p->unconfirmed > 0;
	}
}

/* Hosts that do not let mail in now. */
static void
say_hosts(const struct show *v)
{
	const struct queue_host *h, *next;

	HASH_ITER (hh, v->queue->hosts, h, next) {
		int64_t left = put_off_of(v->queue, h);

		if (left == 0)
			continue;
		w_text(v->w, "Put off for %lld s: ", (long long)left);
		say_foreign(v->w, h->name);
		w_text(v->w, ", since MID %llu: %s %s\n", (unsigned long long)h->failed_mid,
			mail_class_name(h->class), mail_phase_name(h->phase));
	}
}

static void
json_hosts(const struct show *v)
{
	const struct queue_host *h, *next;
	struct writer *w = v->w;

	w_list(w, "put_off");
	HASH_ITER (hh, v->queue->hosts, h, next) {
		int64_t left = put_off_of(v->queue, h);

		if (left == 0)
			continue;
		w_object(w, NULL);
		w_str(w, "host", h->name);
		w_int(w, "seconds", left);
		w_int(w, "mid", (int64_t)h->failed_mid);
		w_str(w, "class", mail_class_name(h->class));
		w_str(w, "phase", mail_phase_name(h->phase));
		w_int(w, "failures", h->failures);
		w_end(w);
	}
	w_end(w);
}

static void
show_head(struct show *v)
{
	const struct mail_queue *q = v->queue;
	size_t counts[MAILQUEUE_STATE_COUNT] = { 0 }, unconfirmed = 0;
	struct writer *w = v->w;

	count_states(q, counts, &unconfirmed);
	w_text(w, "%zu of %zu mails, %zu of %zu KiB in the queue: ", q->count, q->max_messages,
		q->bytes / 1024, q->max_bytes / 1024);
	for (int i = 0; i < MAILQUEUE_STATE_COUNT; i++)
		w_text(w, "%s%zu %s", i == 0 ? "" : ", ", counts[i], states[i]);
	w_text(w, "\n");
	if (unconfirmed > 0)
		w_text(w, "%zu possible duplicate%s: an attempt ended without an answer\n", unconfirmed,
			unconfirmed == 1 ? "" : "s");
	say_hosts(v);
	if (!q->loaded && q->opened)
		w_text(w, "The queue is still being read\n");
	if (q->count + q->kept_failed > 0 && !v->args->summary.set)
		w_text(w, "MID    State     Tries  Next try  Destination\n");
	w_int(w, "count", (int64_t)q->count);
	w_int(w, "octets", (int64_t)q->bytes);
	w_int(w, "limit_messages", (int64_t)q->max_messages);
	w_int(w, "limit_octets", (int64_t)q->max_bytes);
	for (int i = 0; i < MAILQUEUE_STATE_COUNT; i++)
		w_int(w, states[i], (int64_t)counts[i]);
	w_int(w, "possible_duplicates", (int64_t)unconfirmed);
	json_hosts(v);
	if (!v->args->summary.set)
		w_list(w, "messages");
}

static void read_more(struct show *);

static void
on_read(void *arg, const json_t *out, const struct err *err)
{
	struct show *v = arg;
	const json_t *messages = json_object_get(out, "messages"), *m;
	size_t i;

	if (err != NULL) {
		session_fail(v->session, err);
		return;
	}
	/* Behind what was submitted before: then the index knows of it, too. */
	if (!v->begun)
		show_head(v);
	v->begun = true;
	json_array_foreach(messages, i, m)
	{
		v->after = integer(m, "id");
		if (writer_is_json(v->w))
			json_message(v, m);
		else
			say_message(v, m);
	}
	if (json_array_size(messages) == AT_ONCE) {
		read_more(v);
		return;
	}
	w_end(v->w);
	session_done(v->session);
}

static void
read_more(struct show *v)
{
	json_t *in = json_pack("{s:I, s:i, s:b}", "after", (json_int_t)v->after, "limit", AT_ONCE, "attempts",
		v->args->detail.set);

	if (v->args->id.set || v->args->number.set)
		json_object_set_new(
			in, "mid", json_integer(v->args->id.set ? v->args->id.v : v->args->number.v));
	store_submit(v, v->queue->store, mailqueue_view, in, on_read, v);
}

static enum cmd_result
show_queue(struct session *s, const void *args, struct err *err)
{
	struct show *v = mem_new(session_cmd_ctx(s), struct show);

	(void)err;
	v->session = s;
	v->queue = session_engine(s)->mail_queue;
	v->w = session_writer(s);
	v->args = args;
	if (v->args->summary.set) {
		show_head(v);
		return CMD_DONE;
	}
	read_more(v);
	return session_wait(s, STORE_WAIT, NULL, NULL);
}

static const struct exec_cmd show_cmds[] = {
	{ .cmd = { .words = "show mail queue",
		  .help = "Mails that are not yet delivered",
		  .kw = show_kw,
		  .size = sizeof(struct show_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_queue },
};

void
queue_show_commands(struct cli *cli)
{
	cli_word(cli, "show mail", "Delivery of mail by applets");
	cli_commands(cli, show_cmds, sizeof show_cmds / sizeof *show_cmds);
}
