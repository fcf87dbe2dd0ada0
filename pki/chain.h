/*
 * Fetches the chain that a server shows, trusting nothing: connects, speaks SMTP up to STARTTLS when that
 * is wanted, shakes hands, and says what it got. Blocks; eventd-pki only.
 */
#ifndef PKI_CHAIN_H
#define PKI_CHAIN_H

#include <jansson.h>

#include "core/err.h"

/* The answer to a "chain" message of pki/errand.h; NULL and err (class as the mail classes are called). */
json_t *chain_fetch(const json_t *job, struct err *);

#endif
