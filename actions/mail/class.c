/* The one table of mail error classes. */
#include "actions/mail/class.h"

#include <stddef.h>
#include <string.h>

/* What follows from a class. BY_CODE: 4xx is tried again, 5xx is final. */
enum follow { SENT, FINAL, RETRY, BY_CODE };

struct class_row {
	const char *name;
	enum follow relay;  /* the server is named in the action */
	enum follow direct; /* we deliver to the recipients' MX hosts */
	const char *reason; /* once TLS is behind us */
};

#define BAD_SERVER "bad SMTP server name"
#define CONNECTING "error in connecting to SMTP server"
#define AUTH       "error in authentication"
#define REPLY      "error in reply from SMTP server"
#define SENDING    "error in sending mail"
#define TIMED_OUT  "timeout error"

static const struct class_row classes[MAIL_CLASS_COUNT] = {
	[MAIL_OK] = { "OK", SENT, SENT, "" },

	[MAIL_CONFIG] = { "CONFIG", FINAL, FINAL, SENDING },
	[MAIL_EMPTY] = { "EMPTY", FINAL, FINAL, BAD_SERVER },
	[MAIL_EMPTY_USER] = { "EMPTY_USER", FINAL, FINAL, BAD_SERVER },
	[MAIL_EMPTY_PASSWORD] = { "EMPTY_PASSWORD", FINAL, FINAL, BAD_SERVER },
	[MAIL_EMPTY_HOST] = { "EMPTY_HOST", FINAL, FINAL, BAD_SERVER },
	[MAIL_BAD_PORT] = { "BAD_PORT", FINAL, FINAL, BAD_SERVER },
	[MAIL_BAD_HOST] = { "BAD_HOST", FINAL, FINAL, BAD_SERVER },
	[MAIL_CONTROL_CHARACTER] = { "CONTROL_CHARACTER", FINAL, FINAL, BAD_SERVER },
	[MAIL_BAD_UTF8] = { "BAD_UTF8", FINAL, FINAL, BAD_SERVER },
	[MAIL_TOO_LONG] = { "TOO_LONG", FINAL, FINAL, BAD_SERVER },
	[MAIL_NO_PASSWORD] = { "NO_PASSWORD", FINAL, FINAL, AUTH },
	[MAIL_UNDEFINED_VARIABLE] = { "UNDEFINED_VARIABLE", FINAL, FINAL, SENDING },
	[MAIL_BAD_ADDRESS] = { "BAD_ADDRESS", FINAL, FINAL, SENDING },

	[MAIL_DNS_NXDOMAIN] = { "DNS_NXDOMAIN", FINAL, FINAL, CONNECTING },
	[MAIL_DNS_NODATA] = { "DNS_NODATA", FINAL, FINAL, CONNECTING },
	[MAIL_DNS_FAILED] = { "DNS_FAILED", RETRY, RETRY, CONNECTING },
	[MAIL_DNS_BOGUS] = { "DNS_BOGUS", RETRY, RETRY, CONNECTING },

	[MAIL_SOURCE_UNAVAILABLE] = { "SOURCE_UNAVAILABLE", RETRY, RETRY, CONNECTING },
	[MAIL_CONNECT_REFUSED] = { "CONNECT_REFUSED", RETRY, RETRY, CONNECTING },
	[MAIL_CONNECT_TIMEOUT] = { "CONNECT_TIMEOUT", RETRY, RETRY, TIMED_OUT },
	[MAIL_CONNECT_UNREACHABLE] = { "CONNECT_UNREACHABLE", RETRY, RETRY, CONNECTING },

	[MAIL_TIMEOUT] = { "TIMEOUT", RETRY, RETRY, TIMED_OUT },
	[MAIL_CONNECTION_LOST] = { "CONNECTION_LOST", RETRY, RETRY, SENDING },
	[MAIL_PROTOCOL_ERROR] = { "PROTOCOL_ERROR", RETRY, RETRY, REPLY },

	[MAIL_BANNER_REJECTED] = { "BANNER_REJECTED", BY_CODE, BY_CODE, CONNECTING },
	[MAIL_HELO_REJECTED] = { "HELO_REJECTED", BY_CODE, BY_CODE, REPLY },

	[MAIL_TLS_NOT_OFFERED] = { "TLS_NOT_OFFERED", FINAL, RETRY, CONNECTING },
	[MAIL_TLS_REFUSED] = { "TLS_REFUSED", BY_CODE, RETRY, CONNECTING },
	[MAIL_STARTTLS_INJECTION] = { "STARTTLS_INJECTION", FINAL, RETRY, CONNECTING },
	[MAIL_HANDSHAKE_FAILED] = { "HANDSHAKE_FAILED", FINAL, RETRY, CONNECTING },
	[MAIL_TLS_VERSION] = { "TLS_VERSION", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_UNTRUSTED] = { "CERT_UNTRUSTED", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_EXPIRED] = { "CERT_EXPIRED", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_NOT_YET_VALID] = { "CERT_NOT_YET_VALID", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_NAME_MISMATCH] = { "CERT_NAME_MISMATCH", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_REVOKED] = { "CERT_REVOKED", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_REVOCATION_UNKNOWN] = { "CERT_REVOCATION_UNKNOWN", RETRY, RETRY, CONNECTING },
	[MAIL_CERT_WEAK] = { "CERT_WEAK", FINAL, RETRY, CONNECTING },
	[MAIL_CERT_PURPOSE] = { "CERT_PURPOSE", FINAL, RETRY, CONNECTING },

	[MAIL_AUTH_NOT_OFFERED] = { "AUTH_NOT_OFFERED", FINAL, FINAL, AUTH },
	[MAIL_AUTH_NO_COMMON_MECH] = { "AUTH_NO_COMMON_MECH", FINAL, FINAL, AUTH },
	[MAIL_AUTH_NEEDS_TLS] = { "AUTH_NEEDS_TLS", FINAL, FINAL, AUTH },
	[MAIL_AUTH_FAILED] = { "AUTH_FAILED", FINAL, FINAL, AUTH },
	[MAIL_AUTH_TEMPFAIL] = { "AUTH_TEMPFAIL", RETRY, RETRY, AUTH },

	[MAIL_SENDER_REJECTED] = { "SENDER_REJECTED", BY_CODE, BY_CODE, SENDING },
	[MAIL_RECIPIENT_REJECTED] = { "RECIPIENT_REJECTED", BY_CODE, BY_CODE, SENDING },
	[MAIL_DATA_REJECTED] = { "DATA_REJECTED", BY_CODE, BY_CODE, SENDING },
	[MAIL_MESSAGE_REJECTED] = { "MESSAGE_REJECTED", BY_CODE, BY_CODE, SENDING },
	[MAIL_MESSAGE_TOO_BIG] = { "MESSAGE_TOO_BIG", FINAL, FINAL, SENDING },
	[MAIL_ADDRESS_NOT_SUPPORTED] = { "ADDRESS_NOT_SUPPORTED", FINAL, FINAL, SENDING },

	[MAIL_DANE_NO_TLSA] = { "DANE_NO_TLSA", RETRY, RETRY, CONNECTING },
	[MAIL_DANE_INSECURE] = { "DANE_INSECURE", RETRY, RETRY, CONNECTING },
	[MAIL_DANE_BOGUS] = { "DANE_BOGUS", RETRY, RETRY, CONNECTING },
	[MAIL_DANE_MISMATCH] = { "DANE_MISMATCH", RETRY, RETRY, CONNECTING },
	[MAIL_DANE_NO_TLS] = { "DANE_NO_TLS", RETRY, RETRY, CONNECTING },
	[MAIL_DANE_ROUTE] = { "DANE_ROUTE", RETRY, RETRY, CONNECTING },
	[MAIL_STS_MX_MISMATCH] = { "STS_MX_MISMATCH", RETRY, RETRY, CONNECTING },
	[MAIL_STS_NO_TLS] = { "STS_NO_TLS", RETRY, RETRY, CONNECTING },
	[MAIL_STS_CERT] = { "STS_CERT", RETRY, RETRY, CONNECTING },
	[MAIL_STS_TLS_VERSION] = { "STS_TLS_VERSION", RETRY, RETRY, CONNECTING },

	[MAIL_QUEUE_FULL] = { "QUEUE_FULL", FINAL, FINAL, SENDING },
	[MAIL_EXPIRED] = { "EXPIRED", FINAL, FINAL, SENDING },
	[MAIL_HELPER_FAILED] = { "HELPER_FAILED", RETRY, RETRY, SENDING },
	[MAIL_CANCELLED] = { "CANCELLED", RETRY, RETRY, SENDING },
};

static const char *const phases[PHASE_COUNT] = {
	[PHASE_NONE] = "-",
	[PHASE_CONFIG] = "config",
	[PHASE_QUEUE] = "queue",
	[PHASE_MX] = "mx",
	[PHASE_DNS] = "dns",
	[PHASE_CONNECT] = "connect",
	[PHASE_BANNER] = "banner",
	[PHASE_EHLO] = "ehlo",
	[PHASE_STARTTLS] = "starttls",
	[PHASE_TLS] = "tls",
	[PHASE_EHLO2] = "ehlo2",
	[PHASE_AUTH] = "auth",
	[PHASE_MAIL] = "mail",
	[PHASE_RCPT] = "rcpt",
	[PHASE_DATA] = "data",
	[PHASE_BODY] = "body",
	[PHASE_DOT] = "dot",
	[PHASE_QUIT] = "quit",
};

const char *
mail_class_name(enum mail_class c)
{
	return classes[c].name;
}

enum mail_class
mail_class_named(const char *name)
{
	int c;

	for (c = 0; c < MAIL_CLASS_COUNT; c++)
		if (strcmp(classes[c].name, name) == 0)
			break;
	return (enum mail_class)c;
}

const char *
mail_phase_name(enum mail_phase p)
{
	return phases[p];
}

enum mail_phase
mail_phase_named(const char *name)
{
	int p;

	for (p = 0; p < PHASE_COUNT; p++)
		if (strcmp(phases[p], name) == 0)
			break;
	return (enum mail_phase)p;
}

const char *
mail_reason(enum mail_class c, enum mail_phase p)
{
	bool connecting = p >= PHASE_MX && p <= PHASE_TLS && c != MAIL_HELPER_FAILED;

	if (c == MAIL_TIMEOUT || c == MAIL_CONNECT_TIMEOUT)
		return TIMED_OUT;
	return connecting && c != MAIL_OK ? CONNECTING : classes[c].reason;
}

enum mail_outcome
mail_outcome(enum mail_class c, int code, bool direct)
{
	enum follow follow = direct ? classes[c].direct : classes[c].relay;

	if (follow == BY_CODE)
		follow = code >= 500 ? FINAL : RETRY;
	if (follow == SENT)
		return MAIL_SENT;
	if (follow == RETRY)
		return MAIL_DEFERRED;
	return direct ? MAIL_BOUNCED : MAIL_HELD;
}

const char *
mail_outcome_name(enum mail_outcome o)
{
	static const char *const names[] = { "sent", "held", "bounced", "deferred" };

	return names[o];
}
