/*
 * Certificates for tests, made on the spot. Everything is small, static and exact: a field that a
 * spec leaves out gets the value that a well-made certificate has.
 */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct made {
	X509 *cert;
	EVP_PKEY *key;
};

struct cert_spec {
	const char *subject[4];    /* "C=US", "O=Google Trust Services LLC", "CN=GTS CA 1C3": as encoded */
	const struct made *issuer; /* NULL: self-signed */
	EVP_PKEY *key;             /* NULL: a new P-256 key */
	const char *serial;        /* hex; NULL: 0102 */
	bool ca;
	const char *basic;      /* basicConstraints instead of the usual ones; "" = none */
	const char *key_usage;  /* instead of the usual ones; "" = none */
	const char *ext_usage;  /* extendedKeyUsage; NULL: serverAuth for a peer; "" = none */
	const char *san;        /* "DNS:mail.example.com" or NULL */
	const char *more[4][2]; /* further extensions: name, value */
	long from, until;       /* seconds from now; 0, 0: a day ago until in a day */
	const EVP_MD *md;
};

static inline EVP_PKEY *
key_new_ec(void)
{
	return EVP_EC_gen("P-256");
}

static inline void
add_ext(X509 *cert, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (value == NULL || value[0] == '\0')
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf(NULL, &ctx, name, value);
	assert(ext != NULL);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

static inline void
add_extensions(X509 *cert, X509 *issuer, const struct cert_spec *s)
{
	const char *basic = s->basic != NULL ? s->basic : s->ca ? "critical,CA:TRUE" : NULL;
	const char *usage = s->key_usage != NULL ? s->key_usage
			    : s->ca              ? "critical,digitalSignature,keyCertSign,cRLSign"
						 : "critical,digitalSignature";
	const char *ext_usage = s->ext_usage != NULL ? s->ext_usage : s->ca ? NULL : "serverAuth";

	add_ext(cert, issuer, "basicConstraints", basic);
	add_ext(cert, issuer, "keyUsage", usage);
	add_ext(cert, issuer, "extendedKeyUsage", ext_usage);
	add_ext(cert, issuer, "subjectKeyIdentifier", "hash");
	if (issuer != cert)
		add_ext(cert, issuer, "authorityKeyIdentifier", "keyid");
	add_ext(cert, issuer, "subjectAltName", s->san);
	for (size_t i = 0; i < 4 && s->more[i][0] != NULL; i++)
		add_ext(cert, issuer, s->more[i][0], s->more[i][1]);
}

static inline struct made
make_cert(const struct cert_spec *s)
{
	struct made made = { .cert = X509_new(), .key = s->key };
	X509_NAME *name = X509_get_subject_name(made.cert);
	X509 *issuer = s->issuer != NULL ? s->issuer->cert : made.cert;
	BIGNUM *serial = NULL;
	bool usual = s->from == 0 && s->until == 0;

	if (made.key == NULL)
		made.key = key_new_ec();
	else
		EVP_PKEY_up_ref(made.key);
	X509_set_version(made.cert, X509_VERSION_3);
	BN_hex2bn(&serial, s->serial != NULL ? s->serial : "0102");
	BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(made.cert));
	BN_free(serial);
	for (size_t i = 0; i < 4 && s->subject[i] != NULL; i++) {
		const char *value = strchr(s->subject[i], '=') + 1;
		char field[8] = "";

		memcpy(field, s->subject[i], (size_t)(value - s->subject[i]) - 1);
		X509_NAME_add_entry_by_txt(
			name, field, V_ASN1_PRINTABLESTRING, (const unsigned char *)value, -1, -1, 0);
	}
	X509_set_issuer_name(made.cert, X509_get_subject_name(issuer));
	X509_gmtime_adj(X509_getm_notBefore(made.cert), usual ? -86400 : s->from);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), usual ? 86400 : s->until);
	X509_set_pubkey(made.cert, made.key);
	add_extensions(made.cert, issuer, s);
	X509_sign(made.cert, s->issuer != NULL ? s->issuer->key : made.key,
		s->md != NULL ? s->md : EVP_sha256());
	return made;
}

static inline void
made_free(struct made *made)
{
	X509_free(made->cert);
	EVP_PKEY_free(made->key);
}

struct ocsp_spec {
	X509 *cert, *issuer;
	const struct made *signer;
	int status;            /* V_OCSP_CERTSTATUS_... */
	long from, until;      /* seconds from now; 0, 0: an hour ago until in an hour */
	OCSP_REQUEST *request; /* whose nonce is echoed, or NULL */
	bool other_nonce;
};

/* A response in DER, for OPENSSL_free(). */
static inline unsigned char *
make_ocsp(const struct ocsp_spec *s, size_t *len)
{
	bool usual = s->from == 0 && s->until == 0;
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), s->cert, s->issuer);
	ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? -3600 : s->from);
	ASN1_TIME *until = X509_gmtime_adj(NULL, usual ? 3600 : s->until);
	ASN1_TIME *when = ASN1_TIME_new();
	OCSP_RESPONSE *response;
	unsigned char *data = NULL;

	ASN1_TIME_set_string(when, "20240102030405Z");
	OCSP_basic_add1_status(basic, id, s->status, OCSP_REVOKED_STATUS_SUPERSEDED, when, from, until);
	if (s->other_nonce)
		OCSP_basic_add1_nonce(basic, NULL, 16);
	else if (s->request != NULL)
		OCSP_copy_nonce(basic, s->request);
	OCSP_basic_sign(basic, s->signer->cert, s->signer->key, EVP_sha256(), NULL, 0);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	*len = (size_t)i2d_OCSP_RESPONSE(response, &data);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(when);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return data;
}

#endif
