/* From a clear connection to TLS: the one place of the mail client that asks pki/tls.h for it. */
#include "actions/mail/smtp.h"

#include <string.h>

#include "core/mem.h"

static struct tls *
client(struct smtp *s, const struct trust *nothing, struct err *err)
{
	const struct mail_job *job = s->job;
	const struct tls_want want = {
		.trust = job->trust != NULL ? job->trust : nothing,
		.host = job->host,
		.unverified = job->secure == MAIL_SECURE_OPPORTUNISTIC,
		.legacy_cn = job->legacy_cn,
		.min_version = job->tls_minimum == 13 ? TLS1_3_VERSION : TLS1_2_VERSION,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = s->fetch,
		.trace = s->trace,
		.session = job->pki_session,
		.context_id = job->tls_context,
	};

	return tls_client_new(s->result, &want, err);
}

static void
keep_facts(struct smtp *s, const struct tls *tls)
{
	struct mail_result *r = s->result;

	json_decref(r->tls);
	r->tls = tls_result_to_json(tls);
	s->verified = r->tls_verified = tls_result(tls)->verified;
}

static void
tell_tls(struct smtp *s, const struct tls_result *t)
{
	struct mail_event e = {
		.kind = MAIL_EVENT_TLS,
		.version = t->version,
		.cipher = t->cipher,
		.matched = t->pki.name[0] != '\0' ? t->pki.name : NULL,
		.verified = s->verified,
	};

	smtp_tell(s, &e);
}

bool
smtp_start_tls(struct smtp *s, struct err *err)
{
	struct tls *tls;
	bool ok;

	smtp_phase(s, PHASE_TLS);
	s->dead = true; /* until it works: there is no way back to the clear */
	tls = client(s, trust_new(s->result), err);
	if (tls == NULL)
		return false;
	ok = tls_handshake(tls, s->wire.fd, wire_deadline(&s->wire, s->job->timeouts.starttls), err);
	keep_facts(s, tls);
	if (!ok) {
		s->verified = s->result->tls_verified = false;
		if (cancel_fired(s->wire.cancel))
			err_class(err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
		return false;
	}
	s->wire.tls = tls;
	s->dead = false;
	tell_tls(s, tls_result(tls));
	return true;
}
