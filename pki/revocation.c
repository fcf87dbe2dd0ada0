/* Walks a trustpoint's revocation methods in order. */
#include "pki/revocation.h"

#include <openssl/x509v3.h>

bool
revocation_must_staple(const X509 *cert)
{
	TLS_FEATURE *features = X509_get_ext_d2i(cert, NID_tlsfeature, NULL, NULL);
	bool must = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == 5; /* status_request */
	TLS_FEATURE_free(features);
	return must;
}

enum revocation_status
revocation_status(const struct trustpoint_policy *policy, const struct revocation_ask *ask, struct err *err)
{
	enum revocation_status status = REVOCATION_UNKNOWN;

	if (policy->revocation_count == 0)
		return REVOCATION_UNCHECKED;
	if (ask->staple != NULL && policy->revocation[0] != REVOCATION_NONE) {
		struct revocation_ask stapled = *ask;

		stapled.fetch = NULL;
		status = ocsp_status(&stapled, err);
	}
	for (size_t i = 0; status == REVOCATION_UNKNOWN && i < policy->revocation_count; i++) {
		switch (policy->revocation[i]) {
		case REVOCATION_NONE:
			return REVOCATION_UNCHECKED;
		case REVOCATION_CRL:
			status = crl_status(ask, err);
			break;
		case REVOCATION_OCSP:
			status = ocsp_status(ask, err);
			break;
		}
	}
	return status;
}
