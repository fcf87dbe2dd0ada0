/* Deliveries as lines of the delivery log: the seeds' words where they have them, the same manner elsewhere. */
#include "actions/mail/delivery_log.h"

#include <stdarg.h>
#include <string.h>

#include "actions/mail/maillog.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

#define MID(x) ((unsigned long long)(x))

struct place { /* where a line is about */
	struct engine *engine;
	struct delivery_log *log;
	const struct mail_job *job;
	const struct mail_event *event;
	usec wall;
};

static void say(const struct place *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(const struct place *p, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(NULL, fmt, ap);
	va_end(ap);
	maillog_add_at(p->engine, MAILLOG_INFO, p->wall, text);
	mem_free(text);
}

static const char *
or_unknown(const char *s)
{
	return s == NULL || s[0] == '\0' ? "unknown" : s;
}

static const struct mail_hop *
hop_of(const struct place *p)
{
	return p->event->hop < p->job->hop_count ? &p->job->hops[p->event->hop] : NULL;
}

/* The recipients' domain, or the host that stands for it. */
static const char *
domain_of(const struct place *p)
{
	const struct mail_hop *hop = hop_of(p);

	return hop != NULL && hop->domain != NULL ? hop->domain : p->job->host;
}

static void
connected(const struct place *p)
{
	p->log->dcid = maillog_next_dcid(p->engine);
	say(p, "New SMTP DCID %u interface %s address %s port %u", p->log->dcid,
		or_unknown(p->event->local_ip), or_unknown(p->event->ip), p->event->port);
}

/* Seeds 002 and 003 tell a connection once; its number stands in each `Delivery start`. */
static void
reused(const struct place *p)
{
	p->log->dcid = p->log->last_dcid;
}

/* "for DOMAIN" is the sign of DANE (seed 002), the name of the certificate that of a verified chain. */
static void
secured(const struct place *p)
{
	const struct mail_event *e = p->event;
	const struct mail_hop *hop = hop_of(p);
	struct text *t = text_new(NULL);

	text_printf(t, "DCID %u TLS success protocol %s cipher %s", p->log->dcid, or_unknown(e->version),
		or_unknown(e->cipher));
	if (hop != NULL && hop->dane_success)
		text_printf(t, " for %s", domain_of(p));
	else if (e->verified && e->matched != NULL)
		text_printf(t, " subjectAltName:dNSName=%s", e->matched);
	say(p, "%s", t->s);
	mem_free(t);
	if (hop == NULL)
		return;
	if (hop->tls == HOP_TLS_DANE && !hop->dane_success)
		say(p, "DCID %u host authenticated, MX insecure", p->log->dcid);
	if (hop->tls == HOP_TLS_PREFERRED_VERIFY && !e->verified)
		say(p, "DCID %u TLS unverified: verify error: %s", p->log->dcid, or_unknown(e->problem));
	if (hop->sts_domain != NULL && e->sts_failure == NULL)
		say(p, "MTA-STS policy for the domain (%s) Successful.", hop->sts_domain);
}

static void
started(const struct place *p)
{
	struct text *t = text_new(NULL);

	for (size_t i = 0; i < p->job->recipient_count; i++)
		text_printf(t, "%s%zu", i == 0 ? "" : ", ", p->job->rids != NULL ? p->job->rids[i] : i);
	say(p, "Delivery start DCID %u MID %llu to RID [%s]", p->log->dcid, MID(p->job->mid), t->s);
	mem_free(t);
}

enum trouble { OTHER, OF_CONNECTING, OF_TLS, OF_CERTIFICATE };

static enum trouble
trouble_of(const struct mail_event *e)
{
	const char *class = mail_class_name(e->class);

	if (strncmp(class, "CERT_", 5) == 0 || e->class == MAIL_DANE_MISMATCH || e->class == MAIL_STS_CERT)
		return OF_CERTIFICATE;
	if (e->phase == PHASE_STARTTLS || e->phase == PHASE_TLS)
		return OF_TLS;
	return e->phase == PHASE_CONNECT ? OF_CONNECTING : OTHER;
}

/* dcid 0: it did not come to a connection. */
static void
tell_failed(struct engine *e, unsigned dcid, uint64_t mid, enum mail_class class, enum mail_phase phase,
	const char *detail)
{
	char *connection = dcid == 0 ? NULL : mem_printf(NULL, "DCID %u ", dcid);

	maillog_add(e, MAILLOG_INFO, "%sMID %llu delivery failed: %s %s: %s",
		connection == NULL ? "" : connection, MID(mid), mail_class_name(class),
		mail_phase_name(phase), detail == NULL ? "" : detail);
	mem_free(connection);
}

/* mail-security 10.4 */
static void
tell_sts_failed(struct engine *e, const struct mail_hop *hop, const char *why)
{
	if (hop != NULL && hop->sts_domain != NULL)
		maillog_add(e, MAILLOG_INFO, "MTA-STS policy for the domain (%s) Failed: %s.",
			hop->sts_domain, why);
}

static void
failed(const struct place *p)
{
	const struct mail_event *e = p->event;
	unsigned dcid = p->log->dcid;
	const char *detail = e->detail != NULL ? e->detail : mail_class_name(e->class);

	p->log->told = true;
	p->log->dcid = 0; /* the next address is another connection */
	switch (trouble_of(e)) {
	case OF_CONNECTING:
		say(p, "Connection Error: domain: %s host: %s port: %u details: %s reason: %s", domain_of(p),
			or_unknown(e->host), e->port, detail, mail_class_name(e->class));
		return;
	case OF_CERTIFICATE:
		if (e->class == MAIL_CERT_NAME_MISMATCH)
			say(p, "DCID %u TLS deferring: verify error: peer cert does not match domain %s",
				dcid, domain_of(p));
		else
			say(p, "DCID %u TLS deferring: verify error: %s", dcid, detail);
		break;
	case OF_TLS:
		say(p, "DCID %u TLS failed: %s", dcid, detail);
		break;
	case OTHER:
		tell_failed(p->engine, dcid, p->job->mid, e->class, e->phase, detail);
		return;
	}
	say(p, "DCID %u TLS was required but could not be successfully negotiated", dcid);
	if (e->class >= MAIL_STS_MX_MISMATCH && e->class <= MAIL_STS_TLS_VERSION)
		tell_sts_failed(p->engine, hop_of(p), detail);
}

void
delivery_log_event(struct engine *engine, struct delivery_log *log, const struct mail_job *job, usec wall,
	const struct mail_event *event)
{
	static void (*const lines[MAIL_EVENT_KIND_COUNT])(const struct place *) = {
		[MAIL_EVENT_CONNECTED] = connected,
		[MAIL_EVENT_TLS] = secured,
		[MAIL_EVENT_START] = started,
		[MAIL_EVENT_REUSED] = reused,
		[MAIL_EVENT_FAILED] = failed,
	};
	struct place place = { engine, log, job, event, wall };

	if (job->verb == MAIL_DELIVER)
		lines[event->kind](&place);
}

static void
tell_refused_hops(struct engine *e, const struct mail_job *job)
{
	for (size_t i = 0; i < job->hop_count; i++) {
		const struct mail_hop *hop = &job->hops[i];

		if (hop->refused != MAIL_OK)
			maillog_add(e, MAILLOG_INFO, "MID %llu host %s not tried: %s %s", MID(job->mid),
				hop->host, mail_class_name(hop->refused),
				hop->refused_detail != NULL ? hop->refused_detail : "");
		if (hop->refused == MAIL_STS_MX_MISMATCH)
			tell_sts_failed(e, hop, hop->refused_detail);
	}
}

/* A policy in testing mode refuses nothing. */
static void
tell_tested(struct engine *e, const struct mail_result *r)
{
	for (size_t i = 0; i < r->hop_count; i++) {
		const struct mail_hop_result *at = &r->hops[i];

		if (at->tried && at->class == MAIL_OK && at->sts_failure != NULL)
			maillog_add(e, MAILLOG_INFO,
				"MTA-STS testing failure for the domain (%s): %s. Message delivered.",
				at->sts_domain, at->sts_failure);
	}
}

void
delivery_log_result(
	struct engine *e, struct delivery_log *log, const struct mail_job *job, const struct mail_result *r)
{
	if (job->verb != MAIL_DELIVER)
		return;
	tell_refused_hops(e, job);
	tell_tested(e, r);
	if (r->class == MAIL_OK) {
		if (job->mid == 0)
			delivery_log_finished(e, 0);
	} else if (!log->told) {
		tell_failed(e, 0, job->mid, r->class, r->phase, r->detail);
	}
}

void
delivery_log_faked(struct engine *engine, struct delivery_log *log, const struct mail_job *job,
	const struct mail_result *r)
{
	struct mail_event e = { .host = r->host, .ip = r->ip, .local_ip = r->local_ip, .port = r->port };
	usec now = clock_wall(engine->clock);
	bool ok = r->class == MAIL_OK;

	if (ok || r->phase > PHASE_CONNECT)
		delivery_log_event(engine, log, job, now, &e);
	if (r->tls != NULL && (ok || r->phase > PHASE_TLS)) {
		e.kind = MAIL_EVENT_TLS;
		e.version = json_string_value(json_object_get(r->tls, "version"));
		e.cipher = json_string_value(json_object_get(r->tls, "cipher"));
		e.matched = json_string_value(json_object_get(r->tls, "matched_name"));
		e.verified = r->tls_verified;
		delivery_log_event(engine, log, job, now, &e);
	}
	e.kind = MAIL_EVENT_START;
	if (ok || r->phase >= PHASE_MAIL)
		delivery_log_event(engine, log, job, now, &e);
	e.kind = MAIL_EVENT_FAILED;
	e.class = r->class;
	e.phase = r->phase;
	e.detail = r->detail;
	if (!ok && r->phase > PHASE_QUEUE)
		delivery_log_event(engine, log, job, now, &e);
}

/* ---- of messages ---- */

void
delivery_log_queued(struct engine *e, uint64_t mid)
{
	maillog_add(e, MAILLOG_INFO, "MID %llu queued for delivery", MID(mid));
}

void
delivery_log_finished(struct engine *e, uint64_t mid)
{
	maillog_add(e, MAILLOG_INFO, "Message finished MID %llu done", MID(mid));
}

static void
tell_recipient(struct engine *e, const char *what, uint64_t mid, unsigned rid,
	const struct mail_recipient_result *to)
{
	const struct mail_reply *reply = &to->reply;

	if (reply->code == 0)
		maillog_add(e, MAILLOG_INFO, "%s: MID %llu to RID %u - %s %s", what, MID(mid), rid,
			mail_class_name(to->class), mail_phase_name(to->phase));
	else
		maillog_add(e, MAILLOG_INFO, "%s: MID %llu to RID %u - %s ('%d', ['%s'])", what, MID(mid),
			rid, mail_class_name(to->class), reply->code, reply->text != NULL ? reply->text : "");
}

void
delivery_log_bounced(struct engine *e, uint64_t mid, unsigned rid, const struct mail_recipient_result *to)
{
	tell_recipient(e, "Bounced", mid, rid, to);
}
