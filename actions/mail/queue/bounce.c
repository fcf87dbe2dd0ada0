/*
 * What the sender is told of a mail that is given up or late: a delivery status notification (RFC 3464 in
 * the multipart/report of RFC 6522), with the null reverse-path, never about another one.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "actions/mail/mailer.h"
#include "actions/mail/message.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/submission.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

/* RFC 3463: what a class means to programs; the first digit says whether it is for good. */
static const struct {
	enum mail_class class;
	const char *code;
} statuses[] = {
	{ MAIL_BAD_ADDRESS, "5.1.3" },
	{ MAIL_DNS_NXDOMAIN, "5.1.2" },
	{ MAIL_DNS_NODATA, "5.1.2" },
	{ MAIL_CONNECT_REFUSED, "4.4.1" },
	{ MAIL_CONNECT_TIMEOUT, "4.4.1" },
	{ MAIL_CONNECT_UNREACHABLE, "4.4.1" },
	{ MAIL_SOURCE_UNAVAILABLE, "4.4.1" },
	{ MAIL_TIMEOUT, "4.4.2" },
	{ MAIL_CONNECTION_LOST, "4.4.2" },
	{ MAIL_PROTOCOL_ERROR, "4.5.0" },
	{ MAIL_AUTH_NOT_OFFERED, "5.7.8" },
	{ MAIL_AUTH_NO_COMMON_MECH, "5.7.8" },
	{ MAIL_AUTH_NEEDS_TLS, "5.7.8" },
	{ MAIL_AUTH_FAILED, "5.7.8" },
	{ MAIL_AUTH_TEMPFAIL, "4.7.0" },
	{ MAIL_SENDER_REJECTED, "5.7.1" },
	{ MAIL_RECIPIENT_REJECTED, "5.1.1" },
	{ MAIL_MESSAGE_TOO_BIG, "5.3.4" },
	{ MAIL_ADDRESS_NOT_SUPPORTED, "5.6.7" },
	{ MAIL_EXPIRED, "4.4.7" },
	{ MAIL_HELPER_FAILED, "4.3.0" },
};

/* "5.1.1": the server's own, or the one of RFC 3463 that says what happened. */
static const char *
queue_status_code(enum mail_class class, enum mail_phase phase, int code, const char *enhanced)
{
	if (enhanced != NULL && enhanced[0] != '\0')
		return enhanced;
	if (code >= 400 && code < 500)
		return "4.0.0";
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].class == class)
			return statuses[i].code;
	if (phase == PHASE_DNS)
		return "4.4.3";
	if (phase == PHASE_TLS || phase == PHASE_STARTTLS)
		return "4.7.5";
	if (phase == PHASE_MX)
		return "4.7.0";
	return code >= 500 ? "5.0.0" : "4.0.0";
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

/* A line of a header: what a server said cannot begin another one. */
static void
add_field(struct text *t, const char *name, const char *s)
{
	text_printf(t, "%s: ", name);
	for (; *s != '\0'; s++)
		text_addc(t, (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s);
	text_add(t, "\r\n");
}

static void
add_people_part(struct text *t, const struct queue_message *m, enum queue_notice kind, const json_t *failed,
	const struct mail_result *r)
{
	char *reason = mail_result_reason(NULL, r);
	const json_t *to;
	size_t i;

	text_add(t, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
	text_printf(t,
		kind == NOTICE_FAILED ? "A mail of applet %s could not be delivered and is given up.\r\n"
				      : "A mail of applet %s is late. It is kept and tried further; nothing "
					"need be done.\r\n",
		m->applet != NULL ? m->applet : "-");
	text_printf(t, "\r\nServer: %s\r\n", m->server);
	json_array_foreach(failed, i, to) text_printf(t, "Recipient: %s\r\n", text_of(to, "mailbox"));
	text_add(t, "Reason: ");
	/* What may pass by itself was given up because it did not in time. */
	if (kind == NOTICE_FAILED && mail_result_outcome(r) == MAIL_DEFERRED)
		text_add(t, "its time is over; ");
	text_add_line(t, reason, strlen(reason));
	mem_free(reason);
	text_add(t, "\r\n\r\n");
}

static void
add_recipient(
	struct text *t, const json_t *to, enum queue_notice kind, const struct mail_result *r, usec until)
{
	int code = (int)json_integer_value(json_object_get(to, "code"));
	enum mail_class class = mail_class_named(text_of(to, "class"));
	const char *status = queue_status_code(
		class, mail_phase_named(text_of(to, "phase")), code, text_of(to, "enhanced"));
	char *diagnostic;

	text_add(t, "\r\n");
	diagnostic = mem_printf(NULL, "rfc822; %s", text_of(to, "mailbox"));
	add_field(t, "Final-Recipient", diagnostic);
	mem_free(diagnostic);
	add_field(t, "Action", kind == NOTICE_FAILED ? "failed" : "delayed");
	/* What failed although its cause was a passing one, failed because its time was over. */
	add_field(t, "Status", kind == NOTICE_FAILED && status[0] == '4' ? "4.4.7" : status);
	if (r->host != NULL && r->ip != NULL) { /* it was spoken to */
		diagnostic = mem_printf(NULL, "dns; %s", r->host);
		add_field(t, "Remote-MTA", diagnostic);
		mem_free(diagnostic);
	}
	diagnostic =
		code != 0 ? mem_printf(NULL, "smtp; %d %s", code, text_of(to, "reply"))
			  : mem_printf(NULL, "X-Eventd; %s %s", text_of(to, "class"), text_of(to, "phase"));
	add_field(t, "Diagnostic-Code", diagnostic);
	mem_free(diagnostic);
	if (kind == NOTICE_DELAYED) {
		struct text date;

		text_init(&date, t->ctx);
		mail_message_date(&date, (time_t)(until / USEC_PER_SEC));
		text_printf(t, "Will-Retry-Until%s", strchr(date.s, ':'));
	}
}

static void
add_status_part(struct text *t, struct engine *e, const struct queue_message *m, enum queue_notice kind,
	const json_t *failed, const struct mail_result *r, usec until)
{
	const json_t *to;
	struct text arrived;
	size_t i;

	text_init(&arrived, t->ctx);
	mail_message_date(&arrived, (time_t)(m->created / USEC_PER_SEC));
	text_printf(t, "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; %s\r\nArrival-%s",
		mailer_fqdn(e->mailer), arrived.s);
	json_array_foreach(failed, i, to) add_recipient(t, to, kind, r, until);
	text_add(t, "\r\n");
}

static void
add_headers_part(struct text *t, const json_t *original)
{
	const char *s = json_string_value(original), *end = s == NULL ? NULL : strstr(s, "\r\n\r\n");

	text_add(t, "Content-Type: text/rfc822-headers\r\n\r\n");
	if (end != NULL)
		text_addn(t, s, (size_t)(end + 2 - s));
}

static void
compose(struct text *t, struct mail_queue *q, const struct queue_message *m, const struct mail_request *about,
	const char *id, enum queue_notice kind, const json_t *claim, const json_t *failed,
	const struct mail_result *r, usec until)
{
	struct engine *e = q->engine;
	char *boundary = mem_printf(
		NULL, "=_%08llx%08llx", (unsigned long long)m->mid, (unsigned long long)clock_wall(e->clock));

	mail_message_date(t, (time_t)(clock_wall(e->clock) / USEC_PER_SEC));
	text_printf(t, "From: Mail of %s <MAILER-DAEMON@%s>\r\nTo: <%s>\r\n", engine_hostname(e),
		mailer_fqdn(e->mailer), about->from);
	text_printf(t, "Subject: %s\r\nMessage-ID: %s\r\nIn-Reply-To: %s\r\n",
		kind == NOTICE_FAILED ? "Mail could not be delivered" : "Mail is delayed", id,
		about->message_id);
	text_printf(t,
		"MIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;\r\n "
		"boundary=\"%s\"\r\n\r\n--%s\r\n",
		boundary, boundary);
	add_people_part(t, m, kind, failed, r);
	text_printf(t, "--%s\r\n", boundary);
	add_status_part(t, e, m, kind, failed, r, until);
	text_printf(t, "--%s\r\n", boundary);
	add_headers_part(t, json_object_get(claim, "text"));
	text_printf(t, "\r\n--%s--\r\n", boundary);
	mem_free(boundary);
}

json_t *
queue_bounce_make(struct mail_queue *q, const struct queue_part *p, const json_t *claim,
	enum queue_notice kind, const json_t *failed, const struct mail_result *result)
{
	void *ctx = mem_ctx(NULL, "bounce");
	struct mail_request *about, r;
	const char *to[1];
	json_t *made = NULL;
	struct text *t = text_new(ctx);

	about = mail_request_read(ctx, q->engine->secrets, text_of(claim, "request"), NULL);
	if (about != NULL && about->from != NULL && about->from[0] != '\0' &&
		queue_bounce_profile(q, p)->send_bounces) {
		/* The same way back: the server that takes the box's mail knows the sender's. */
		r = *about;
		to[0] = about->from;
		r.from = "";
		r.recipients = to;
		r.recipient_count = 1;
		r.message_id = mailer_message_id(q->engine->mailer, ctx);
		compose(t, q, p->message, about, r.message_id, kind, claim, failed, result,
			queue_wall_of(q, p->message->born) + queue_bounce_profile(q, p)->lifetime);
		r.message = t->s;
		r.message_len = t->len;
		made = queue_message_json(q, &r, kind == NOTICE_FAILED ? QUEUE_BOUNCE : QUEUE_WARNING, NULL);
	}
	mem_free(ctx);
	return made;
}
