/* Retells a validation as IOS traces it: by received certificates and trustpoints (seed 000). */
#include "pki/trace_validation.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/certtext.h"
#include "pki/path.h"
#include "pki/trace_lines.h"

struct tale {
	const struct pki_request *ask;
	const struct pki_result *r;
	X509 *chain[PKI_MAX_CERTS + 1]; /* as received, the peer first */
	int count;
	int first, top; /* the certificates that must be validated */
};

static void
say_text(const struct tale *tale, enum pki_line line, const char *text, const char *more)
{
	pki_say(tale->ask->trace, line,
		&(struct pki_words){ .session = tale->ask->session,
			.context = tale->ask->context_id,
			.text = text,
			.more = more });
}

static void
say(const struct tale *tale, enum pki_line line)
{
	say_text(tale, line, NULL, NULL);
}

static void
say_number(const struct tale *tale, enum pki_line line, size_t number)
{
	pki_say(tale->ask->trace, line,
		&(struct pki_words){ .session = tale->ask->session, .number = number });
}

/* The key of IOS's certificate table: MD5 over the issuer's DER and the octets of the serial number. */
static void
lookup_digest(const X509 *cert, unsigned char digest[EVP_MAX_MD_SIZE], unsigned *n)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const unsigned char *der;
	size_t len;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	*n = 0;
	if (X509_NAME_get0_der(X509_get_issuer_name(cert), &der, &len) == 1 &&
		EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1 && EVP_DigestUpdate(md, der, len) == 1 &&
		EVP_DigestUpdate(md, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)) == 1)
		EVP_DigestFinal_ex(md, digest, n);
	EVP_MD_CTX_free(md);
}

static const struct trustpoint_snapshot *
look_up(const struct tale *tale, const X509 *cert)
{
	const struct trustpoint_snapshot *found = trust_find_identical(tale->ask->trust, cert);
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct text *serial;
	char *issuer;
	char handle[16];
	unsigned n;

	if (pki_line_on(tale->ask->trace, LINE_LOOKUP)) {
		serial = text_new(NULL);
		issuer = certtext_name_new(serial, X509_get_issuer_name(cert));
		certtext_serial(serial, cert, ' ');
		/* A number that says which table is meant, never an address (rulings 37). */
		snprintf(handle, sizeof(handle), "%012X", 1u);
		say_text(tale, LINE_LOOKUP, issuer, serial->s);
		say_text(tale, LINE_LOOKUP_HANDLE, handle, NULL);
		lookup_digest(cert, digest, &n);
		pki_say_hex(tale->ask->trace, LINE_LOOKUP_DIGEST, digest, n);
		mem_free(serial);
	}
	if (found == NULL)
		say(tale, LINE_NO_RECORD);
	return found;
}

static bool
has_subject(const struct tale *tale, const X509_NAME *name)
{
	size_t at = 0;

	return trust_next_subject(tale->ask->trust, name, &at) != NULL;
}

static void
add_peers(const struct tale *tale)
{
	for (int i = 0; i < tale->count; i++) {
		int bytes = i2d_X509(tale->chain[i], NULL);

		say(tale, LINE_ADDING_PEER);
		say_number(tale, LINE_ADDED_PEER, bytes > 0 ? (size_t)bytes : 0);
	}
}

/* From the peer up: what is installed itself needs no validation; a known subject ends the way. */
static void
find_path(struct tale *tale)
{
	tale->first = tale->top = -1;
	for (int i = 0; i < tale->count; i++) {
		X509 *cert = tale->chain[i];

		if (look_up(tale, cert) != NULL)
			continue;
		if (tale->first < 0)
			tale->first = i;
		tale->top = i;
		say(tale, LINE_BY_SUBJECT);
		if (!has_subject(tale, X509_get_subject_name(cert)))
			continue;
		say(tale, LINE_SUBJECT_MATCH);
		return;
	}
}

/* "A,B," as IOS lists them. */
static char *
suitable_names(const struct tale *tale, const X509_NAME *issuer)
{
	const struct trustpoint_snapshot *point;
	struct text t;
	char *names;
	size_t at = 0;

	text_init(&t, NULL);
	while ((point = trust_next_subject(tale->ask->trust, issuer, &at)) != NULL)
		text_printf(&t, "%s,", point->name);
	if (t.len == 0 && tale->r->anchor[0] != '\0')
		text_printf(&t, "%s,", tale->r->anchor);
	names = mem_strdup(NULL, t.s);
	mem_free(t.s);
	return names;
}

static void
say_key_usage(const struct tale *tale, const X509 *cert)
{
	static const char *const names[] = { "Digital-Signature", "Non-Repudiation", "Key-Encipherment",
		"Data-Encipherment", "Key-Agreement", "Certificate-Signing", "CRL-Signing" };
	struct text *t = text_new(NULL);
	unsigned bits;

	certtext_key_usage_bits(cert, &bits);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((bits & (0x80000000u >> i)) != 0)
			text_printf(t, "%s%s", t->len > 0 ? " , " : "", names[i]);
	if (t->len > 0)
		say_text(tale, LINE_KEY_USAGE, t->s, NULL);
	mem_free(t);
}

static const char *
status_word(const struct tale *tale)
{
	if (tale->r->class != PKI_OK && tale->r->class != PKI_NAME_MISMATCH)
		return "CRYPTO_INVALID_CERT";
	return tale->r->warning || tale->r->class != PKI_OK ? "CRYPTO_VALID_CERT_WITH_WARNING"
							    : "CRYPTO_VALID_CERT";
}

/* Did validation find this certificate wrong? (A wrong name is not the certificate's fault.) */
static bool
is_bad(const struct tale *tale, const X509 *cert)
{
	for (size_t i = 0; i < tale->r->finding_count; i++) {
		const struct pki_finding *finding = &tale->r->findings[i];
		X509 *at = tale->r->chain != NULL ? sk_X509_value(tale->r->chain, finding->depth) : NULL;

		if (finding->class != PKI_NAME_MISMATCH && at != NULL && X509_cmp(at, cert) == 0)
			return true;
	}
	return false;
}

/* Answers whether to go on with the certificate below. */
static bool
validate_with(const struct tale *tale, const X509 *cert, const char *point)
{
	bool bad = is_bad(tale, cert);

	say_text(tale, LINE_ATTEMPTING, point, NULL);
	say_text(tale, LINE_USING, point, NULL);
	say(tale, LINE_MAKE_CHAIN);
	say_number(tale, LINE_ADDED_TRUSTED, 1);
	say(tale, LINE_PREPARE_REVOCATION);
	if (!bad)
		say(tale, LINE_VERIFIED);
	say(tale, LINE_REMOVE_REVOCATION);
	say_text(tale, LINE_STATUS, point, bad ? "CRYPTO_INVALID_CERT" : status_word(tale));
	if (bad)
		return false;
	say(tale, tale->r->warning || tale->r->class != PKI_OK ? LINE_WITHOUT_REVOCATION
							       : LINE_WITH_REVOCATION);
	say_key_usage(tale, cert);
	return true;
}

static bool
validate(const struct tale *tale, const X509 *cert)
{
	const X509_NAME *issuer = X509_get_issuer_name(cert);
	char *names, *comma;
	bool go_on;

	say(tale, LINE_CHECK_IDENTICAL);
	look_up(tale, cert);
	say(tale, LINE_NON_TRUSTED);
	say(tale, LINE_SUITABLE_LIST);
	say(tale, LINE_BY_ISSUER);
	if (has_subject(tale, issuer)) {
		say(tale, LINE_ISSUER_MATCH);
	} else {
		say(tale, LINE_NO_ISSUER);
		say(tale, LINE_LOOK_UP_CHAIN);
		say(tale, LINE_BY_SUBJECT);
	}
	names = suitable_names(tale, issuer);
	if (names[0] == '\0') {
		say(tale, LINE_NO_SUITABLE);
		mem_free(names);
		return false;
	}
	say_text(tale, LINE_SUITABLE, names, NULL);
	comma = strchr(names, ',');
	*comma = '\0';
	go_on = validate_with(tale, cert, tale->r->anchor[0] != '\0' ? tale->r->anchor : names);
	mem_free(names);
	return go_on;
}

static void
validate_path(const struct tale *tale)
{
	const struct trustpoint_snapshot *point;

	say(tale, LINE_IP_EXTENSION);
	say(tale, LINE_CONTEXT_CREATED);
	say_number(tale, LINE_PATH_LENGTH, tale->first < 0 ? 0 : (size_t)(tale->top - tale->first + 1));
	if (tale->first < 0) {
		point = trust_find_identical(tale->ask->trust, tale->ask->peer);
		say(tale, LINE_CHECK_IDENTICAL);
		say_text(tale, LINE_IDENTICAL, point->name, NULL);
		return;
	}
	for (int i = tale->top; i >= tale->first; i--)
		if (!validate(tale, tale->chain[i]))
			return;
}

static void
conclude(const struct tale *tale)
{
	const struct pki_result *r = tale->r;
	bool good = r->class == PKI_OK;

	if (r->anchor[0] != '\0')
		say_text(tale, LINE_ANCHORED, r->anchor, status_word(tale));
	say(tale, LINE_REMOVING_CONTEXT);
	say(tale, LINE_CONTEXT_DESTROYED);
	say(tale, LINE_CONTEXT_RELEASED);
	if (good) {
		say_text(tale, LINE_VALIDATION_TP, r->anchor, NULL);
		say(tale, LINE_SUCCEEDED);
	} else if (r->anchor[0] != '\0') {
		say_text(tale, LINE_CAUSE, pki_class_name(r->class), r->detail);
	}
	say(tale, good ? LINE_OPSSL_SUCCESS : LINE_OPSSL_FAILURE);
	say(tale, LINE_END_REQUEST);
	say(tale, good ? LINE_SESSION_ENDED_GOOD : LINE_SESSION_ENDED);
}

void
trace_validation(const struct pki_request *ask, const struct pki_result *r)
{
	struct tale tale = { .ask = ask, .r = r, .chain = { ask->peer }, .count = 1 };
	int n = ask->untrusted != NULL ? sk_X509_num(ask->untrusted) : 0;

	if (ask->trace == NULL || ask->trace->on == 0)
		return;
	for (int i = 0; i < n && tale.count < PKI_MAX_CERTS; i++)
		if (X509_cmp(sk_X509_value(ask->untrusted, i), ask->peer) != 0)
			tale.chain[tale.count++] = sk_X509_value(ask->untrusted, i);
	say(&tale, LINE_SESSION_STARTED);
	add_peers(&tale);
	say(&tale, LINE_VALIDATE_CHAIN);
	find_path(&tale);
	validate_path(&tale);
	conclude(&tale);
}
