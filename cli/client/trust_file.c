/* Reads files of certificates: PEM, or one in DER. */
#include "cli/client/trust_file.h"

#include "core/paths.h"
#include "pki/certtext.h"
#include "pki/import.h"

#define FILE_BYTES (64u * 1024u * 1024u)
#define FILE_CERTS 1024

bool
trust_file_add(struct trust *trust, const char *path, struct err *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	size_t n;
	char *data = path_read_file(trust, path, FILE_BYTES, &n, err);
	bool ok =
		data != NULL && (certs_import(certs, data, n, FILE_CERTS, err) || err_wrap(err, "%s", path));

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		trust_add(trust, certtext_name_new(trust, X509_get_subject_name(cert)), cert, NULL);
	}
	sk_X509_pop_free(certs, X509_free);
	return ok;
}
