/* One attempt to carry out a mail job. */
#include "actions/mail/deliver.h"

#include <netdb.h>
#include <string.h>

#include "actions/mail/connect.h"
#include "actions/mail/encode.h"
#include "actions/mail/smtp.h"
#include "actions/mail/trace.h"
#include "core/mem.h"

struct delivery {
	const struct mail_job *job;
	const struct deliver_env *env;
	struct mail_result *result;
	struct smtp smtp;
	struct pki_fetch fetch;
	int64_t deadline;
	struct mail_source source;
	struct mail_endpoints endpoints;
	unsigned attempts;
};

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

static bool
resolve(struct delivery *d, struct err *err)
{
	const struct mail_job *job = d->job;
	struct resolve_ask ask = {
		.host = job->host,
		.is_address = job->host_kind != MAIL_HOST_NAME,
		.port = job->port,
		.server = job->resolver,
		.cancel = d->env->cancel,
		.deadline = tls_now() + (int64_t)job->timeouts.dns * 1000,
	};

	if (ask.deadline > d->deadline)
		ask.deadline = d->deadline;
	smtp_phase(&d->smtp, PHASE_CONNECT);
	if (!mail_source_find(job->source_interface, job->source_address, &d->source, err))
		return false;
	ask.family = mail_source_family(&d->source);
	d->smtp.phase = PHASE_DNS;
	return mail_resolve(&ask, &d->endpoints, err);
}

static bool
connect_next(struct delivery *d, struct err *err)
{
	const struct mail_endpoint *to = NULL;
	struct connect_want want = {
		.to = &d->endpoints,
		.source = &d->source,
		.timeout_ms = d->job->timeouts.connect,
		.deadline = d->deadline,
		.cancel = d->env->cancel,
		.trace = d->env->trace,
		.policy = d->job->policy,
		.attempts = &d->attempts,
	};
	struct sockaddr_storage local;
	socklen_t n = sizeof local;
	char text[80] = "";
	int fd;

	smtp_phase(&d->smtp, PHASE_CONNECT);
	fd = mail_connect(&want, &to, err);
	if (fd < 0)
		return false;
	wire_open(&d->smtp.wire, fd, d->env->cancel, d->deadline);
	if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
		getnameinfo((struct sockaddr *)&local, n, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	d->result->ip = mem_strdup(d->result, to->text);
	d->result->local_ip = mem_strdup(d->result, text);
	smtp_tell(&d->smtp, &(struct mail_event){ .kind = MAIL_EVENT_CONNECTED });
	return true;
}

static void
session_reset(struct delivery *d)
{
	struct smtp *s = &d->smtp;
	struct mail_result *r = d->result;

	wire_close(&s->wire);
	s->dead = s->verified = s->hide_challenge = false;
	s->ehlo = NULL;
	memset(&r->reply, 0, sizeof r->reply);
	r->ip = r->local_ip = r->helo = r->auth_mech = r->auth_user = NULL;
	r->capabilities = NULL;
	r->capability_count = 0;
	r->tls_verified = false;
	json_decref(r->tls);
	r->tls = NULL;
}

static bool
has_untried(const struct delivery *d)
{
	for (size_t i = 0; i < d->endpoints.count; i++)
		if (!d->endpoints.items[i].tried)
			return true;
	return false;
}

/*
 * Another address is worth a try while the trouble is a passing one and nothing was said about the mail:
 * a wrong password or a bad certificate is the same there.
 */
static bool
may_try_next(const struct delivery *d, const struct err *err)
{
	enum mail_class class = mail_class_named(err->class);

	if (class == MAIL_CANCELLED || tls_now() >= d->deadline || !has_untried(d))
		return false;
	return d->smtp.phase < PHASE_MAIL &&
	       mail_outcome(class, d->result->reply.code, false) == MAIL_DEFERRED;
}

static void
tell_failed(struct delivery *d, const struct err *err)
{
	struct text *t = text_new(NULL);

	text_add(t, err->text);
	redact_text(d->env->redact, t, 0);
	smtp_tell(&d->smtp, &(struct mail_event){ .kind = MAIL_EVENT_FAILED,
				    .class = mail_class_named(err->class),
				    .phase = d->smtp.phase,
				    .detail = t->s });
	mem_free(t);
}

static bool
attempt(struct delivery *d, struct err *err)
{
	if (!resolve(d, err)) {
		smtp_step_end(&d->smtp, mail_class_named(err->class));
		tell_failed(d, err);
		return false;
	}
	for (;;) {
		if (!connect_next(d, err)) {
			smtp_step_end(&d->smtp, mail_class_named(err->class));
			tell_failed(d, err);
			return false;
		}
		if (smtp_session(&d->smtp, err))
			return true;
		tell_failed(d, err);
		if (!may_try_next(d, err))
			return false;
		session_reset(d);
		d->smtp.phase = PHASE_NONE;
	}
}

static void
conclude(struct delivery *d, bool ok, const struct err *err)
{
	struct mail_result *r = d->result;

	r->class = ok ? MAIL_OK : mail_class_named(err->class);
	r->phase = ok ? PHASE_NONE : d->smtp.phase;
	if (r->class == MAIL_CLASS_COUNT)
		r->class = MAIL_HELPER_FAILED;
	if (!ok) {
		struct text *t = text_new(NULL);

		text_add(t, err->text);
		redact_text(d->env->redact, t, 0);
		r->detail = mem_strdup(r, t->s);
		r->hint = err->hint[0] == '\0' ? NULL : mem_strdup(r, err->hint);
		mem_free(t);
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
	r->host = mem_strdup(r, job->host);
	r->port = job->port;
	r->recipients = mem_array(r, struct mail_recipient_result, job->recipient_count);
	r->recipient_count = job->recipient_count;
	for (size_t i = 0; i < job->recipient_count; i++) {
		r->recipients[i].mailbox = mem_strdup(r, job->recipients[i]);
		r->recipients[i].class = MAIL_CLASS_COUNT; /* not yet decided */
	}
	return r;
}

static void
learn_secrets(const struct delivery *d)
{
	const char *password = d->job->password;
	struct text *t;

	if (password == NULL)
		return;
	t = text_new(NULL);
	encode_base64(t, password, strlen(password));
	redact_learn(d->env->redact, password);
	redact_learn(d->env->redact, t->s);
	explicit_bzero(t->s, t->len);
	mem_free(t);
}

struct mail_result *
mail_deliver(const void *ctx, const struct mail_job *job, const struct deliver_env *env)
{
	static const unsigned shown[MAIL_SECURE_COUNT] = { [MAIL_SECURE_TLS] = 1, [MAIL_SECURE_SMTPS] = 2 };
	struct delivery *d = mem_new(ctx, struct delivery);
	struct mail_result *r = result_of(ctx, job);
	struct err err = ERR_INIT;
	bool ok;

	d->job = job;
	d->env = env;
	d->result = r;
	d->deadline = tls_now() + (int64_t)job->timeouts.total * 1000;
	d->fetch = (struct pki_fetch){ .get = fetch_in_time, .arg = d, .cache = env->crls };
	d->smtp = (struct smtp){ .job = job,
		.result = r,
		.trace = env->trace,
		.redact = env->redact,
		.tell = job->verb == MAIL_DELIVER ? env->tell : NULL,
		.fetch = env->fetch == NULL ? NULL : &d->fetch };
	d->smtp.wire.fd = -1;
	smtp_reply_init(&d->smtp.reply, r);
	learn_secrets(d);
	mail_trace_start(env->trace, job->port, shown[job->secure]);
	if (job->user != NULL && job->password == NULL) {
		d->smtp.phase = PHASE_CONFIG;
		ok = err_class(&err, ERR_CONFIG, "NO_PASSWORD", "there is no password for the user");
	} else {
		ok = attempt(d, &err);
	}
	conclude(d, ok, &err);
	wire_close(&d->smtp.wire);
	mem_free(d);
	return r;
}
