/*
 * The body of a certificate in the running configuration: DER as capital hex digits, eight groups of
 * eight on a line, then `quit` - as IOS prints it and reads it back. Any thread.
 */
#ifndef PKI_HEXBODY_H
#define PKI_HEXBODY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "core/err.h"

struct text;

/* Without the indentation; the last line is "\tquit". */
void hexbody_print(struct text *, const X509 *);

/* From the lines between `certificate ca ...` and `quit`, whatever their blanks. The caller owns it. */
X509 *hexbody_parse(const char *text, size_t n, struct err *);

#endif
