/*
 * What an attempt came to: the outcome of each recipient, of the part, of the host, and what the sender and
 * the log are told. All of it is one transaction; the part stays active until that is committed.
 */
#include <string.h>

#include "actions/mail/delivery_log.h"
#include "actions/mail/maillog.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

struct verdict {
	struct mail_queue *queue;
	struct queue_part *part;
	const json_t *claim;
	const struct mail_result *result;
	const struct bounce_profile *times;
	bool attempted, expired;
	unsigned sent, deferred, held, refused; /* recipients */
	json_t *recipients;                     /* rows, as the store takes them */
	json_t *failed, *late;                  /* those that the sender is told of */
};

static void
set_text(json_t *object, const char *key, const char *s)
{
	json_object_set_new(object, key, s == NULL ? json_null() : json_stringn_nocheck(s, strlen(s)));
}

/* ---- recipients ---- */

static struct mail_recipient_result
result_of(const struct mail_result *r, const char *mailbox)
{
	for (size_t i = 0; i < r->recipient_count; i++)
		if (strcmp(r->recipients[i].mailbox, mailbox) == 0)
			return r->recipients[i];
	return (struct mail_recipient_result){ mailbox, r->class, r->phase, r->reply };
}

static json_t *
recipient_row(const json_t *claimed, const struct mail_recipient_result *to)
{
	json_t *row = json_object();

	json_object_set(row, "id", json_object_get(claimed, "id"));
	json_object_set(row, "rid", json_object_get(claimed, "rid"));
	json_object_set(row, "mailbox", json_object_get(claimed, "mailbox"));
	set_text(row, "class", mail_class_name(to->class));
	set_text(row, "phase", mail_phase_name(to->phase));
	json_object_set_new(row, "code", json_integer(to->reply.code));
	set_text(row, "enhanced", to->reply.enhanced);
	set_text(row, "reply", to->reply.text);
	return row;
}

static void
judge(struct verdict *v, const json_t *claimed)
{
	const char *mailbox = json_string_value(json_object_get(claimed, "mailbox"));
	struct mail_recipient_result to = result_of(v->result, mailbox);
	json_t *row = recipient_row(claimed, &to);
	enum mailqueue_recipient state = MAILQUEUE_WAITS;

	switch (mail_outcome(to.class, to.reply.code, v->part->domain != NULL)) {
	case MAIL_SENT:
		state = MAILQUEUE_SENT;
		v->sent++;
		break;
	case MAIL_HELD:
		state = MAILQUEUE_KEPT;
		v->held++;
		break;
	case MAIL_BOUNCED:
		state = MAILQUEUE_REFUSED;
		v->refused++;
		json_array_append(v->failed, row);
		break;
	case MAIL_DEFERRED:
		v->deferred += !v->expired;
		v->refused += v->expired;
		if (v->expired)
			state = MAILQUEUE_REFUSED;
		json_array_append(v->expired ? v->failed : v->late, row);
		break;
	}
	json_object_set_new(row, "state", json_integer(state));
	json_array_append_new(v->recipients, row);
}

static bool
is_over(const struct verdict *v)
{
	usec age = queue_message_age(v->queue, v->part->message);

	return age >= v->times->lifetime || queue_part_tries(v->part) >= v->times->max_tries;
}

static enum mailqueue_state
state_of(const struct verdict *v)
{
	bool kept = v->held > 0 || json_integer_value(json_object_get(v->claim, "kept")) > 0;

	if (v->deferred > 0)
		return v->part->hold ? MAILQUEUE_HELD : MAILQUEUE_DEFERRED;
	if (kept)
		return MAILQUEUE_HELD;
	return v->refused > 0 ? MAILQUEUE_FAILED : MAILQUEUE_DONE;
}

static enum mail_outcome
outcome_of(const struct verdict *v)
{
	if (v->held > 0)
		return MAIL_HELD;
	if (v->refused > 0)
		return MAIL_BOUNCED;
	return v->deferred > 0 ? MAIL_DEFERRED : MAIL_SENT;
}

/* ---- the host ---- */

/* A matter of name and password (or of the program that makes the token): others may log in all the same. */
static bool
is_of_login(const struct mail_result *r)
{
	return r->class >= MAIL_AUTH_NOT_OFFERED && r->class <= MAIL_AUTH_TEMPFAIL;
}

/* Did it not let us in? Then no other mail has better luck there now. */
static bool
kept_out(const struct mail_result *r)
{
	return mail_result_outcome(r) == MAIL_DEFERRED && r->phase >= PHASE_DNS && r->phase < PHASE_MAIL &&
	       r->class != MAIL_HELPER_FAILED && !is_of_login(r);
}

static void
judge_host(const struct verdict *v)
{
	const struct mail_result *r = v->result;
	struct queue_host *h = v->part->host;

	if (!v->attempted || r->class == MAIL_HELPER_FAILED || r->phase == PHASE_CONFIG)
		return;
	/* There was no token, so the server was not asked. */
	if ((r->class == MAIL_AUTH_TEMPFAIL || r->class == MAIL_NO_PASSWORD) && r->reply.code == 0)
		return;
	if (kept_out(r))
		queue_host_failed(v->queue, v->part, r, v->times->first_wait);
	else if (r->class == MAIL_TIMEOUT || r->class == MAIL_CONNECTION_LOST)
		h->proven = false;
	else
		queue_host_answered(v->queue, h);
}

/*
 * A password was refused: the older mails of the same login would be refused as well, and each try is a
 * step towards a locked account.
 */
static void
hold_same_login(const struct verdict *v)
{
	const struct queue_part *p = v->part;
	struct queue_part *other, *next;
	json_t *in, *ids;
	char *reason;

	if (v->result->class != MAIL_AUTH_FAILED || p->domain != NULL)
		return;
	ids = json_array();
	HASH_ITER (hh, v->queue->parts, other, next) {
		bool waits = other->state == MAILQUEUE_QUEUED || other->state == MAILQUEUE_DEFERRED;

		if (!waits || other->host != p->host || other->message->server != p->message->server ||
			other->message->submission != NULL)
			continue;
		json_array_append_new(ids, json_integer((json_int_t)other->id));
		queue_part_place(v->queue, other, MAILQUEUE_HELD, 0);
	}
	if (json_array_size(ids) == 0) {
		json_decref(ids);
		return;
	}
	reason = mail_result_reason(NULL, v->result);
	in = json_pack("{s:o, s:i, s:i, s:s, s:s}", "parts", ids, "state", MAILQUEUE_HELD, "next_try", 0,
		"class", mail_class_name(v->result->class), "phase", mail_phase_name(v->result->phase));
	set_text(in, "reason", reason);
	queue_store(v->queue, mailqueue_set, in, NULL);
	mem_free(reason);
}

/* ---- what is kept of the attempt ---- */

static void
add_tls(json_t *row, const json_t *tls)
{
	const json_t *cert = json_array_get(json_object_get(tls, "chain"), 0);
	const char *subject = json_string_value(json_object_get(cert, "subject"));
	const char *print = json_string_value(json_object_get(cert, "sha256"));
	char *shown;

	json_object_set(row, "tls_version", json_object_get(tls, "version"));
	json_object_set(row, "cipher", json_object_get(tls, "cipher"));
	if (subject == NULL)
		return;
	shown = mem_printf(
		NULL, "%s%s%s", subject, print != NULL ? " sha256 " : "", print != NULL ? print : "");
	set_text(row, "certificate", shown);
	mem_free(shown);
}

/* Where it was tried: what was connected to, or the last address that did not answer. */
static const char *
tried_address(const struct mail_result *r)
{
	if (r->ip != NULL || r->hop_count > 1 || r->flow_count == 0)
		return r->ip;
	return r->flows[r->flow_count - 1].remote;
}

static json_t *
attempt_row(const struct verdict *v, usec next_try)
{
	const struct mail_result *r = v->result;
	json_t *row = json_object();

	json_object_set_new(row, "at", json_integer(clock_wall(v->queue->engine->clock)));
	set_text(row, "host", r->host != NULL ? r->host : v->part->host->name);
	set_text(row, "ip", tried_address(r));
	json_object_set_new(row, "port", json_integer(r->port));
	set_text(row, "phase", mail_phase_name(r->phase));
	set_text(row, "class", mail_class_name(r->class));
	set_text(row, "detail", r->detail);
	add_tls(row, r->tls);
	json_object_set_new(row, "code", json_integer(r->reply.code));
	set_text(row, "enhanced", r->reply.enhanced);
	set_text(row, "reply", r->reply.text);
	json_object_set_new(row, "unconfirmed", json_integer(r->unconfirmed));
	json_object_set_new(row, "next_try", json_integer(next_try));
	return row;
}

static json_t *
hop_row(const struct verdict *v, const struct mail_hop_result *at)
{
	json_t *row = json_object();

	json_object_set_new(row, "at", json_integer(clock_wall(v->queue->engine->clock)));
	set_text(row, "host", at->host);
	set_text(row, "ip", at->ip);
	json_object_set_new(row, "port", json_integer(at->port));
	set_text(row, "phase", mail_phase_name(at->phase));
	set_text(row, "class", mail_class_name(at->class));
	set_text(row, "detail", at->detail);
	set_text(row, "tls_version", at->tls_version);
	set_text(row, "cipher", at->tls_cipher);
	json_object_set_new(row, "code", json_integer(at->reply.code));
	set_text(row, "enhanced", at->reply.enhanced);
	set_text(row, "reply", at->reply.text);
	json_object_set_new(row, "unconfirmed", json_integer(0));
	json_object_set_new(row, "next_try", json_integer(0));
	return row;
}

/* The domain's other hosts that were passed over before the one whose word stands for the attempt. */
static json_t *
passed_rows(const struct verdict *v)
{
	const struct mail_result *r = v->result;
	json_t *list = json_array();

	for (size_t i = 0; r->hop_count > 1 && i < r->hop_count; i++) {
		const struct mail_hop_result *at = &r->hops[i];
		bool stands = at->class == r->class && at->port == r->port && r->host != NULL &&
			      strcmp(at->host, r->host) == 0;

		if (at->class != MAIL_OK && !stands)
			json_array_append_new(list, hop_row(v, at));
	}
	return list;
}

/* ---- who is told ---- */

/* A notice that cannot be delivered is not the mail that it is about. */
static const char *
told_as(const struct queue_message *m)
{
	static const char *const names[] = { [QUEUE_MAIL] = "Mail",
		[QUEUE_BOUNCE] = "Notice (bounce) about a mail",
		[QUEUE_WARNING] = "Notice (delay warning) about a mail",
		[QUEUE_DIGEST] = "Digest of mails" };

	return names[m->kind];
}

static void
tell_bounced(const struct verdict *v)
{
	const struct queue_message *m = v->part->message;
	struct engine *e = v->queue->engine;
	char *reason = mail_result_reason(NULL, v->result);
	const json_t *to;
	size_t i;

	json_array_foreach(v->failed, i, to)
	{
		const char *mailbox = json_string_value(json_object_get(to, "mailbox"));
		struct mail_recipient_result result = result_of(v->result, mailbox);

		log_msg(e->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_BOUNCE",
			"%s of applet %s to %s (MID %llu) is given up for %s: %s%s", told_as(m), m->applet,
			m->server, (unsigned long long)m->mid, mailbox,
			v->expired ? "its time is over; " : "", reason);
		delivery_log_bounced(
			e, m->mid, (unsigned)json_integer_value(json_object_get(to, "rid")), &result);
	}
	mem_free(reason);
}

static json_t *
notice(struct verdict *v)
{
	struct queue_message *m = v->part->message;
	usec age = queue_message_age(v->queue, m);

	if (json_array_size(v->failed) > 0) {
		tell_bounced(v);
		return queue_bounce_make(v->queue, v->part, v->claim, NOTICE_FAILED, v->failed, v->result);
	}
	if (v->deferred == 0 || m->warned || age < v->times->warn_after)
		return NULL;
	m->warned = true;
	log_msg(v->queue->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_DELAYED",
		"%s of applet %s to %s (MID %llu) has waited for %lld s, and goes on being tried", told_as(m),
		m->applet, m->server, (unsigned long long)m->mid, (long long)(age / USEC_PER_SEC));
	return queue_bounce_make(v->queue, v->part, v->claim, NOTICE_DELAYED, v->late, v->result);
}

static void
log_outcome(const struct verdict *v, enum mailqueue_state state, unsigned next_try)
{
	struct engine *e = v->queue->engine;
	const struct queue_message *m = v->part->message;
	unsigned long long mid = m->mid;

	if (state == MAILQUEUE_DEFERRED)
		maillog_add(e, MAILLOG_INFO, "MID %llu deferred, next try in %u s", mid, next_try);
	else if (state == MAILQUEUE_HELD)
		maillog_add(e, MAILLOG_INFO, "MID %llu held", mid);
	if (v->result->unconfirmed)
		maillog_add(e, MAILLOG_WARNING,
			"MID %llu delivery not confirmed: it may arrive twice, with the same Message-ID",
			mid);
}

/* ---- together ---- */

/* Failed mails are kept to be seen, not for ever: the oldest make room, and the log says so. */
static void
bound_failed(struct mail_queue *q)
{
	struct queue_message *m, *next;

	if (q->kept_failed <= QUEUE_FAILED_MAX)
		return;
	HASH_ITER (hh, q->messages, m, next) {
		const struct queue_part *p = LIST_FIRST(&m->parts);

		if (m->part_count > 1 || p->state != MAILQUEUE_FAILED)
			continue;
		log_msg(q->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_QUEUE_DROPPED",
			"Failed mail of applet %s to %s (MID %llu) is not kept any longer: there are more "
			"than %d",
			m->applet, m->server, (unsigned long long)m->mid, QUEUE_FAILED_MAX);
		queue_store(q, mailqueue_delete, json_pack("{s:[I]}", "mids", (json_int_t)m->mid), NULL);
		queue_message_drop(q, m);
		return;
	}
}

/* What was ordered while the attempt's end was being committed. */
static void
hold_or_release(struct mail_queue *q, struct queue_part *p, enum mailqueue_state state, bool held_by_order)
{
	bool hold = p->hold;
	json_t *in;

	p->hold = false;
	if (hold == held_by_order || (state != MAILQUEUE_DEFERRED && !held_by_order))
		return;
	state = hold ? MAILQUEUE_HELD : MAILQUEUE_QUEUED;
	in = json_pack("{s:[I], s:i, s:i}", "parts", (json_int_t)p->id, "state", state, "next_try", 0);
	if (!hold) {
		json_object_set_new(in, "renewed", json_integer(queue_wall_of(q, p->message->born)));
		p->renewed_at = p->tries;
	}
	queue_part_place(q, p, state, 0);
	queue_store(q, mailqueue_set, in, NULL);
}

/* Behind the commit: the index learns what the store knows. The message may have been deleted meanwhile. */
static void
on_concluded(struct mail_queue *q, const json_t *in, const json_t *out)
{
	struct queue_part *p = queue_part_find(q, (uint64_t)json_integer_value(json_object_get(in, "part")));
	enum mailqueue_state state = (enum mailqueue_state)json_integer_value(json_object_get(in, "state"));
	const json_t *added = json_object_get(out, "bounce");

	if (added != NULL)
		queue_index_added(q, added, json_object_get(in, "bounce"));
	if (p == NULL)
		return;
	if (state == MAILQUEUE_DONE) {
		if (p->message->part_count == 1)
			delivery_log_finished(q->engine, p->message->mid);
		queue_part_drop(q, p);
	} else {
		queue_part_place(q, p, state, json_integer_value(json_object_get(in, "due")));
		hold_or_release(q, p, state, json_is_true(json_object_get(in, "hold")));
	}
	bound_failed(q);
}

static json_t *
conclusion(struct verdict *v, enum mailqueue_state state, usec due)
{
	const struct queue_part *p = v->part;
	bool was_warned = p->message->warned;
	char *reason = mail_result_reason(NULL, v->result);
	char *late = mem_printf(NULL, "its time is over; %s", reason);
	json_t *bounce = notice(v), *in = json_object();

	json_object_set_new(in, "part", json_integer((json_int_t)p->id));
	json_object_set_new(in, "mid", json_integer((json_int_t)p->message->mid));
	json_object_set_new(in, "state", json_integer(state));
	json_object_set_new(in, "due", json_integer(due));
	json_object_set_new(in, "next_try", json_integer(due == 0 ? 0 : queue_wall_of(v->queue, due)));
	json_object_set_new(in, "tries", json_integer(p->tries));
	json_object_set_new(in, "unconfirmed", json_integer(p->unconfirmed));
	/* Of a mail that some have and others cannot have, what refused those stays said. */
	if (v->result->class != MAIL_OK) {
		set_text(in, "class", mail_class_name(v->expired ? MAIL_EXPIRED : v->result->class));
		set_text(in, "phase", mail_phase_name(v->result->phase));
		set_text(in, "reason", v->expired ? late : reason);
	}
	json_object_set_new(in, "warned", json_boolean(p->message->warned && !was_warned));
	json_object_set_new(in, "recipients", json_incref(v->recipients));
	if (v->attempted)
		json_object_set_new(in, "passed", passed_rows(v));
	if (v->attempted)
		json_object_set_new(
			in, "attempt", attempt_row(v, due == 0 ? 0 : queue_wall_of(v->queue, due)));
	if (bounce != NULL)
		json_object_set_new(in, "bounce", bounce);
	mem_free(late);
	mem_free(reason);
	return in;
}

void
queue_conclude(struct mail_queue *q, struct queue_part *p, const json_t *claim, const struct mail_result *r,
	bool attempted)
{
	struct verdict v = { .queue = q,
		.part = p,
		.claim = claim,
		.result = r,
		.times = queue_bounce_profile(q, p),
		.attempted = attempted,
		.recipients = json_array(),
		.failed = json_array(),
		.late = json_array() };
	usec now = clock_mono(q->engine->clock), due = 0;
	enum mailqueue_state state;
	unsigned next_try = 0;
	const json_t *to;
	json_t *in;
	size_t i;

	p->tries += attempted;
	v.expired = is_over(&v);
	json_array_foreach(json_object_get(claim, "recipients"), i, to) judge(&v, to);
	judge_host(&v);
	state = state_of(&v);
	if (state == MAILQUEUE_DEFERRED) {
		due = now + queue_back_off(q, v.times, queue_part_tries(p));
		p->is_waiting = kept_out(r);
		if (p->is_waiting && due < p->host->put_off_until)
			due = p->host->put_off_until;
		next_try = (unsigned)((due - now + USEC_PER_SEC / 2) / USEC_PER_SEC);
	}
	p->unconfirmed += r->unconfirmed;
	in = conclusion(&v, state, due);
	json_object_set_new(in, "hold", json_boolean(p->hold && state == MAILQUEUE_HELD && v.deferred > 0));
	json_object_set_new(in, "duplicates", json_integer(r->unconfirmed));
	log_outcome(&v, state, next_try);
	queue_store(q, mailqueue_conclude, in, on_concluded);
	hold_same_login(&v);
	queue_submission_part(p, outcome_of(&v), r, next_try);
	json_decref(v.recipients);
	json_decref(v.failed);
	json_decref(v.late);
}
