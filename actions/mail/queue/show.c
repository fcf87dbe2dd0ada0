/* `show mail queue [detail]`: what waits, why, and every attempt. Read from the store, some mails at a time. */
#include "actions/mail/queue/show.h"

#include <time.h>

#include "actions/mail/queue/show_private.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"

#define AT_ONCE    200
#define STORE_WAIT (60 * USEC_PER_SEC)

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
	{ .word = "json",
		.help = "Every attempt, as a JSON document",
		KW_AT(struct show_args, json),
		.group = 2 },
	{ .word = "summary", .help = "How many there are", KW_AT(struct show_args, summary), .group = 2 },
	KW_END,
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

int64_t
show_integer(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

const char *
show_string(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

/* "2026-11-22T19:37:01Z" */
const char *
show_moment(int64_t wall, char out[32])
{
	time_t t = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

/* The index knows better than the store what is due: a flush is not written down. */
enum mailqueue_state
show_state(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)show_integer(part, "id"));

	return p != NULL ? p->state : (enum mailqueue_state)show_integer(part, "state");
}

/* Seconds, -1: not at all. */
int64_t
show_next_try(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)show_integer(part, "id"));
	usec now = clock_mono(v->queue->engine->clock), at;

	if (p == NULL || (p->state != MAILQUEUE_DEFERRED && p->state != MAILQUEUE_QUEUED))
		return -1;
	at = p->state == MAILQUEUE_DEFERRED ? p->next_try : now;
	if (at < p->host->put_off_until)
		at = p->host->put_off_until;
	return (at - now + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

bool
show_next_try_was(const struct show *v, const json_t *part, size_t attempt)
{
	enum mailqueue_state state = show_state(v, part);

	return attempt + 1 < json_array_size(json_object_get(part, "attempts")) ||
	       (state != MAILQUEUE_HELD && state != MAILQUEUE_FAILED);
}

const char *
show_recipient_state(const json_t *recipient)
{
	return recipient_states[show_integer(recipient, "state") & 3];
}

const char *
show_kind(const json_t *message)
{
	return kinds[show_integer(message, "kind") & 3];
}

static int64_t
wanted(const struct show *v)
{
	return v->args->id.set ? v->args->id.v : v->args->number.set ? v->args->number.v : 0;
}

/* A mail is asked for by its number, and there is none of that number. */
static bool
is_unknown(const struct show *v, const json_t *messages)
{
	return wanted(v) != 0 && !v->args->summary.set && json_array_size(messages) == 0;
}

static void read_more(struct show *);

static void
on_read(void *arg, const json_t *out, const struct err *err)
{
	struct show *v = arg;
	const json_t *messages = json_object_get(out, "messages"), *m;
	struct err none = ERR_INIT;
	size_t i;

	if (err != NULL) {
		session_fail(v->session, err);
		return;
	}
	if (is_unknown(v, messages)) {
		err_set(&none, ERR_NOT_FOUND, "MID %lld is not in the mail queue", (long long)wanted(v));
		session_fail(v->session, &none);
		return;
	}
	/* Behind what was submitted before: then the index knows of it, too. */
	if (!v->begun)
		show_head(v, json_object_get(out, "counters"));
	v->begun = true;
	json_array_foreach(messages, i, m)
	{
		v->after = show_integer(m, "id");
		if (writer_is_json(v->w))
			show_json(v, m);
		else
			show_text(v, m);
	}
	if (json_array_size(messages) == AT_ONCE) {
		read_more(v);
		return;
	}
	if (!v->args->summary.set)
		w_end(v->w);
	session_done(v->session);
}

static void
read_more(struct show *v)
{
	json_t *in = json_pack("{s:I, s:i, s:b}", "after", (json_int_t)v->after, "limit",
		v->args->summary.set ? 0 : AT_ONCE, "attempts", v->args->detail.set || v->args->json.set);

	if (wanted(v) != 0 && !v->args->summary.set)
		json_object_set_new(in, "mid", json_integer(wanted(v)));
	store_submit(v, v->queue->store, mailqueue_view, in, on_read, v);
}

static enum cmd_result
show_queue(struct session *s, const void *args, struct err *err)
{
	struct show *v = mem_new(session_cmd_ctx(s), struct show);

	(void)err;
	v->session = s;
	v->queue = session_engine(s)->mail_queue;
	v->args = args;
	v->w = v->args->json.set ? session_writer_json(s) : session_writer(s);
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
