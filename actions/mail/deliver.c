/* One attempt to carry out a mail job: its hosts in order, and the conclusion. */
#include "actions/mail/deliver.h"

#include <string.h>

#include "actions/mail/delivery.h"
#include "actions/mail/encode.h"
#include "actions/mail/kept.h"
#include "actions/mail/trace.h"
#include "core/mem.h"

/* A server of CRLs that hangs may use up the job's time, but not more. */
static bool
fetch_in_time(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	const struct delivery *d = arg;
	int64_t left_ms = (d->deadline - tls_now()) / 1000;
	struct pki_fetch_ask in_time = *ask;

	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "no time left to fetch it");
	in_time.timeout_ms = left_ms < PKI_FETCH_MAX_MS ? (unsigned)left_ms : PKI_FETCH_MAX_MS;
	return d->env->fetch(NULL, ctx, &in_time, data, len, err);
}

/* ---- what became of a host ---- */

static void
keep_failure(struct delivery *d, struct mail_hop_result *at, const struct err *err)
{
	struct mail_result *r = d->result;
	struct text *t = text_new(NULL);

	at->class = mail_class_named(err->class);
	if (at->class == MAIL_CLASS_COUNT)
		at->class = MAIL_HELPER_FAILED;
	at->phase = d->smtp.phase;
	at->reply = r->reply;
	text_add(t, err->text);
	redact_text(d->env->redact, t, 0);
	at->detail = mem_strdup(r, t->s);
	mem_free(t);
}

static void
refused_before(struct delivery *d, const struct mail_hop *hop, struct mail_hop_result *at, struct err *err)
{
	d->smtp.phase = hop->refused == MAIL_STS_MX_MISMATCH ? PHASE_MX : PHASE_DNS;
	memset(&d->result->reply, 0, sizeof d->result->reply);
	err_class(err, ERR_REFUSED, mail_class_name(hop->refused), "%s",
		hop->refused_detail != NULL ? hop->refused_detail : hop->host);
	keep_failure(d, at, err);
	d->smtp.phase = PHASE_NONE;
}

/* ---- the order of hosts ---- */

/*
 * RFC 5321 5.1: the next host while the trouble is a passing one. A refusal before the mail was named is
 * about the host only; one of the mail or its recipients is final. After the dot nobody else may get it.
 */
static bool
may_try_next_host(const struct delivery *d, const struct mail_hop_result *at)
{
	if (at->class == MAIL_CANCELLED || d->result->unconfirmed || tls_now() >= d->deadline)
		return false;
	return at->phase < PHASE_MAIL ||
	       mail_outcome(at->class, at->reply.code, d->job->direct) == MAIL_DEFERRED;
}

/* Recipients that were put off may be taken by the next host. */
static void
reopen_recipients(struct mail_result *r)
{
	for (size_t i = 0; i < r->recipient_count; i++) {
		struct mail_recipient_result *to = &r->recipients[i];

		if (to->class != MAIL_OK && to->reply.code >= 400 && to->reply.code < 500)
			*to = (struct mail_recipient_result){ .mailbox = to->mailbox,
				.class = MAIL_CLASS_COUNT };
	}
}

/* One that may pass keeps the mail in the queue; of several the last. */
static bool
outweighs(const struct delivery *d, const struct mail_hop_result *at, const struct mail_hop_result *than)
{
	if (than == NULL)
		return true;
	return mail_outcome(at->class, at->reply.code, d->job->direct) == MAIL_DEFERRED ||
	       mail_outcome(than->class, than->reply.code, d->job->direct) != MAIL_DEFERRED;
}

/* The host whose failure stands for the whole, or NULL when all is well. */
static const struct mail_hop_result *
try_hosts(struct delivery *d, struct err *err)
{
	const struct mail_job *job = d->job;
	const struct mail_hop_result *verdict = NULL;

	for (size_t i = 0; i < job->hop_count; i++) {
		const struct mail_hop *hop = &job->hops[i];
		struct mail_hop_result *at = &d->result->hops[i];
		struct err why = ERR_INIT;
		bool over = false;

		d->smtp.hop = (unsigned)i;
		if (hop->refused != MAIL_OK) {
			refused_before(d, hop, at, &why);
		} else if (deliver_to_host(d, hop, at, &why)) {
			return NULL;
		} else {
			keep_failure(d, at, &why);
			over = !may_try_next_host(d, at);
		}
		if (over || outweighs(d, at, verdict)) {
			verdict = at;
			*err = why;
		}
		if (over)
			break;
		reopen_recipients(d->result);
	}
	return verdict;
}

/* ---- the conclusion ---- */

static void
conclude(struct delivery *d, const struct mail_hop_result *verdict, const struct err *err)
{
	struct mail_result *r = d->result;

	r->class = verdict == NULL ? MAIL_OK : verdict->class;
	r->phase = verdict == NULL ? PHASE_NONE : verdict->phase;
	if (verdict == NULL)
		r->tls_secrets = NULL;
	if (verdict != NULL) {
		r->detail = verdict->detail;
		r->hint = err->hint[0] == '\0' ? NULL : mem_strdup(r, err->hint);
		r->reply = verdict->reply;
		r->ip = verdict->ip;
		r->local_ip = verdict->local_ip;
		r->host = verdict->host;
		r->port = verdict->port;
	}
	for (size_t i = 0; i < r->recipient_count; i++) {
		struct mail_recipient_result *to = &r->recipients[i];

		if (to->class != MAIL_CLASS_COUNT)
			continue;
		to->class = r->class;
		to->phase = r->phase;
		to->reply = r->reply;
	}
}

static struct mail_result *
result_of(const void *ctx, const struct mail_job *job)
{
	struct mail_result *r = mail_result_new(ctx, job->id);

	r->direct = job->direct;
	r->recipients = mem_array(r, struct mail_recipient_result, job->recipient_count);
	r->recipient_count = job->recipient_count;
	for (size_t i = 0; i < job->recipient_count; i++) {
		r->recipients[i].mailbox = mem_strdup(r, job->recipients[i]);
		r->recipients[i].class = MAIL_CLASS_COUNT; /* not yet decided */
	}
	r->hops = mem_array(r, struct mail_hop_result, job->hop_count);
	r->hop_count = job->hop_count;
	r->host = mem_strdup(r, job->hops[0].host);
	r->port = job->hops[0].port;
	for (size_t i = 0; i < job->hop_count; i++) {
		const struct mail_hop *hop = &job->hops[i];

		r->hops[i] = (struct mail_hop_result){ .host = mem_strdup(r, hop->host),
			.port = hop->port,
			.demanded = hop->tls,
			.sts_domain = mem_strdup(r, hop->sts_domain) };
	}
	return r;
}

static void
learn_secret(const struct delivery *d, const char *secret)
{
	struct text *t;

	if (secret == NULL)
		return;
	t = text_new(NULL);
	encode_base64(t, secret, strlen(secret));
	redact_learn(d->env->redact, secret);
	redact_learn(d->env->redact, t->s);
	explicit_bzero(t->s, t->len);
	mem_free(t);
}

/* What `secure` demands of the one server that an action names. */
static struct mail_hop
named_server(const struct mail_job *job)
{
	/* ORDER: enum mail_secure */
	static const enum mail_hop_tls demands[MAIL_SECURE_COUNT] = { HOP_TLS_PREFERRED, HOP_TLS_NONE,
		HOP_TLS_VERIFY, HOP_TLS_VERIFY };

	return (struct mail_hop){
		.host = job->host, .port = job->port, .tls = demands[job->secure], .domain = job->host
	};
}

struct mail_result *
mail_deliver(const void *ctx, const struct mail_job *given, const struct deliver_env *env)
{
	static const unsigned shown[MAIL_SECURE_COUNT] = { [MAIL_SECURE_TLS] = 1, [MAIL_SECURE_SMTPS] = 2 };
	struct delivery *d = mem_new(ctx, struct delivery);
	struct mail_job job = *given;
	struct mail_hop named = named_server(given);
	const struct mail_hop_result *verdict;
	struct mail_result *r;
	struct err err = ERR_INIT;

	if (job.hop_count == 0) {
		job.hops = &named;
		job.hop_count = 1;
	}
	r = result_of(ctx, &job);
	d->job = &job;
	d->env = env;
	d->result = r;
	d->deadline = tls_now() + (int64_t)job.timeouts.total * 1000;
	d->fetch = (struct pki_fetch){ .get = fetch_in_time, .arg = d, .cache = env->crls };
	d->smtp = (struct smtp){ .job = &job,
		.result = r,
		.at = &r->hops[0],
		.trace = env->trace,
		.redact = env->redact,
		.tell = job.verb == MAIL_DELIVER ? env->tell : NULL,
		.leave = job.announce ? env->leave : NULL,
		.fetch = env->fetch == NULL ? NULL : &d->fetch };
	d->smtp.wire.fd = -1;
	smtp_reply_init(&d->smtp.reply, r);
	learn_secret(d, job.password);
	learn_secret(d, job.token);
	mail_trace_start(env->trace, job.port, shown[job.secure]);
	if (job.user != NULL && job.password == NULL && job.token == NULL) {
		d->smtp.phase = PHASE_CONFIG;
		err_class(&err, ERR_CONFIG, "NO_PASSWORD", "there is no password for the user");
		keep_failure(d, &r->hops[0], &err);
		verdict = &r->hops[0];
	} else {
		verdict = try_hosts(d, &err);
	}
	r->kept = env->kept != NULL && kept_put(env->kept, d);
	if (!r->kept)
		wire_close(&d->smtp.wire);
	conclude(d, verdict, &err);
	mem_free(d);
	return r;
}
