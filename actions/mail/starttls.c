/*
 * From a clear connection to TLS: the one place of the mail client that asks pki/tls.h for it, and that
 * judges what it brought by what the hop demands.
 */
#include "actions/mail/smtp.h"

#include <stdio.h>
#include <string.h>

#include "actions/mail/dns/octets.h"
#include "core/mem.h"
#include "pki/identity.h"

bool
smtp_demands_tls(const struct mail_hop *hop)
{
	return hop->tls != HOP_TLS_NONE && hop->tls != HOP_TLS_PREFERRED &&
	       hop->tls != HOP_TLS_PREFERRED_VERIFY;
}

enum mail_class
smtp_no_tls_class(const struct mail_hop *hop, enum mail_class class)
{
	return hop->tls == HOP_TLS_DANE  ? MAIL_DANE_NO_TLS
	       : hop->tls == HOP_TLS_STS ? MAIL_STS_NO_TLS
					 : class;
}

static bool
is_verifying(const struct mail_hop *hop)
{
	return hop->tls == HOP_TLS_VERIFY || hop->tls == HOP_TLS_DANE || hop->tls == HOP_TLS_STS;
}

static void
keep_secret(void *arg, const char *line)
{
	struct smtp *s = arg;
	struct text *t = text_new(NULL);

	if (s->result->tls_secrets != NULL)
		text_add(t, s->result->tls_secrets);
	text_printf(t, "%s\n", line);
	s->result->tls_secrets = mem_secret(s->result, t->s, t->len);
	explicit_bzero(t->s, t->len);
	mem_free(t);
}

static const struct trust *
sts_trust(const struct mail_job *job)
{
	return job->sts_trust != NULL ? job->sts_trust : job->trust;
}

static struct tls *
client(struct smtp *s, const struct trust *nothing, struct err *err)
{
	const struct mail_job *job = s->job;
	const struct mail_hop *hop = s->to;
	const struct trust *trust = hop->tls == HOP_TLS_STS ? sts_trust(job) : job->trust;
	struct identity id;
	struct tls_want want = {
		.trust = trust != NULL ? trust : nothing,
		.host = hop->host,
		.names = hop->names,
		.name_count = hop->name_count,
		.dane = hop->tls == HOP_TLS_DANE ? hop->records : NULL,
		.dane_count = hop->tls == HOP_TLS_DANE ? hop->record_count : 0,
		.unverified = !is_verifying(hop),
		.legacy_cn = job->legacy_cn && hop->tls != HOP_TLS_STS,
		.min_version = job->tls_minimum == 13 ? TLS1_3_VERSION : TLS1_2_VERSION,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = s->fetch,
		.trace = s->trace,
		.keylog = job->keep_secrets ? keep_secret : NULL,
		.keylog_arg = s,
		.session = job->pki_session,
		.context_id = job->tls_context,
	};
	struct tls *tls = NULL;

	if (mail_job_identity(job, &id, err)) {
		want.identity = id.cert;
		want.key = id.key;
		want.identity_chain = id.chain;
		tls = tls_client_new(s->result, &want, err);
	}
	identity_clear(&id);
	return tls;
}

/* ---- what the handshake brought ---- */

/* "3 1 1 8d5a..." */
static const char *
matched_record(struct smtp *s, const struct pki_result *pki)
{
	const struct dane_record *r;
	char *hex;
	const char *text;

	if (s->to->tls != HOP_TLS_DANE || pki->dane_record < 0 ||
		(size_t)pki->dane_record >= s->to->record_count)
		return NULL;
	r = &s->to->records[pki->dane_record];
	hex = octets_to_hex(NULL, r->data, r->len);
	text = mem_printf(s->result, "%d %d %d %s", r->usage, r->selector, r->matching, hex);
	mem_free(hex);
	return text;
}

static enum mail_class
class_of(const struct pki_result *pki)
{
	enum mail_class class = mail_class_named(pki_class_name(pki->class));

	return class == MAIL_CLASS_COUNT ? MAIL_OK : class;
}

static void
keep_facts(struct smtp *s, const struct tls *tls)
{
	const struct tls_result *found = tls_result(tls);
	struct mail_result *r = s->result;
	struct mail_hop_result *at = s->at;

	json_decref(r->tls);
	r->tls = tls_result_to_json(tls);
	at->tls_version = mem_strdup(r, found->version);
	at->tls_cipher = mem_strdup(r, found->cipher);
	at->tls_class = found->judged ? class_of(&found->pki) : MAIL_OK;
	at->tls_verified = s->verified = r->tls_verified = found->verified;
	if (found->verified) {
		at->tls_name = found->pki.name[0] != '\0' ? mem_strdup(r, found->pki.name) : NULL;
		at->dane = matched_record(s, &found->pki);
		at->dane_success = s->to->dane_success && at->dane != NULL;
	} else if (found->judged) {
		at->tls_problem = mem_strdup(r, found->pki.detail);
	}
}

/* An MTA-STS policy in testing mode: would its rule hold (RFC 8461 4.1)? */
static void
test_sts(struct smtp *s, const struct tls *tls)
{
	const struct tls_result *found = tls_result(tls);
	struct pki_request ask = { .trust = sts_trust(s->job),
		.peer = sk_X509_value(found->received, 0),
		.untrusted = found->received,
		.name = { .kind = PKI_NAME_DNS, .value = s->to->host },
		.purpose = PKI_SERVER,
		.depth = -1 };
	struct pki_result verdict;

	if (!s->to->sts_testing)
		return;
	if (s->to->sts_why != NULL) {
		s->at->sts_failure = mem_strdup(s->result, s->to->sts_why);
		return;
	}
	if (ask.trust == NULL || ask.peer == NULL) {
		s->at->sts_failure = "nothing is trusted";
		return;
	}
	if (!pki_verify(&ask, &verdict)) {
		s->at->sts_failure = mem_strdup(s->result, verdict.detail);
		s->at->sts_class = class_of(&verdict);
	}
	pki_result_clear(&verdict);
}

/* ---- how DANE and MTA-STS call a failure ---- */

static void
rename_failure(const struct mail_hop *hop, struct err *err)
{
	bool is_cert = strncmp(err->class, "CERT_", 5) == 0,
	     is_version = strcmp(err->class, "TLS_VERSION") == 0;
	enum mail_class class = MAIL_CLASS_COUNT;

	if (hop->tls == HOP_TLS_DANE && is_cert)
		class = MAIL_DANE_MISMATCH;
	else if (hop->tls == HOP_TLS_DANE && (is_version || strcmp(err->class, "HANDSHAKE_FAILED") == 0))
		class = MAIL_DANE_NO_TLS;
	else if (hop->tls == HOP_TLS_STS && is_cert)
		class = MAIL_STS_CERT;
	else if (hop->tls == HOP_TLS_STS && is_version)
		class = MAIL_STS_TLS_VERSION;
	if (class != MAIL_CLASS_COUNT)
		snprintf(err->class, sizeof err->class, "%s", mail_class_name(class));
}

/* Seed 003's remedy: where the certificate is the mail hosts' own and not the domain's. */
static void
hint_hosted(const struct smtp *s, struct err *err)
{
	const struct mail_hop *hop = s->to;

	for (size_t i = 0; i < hop->name_count; i++)
		if (strcmp(hop->names[i], hop->host) == 0)
			return;
	if (s->job->direct && hop->tls == HOP_TLS_VERIFY)
		err_hint(err, "the domain seems to be hosted (G Suite, Microsoft 365): set its TLS to "
			      "Required - Verify "
			      "Hosted Domains");
}

/* ---- */

static bool
failed(struct smtp *s, struct err *err)
{
	s->verified = s->result->tls_verified = s->at->tls_verified = false;
	if (cancel_fired(s->wire.cancel))
		return err_class(err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
	if (strcmp(err->class, "CERT_NAME_MISMATCH") == 0)
		hint_hosted(s, err);
	rename_failure(s->to, err);
	return false;
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
		.problem = s->at->tls_problem,
		.sts_failure = s->at->sts_failure,
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
	if (!ok && s->job->secure == MAIL_SECURE_SMTPS && tls_result(tls)->in_clear)
		err_hint(err, "the port speaks SMTP in the clear first: write 'secure tls'");
	if (!ok)
		return failed(s, err);
	test_sts(s, tls);
	s->wire.tls = tls;
	s->dead = false;
	tell_tls(s, tls_result(tls));
	return true;
}
