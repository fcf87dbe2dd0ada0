/* Judges every path that the search offers, and reports the best. */
#include "pki/verify.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/certtext.h"
#include "pki/dane_verify.h"
#include "pki/findings.h"
#include "pki/names.h"
#include "pki/path.h"
#include "pki/revocation.h"
#include "pki/strict.h"
#include "pki/trace_validation.h"

#define AUTH_LEVEL 2 /* 112 bits: RSA 2048, no SHA-1 */

struct verdict {
	struct path path;
	struct findings findings;
	bool unchecked; /* revocation: nobody said anything */
	char hint[256];
	char name[256]; /* that fitted */
};

struct judge {
	const struct pki_request *ask;
	time_t at;
	struct verdict best;
	bool any;
};

struct collector {
	struct findings *findings;
	time_t at;
	bool complete; /* the path ends at an anchor */
	bool broken;   /* ... and yet OpenSSL refuses to follow it */
};

/* RFC 5280 4.1.2.5: the period includes its last second; OpenSSL's does not. */
static bool
is_last_second(const X509 *cert, time_t at)
{
	time_t end;

	return asn1_to_time(X509_get0_notAfter(cert), &end) && end == at;
}

static bool
is_missing_issuer(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* Goes on after every error, to hear them all. */
static int
collect(int ok, X509_STORE_CTX *store_ctx)
{
	struct collector *c = X509_STORE_CTX_get_app_data(store_ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
	int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	int error = X509_STORE_CTX_get_error(store_ctx);

	if (ok)
		return 1;
	if (c->complete && is_missing_issuer(error))
		c->broken = true;
	else if (cert == NULL)
		findings_add(c->findings, PKI_UNTRUSTED, depth, "%s", X509_verify_cert_error_string(error));
	else if (error != X509_V_ERR_CERT_HAS_EXPIRED || !is_last_second(cert, c->at))
		findings_add_openssl(c->findings, error, depth, cert);
	return 1;
}

static void
set_params(X509_STORE_CTX *store_ctx, const struct judge *j)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store_ctx);
	unsigned long strict = j->ask->plain_form ? 0 : X509_V_FLAG_X509_STRICT;

	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | strict);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, PATH_MAX_CERTS);
	X509_VERIFY_PARAM_set_time(param, j->at);
	X509_VERIFY_PARAM_set_purpose(
		param, j->ask->purpose == PKI_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
}

/*
 * OpenSSL sees exactly this path: its anchor in the store, the rest as untrusted. False when it does
 * not follow it, which our own checks can explain better.
 */
static bool
ask_openssl(const struct judge *j, struct verdict *v)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = sk_X509_new_null();
	struct collector c = { .findings = &v->findings, .at = j->at, .complete = v->path.anchor != NULL };

	for (size_t i = 1; i < v->path.count; i++)
		sk_X509_push(rest, v->path.certs[i]);
	if (v->path.anchor != NULL)
		X509_STORE_add_cert(store, v->path.anchor->cert);
	X509_STORE_CTX_init(store_ctx, store, j->ask->peer, rest);
	X509_STORE_CTX_set_app_data(store_ctx, &c);
	X509_STORE_CTX_set_verify_cb(store_ctx, collect);
	set_params(store_ctx, j);
	if (X509_verify_cert(store_ctx) < 0)
		c.broken = true;
	ERR_clear_error();
	X509_STORE_CTX_free(store_ctx);
	X509_STORE_free(store);
	sk_X509_free(rest);
	return !c.broken;
}

/* Importing it once more would not help. */
static void
hint_reissue(struct verdict *v, enum strict_role role, const struct err *why)
{
	if (role == STRICT_ANCHOR && v->hint[0] == '\0')
		snprintf(v->hint, sizeof(v->hint),
			"the CA certificate is there, and must be issued anew (%.100s), or trust the "
			"server's own "
			"certificate instead",
			why->text);
}

static void
check_certs(const struct judge *j, struct verdict *v)
{
	for (size_t i = 0; i < v->path.count; i++) {
		X509 *cert = v->path.certs[i];
		bool is_top = v->path.anchor != NULL && i + 1 == v->path.count;
		enum strict_role role = i == 0   ? (is_top ? STRICT_PINNED : STRICT_PEER)
					: is_top ? STRICT_ANCHOR
						 : STRICT_CA;
		char *subject = certtext_name_new(NULL, X509_get_subject_name(cert));
		struct err err = ERR_INIT;

		if (!j->ask->plain_form && !strict_check(cert, role, &err)) {
			findings_add(&v->findings, PKI_UNTRUSTED, (int)i, "%s, certificate \"%s\"", err.text,
				subject);
			hint_reissue(v, role, &err);
		}
		if (!strict_key(cert, &err))
			findings_add(
				&v->findings, PKI_WEAK, (int)i, "%s, certificate \"%s\"", err.text, subject);
		mem_free(subject);
	}
}

/* OpenSSL lets the long-dead Server Gated Cryptography usages stand for serverAuth; we do not. */
static void
check_purpose(const struct judge *j, struct verdict *v)
{
	unsigned want = j->ask->purpose == PKI_SERVER ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

	if ((X509_get_extension_flags(j->ask->peer) & EXFLAG_XKUSAGE) == 0 ||
		(X509_get_extended_key_usage(j->ask->peer) & want) != 0)
		return;
	findings_add(&v->findings, PKI_PURPOSE, 0, "the certificate is not for a TLS %s (extendedKeyUsage)",
		j->ask->purpose == PKI_SERVER ? "server" : "client");
}

static bool
is_named(const struct judge *j, char *matched, size_t size)
{
	const struct pki_request *ask = j->ask;
	bool fits = name_matches(ask->peer, &ask->name, ask->legacy_cn, matched, size);

	for (size_t i = 0; !fits && i < ask->also_count; i++)
		fits = name_matches(ask->peer, &(struct pki_name){ PKI_NAME_DNS, ask->also[i] },
			ask->legacy_cn, matched, size);
	return fits;
}

static void
check_name(const struct judge *j, struct verdict *v)
{
	const struct pki_name *name = &j->ask->name;
	struct text *names;

	if (name->kind == PKI_NAME_NONE || is_named(j, v->name, sizeof(v->name)))
		return;
	names = text_new(NULL);
	certtext_san(names, j->ask->peer, ", ", 4);
	if (names->len > 0)
		findings_add(&v->findings, PKI_NAME_MISMATCH, 0, "the certificate is for %s, not for %s",
			names->s, name->value);
	else
		findings_add(&v->findings, PKI_NAME_MISMATCH, 0,
			"the certificate names no host in subjectAltName; wanted %s", name->value);
	if (v->hint[0] == '\0')
		snprintf(v->hint, sizeof(v->hint), "name the server as its certificate does");
	mem_free(names);
}

static bool
can_work(const char *what, struct verdict *v)
{
	if (v->path.too_deep)
		findings_add(&v->findings, PKI_UNTRUSTED, (int)v->path.count - 1,
			"the path has more intermediates than allowed");
	else if (v->path.bad_signature)
		findings_add(&v->findings, PKI_UNTRUSTED, (int)v->path.count - 1,
			"certificate signature failure, issuer \"%s\" did not sign it", what);
	return v->path.anchor != NULL;
}

static void
check_path_end(const struct judge *j, struct verdict *v)
{
	X509 *top = v->path.certs[v->path.count - 1];
	char *issuer = certtext_name_new(NULL, X509_get_issuer_name(top));

	if (j->ask->trust->count == 0)
		findings_add(&v->findings, PKI_UNTRUSTED, (int)v->path.count - 1,
			"no trustpoint configured; unable to get local issuer certificate, issuer \"%s\"",
			issuer);
	else if (!can_work(issuer, v) && cert_is_self_issued(top))
		findings_add(&v->findings, PKI_UNTRUSTED, (int)v->path.count - 1,
			"self-signed certificate \"%s\" is no trustpoint", issuer);
	if (v->path.anchor == NULL && !v->path.too_deep)
		snprintf(v->hint, sizeof(v->hint),
			"authenticate a trustpoint with the certificate of \"%.150s\" (crypto pki "
			"authenticate)",
			issuer);
	mem_free(issuer);
}

static enum revocation_status
ask_revocation(const struct judge *j, struct verdict *v, size_t i, struct err *err)
{
	struct revocation_ask ask = { .cert = v->path.certs[i],
		.issuer = v->path.certs[i + 1],
		.at = j->at,
		.crls = j->ask->crls,
		.fetch = j->ask->fetch,
		.ocsp_url = v->path.anchor->policy.ocsp_url,
		.staple = i == 0 ? j->ask->staple : NULL,
		.staple_len = j->ask->staple_len };

	if (j->ask->revocation == PKI_REVOCATION_CRLS) {
		ask.fetch = NULL;
		return crl_status(&ask, err);
	}
	if (i == 0 && ask.staple == NULL && revocation_must_staple(ask.cert)) {
		err_set(err, ERR_CRYPTO, "the certificate demands a stapled OCSP response and there is none");
		return REVOCATION_UNKNOWN;
	}
	return revocation_status(&v->path.anchor->policy, &ask, err);
}

/* Every certificate but the anchor, and only when all else is well: fetching for a bad path helps an attacker. */
static void
check_revocation(const struct judge *j, struct verdict *v)
{
	v->unchecked = true;
	if (j->ask->revocation == PKI_REVOCATION_SKIP || v->path.anchor == NULL || v->findings.count > 0)
		return;
	v->unchecked = false;
	for (size_t i = 0; i + 1 < v->path.count && v->findings.count == 0; i++) {
		char *subject = certtext_name_new(NULL, X509_get_subject_name(v->path.certs[i]));
		struct err err = ERR_INIT;

		switch (ask_revocation(j, v, i, &err)) {
		case REVOCATION_GOOD:
			break;
		case REVOCATION_UNCHECKED:
			v->unchecked = true;
			break;
		case REVOCATION_REVOKED:
			findings_add(&v->findings, PKI_REVOKED, (int)i, "certificate \"%s\" is %s", subject,
				err.text);
			break;
		case REVOCATION_UNKNOWN:
			findings_add(&v->findings, PKI_REVOCATION_UNKNOWN, (int)i,
				"whether \"%s\" is revoked is unknown: %s", subject, err.text);
			snprintf(v->hint, sizeof(v->hint), "%s",
				err.hint[0] != '\0' ? err.hint
						    : "\"revocation-check none\" in the trustpoint accepts "
						      "it without a check");
			break;
		}
		mem_free(subject);
	}
}

/* The path whose worst finding is the mildest is the one to talk about. */
static bool
is_better(const struct verdict *a, const struct verdict *b)
{
	enum pki_class left = findings_worst(&a->findings), right = findings_worst(&b->findings);

	return right != PKI_OK && (left == PKI_OK || left > right);
}

static bool
judge_path(void *arg, const struct path *path)
{
	struct judge *j = arg;
	struct verdict *v = mem_new(NULL, struct verdict);
	bool followed, good;

	v->path = *path;
	if (path->anchor == NULL)
		check_path_end(j, v);
	followed = ask_openssl(j, v);
	check_certs(j, v);
	if (!followed && findings_worst(&v->findings) != PKI_UNTRUSTED)
		findings_add(&v->findings, PKI_UNTRUSTED, 0, "the certificates do not form a path");
	check_purpose(j, v);
	check_name(j, v);
	check_revocation(j, v);
	findings_sort(&v->findings);
	good = v->findings.count == 0;
	if (!j->any || is_better(v, &j->best))
		j->best = *v;
	j->any = true;
	mem_free(v);
	/* A peer that is revoked, or whose status nobody knows, is so on every path. */
	return good || (j->best.findings.list[0].depth == 0 &&
			       (j->best.findings.list[0].class == PKI_REVOKED ||
				       j->best.findings.list[0].class == PKI_REVOCATION_UNKNOWN));
}

static void
fill_chain(struct pki_result *r, const struct path *path)
{
	r->chain = sk_X509_new_null();
	for (size_t i = 0; i < path->count; i++) {
		X509_up_ref(path->certs[i]);
		sk_X509_push(r->chain, path->certs[i]);
	}
}

static void
fill(struct pki_result *r, const struct judge *j)
{
	const struct verdict *v = &j->best;

	memcpy(r->findings, v->findings.list, sizeof(r->findings));
	r->finding_count = v->findings.count;
	r->class = findings_worst(&v->findings);
	r->warning = r->class == PKI_OK && v->unchecked;
	fill_chain(r, &v->path);
	snprintf(r->hint, sizeof(r->hint), "%s", v->hint);
	snprintf(r->name, sizeof(r->name), "%s", v->name);
	if (v->path.anchor != NULL)
		snprintf(r->anchor, sizeof(r->anchor), "%s", v->path.anchor->name);
	r->depth = r->class == PKI_OK ? (int)v->path.count - 1 : r->findings[0].depth;
	snprintf(r->detail, sizeof(r->detail), "%s",
		r->class == PKI_OK ? "certificate is good" : r->findings[0].text);
}

static void
fill_limit(struct pki_result *r, enum path_limit limit)
{
	const char *why =
		limit == PATH_LIMIT_CERTS ? "too many certificates" : "no path within the limits of work";

	r->class = PKI_UNTRUSTED;
	r->finding_count = 1;
	r->findings[0] = (struct pki_finding){ .class = PKI_UNTRUSTED };
	snprintf(r->findings[0].text, sizeof(r->findings[0].text), "%s", why);
	snprintf(r->detail, sizeof(r->detail), "%s", why);
}

bool
pki_verify(const struct pki_request *ask, struct pki_result *r)
{
	struct judge *j;
	enum path_limit limit;

	memset(r, 0, sizeof(*r));
	r->dane_record = r->dane_depth = -1;
	if (ask->dane != NULL)
		return dane_verify(ask, r);
	j = mem_new(NULL, struct judge);
	j->ask = ask;
	j->at = ask->at != 0 ? ask->at : time(NULL);
	limit = path_search(ask, judge_path, j);
	if (j->any)
		fill(r, j);
	else
		fill_limit(r, limit);
	trace_validation(ask, r);
	mem_free(j);
	return r->class == PKI_OK;
}

void
pki_result_clear(struct pki_result *r)
{
	sk_X509_pop_free(r->chain, X509_free);
	r->chain = NULL;
}
