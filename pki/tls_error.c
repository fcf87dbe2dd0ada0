/* Reads OpenSSL's queue of errors. */
#include "pki/tls_error.h"

#include <openssl/err.h>

bool
tls_error(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "%s: %s", what,
		reason != NULL ? reason : "unknown reason");
	ERR_clear_error();
	return false;
}
