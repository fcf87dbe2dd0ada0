/* What binds a login to its TLS connection. */
#include "actions/mail/sasl/binding.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTER_LEN   32

static bool
exporter(SSL *ssl, struct channel_binding *b)
{
	static const unsigned char no_context[1];

	b->name = "tls-exporter";
	b->len = EXPORTER_LEN;
	return SSL_export_keying_material(
		       ssl, b->data, b->len, EXPORTER_LABEL, strlen(EXPORTER_LABEL), no_context, 0, 1) == 1;
}

/* RFC 5929 4.1: the digest of the certificate's own signature, but SHA-256 where that would be MD5 or SHA-1. */
static bool
end_point(SSL *ssl, struct channel_binding *b)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	int digest = NID_undef;
	unsigned len = 0;

	if (cert == NULL || X509_get_signature_info(cert, &digest, NULL, NULL, NULL) != 1 ||
		digest == NID_undef)
		return false;
	if (digest == NID_md5 || digest == NID_sha1)
		digest = NID_sha256;
	b->name = "tls-server-end-point";
	if (EVP_get_digestbynid(digest) == NULL ||
		X509_digest(cert, EVP_get_digestbynid(digest), b->data, &len) != 1)
		return false;
	b->len = len;
	return true;
}

bool
channel_binding_of(struct tls *tls, struct channel_binding *b)
{
	SSL *ssl = tls == NULL ? NULL : tls_ssl(tls);
	bool ok = false;

	*b = (struct channel_binding){ 0 };
	if (ssl != NULL)
		ok = SSL_version(ssl) >= TLS1_3_VERSION ? exporter(ssl, b) : end_point(ssl, b);
	if (!ok)
		*b = (struct channel_binding){ 0 };
	return ok;
}
