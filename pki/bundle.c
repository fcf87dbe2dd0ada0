/* Reads bundles of CA certificates. */
#include "pki/bundle.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "pki/import.h"

static const char begin_pkcs7[] = "-----BEGIN PKCS7-----";

static PKCS7 *
read_pkcs7(const void *data, size_t n)
{
	const unsigned char *p = data;
	PKCS7 *message;
	BIO *bio;

	if (memmem(data, n, begin_pkcs7, strlen(begin_pkcs7)) == NULL) {
		message = d2i_PKCS7(NULL, &p, (long)n);
		ERR_clear_error();
		return message;
	}
	bio = BIO_new_mem_buf(data, (int)n);
	message = PEM_read_bio_PKCS7(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return message;
}

/* Only a container here: its signature, when it has one, is nobody's that we know. */
static bool
from_pkcs7(STACK_OF(X509) * into, PKCS7 *message, size_t max, struct err *err)
{
	STACK_OF(X509) *certs = NULL;

	if (PKCS7_type_is_signed(message) && message->d.sign != NULL)
		certs = message->d.sign->cert;
	if (sk_X509_num(certs) <= 0)
		return err_set(err, ERR_INVALID, "no certificate in the PKCS#7 message");
	if ((size_t)sk_X509_num(certs) > max)
		return err_set(err, ERR_RANGE, "more than %zu of certificate", max);
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509_up_ref(sk_X509_value(certs, i));
		sk_X509_push(into, sk_X509_value(certs, i));
	}
	return true;
}

static bool
read_all(STACK_OF(X509) * into, const void *data, size_t n, size_t max, struct err *err)
{
	PKCS7 *message = read_pkcs7(data, n);
	bool ok;

	if (message == NULL)
		return certs_import(into, data, n, max, err);
	ok = from_pkcs7(into, message, max, err);
	PKCS7_free(message);
	return ok;
}

bool
bundle_import(STACK_OF(X509) * into, const void *data, size_t n, size_t max, time_t now,
	struct bundle_counts *counts, struct err *err)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	bool ok = read_all(all, data, n, max, err);

	memset(counts, 0, sizeof *counts);
	for (int i = 0; ok && i < sk_X509_num(all); i++) {
		X509 *cert = sk_X509_value(all, i);

		counts->read++;
		if (X509_check_ca(cert) == 0)
			counts->not_ca++;
		else if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0)
			counts->expired++;
		else if (X509_up_ref(cert) == 1)
			sk_X509_push(into, cert);
	}
	sk_X509_pop_free(all, X509_free);
	ERR_clear_error();
	return ok;
}
