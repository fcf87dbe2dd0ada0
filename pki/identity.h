/*
 * An identity: a certificate that we show, its private key, and the CA certificates that go along. Read
 * from PEM or PKCS#12 as people give them; kept and sent to helpers as JSON
 *     {"certificate":BASE64,"chain":[BASE64,...],"key":TEXT}
 * where TEXT is the key in base64 (PKCS#8) for a helper, and sealed with the machine key wherever it is
 * kept (store/secret.h; this module does not know how). Keys are wiped when freed. Any thread.
 */
#ifndef PKI_IDENTITY_H
#define PKI_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/err.h"

#define IDENTITY_CHAIN_MAX 16

struct identity {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* without the certificate itself */
};

/*
 * One text with the key (plain or encrypted under `password`, which may be NULL) and certificates in any
 * order: the one that belongs to the key is ours. False and err when key or certificate are missing, do not
 * fit, or the password is wrong. End with identity_clear() in any case.
 */
bool identity_read_pem(struct identity *, const void *data, size_t n, const char *password, struct err *);
bool identity_read_pkcs12(struct identity *, const void *data, size_t n, const char *password, struct err *);
void identity_clear(struct identity *);

/* What a TLS peer would find wrong with it, one line each behind "% Warning: ". */
struct text;
void identity_warnings(struct text *, const struct identity *);

/* The object holds the key in the clear. */
json_t *identity_to_json(const struct identity *);
bool identity_from_json(struct identity *, const json_t *, struct err *);

#endif
