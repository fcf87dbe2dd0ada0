/* What OpenSSL says of a failure, as an error. Any thread. */
#ifndef PKI_TLS_ERROR_H
#define PKI_TLS_ERROR_H

#include <stdbool.h>

#include "core/err.h"

/* "WHAT: reason of the last error", class HANDSHAKE_FAILED; empties the thread's queue of errors. Answers false. */
bool tls_error(struct err *, const char *what);

#endif
