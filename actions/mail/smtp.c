/* The SMTP session: banner, EHLO, STARTTLS, AUTH, the mail, QUIT. */
#include "actions/mail/smtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "core/mem.h"

#define RSET_MS 2000 /* a server that has not forgotten us answers at once */

static bool
read_banner(struct smtp *s, struct err *err)
{
	smtp_phase(s, PHASE_BANNER);
	if (!smtp_read_reply(s, s->job->timeouts.banner, err)) {
		/* Who waits for a ClientHello says nothing, and so do we. */
		if (strcmp(err->class, "TIMEOUT") == 0 && s->wire.tls == NULL)
			err_hint(err, "a server that speaks TLS from the first byte wants 'secure smtps'");
		return false;
	}
	if (s->reply.code != 220)
		return smtp_refused(s, MAIL_BANNER_REJECTED, err);
	return smtp_nothing_behind(s, err);
}

/* RFC 5321 4.1.4: our name, else the literal of our end of the connection. */
static const char *
helo_name(struct smtp *s)
{
	struct mail_result *r = s->result;

	if (s->job->helo != NULL && *s->job->helo != '\0')
		r->helo = mem_strdup(r, s->job->helo);
	else if (strchr(r->local_ip, ':') != NULL)
		r->helo = mem_printf(r, "[IPv6:%.*s]", (int)strcspn(r->local_ip, "%"), r->local_ip);
	else
		r->helo = mem_printf(r, "[%s]", r->local_ip);
	return r->helo;
}

static void
learn(struct smtp *s)
{
	struct mail_result *r = s->result;

	mem_free(s->ehlo);
	s->ehlo = smtp_ehlo_parse(r, &s->reply);
	r->capabilities = s->ehlo->capabilities;
	r->capability_count = s->ehlo->capability_count;
}

/* Some old servers know only HELO: enough when neither TLS nor a login is needed. */
static bool
fall_back_to_helo(struct smtp *s, struct err *err)
{
	const struct mail_job *job = s->job;
	char *line;
	bool ok;

	if (smtp_demands_tls(s->to) && s->wire.tls == NULL) {
		smtp_phase(s, PHASE_STARTTLS);
		return smtp_refused(s, smtp_no_tls_class(s->to, MAIL_TLS_NOT_OFFERED), err);
	}
	if (job->user != NULL) {
		smtp_phase(s, PHASE_AUTH);
		return smtp_refused(s, MAIL_AUTH_NOT_OFFERED, err);
	}
	line = mem_printf(NULL, "HELO %s", helo_name(s));
	ok = smtp_ask(s, line, job->timeouts.ehlo, err);
	mem_free(line);
	if (!ok)
		return false;
	if (s->reply.code != 250)
		return smtp_refused(s, MAIL_HELO_REJECTED, err);
	learn(s);
	return true;
}

static bool
say_hello(struct smtp *s, enum mail_phase phase, struct err *err)
{
	char *line = mem_printf(NULL, "EHLO %s", helo_name(s));
	bool ok;

	smtp_phase(s, phase);
	ok = smtp_ask(s, line, s->job->timeouts.ehlo, err);
	mem_free(line);
	if (!ok)
		return false;
	if (s->reply.code == 250) {
		learn(s);
		return true;
	}
	if (s->reply.code == 500 || s->reply.code == 502 || s->reply.code == 503)
		return fall_back_to_helo(s, err);
	return smtp_refused(s, MAIL_HELO_REJECTED, err);
}

/* RFC 3207. False with err ERR_NONE: refused, and the job may go on in the clear. */
static bool
ask_for_tls(struct smtp *s, struct err *err)
{
	if (!smtp_write_line(s, "STARTTLS", s->job->timeouts.starttls, err) ||
		!smtp_read_reply(s, s->job->timeouts.starttls, err))
		return false;
	if (s->reply.code != 220) {
		if (smtp_demands_tls(s->to) || s->reply.code < 400 || s->dead)
			return smtp_refused(s, smtp_no_tls_class(s->to, MAIL_TLS_REFUSED), err);
		if (smtp_nothing_behind(s, err))
			err_clear(err);
		return false;
	}
	/* CVE-2011-0411 and its family: what came before the handshake was said by anybody. */
	if (!wire_has_input(&s->wire))
		return true;
	s->dead = true;
	return err_class(err, ERR_CRYPTO, "STARTTLS_INJECTION", "octets stand behind the 220 to STARTTLS");
}

/* What a policy in testing mode would have refused. */
static void
stays_clear(struct smtp *s, const char *why)
{
	if (s->to->sts_testing)
		s->at->sts_failure = why;
}

static bool
secure(struct smtp *s, struct err *err)
{
	if (s->wire.tls != NULL || s->to->tls == HOP_TLS_NONE)
		return true;
	if (!s->ehlo->starttls && !smtp_demands_tls(s->to)) {
		stays_clear(s, "the server does not offer STARTTLS");
		return true;
	}
	smtp_phase(s, PHASE_STARTTLS);
	if (!s->ehlo->starttls) {
		return err_class(err, ERR_REFUSED,
			mail_class_name(smtp_no_tls_class(s->to, MAIL_TLS_NOT_OFFERED)),
			"the server does not offer STARTTLS");
	}
	if (!ask_for_tls(s, err)) {
		if (err->code == ERR_NONE)
			stays_clear(s, "the server refuses STARTTLS");
		return err->code == ERR_NONE;
	}
	if (!smtp_start_tls(s, err))
		return false;
	/* Nothing learnt before TLS is used after it. */
	mem_free(s->ehlo);
	s->ehlo = NULL;
	s->result->capabilities = NULL;
	s->result->capability_count = 0;
	s->wire.in_at = s->wire.in_len = 0;
	return say_hello(s, PHASE_EHLO2, err);
}

static bool
dialogue(struct smtp *s, struct err *err)
{
	if (s->job->secure == MAIL_SECURE_SMTPS && !smtp_start_tls(s, err))
		return false;
	if (!read_banner(s, err) || !say_hello(s, PHASE_EHLO, err) || !secure(s, err) || !smtp_auth(s, err))
		return false;
	s->is_open = true;
	if (s->job->verb == MAIL_TEST && s->job->recipient_count == 0)
		return true;
	return smtp_transaction(s, err);
}

static bool
end(struct smtp *s, bool ok, const struct err *err)
{
	bool stays = s->keep && s->is_open && !s->dead;
	enum mail_phase failed_in = s->phase;

	if (!ok)
		smtp_step_end(s, mail_class_named(err->class));
	else if (!stays)
		smtp_phase(s, PHASE_QUIT);
	if (!stays)
		smtp_quit(s);
	if (ok)
		smtp_step_end(s, MAIL_OK);
	s->phase = ok ? PHASE_NONE : failed_in;
	return ok;
}

bool
smtp_session(struct smtp *s, struct err *err)
{
	return end(s, dialogue(s, err), err);
}

static bool
reset(struct smtp *s, struct err *err)
{
	smtp_phase(s, PHASE_MAIL);
	if (!smtp_ask(s, "RSET", RSET_MS, err))
		return false;
	return s->reply.code == 250 || smtp_refused(s, MAIL_SENDER_REJECTED, err);
}

bool
smtp_next_mail(struct smtp *s, struct err *err)
{
	return end(s, reset(s, err) && smtp_transaction(s, err), err);
}
