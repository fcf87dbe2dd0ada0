/*
 * Parts of a certificate in IOS's words: names as "cn=GTS CA 1C3,o=Google Trust Services LLC,c=US",
 * serial numbers and fingerprints as hex. What stands in the certificate is foreign text and is
 * made safe for a screen. Any thread.
 */
#ifndef PKI_CERTTEXT_H
#define PKI_CERTTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "core/text.h"

/* Most specific first, `sep` between ("," on a line, "\n" in `show`). Empty for an empty name. */
void certtext_name(struct text *, const X509_NAME *, const char *sep);
char *certtext_name_new(const void *ctx, const X509_NAME *); /* with "," */

/* "0203BC53596B34C718F5015066"; sep ' ' gives "02 03 BC". Zero is "00". */
void certtext_serial(struct text *, const X509 *, char sep);

/* "178EF183 43CCC9E0 ..." with md "md5", "sha1", "sha256". */
void certtext_fingerprint(struct text *, const X509 *, const char *md);

/* "Digital Signature", ...: bit 0..8 of keyUsage as `show crypto pki certificates verbose` names it. */
const char *certtext_key_usage(unsigned bit);
/* The keyUsage octets, left-aligned in 32 bits; false when there is no such extension. */
bool certtext_key_usage_bits(const X509 *, unsigned *bits);

/* "SHA256 with RSA Encryption" */
void certtext_signature(struct text *, const X509 *);

/* "00:00:42 UTC Aug 13 2020" */
void certtext_time(struct text *, const ASN1_TIME *);
bool asn1_to_time(const ASN1_TIME *, time_t *);

/* The subjectAltName entries, `sep` between: "a.example, 192.0.2.1"; "..." stands for those behind `max`. */
void certtext_san(struct text *, const X509 *, const char *sep, size_t max);

#endif
