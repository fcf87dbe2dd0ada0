/* AUTH (RFC 4954). */
#include "actions/mail/smtp.h"

#include <string.h>

#include "actions/mail/sasl/sasl.h"
#include "core/mem.h"

#define AUTH_LINE_MAX   12288 /* RFC 4954 4: octets of a line with its CR LF */
#define AUTH_ROUNDS_MAX 8

enum exchange { LOGGED_IN, TRY_NEXT, FAILED };

static void
forget(struct text *secret)
{
	explicit_bzero(secret->s, secret->len);
	text_clear(secret);
}

/* Ends an exchange that we do not want to go on with (RFC 4954 4); `err` stays what it was. */
static enum exchange
call_off(struct smtp *s)
{
	struct err ignored = ERR_INIT;

	if (smtp_write_line(s, "*", s->job->timeouts.auth, &ignored))
		smtp_read_reply(s, s->job->timeouts.auth, &ignored);
	s->dead = true;
	return FAILED;
}

static bool
send_secret(struct smtp *s, const char *line, const char *shown, const char *payload, struct err *err)
{
	/* A server may show us what we sent: then nobody else shall see it. */
	redact_learn(s->redact, payload);
	return smtp_write_hidden(s, line, shown, s->job->timeouts.auth, err);
}

/* AUTH with its initial response; a payload that does not fit is left for the first challenge, an empty one. */
static bool
send_auth(struct smtp *s, struct sasl *sasl, const char *mech, struct text *payload, struct err *err)
{
	struct text *line = text_new(NULL), *shown = text_new(NULL);
	bool ok, fits;

	forget(payload);
	ok = sasl_start(sasl, mech, err) &&
	     (!sasl_is_client_first(mech) || sasl_step(sasl, NULL, payload, err));
	text_printf(line, "AUTH %s", mech);
	text_add(shown, line->s);
	fits = sasl_is_client_first(mech) && line->len + payload->len + 3 <= AUTH_LINE_MAX;
	if (fits) {
		text_printf(line, " %s", payload->len > 0 ? payload->s : "=");
		text_add(shown, " <hidden>");
	}
	ok = ok && send_secret(s, line->s, shown->s, payload->s, err);
	if (fits)
		forget(payload);
	forget(line);
	mem_free(line);
	mem_free(shown);
	return ok;
}

/* 235 decides, but only when the mechanism has proven what it wants proven. */
static enum exchange
concluded(struct smtp *s, const struct sasl *sasl, struct err *err)
{
	int code = s->reply.code;

	if (code == 235 && sasl_is_complete(sasl))
		return smtp_nothing_behind(s, err) ? LOGGED_IN : FAILED;
	if (code == 504 || code == 534) /* this mechanism will not do: no word about the password */
		return TRY_NEXT;
	if (code == 235) {
		s->dead = true;
		err_class(err, ERR_CRYPTO, "AUTH_FAILED", "server does not know the password");
	} else if (code < 500) {
		smtp_refused(s, MAIL_AUTH_TEMPFAIL, err);
	} else {
		smtp_refused(s, MAIL_AUTH_FAILED, err);
		if (sasl_status(sasl) != NULL)
			err_wrap(err, "the token was refused with status %s", sasl_status(sasl));
		err_hint(err, s->job->token != NULL
				      ? "check the user name, and whether the token is still valid"
				      : "check user name and password");
	}
	return FAILED;
}

static enum exchange
exchange(struct smtp *s, struct sasl *sasl, const char *mech, struct text *payload, struct err *err)
{
	if (!send_auth(s, sasl, mech, payload, err))
		return FAILED;
	for (int round = 0; round < AUTH_ROUNDS_MAX; round++) {
		if (!smtp_read_reply(s, s->job->timeouts.auth, err))
			return FAILED;
		if (s->reply.code != 334)
			return concluded(s, sasl, err);
		if (!smtp_nothing_behind(s, err))
			return FAILED;
		/* A payload that was too long for the first line goes out now. */
		if (payload->len == 0 && !sasl_step(sasl, s->reply.text.s, payload, err))
			return call_off(s);
		if (!send_secret(s, payload->s, "<hidden>", payload->s, err))
			return FAILED;
		forget(payload);
	}
	err_class(err, ERR_IO, "PROTOCOL_ERROR", "the login has no end");
	return call_off(s);
}

static bool
log_in(struct smtp *s, struct sasl *sasl, struct err *err)
{
	struct text *payload = text_new(sasl);
	const char *mech = sasl_choose(sasl, s->ehlo);

	if (mech == NULL)
		return err_class(err, ERR_REFUSED, "AUTH_NO_COMMON_MECH", "the server offers%s; we take %s",
			s->ehlo->mechanisms[1] == '\0' ? " none" : s->ehlo->mechanisms, sasl_ours(sasl));
	for (; mech != NULL; mech = sasl_choose(sasl, s->ehlo)) {
		enum exchange got = exchange(s, sasl, mech, payload, err);

		forget(payload);
		if (got == LOGGED_IN) {
			s->result->auth_mech = mem_strdup(s->result, mech);
			s->result->auth_user =
				mem_strdup(s->result, s->job->user != NULL ? s->job->user : "");
			return true;
		}
		if (got == FAILED)
			return false;
	}
	return smtp_refused(s, MAIL_AUTH_FAILED, err);
}

/* Credentials never leave before the server is known; if TLS is there, why it does not count is told. */
static bool
needs_tls(const struct smtp *s, struct err *err)
{
	const struct pki_result *pki = s->wire.tls == NULL ? NULL : &tls_result(s->wire.tls)->pki;

	if (pki == NULL) {
		err_class(
			err, ERR_REFUSED, "AUTH_NEEDS_TLS", "credentials are sent inside verified TLS only");
		err_hint(err, "write 'secure tls'");
		return false;
	}
	err_class(err, ERR_REFUSED, "AUTH_NEEDS_TLS",
		"credentials are sent inside verified TLS only, and the server is not verified: %s",
		pki->detail);
	err_hint(err, "%s", pki->hint);
	return false;
}

/* A certificate alone is a login when the configuration asks for it (RFC 4422 appendix A). */
static bool
wants_external(const struct mail_job *job)
{
	return job->identity != NULL && job->mechanisms != NULL &&
	       strcasestr(job->mechanisms, "EXTERNAL") != NULL;
}

bool
smtp_auth(struct smtp *s, struct err *err)
{
	const struct mail_job *job = s->job;
	struct channel_binding binding;
	struct sasl_want want = {
		.user = job->user,
		.password = job->password,
		.token = job->token,
		.host = s->to->host,
		.port = s->to->port,
		.allowed = job->mechanisms,
		.verified = s->verified,
		.certificate = job->identity != NULL && s->wire.tls != NULL,
	};
	struct sasl *sasl;
	bool ok;

	if (job->user == NULL && !wants_external(job))
		return true;
	smtp_phase(s, PHASE_AUTH);
	if (!s->ehlo->auth)
		return err_class(err, ERR_REFUSED, "AUTH_NOT_OFFERED", "the server offers no login%s",
			s->wire.tls == NULL ? " in the clear" : "");
	if (!s->verified && !job->cleartext_auth)
		return needs_tls(s, err);
	if (channel_binding_of(s->wire.tls, &binding))
		want.binding = &binding;
	sasl = sasl_new(NULL, &want, err);
	if (sasl == NULL)
		return false;
	s->hide_challenge = true;
	ok = log_in(s, sasl, err);
	s->hide_challenge = false;
	mem_free(sasl);
	return ok;
}
