/* Validation by TLSA records: the DANE half of pki_verify(). Any thread. */
#ifndef PKI_DANE_VERIFY_H
#define PKI_DANE_VERIFY_H

#include <stdbool.h>

#include "pki/verify.h"

/* Only for pki_verify(), which has cleared the result; `ask->dane` is not NULL. */
bool dane_verify(const struct pki_request *ask, struct pki_result *);

#endif
