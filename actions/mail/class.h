/*
 * What may become of a mail: one table of error classes, each with the reason that IOS prints for it
 * and what follows from it (mail-security section 14, overridden by the outcome table of the
 * rulings). Constant data; any thread.
 */
#ifndef ACTIONS_MAIL_CLASS_H
#define ACTIONS_MAIL_CLASS_H

#include <stdbool.h>

enum mail_class {
	MAIL_OK,

	/* Nothing was sent: the server string, an address or the configuration is wrong. */
	MAIL_CONFIG,
	MAIL_EMPTY,
	MAIL_EMPTY_USER,
	MAIL_EMPTY_PASSWORD,
	MAIL_EMPTY_HOST,
	MAIL_BAD_PORT,
	MAIL_BAD_HOST,
	MAIL_CONTROL_CHARACTER,
	MAIL_BAD_UTF8,
	MAIL_TOO_LONG,
	MAIL_NO_PASSWORD,
	MAIL_UNDEFINED_VARIABLE,
	MAIL_BAD_ADDRESS,

	MAIL_DNS_NXDOMAIN,
	MAIL_DNS_NODATA,
	MAIL_DNS_FAILED,
	MAIL_DNS_BOGUS,

	MAIL_SOURCE_UNAVAILABLE,
	MAIL_CONNECT_REFUSED,
	MAIL_CONNECT_TIMEOUT,
	MAIL_CONNECT_UNREACHABLE,

	MAIL_TIMEOUT,
	MAIL_CONNECTION_LOST,
	MAIL_PROTOCOL_ERROR,

	MAIL_BANNER_REJECTED,
	MAIL_HELO_REJECTED,

	MAIL_TLS_NOT_OFFERED,
	MAIL_TLS_REFUSED,
	MAIL_STARTTLS_INJECTION,
	MAIL_HANDSHAKE_FAILED,
	MAIL_TLS_VERSION,
	MAIL_CERT_UNTRUSTED,
	MAIL_CERT_EXPIRED,
	MAIL_CERT_NOT_YET_VALID,
	MAIL_CERT_NAME_MISMATCH,
	MAIL_CERT_REVOKED,
	MAIL_CERT_REVOCATION_UNKNOWN,
	MAIL_CERT_WEAK,
	MAIL_CERT_PURPOSE,

	MAIL_AUTH_NOT_OFFERED,
	MAIL_AUTH_NO_COMMON_MECH,
	MAIL_AUTH_NEEDS_TLS,
	MAIL_AUTH_FAILED,
	MAIL_AUTH_TEMPFAIL,

	MAIL_SENDER_REJECTED,
	MAIL_RECIPIENT_REJECTED,
	MAIL_DATA_REJECTED,
	MAIL_MESSAGE_REJECTED,
	MAIL_MESSAGE_TOO_BIG,
	MAIL_ADDRESS_NOT_SUPPORTED,

	MAIL_DANE_NO_TLSA,
	MAIL_DANE_INSECURE,
	MAIL_DANE_BOGUS,
	MAIL_DANE_MISMATCH,
	MAIL_DANE_NO_TLS,
	MAIL_DANE_ROUTE,
	MAIL_STS_MX_MISMATCH,
	MAIL_STS_NO_TLS,
	MAIL_STS_CERT,
	MAIL_STS_TLS_VERSION,

	MAIL_QUEUE_FULL,
	MAIL_EXPIRED,
	MAIL_HELPER_FAILED,
	MAIL_CANCELLED, /* the run that waited for it ended */

	MAIL_CLASS_COUNT
};

/* ORDER: phases in the order in which a delivery passes through them. */
enum mail_phase {
	PHASE_NONE,
	PHASE_CONFIG,
	PHASE_QUEUE,
	PHASE_MX,
	PHASE_DNS,
	PHASE_CONNECT,
	PHASE_BANNER,
	PHASE_EHLO,
	PHASE_STARTTLS,
	PHASE_TLS,
	PHASE_EHLO2,
	PHASE_AUTH,
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA,
	PHASE_BODY,
	PHASE_DOT,
	PHASE_QUIT,
	PHASE_COUNT
};

enum mail_outcome {
	MAIL_SENT,
	MAIL_HELD,    /* the statement fails; never retried by itself */
	MAIL_BOUNCED, /* direct delivery: final, the sender is told */
	MAIL_DEFERRED /* tried again on the queue's schedule */
};

const char *mail_class_name(enum mail_class);
/* MAIL_CLASS_COUNT when there is no such class. */
enum mail_class mail_class_named(const char *name);

const char *mail_phase_name(enum mail_phase);
enum mail_phase mail_phase_named(const char *name); /* PHASE_COUNT: no such phase */

/*
 * The words behind `... to SMTP server: SERVER : `. IOS says "error in connecting to SMTP server" for
 * everything up to and including TLS (seed 000), and "timeout error" for every timeout.
 */
const char *mail_reason(enum mail_class, enum mail_phase);

/*
 * `code` is the SMTP reply that decided, 0 = none; `direct`: we speak to the recipients' own MX, not to a
 * server that the action names.
 */
enum mail_outcome mail_outcome(enum mail_class, int code, bool direct);
const char *mail_outcome_name(enum mail_outcome);

#endif
