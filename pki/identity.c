/* Reads identities, and passes them on as JSON. */
#include "pki/identity.h"

#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/import.h"
#include "pki/strict.h"

void
identity_clear(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
	sk_X509_pop_free(id->chain, X509_free);
	*id = (struct identity){ 0 };
}

/* ---- reading ---- */

struct passphrase {
	const char *text;
	bool asked;
};

static int
give_password(char *buf, int size, int writing, void *arg)
{
	struct passphrase *p = arg;
	size_t n = p->text != NULL ? strlen(p->text) : 0;

	(void)writing;
	p->asked = true;
	if (p->text == NULL || n > (size_t)size)
		return -1;
	memcpy(buf, p->text, n);
	return (int)n;
}

static bool
read_key(struct identity *id, const void *data, size_t n, const char *password, struct err *err)
{
	struct passphrase p = { .text = password };
	BIO *bio = BIO_new_mem_buf(data, (int)n);

	id->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &p);
	BIO_free(bio);
	ERR_clear_error();
	if (id->key != NULL)
		return true;
	if (p.asked && password == NULL)
		return err_set(err, ERR_INVALID, "the private key is encrypted: a password is needed");
	return err_set(err, ERR_INVALID,
		p.asked ? "the private key cannot be read: the password is wrong"
			: "no private key in the text");
}

/* Of the certificates, the one of the key becomes ours, the others go along. */
static bool
sort_out(struct identity *id, STACK_OF(X509) * certs, struct err *err)
{
	id->chain = sk_X509_new_null();
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		bool is_ours = id->cert == NULL && X509_check_private_key(cert, id->key) == 1;

		ERR_clear_error();
		X509_up_ref(cert);
		if (is_ours)
			id->cert = cert;
		else
			sk_X509_push(id->chain, cert);
	}
	return id->cert != NULL ||
	       err_set(err, ERR_INVALID, "no certificate in it belongs to the private key");
}

static bool
check(const struct identity *id, struct err *err)
{
	time_t now = time(NULL);

	if (!strict_key(id->cert, err))
		return err_wrap(err, "the identity certificate");
	return X509_cmp_time(X509_get0_notAfter(id->cert), &now) > 0 ||
	       err_set(err, ERR_INVALID, "the identity certificate has expired");
}

bool
identity_read_pem(struct identity *id, const void *data, size_t n, const char *password, struct err *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	const char *first = memmem(data, n, "-----BEGIN CERTIFICATE-----", 27);
	bool ok;

	*id = (struct identity){ 0 };
	if (first == NULL)
		ok = err_set(err, ERR_INVALID, "no certificate in the text");
	else
		ok = read_key(id, data, n, password, err) &&
		     certs_import(certs, first, n - (size_t)(first - (const char *)data), IDENTITY_CHAIN_MAX,
			     err) &&
		     sort_out(id, certs, err) && check(id, err);
	sk_X509_pop_free(certs, X509_free);
	return ok;
}

bool
identity_read_pkcs12(struct identity *id, const void *data, size_t n, const char *password, struct err *err)
{
	const unsigned char *p = data;
	PKCS12 *file = d2i_PKCS12(NULL, &p, (long)n);
	bool ok;

	*id = (struct identity){ 0 };
	if (file == NULL) {
		ERR_clear_error();
		return err_set(err, ERR_INVALID, "not a PKCS#12 file");
	}
	ok = PKCS12_parse(file, password != NULL ? password : "", &id->key, &id->cert, &id->chain) == 1;
	PKCS12_free(file);
	ERR_clear_error();
	if (!ok)
		return err_set(err, ERR_INVALID,
			"the PKCS#12 file cannot be read: the password is wrong, or the file is damaged");
	if (id->chain == NULL)
		id->chain = sk_X509_new_null();
	if (id->key == NULL || id->cert == NULL)
		return err_set(err, ERR_INVALID, "the PKCS#12 file holds no certificate with its key");
	if (sk_X509_num(id->chain) > IDENTITY_CHAIN_MAX)
		return err_set(err, ERR_RANGE, "more than %d certificates go along", IDENTITY_CHAIN_MAX);
	return check(id, err);
}

void
identity_warnings(struct text *told, const struct identity *id)
{
	uint32_t uses = X509_get_extended_key_usage(id->cert); /* all, without the extension */

	if ((uses & XKU_SSL_CLIENT) != 0)
		return;
	if ((uses & XKU_SSL_SERVER) != 0)
		text_add(told, "% Warning: as a client's, as in mail, a server will refuse this certificate "
			       "(extendedKeyUsage); for what listens here it is fine\n");
	else
		text_add(told, "% Warning: this certificate is neither one for TLS clients nor for TLS "
			       "servers (extendedKeyUsage): it will be refused\n");
}

/* ---- JSON ---- */

static json_t *
cert_to_json(X509 *cert)
{
	char *base64 = cert_to_base64(NULL, cert);
	json_t *value = json_string(base64);

	mem_free(base64);
	return value;
}

static json_t *
key_to_json(EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	size_t room = n > 0 ? (size_t)n / 3 * 4 + 8 : 1;
	char *base64 = mem_alloc(NULL, room);
	json_t *value;

	if (n > 0)
		EVP_EncodeBlock((unsigned char *)base64, der, n);
	value = json_string(base64);
	explicit_bzero(base64, room);
	mem_free(base64);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return value;
}

json_t *
identity_to_json(const struct identity *id)
{
	json_t *chain = json_array();

	for (int i = 0; i < sk_X509_num(id->chain); i++)
		json_array_append_new(chain, cert_to_json(sk_X509_value(id->chain, i)));
	return json_pack("{s:o, s:o, s:o}", "certificate", cert_to_json(id->cert), "chain", chain, "key",
		key_to_json(id->key));
}

static X509 *
cert_from_json(const json_t *value, struct err *err)
{
	const char *base64 = json_string_value(value);

	if (base64 != NULL)
		return cert_import(base64, strlen(base64), err);
	err_set(err, ERR_INVALID, "the certificate is missing");
	return NULL;
}

static EVP_PKEY *
key_from_json(const json_t *value)
{
	const char *base64 = json_string_value(value);
	size_t n = base64 != NULL ? strlen(base64) : 0;
	unsigned char *der = mem_alloc(NULL, n / 4 * 3 + 1);
	const unsigned char *p = der;
	int len = n > 0 ? EVP_DecodeBlock(der, (const unsigned char *)base64, (int)n) : -1;
	EVP_PKEY *key = len > 0 ? d2i_AutoPrivateKey(NULL, &p, len) : NULL;

	ERR_clear_error();
	explicit_bzero(der, n / 4 * 3 + 1);
	mem_free(der);
	return key;
}

bool
identity_from_json(struct identity *id, const json_t *j, struct err *err)
{
	const json_t *list = json_object_get(j, "chain"), *item;
	size_t i;

	*id = (struct identity){ .chain = sk_X509_new_null() };
	id->cert = cert_from_json(json_object_get(j, "certificate"), err);
	if (id->cert == NULL)
		return false;
	id->key = key_from_json(json_object_get(j, "key"));
	if (id->key == NULL)
		return err_set(err, ERR_CRYPTO, "the private key cannot be read");
	json_array_foreach(list, i, item)
	{
		X509 *cert = cert_from_json(item, err);

		if (cert == NULL)
			return false;
		sk_X509_push(id->chain, cert);
	}
	return true;
}
