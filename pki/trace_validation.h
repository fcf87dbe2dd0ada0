/*
 * Tells a validation in the words of `debug crypto pki ...` (seed 000). Any thread.
 */
#ifndef PKI_TRACE_VALIDATION_H
#define PKI_TRACE_VALIDATION_H

#include "pki/verify.h"

void trace_validation(const struct pki_request *, const struct pki_result *);

#endif
