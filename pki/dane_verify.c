/* Lets TLSA records decide about a chain (RFC 7671 5.1, 5.2; RFC 7672 3). */
#include "pki/dane_verify.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/path.h"
#include "pki/trace_lines.h"

#define MAX_ANCHORS 32 /* certificates that DANE-TA records make trusted */

/* Certificates that DANE-TA records name, and by which record. */
struct anchors {
	const struct pki_request *ask;
	const enum dane_use *use;
	struct trust *trust;
	size_t record[MAX_ANCHORS];
	bool made[MAX_ANCHORS]; /* stands for a bare key */
};

static void
record_name(const struct dane_record *r, char name[32])
{
	snprintf(name, 32, "TLSA %u %u %u", r->usage, r->selector, r->matching);
}

static void
add(struct anchors *a, size_t record, X509 *cert, bool made)
{
	char name[32];

	if (a->trust->count == MAX_ANCHORS || trust_find_identical(a->trust, cert) != NULL)
		return;
	a->record[a->trust->count] = record;
	a->made[a->trust->count] = made;
	record_name(&a->ask->dane[record], name);
	trust_add(a->trust, name, cert, NULL);
}

/* What the child claims about its issuer's identifiers has to hold, or no path is found. */
static void
copy_authority(X509 *cert, const X509 *child)
{
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(child, NID_authority_key_identifier, NULL, NULL);

	if (aki != NULL && aki->serial != NULL)
		X509_set_serialNumber(cert, aki->serial);
	for (int i = 0; aki != NULL && i < sk_GENERAL_NAME_num(aki->issuer); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(aki->issuer, i);

		if (name->type == GEN_DIRNAME)
			X509_set_issuer_name(cert, name->d.directoryName);
	}
	AUTHORITY_KEYID_free(aki);
}

/*
 * `2 1 0` gives a key without a certificate. A path needs one at its end, so one is made: of the name
 * that the child gives its issuer, valid for ever. Its signature is by a key that is thrown away;
 * nobody looks at the signature of an anchor.
 */
static X509 *
make_anchor(EVP_PKEY *key, const X509 *child)
{
	BASIC_CONSTRAINTS ca = { .ca = 1 };
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool good;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(cert), "CN", MBSTRING_ASC,
		(const unsigned char *)"TLSA record", -1, -1, 0);
	X509_set_subject_name(cert, X509_get_issuer_name(child));
	copy_authority(cert, child);
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "19700101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(cert), "99991231235959Z");
	good = signer != NULL && X509_set_pubkey(cert, key) == 1 &&
	       X509_add1_ext_i2d(cert, NID_basic_constraints, &ca, 1, X509V3_ADD_DEFAULT) == 1 &&
	       X509_sign(cert, signer, EVP_sha256()) > 0;
	EVP_PKEY_free(signer);
	ERR_clear_error();
	if (good)
		return cert;
	X509_free(cert);
	return NULL;
}

static void
add_bare_key(struct anchors *a, size_t record, X509 *child, EVP_PKEY *key)
{
	X509 *cert;

	if (X509_verify(child, key) == 1 && (cert = make_anchor(key, child)) != NULL) {
		add(a, record, cert, true);
		X509_free(cert);
	}
	ERR_clear_error();
}

/* A record that holds the whole certificate or key makes it trusted though the server does not send it. */
static void
add_own(struct anchors *a, size_t record)
{
	X509 *cert = dane_record_cert(&a->ask->dane[record]);
	EVP_PKEY *key = dane_record_key(&a->ask->dane[record]);

	/* The server's own certificate is a matter of DANE-EE. */
	if (cert != NULL && X509_cmp(cert, a->ask->peer) != 0)
		add(a, record, cert, false);
	if (key != NULL && EVP_PKEY_eq(key, X509_get0_pubkey(a->ask->peer)) != 1) {
		add_bare_key(a, record, a->ask->peer, key);
		for (int i = 0; i < sk_X509_num(a->ask->untrusted); i++)
			add_bare_key(a, record, sk_X509_value(a->ask->untrusted, i), key);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
find_anchors(struct anchors *a)
{
	const struct pki_request *ask = a->ask;

	for (size_t r = 0; r < ask->dane_count; r++) {
		if (a->use[r] != DANE_COUNTS || ask->dane[r].usage != DANE_TA)
			continue;
		for (int i = 0; i < sk_X509_num(ask->untrusted); i++) {
			X509 *cert = sk_X509_value(ask->untrusted, i);

			if (X509_cmp(cert, ask->peer) != 0 && dane_matches(&ask->dane[r], cert))
				add(a, r, cert, false);
		}
		add_own(a, r);
	}
}

static void
note_match(const struct pki_request *ask, struct pki_result *r, size_t record, int depth)
{
	r->dane_record = (int)record;
	r->dane_depth = depth;
	record_name(&ask->dane[record], r->anchor);
	pki_say(ask->trace, LINE_DANE_MATCH,
		&(struct pki_words){ .session = ask->session,
			.number = (size_t)depth,
			.text = r->anchor + strlen("TLSA ") });
}

/* DANE-EE: the record vouches for the certificate, its name and its dates (RFC 7672 3.1.1). */
static bool
matches_peer(const struct pki_request *ask, const enum dane_use *use, struct pki_result *r)
{
	for (size_t i = 0; i < ask->dane_count; i++) {
		if (use[i] != DANE_COUNTS || ask->dane[i].usage != DANE_EE ||
			!dane_matches(&ask->dane[i], ask->peer))
			continue;
		r->chain = sk_X509_new_null();
		X509_up_ref(ask->peer);
		sk_X509_push(r->chain, ask->peer);
		snprintf(r->detail, sizeof(r->detail), "certificate is good");
		note_match(ask, r, i, 0);
		return true;
	}
	return false;
}

/* The stand-in for a bare key is nobody's certificate. */
static void
hide_made(const struct anchors *a, struct pki_result *r, size_t i)
{
	if (a->made[i] &&
		X509_cmp(sk_X509_value(r->chain, sk_X509_num(r->chain) - 1), a->trust->points[i].cert) == 0)
		X509_free(sk_X509_pop(r->chain));
}

static void
name_anchor(const struct anchors *a, struct pki_result *r)
{
	int top = sk_X509_num(r->chain) - 1;

	for (size_t i = 0; top >= 0 && i < a->trust->count; i++) {
		if (X509_cmp(a->trust->points[i].cert, sk_X509_value(r->chain, top)) != 0)
			continue;
		note_match(a->ask, r, a->record[i], top);
		hide_made(a, r, i);
		return;
	}
}

static bool
mismatch(const struct pki_request *ask, struct pki_result *r, const char *why)
{
	r->class = PKI_DANE_MISMATCH;
	r->finding_count = 1;
	r->findings[0] = (struct pki_finding){ .class = PKI_DANE_MISMATCH };
	snprintf(r->findings[0].text, sizeof(r->findings[0].text), "%s", why);
	snprintf(r->detail, sizeof(r->detail), "%s", why);
	r->depth = 0;
	pki_say(ask->trace, LINE_DANE_NO_MATCH, &(struct pki_words){ .session = ask->session, .text = why });
	return false;
}

static bool
matches_chain(const struct anchors *a, struct pki_result *r)
{
	struct pki_request ask = *a->ask;

	ask.trust = a->trust;
	ask.dane = NULL;
	ask.plain_form = true;
	ask.revocation = PKI_REVOCATION_SKIP;
	ask.trace = NULL; /* trustpoints have no part in this */
	pki_verify(&ask, r);
	r->warning = false;
	r->hint[0] = '\0'; /* what would help is up to the one who keeps the zone */
	if (r->anchor[0] == '\0')
		return mismatch(
			a->ask, r, "the server's certificate does not lead to what a TLSA record names");
	name_anchor(a, r);
	return r->class == PKI_OK;
}

bool
dane_verify(const struct pki_request *ask, struct pki_result *r)
{
	enum dane_use *use = mem_array(NULL, enum dane_use, ask->dane_count + 1);
	struct anchors a = { .ask = ask, .use = use, .trust = trust_new(use) };
	bool good;

	if (dane_select(ask->dane, ask->dane_count, use) == 0) {
		good = mismatch(ask, r, "no TLSA record is usable");
	} else if (matches_peer(ask, use, r)) {
		good = true;
	} else {
		find_anchors(&a);
		good = a.trust->count > 0
			       ? matches_chain(&a, r)
			       : mismatch(ask, r, "no TLSA record matches a certificate of the server");
	}
	mem_free(use);
	return good;
}
