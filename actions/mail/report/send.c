/* Sending TLS reports. */
#include "actions/mail/report/send.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/mailer.h"
#include "actions/mail/maillog.h"
#include "actions/mail/queue/queue.h"
#include "actions/mail/report/compose.h"
#include "actions/mail/report/rua.h"
#include "actions/mail/sts/sts.h"
#include "actions/mail/sts/web_client.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stamp.h"

#define DAY        (86400 * USEC_PER_SEC)
#define SPREAD     (4 * 3600) /* seconds: RFC 8460 4.1, so that not everybody sends at midnight */
#define MISSED     (300 * USEC_PER_SEC)
#define KEY_MAX    (64u * 1024u)
#define HOUR       (3600 * USEC_PER_SEC)
#define PATIENCE   (10 * USEC_PER_SEC) /* for the queue's answer */
#define UNDER_WAY  16                  /* domains of one round at a time */
#define MEDIA_TYPE "application/tlsrpt+gzip"

struct tlsrpt_sender {
	struct engine *engine;
	struct tlsrpt *tlsrpt;
	struct timer *timer;
	size_t under_way;
	bool had_round;
	bool again; /* the round had more than it may have under way */
};

/* One domain's report of one day. */
struct report {
	struct tlsrpt_sender *sender;
	char *day, *domain, *id;
	json_t *document;
	struct rua *rua;
	struct text *gzip;
	size_t waiting; /* targets without an answer */
};

/* One of the places it goes to. */
struct target {
	struct report *report;
	const struct rua_target *rua;
	struct web_request *request; /* of https, until it is asked */
};

/* ---- the end ---- */

static void
mark(struct report *r, const char *uri, const char *result)
{
	struct tlsrpt_sender *s = r->sender;
	char when[40];

	stamp_iso(clock_wall(s->engine->clock), when, sizeof when);
	collection_mark(tlsrpt_collection(s->tlsrpt), r->day, r->domain,
		json_pack("{s:s, s:s?, s:s}", "time", when, "uri", uri, "result", result));
	maillog_add(s->engine, MAILLOG_INFO, "TLS report of %s for domain(%s) %s%s%s", r->day, r->domain,
		result, uri != NULL ? ": " : "", uri != NULL ? uri : "");
}

static int
report_free(void *p)
{
	struct report *r = p;

	json_decref(r->document);
	return 0;
}

static void
finish(struct report *r)
{
	struct tlsrpt_sender *s = r->sender;

	s->under_way--;
	mem_free(r);
	if (s->under_way == 0 && s->again)
		tlsrpt_sender_round(s);
}

static void
release(struct report *r)
{
	if (--r->waiting == 0)
		finish(r);
}

static void
target_done(struct target *t, const char *result)
{
	struct report *r = t->report;

	mark(r, t->rua->uri, result);
	release(r);
}

/* ---- by https ---- */

static void
on_posted(void *arg, const struct web_answer *answer)
{
	struct target *t = arg;
	char *result = answer->failure == WEB_OK
			       ? NULL
			       : mem_printf(t->report->sender, "not sent, because of %s", answer->reason);

	target_done(t, result == NULL ? "sent" : result);
	mem_free(result);
}

static void
on_addresses(void *arg, const struct mail_dns_answer *answer)
{
	struct target *t = arg;
	struct web_request *w = t->request;
	const struct mail_exchanger *host = answer->host_count > 0 ? &answer->hosts[0] : NULL;
	size_t n = host == NULL ? 0 : host->address_count;

	if (n == 0) {
		target_done(t, "not sent, because the host has no address");
		return;
	}
	w->addresses = mem_array(w, const char *, n);
	for (size_t i = 0; i < n; i++)
		w->addresses[w->address_count++] = mem_strdup(w, host->addresses[i].text);
	web_submit(t->report, sts_web(t->report->sender->engine->sts), w, on_posted, t);
}

static void
post(struct target *t)
{
	struct report *r = t->report;
	struct engine *e = r->sender->engine;
	struct web_request *w = mem_new(r, struct web_request);
	struct mail_dns_question question = { .kind = MAIL_DNS_HOST, .name = t->rua->host };

	w->url = mem_strdup(w, t->rua->uri);
	w->host = mem_strdup(w, t->rua->host);
	w->port = t->rua->port;
	w->content_type = MEDIA_TYPE;
	w->body = mem_dup(w, r->gzip->s, r->gzip->len + 1);
	w->body_len = r->gzip->len;
	w->trust = sts_web_trust(w, e->sts);
	t->request = w;
	resolver_ask(r, e->resolver, &question, on_addresses, t);
}

/* ---- by mail ---- */

static void
on_accepted(void *arg, const struct mail_accepted *a)
{
	target_done(arg, a->id != 0 ? "queued" : "not sent, because the queue did not take it");
}

/* NULL: reports are not signed, or cannot be (told). */
static EVP_PKEY *
signing_key(struct report *r)
{
	const struct tlsrpt_settings *s = tlsrpt_settings(r->sender->tlsrpt);
	struct engine *e = r->sender->engine;
	struct text pem;
	struct err err = ERR_INIT;
	EVP_PKEY *key = NULL;

	if (s->dkim_key == NULL)
		return NULL;
	text_init(&pem, r);
	if (files_read(e->files, s->dkim_key, FILES_ABSOLUTE, KEY_MAX, &pem, &err))
		key = dkim_key(pem.s, pem.len, &err);
	explicit_bzero(pem.s, pem.len);
	mem_free(pem.s);
	if (key == NULL)
		maillog_add(e, MAILLOG_WARNING, "TLS reports are not signed: %s: %s", s->dkim_key, err.text);
	return key;
}

static time_t
midnight(const char *day)
{
	struct tm tm = { 0 };

	strptime(day, "%Y-%m-%d", &tm);
	return timegm(&tm);
}

static struct text *
compose(struct report *r, const char *to, const char *message_id)
{
	struct tlsrpt_sender *s = r->sender;
	const struct tlsrpt_settings *set = tlsrpt_settings(s->tlsrpt);
	struct dkim_identity dkim = { set->dkim_domain, set->dkim_selector, signing_key(r) };
	struct report_mail m = {
		.domain = r->domain,
		.submitter = set->dkim_domain != NULL ? set->dkim_domain : engine_hostname(s->engine),
		.report_id = r->id,
		.from = set->contact,
		.to = to,
		.message_id = message_id,
		.boundary = mem_printf(r, "tlsrpt%016llx", (unsigned long long)rng_next(s->engine->rng)),
		.date = (time_t)(clock_wall(s->engine->clock) / USEC_PER_SEC),
		.start = midnight(r->day),
		.end = midnight(r->day) + 86399,
		.dkim = dkim.key != NULL ? &dkim : NULL,
	};
	struct err err = ERR_INIT;
	struct text *message = report_compose(r, &m, r->gzip, &err);

	EVP_PKEY_free(dkim.key);
	if (message == NULL)
		maillog_add(s->engine, MAILLOG_WARNING, "TLS report cannot be signed: %s", err.text);
	return message;
}

static void
mail(struct target *t)
{
	struct report *r = t->report;
	struct engine *e = r->sender->engine;
	const struct tlsrpt_settings *set = tlsrpt_settings(r->sender->tlsrpt);
	const char *id = mailer_message_id(e->mailer, r);
	struct text *message = set->contact == NULL ? NULL : compose(r, t->rua->mailbox, id);
	struct mail_request request = {
		.applet = "TLSRPT",
		.server = "USEDNS",
		.secure = MAIL_SECURE_OPPORTUNISTIC,
		.message_id = id,
		.from = set->contact,
		.recipients = mem_array(r, const char *, 1),
		.recipient_count = 1,
		.tls_report = true,
	};

	if (message == NULL) {
		target_done(t, set->contact == NULL
				       ? "not sent, because no sender is configured (tlsrpt contact)"
				       : "not sent, because it cannot be signed");
		return;
	}
	request.recipients[0] = t->rua->mailbox;
	request.message = message->s;
	request.message_len = message->len;
	mail_queue_submit(r, e->mail_queue, &request, PATIENCE, on_accepted, t);
}

/* ---- a domain ---- */

static void
on_rua(void *arg, const struct mail_dns_answer *answer)
{
	struct report *r = arg;
	struct err err = ERR_INIT;

	if (answer->txt.state == DNS_LOOKUP_FAILED || answer->txt.state == DNS_BOGUS) {
		finish(r); /* the next round asks again */
		return;
	}
	r->rua = rua_parse(r, answer->texts, answer->text_count, &err);
	if (r->rua == NULL) {
		mark(r, NULL, "not wanted");
		finish(r);
		return;
	}
	r->gzip = report_gzip(r, r->document);
	r->waiting = r->rua->count + 1; /* and ourselves */
	for (size_t i = 0; i < r->rua->count; i++) {
		struct target *t = mem_new(r, struct target);

		t->report = r;
		t->rua = &r->rua->targets[i];
		if (t->rua->is_mail)
			mail(t);
		else
			post(t);
	}
	release(r);
}

static void
begin(struct tlsrpt_sender *s, const char *day, const char *domain, const json_t *record)
{
	struct report *r = mem_new(s, struct report);
	struct mail_dns_question question = { .kind = MAIL_DNS_TXT };

	r->sender = s;
	r->day = mem_strdup(r, day);
	r->domain = mem_strdup(r, domain);
	r->id = tlsrpt_id(r, s->tlsrpt, day, domain);
	r->document = tlsrpt_document(s->tlsrpt, day, domain, record);
	mem_on_free(r, report_free);
	s->under_way++;
	question.name = mem_printf(r, "_smtp._tls.%s", domain);
	resolver_ask(r, s->engine->resolver, &question, on_rua, r);
}

/* ---- rounds ---- */

struct round {
	struct tlsrpt_sender *sender;
	char today[COLLECTION_DAY_SIZE];
	size_t due;
	bool begin;
};

static void
look_at(void *arg, const char *day, const char *domain, json_t *record)
{
	struct round *round = arg;
	struct tlsrpt_sender *s = round->sender;

	if (strcmp(day, round->today) >= 0 || json_object_get(record, "sent") != NULL)
		return;
	round->due++;
	if (!round->begin)
		return;
	if (s->under_way < UNDER_WAY)
		begin(s, day, domain, record);
	else
		s->again = true;
}

static size_t
look_round(struct tlsrpt_sender *s, bool start)
{
	struct round round = { .sender = s, .begin = start };

	collection_day(clock_wall(s->engine->clock), round.today);
	collection_each(tlsrpt_collection(s->tlsrpt), look_at, &round);
	return round.due;
}

size_t
tlsrpt_sender_round(struct tlsrpt_sender *s)
{
	if (s->under_way > 0)
		return s->under_way;
	s->again = false;
	s->had_round = true;
	return look_round(s, true);
}

static void
on_round(void *arg)
{
	tlsrpt_sender_round(arg);
	tlsrpt_sender_plan(arg);
}

void
tlsrpt_sender_plan(struct tlsrpt_sender *s)
{
	usec now = clock_wall(s->engine->clock), wait;

	mem_free(s->timer);
	s->timer = NULL;
	if (!tlsrpt_settings(s->tlsrpt)->send)
		return;
	wait = DAY - now % DAY + (usec)(1 + rng_below(s->engine->rng, SPREAD)) * USEC_PER_SEC;
	if (s->under_way == 0 && look_round(s, false) > 0)
		wait = s->had_round ? HOUR : MISSED;
	s->timer = timer_after(s, s->engine->loop, wait, on_round, s);
}

struct tlsrpt_sender *
tlsrpt_sender_new(const void *ctx, struct engine *engine, struct tlsrpt *tlsrpt)
{
	struct tlsrpt_sender *s = mem_new(ctx, struct tlsrpt_sender);

	s->engine = engine;
	s->tlsrpt = tlsrpt;
	return s;
}
