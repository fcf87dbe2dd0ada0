/*
 * Certificate path validation (RFC 5280, RFC 9525) against trustpoints: stricter than OpenSSL where
 * OpenSSL is lax, and always with a sentence that says which certificate is wrong and why.
 * Hard limits: 64 certificates, 16 intermediates, 1 s of CPU. Any thread; no state is kept.
 */
#ifndef PKI_VERIFY_H
#define PKI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "core/trace.h"
#include "pki/dane.h"
#include "pki/fetch.h"
#include "pki/trust.h"

#define PKI_MAX_CERTS 64
#define PKI_MAX_DEPTH 16

/* ORDER: the order of the enum is the order in which several findings are reported. */
enum pki_class {
	PKI_OK,
	PKI_UNTRUSTED,
	PKI_WEAK,
	PKI_EXPIRED,
	PKI_NOT_YET_VALID,
	PKI_REVOKED,
	PKI_REVOCATION_UNKNOWN,
	PKI_PURPOSE,
	PKI_NAME_MISMATCH,
	PKI_DANE_MISMATCH, /* no TLSA record is about this chain */
	PKI_CLASS_COUNT
};

/* "OK", "CERT_UNTRUSTED", ... */
const char *pki_class_name(enum pki_class);

/* The TLS alert that tells the peer: 42 bad_certificate, 45 certificate_expired, ...; 0 for OK. */
int pki_class_alert(enum pki_class);

enum pki_purpose { PKI_SERVER, PKI_CLIENT };

enum pki_name_kind { PKI_NAME_NONE, PKI_NAME_DNS, PKI_NAME_IP, PKI_NAME_EMAIL };

struct pki_name {
	enum pki_name_kind kind;
	const char *value; /* an A-label host, an address without brackets or zone, a mailbox */
};

enum pki_revocation {
	PKI_REVOCATION_SKIP,     /* nobody asked */
	PKI_REVOCATION_CRLS,     /* `crls` decide for every certificate but the anchor */
	PKI_REVOCATION_BY_POLICY /* the anchor trustpoint's revocation-check (rulings 36) */
};

struct pki_request {
	const struct trust *trust;
	X509 *peer;
	STACK_OF(X509) * untrusted; /* may hold the peer, any order, or NULL */
	struct pki_name name;
	const char *const *also; /* further host names, each as good as `name` */
	size_t also_count;
	bool legacy_cn; /* the subject CN counts when there is no dNSName at all */
	const struct dane_record
		*dane; /* decide instead of `trust` when not NULL; `revocation` is not asked */
	size_t dane_count;
	bool plain_form; /* the profile of the Web PKI is not asked for (private CAs behind TLSA records) */
	time_t at;       /* 0 = now */
	enum pki_purpose purpose;
	int depth; /* intermediates allowed, -1 = the hard limit */
	enum pki_revocation revocation;
	STACK_OF(X509_CRL) * crls;
	const unsigned char *staple; /* a stapled OCSP response, or NULL */
	size_t staple_len;
	const struct pki_fetch *fetch; /* NULL: nothing is fetched */
	const struct trace *trace;
	unsigned session;    /* PKI session number of the trace: 0xA0693 */
	unsigned context_id; /* "ident 35" of the trace */
};

struct pki_finding {
	enum pki_class class;
	int depth; /* 0 = the peer */
	char text[400];
};

#define PKI_MAX_FINDINGS 16

struct pki_result {
	enum pki_class class; /* the first of findings, or PKI_OK */
	char detail[512];     /* one sentence; "certificate is good" when it is */
	char hint[256];       /* what would help, or empty */
	int depth;            /* of the certificate that is wrong, or of the anchor */
	char anchor[256];     /* trustpoint, or "TLSA 2 0 1"; empty when none was reached */
	char name[256];       /* the certificate's entry that fits the name: "*.example.com"; or empty */
	int dane_record;      /* the one of the request that decided, or -1 */
	int dane_depth;       /* where it matched, 0 = the peer; -1 */
	bool warning;         /* good, but nothing said whether it is revoked */
	struct pki_finding findings[PKI_MAX_FINDINGS];
	size_t finding_count;
	STACK_OF(X509) * chain; /* peer first, anchor last; NULL when no path was found */
};

/*
 * Answers whether the class is PKI_OK; `r` is always filled. End with pki_result_clear().
 * With `dane` (RFC 7672 3.1): a DANE-EE record that matches is all that is asked; with DANE-TA the
 * chain up to the matched certificate or key is judged, dates and names too.
 */
bool pki_verify(const struct pki_request *, struct pki_result *r);
void pki_result_clear(struct pki_result *);

#endif
