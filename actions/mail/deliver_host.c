/* The mail through one host: resolve, connect, speak SMTP, the next address. */
#include "actions/mail/delivery.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "actions/mail/kept.h"
#include "actions/mail/trace.h"
#include "core/mem.h"

/* Its addresses are known: the resolver has answered for them. */
static bool
take_addresses(struct delivery *d, const struct mail_hop *hop, struct err *err)
{
	int family = mail_source_family(&d->source);

	d->endpoints.count = 0;
	for (size_t i = 0; i < hop->address_count && d->endpoints.count < MAIL_ADDRESSES_MAX; i++) {
		struct mail_endpoints one;
		struct resolve_ask ask = { .host = hop->addresses[i],
			.is_address = true,
			.port = hop->port,
			.family = family,
			.deadline = d->deadline };

		if (mail_resolve(&ask, &one, err))
			d->endpoints.items[d->endpoints.count++] = one.items[0];
	}
	if (d->endpoints.count == 0)
		return err_class(err, ERR_NOT_FOUND, "SOURCE_UNAVAILABLE",
			"%s has no address that the source can reach", hop->host);
	err_clear(err);
	return true;
}

static bool
look_up(struct delivery *d, const struct mail_hop *hop, struct err *err)
{
	struct resolve_ask ask = {
		.host = hop->host,
		.is_address = d->job->host_kind != MAIL_HOST_NAME && !d->job->direct,
		.port = hop->port,
		.server = d->job->resolver,
		.family = mail_source_family(&d->source),
		.cancel = d->env->cancel,
		.deadline = tls_now() + (int64_t)d->job->timeouts.dns * 1000,
	};

	if (ask.deadline > d->deadline)
		ask.deadline = d->deadline;
	return mail_resolve(&ask, &d->endpoints, err);
}

static bool
resolve(struct delivery *d, const struct mail_hop *hop, struct err *err)
{
	const struct mail_job *job = d->job;

	smtp_phase(&d->smtp, PHASE_CONNECT);
	if (!mail_source_find(job->source_interface, job->source_address, &d->source, err))
		return false;
	d->source.vrf = job->vrf;
	d->smtp.phase = PHASE_DNS;
	return hop->address_count > 0 ? take_addresses(d, hop, err) : look_up(d, hop, err);
}

/* Who speaks to whom: a capture of the attempt is made of these connections. */
static void
note_flow(void *arg, int fd, const struct mail_endpoint *to)
{
	struct delivery *d = arg;
	struct mail_result *r = d->result;
	struct sockaddr_storage local = { 0 };
	socklen_t n = sizeof local;
	char text[80] = "";
	struct mail_flow *f = &r->flows[r->flow_count];

	if (r->flow_count == MAIL_FLOWS_MAX)
		return;
	r->flow_count++;
	/* Both address families keep the port in the same place. */
	f->remote = mem_strdup(r, to->text);
	f->rport = ntohs(((const struct sockaddr_in *)&to->addr)->sin_port);
	if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
		f->lport = ntohs(((const struct sockaddr_in *)&local)->sin_port);
	if (f->lport != 0)
		getnameinfo((struct sockaddr *)&local, n, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	f->local = mem_strdup(r, text);
}

/* A mail that is traced has a session of its own, told from its connection to its QUIT. */
static bool
may_share(const struct delivery *d)
{
	return d->env->kept != NULL && d->job->verb == MAIL_DELIVER && d->job->debug == 0;
}

/* Another mail behind this one, which is number `before` + 1 of its session? */
static bool
may_keep(const struct delivery *d, unsigned before)
{
	return may_share(d) && before + 1 < d->job->messages;
}

static void
note_opened(struct delivery *d, const struct sockaddr_storage *local, const struct mail_endpoint *to)
{
	d->opened = tls_now();
	d->mails_before = 0;
	d->flow = (struct mail_flow){ .local = d->result->local_ip,
		.remote = d->result->ip,
		.lport = ntohs(((const struct sockaddr_in *)local)->sin_port),
		.rport = ntohs(((const struct sockaddr_in *)&to->addr)->sin_port) };
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
		.begun = note_flow,
		.arg = d,
	};
	struct mail_hop_result *at = d->smtp.at;
	struct sockaddr_storage local;
	socklen_t n = sizeof local;
	char text[80] = "";
	int fd;

	smtp_phase(&d->smtp, PHASE_CONNECT);
	fd = mail_connect(&want, &to, err);
	if (fd < 0)
		return false;
	wire_open(&d->smtp.wire, fd, d->env->cancel, d->deadline);
	d->smtp.keep = may_keep(d, 0);
	if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
		getnameinfo((struct sockaddr *)&local, n, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	d->result->ip = at->ip = mem_strdup(d->result, to->text);
	d->result->local_ip = at->local_ip = mem_strdup(d->result, text);
	note_opened(d, &local, to);
	smtp_tell(&d->smtp, &(struct mail_event){ .kind = MAIL_EVENT_CONNECTED });
	return true;
}

/* Nothing of the last connection counts for the next. */
static void
session_reset(struct delivery *d)
{
	struct smtp *s = &d->smtp;
	struct mail_result *r = d->result;
	struct mail_hop_result *at = s->at;

	if (s->wire.fd >= 0)
		smtp_quit(s);
	wire_close(&s->wire);
	s->keep = s->is_open = false;
	s->dead = s->verified = s->hide_challenge = false;
	s->ehlo = NULL;
	memset(&r->reply, 0, sizeof r->reply);
	r->ip = r->local_ip = r->helo = r->auth_mech = r->auth_user = NULL;
	r->capabilities = NULL;
	r->capability_count = 0;
	r->tls_verified = false;
	json_decref(r->tls);
	r->tls = NULL;
	at->ip = at->local_ip = at->tls_version = at->tls_cipher = at->tls_name = at->tls_problem = NULL;
	at->tls_class = at->sts_class = MAIL_OK;
	at->dane = at->sts_failure = NULL;
	at->tls_verified = at->dane_success = at->reused = false;
}

static bool
has_untried(const struct delivery *d)
{
	for (size_t i = 0; i < d->endpoints.count; i++)
		if (!d->endpoints.items[i].tried)
			return true;
	return false;
}

/* ---- of several addresses, the one where the most was done says what is wrong ---- */

/* A failed session as the result shows it. */
struct session {
	enum mail_phase phase;
	struct err err;
	struct mail_hop_result at;
	struct mail_reply reply;
	const char *ip, *local_ip, *helo, *auth_mech, *auth_user;
	const char **capabilities;
	size_t capability_count;
	bool tls_verified;
	json_t *tls; /* owned */
};

static void
session_keep(struct delivery *d, const struct err *err, struct session *to)
{
	const struct mail_result *r = d->result;

	json_decref(to->tls);
	*to = (struct session){
		.phase = d->smtp.phase,
		.err = *err,
		.at = *d->smtp.at,
		.reply = r->reply,
		.ip = r->ip,
		.local_ip = r->local_ip,
		.helo = r->helo,
		.auth_mech = r->auth_mech,
		.auth_user = r->auth_user,
		.capabilities = r->capabilities,
		.capability_count = r->capability_count,
		.tls_verified = r->tls_verified,
		.tls = json_incref(r->tls),
	};
}

/* The verdict is the kept one; what the last address met is told behind it. */
static void
session_restore(struct delivery *d, struct err *err, struct session *from)
{
	struct mail_result *r = d->result;
	struct err last = *err;

	wire_close(&d->smtp.wire);
	*d->smtp.at = from->at;
	d->smtp.phase = from->phase;
	r->reply = from->reply;
	r->ip = from->ip;
	r->local_ip = from->local_ip;
	r->helo = from->helo;
	r->auth_mech = from->auth_mech;
	r->auth_user = from->auth_user;
	r->capabilities = from->capabilities;
	r->capability_count = from->capability_count;
	r->tls_verified = from->tls_verified;
	json_decref(r->tls);
	r->tls = from->tls;
	from->tls = NULL;
	err_class(err, from->err.code, from->err.class, "%.300s; then %.200s", from->err.text, last.text);
	err_hint(err, "%s", from->err.hint);
}

/* A wrong password or a bad certificate is the same at the next address. */
static bool
may_try_next(const struct delivery *d, const struct err *err)
{
	enum mail_class class = mail_class_named(err->class);

	if (class == MAIL_CANCELLED || tls_now() >= d->deadline || !has_untried(d))
		return false;
	return d->smtp.phase < PHASE_MAIL &&
	       mail_outcome(class, d->result->reply.code, d->job->direct) == MAIL_DEFERRED;
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

/* One address after the other; the connection of the last one is left to the caller. */
static bool
try_addresses(struct delivery *d, struct session *furthest, struct err *err)
{
	for (;;) {
		err_clear(err);
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
		if (d->smtp.phase >= furthest->phase)
			session_keep(d, err, furthest);
		session_reset(d);
		d->smtp.phase = PHASE_NONE;
	}
}

/* ---- in the session of an earlier mail ---- */

/*
 * Did the session fail rather than the mail? Servers end sessions for reasons of their own: idle for too long,
 * enough mails. Nothing of the text was sent, so a new connection decides, as if there had been no other.
 */
static bool
is_stale(const struct delivery *d, const struct err *err)
{
	const struct smtp *s = &d->smtp;
	enum mail_class class = mail_class_named(err->class);

	if (class == MAIL_CANCELLED || class == MAIL_MESSAGE_TOO_BIG || class == MAIL_ADDRESS_NOT_SUPPORTED)
		return false;
	return tls_now() < d->deadline && (s->phase <= PHASE_MAIL || (s->phase < PHASE_BODY && s->dead));
}

static bool
over_kept(struct delivery *d, const struct mail_hop *hop, bool *ok, struct err *err)
{
	struct mail_result *r = d->result;
	size_t size = r->recipient_count * sizeof *r->recipients;
	struct mail_recipient_result *before;

	if (!may_share(d) || !kept_take(d->env->kept, d, hop))
		return false;
	before = mem_dup(r, r->recipients, size);
	d->smtp.keep = may_keep(d, d->mails_before);
	smtp_tell(&d->smtp, &(struct mail_event){ .kind = MAIL_EVENT_REUSED });
	*ok = smtp_next_mail(&d->smtp, err);
	if (!*ok && is_stale(d, err)) {
		mail_trace(d->env->trace, d->job->policy, "the connection of the last mail is of no use: %s",
			err->text);
		memcpy(r->recipients, before, size);
		session_reset(d);
		d->smtp.phase = PHASE_NONE;
		err_clear(err);
		return false;
	}
	if (!*ok)
		tell_failed(d, err);
	return true;
}

bool
deliver_to_host(struct delivery *d, const struct mail_hop *hop, struct mail_hop_result *at, struct err *err)
{
	struct session furthest = { .phase = PHASE_NONE };
	bool ok;

	d->smtp.to = hop;
	d->smtp.at = at;
	d->smtp.phase = PHASE_NONE;
	at->tried = true;
	session_reset(d);
	d->result->host = at->host;
	d->result->port = at->port;
	if (over_kept(d, hop, &ok, err))
		return ok;
	if (!resolve(d, hop, err)) {
		smtp_step_end(&d->smtp, mail_class_named(err->class));
		tell_failed(d, err);
		return false;
	}
	ok = try_addresses(d, &furthest, err);
	if (!ok && d->smtp.phase < furthest.phase && mail_class_named(err->class) != MAIL_CANCELLED)
		session_restore(d, err, &furthest);
	json_decref(furthest.tls);
	return ok;
}
