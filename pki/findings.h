/*
 * What is wrong with one path: OpenSSL's verdicts and ours, as classes with a sentence, in the order
 * in which they are reported. Any thread.
 */
#ifndef PKI_FINDINGS_H
#define PKI_FINDINGS_H

#include <stddef.h>

#include <openssl/x509.h>

#include "core/err.h"
#include "pki/verify.h"

struct findings {
	struct pki_finding list[PKI_MAX_FINDINGS];
	size_t count;
};

/* One finding of a class per certificate is enough: the first says most. */
void findings_add(struct findings *, enum pki_class, int depth, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* An OpenSSL verify error (X509_V_ERR_...) about the certificate at `depth`. */
void findings_add_openssl(struct findings *, int error, int depth, const X509 *);

/* By class, then by depth. */
void findings_sort(struct findings *);

/* PKI_OK when there is none. */
enum pki_class findings_worst(const struct findings *);

#endif
