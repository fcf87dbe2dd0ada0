/* The hints. The first three are seed 001's: certificate, password, port and name. */
#include "actions/mail/hint.h"

#define CERTIFICATE "import the root CA of the SMTP server, and check that TLS is configured on the port"
#define PASSWORD    "check user name and password"
#define PORT        "check the port of the SMTP server, and whether its name resolves"
#define GRAMMAR     "the server is written as user:password@host or user:password@host:port"
#define LATER       "the server asks to try again later"
#define TEMPORARY   "the refusal is temporary (greylisting?): a mail in the queue is tried again"
#define TOKEN       "the server was not asked: run the command of the OAuth token by hand, or look into its file"
#define NAME_SERVER "check the name server, and that it is reached from here"

static const char *const hints[MAIL_CLASS_COUNT] = {
	[MAIL_OK] = "",

	[MAIL_CONFIG] = "correct the statement or the configuration that it names",
	[MAIL_EMPTY] = GRAMMAR,
	[MAIL_EMPTY_USER] = GRAMMAR,
	[MAIL_EMPTY_PASSWORD] = "a variable may not have been set; " GRAMMAR,
	[MAIL_EMPTY_HOST] = GRAMMAR,
	[MAIL_BAD_PORT] = "a port is a number from 1 to 65535, and given once",
	[MAIL_BAD_HOST] = "a host is a name, an IPv4 address, or an IPv6 address in square brackets",
	[MAIL_CONTROL_CHARACTER] = "remove line ends, tabs and other control characters from the server",
	[MAIL_BAD_UTF8] = "write the server in UTF-8",
	[MAIL_TOO_LONG] = "user name and password have at most 1024 octets each, a host 253",
	[MAIL_NO_PASSWORD] =
		"write user:password@host, or configure 'event manager mail credential' for the user",
	[MAIL_UNDEFINED_VARIABLE] = "define the variable with 'event manager environment'",
	[MAIL_BAD_ADDRESS] = "an address is written as name@domain or Text <name@domain>",

	[MAIL_DNS_NXDOMAIN] = PORT,
	[MAIL_DNS_NODATA] = "the name is there but has no address of the family that is needed; check its A "
			    "and AAAA records",
	[MAIL_DNS_FAILED] = NAME_SERVER,
	[MAIL_DNS_BOGUS] =
		"the answer's DNSSEC signatures do not validate: if the name servers pass DNSSEC (see 'show "
		"mail dnssec'), tell whoever runs the domain",

	[MAIL_SOURCE_UNAVAILABLE] =
		"check that the source interface is up and has an address of the needed family",
	[MAIL_CONNECT_REFUSED] = PORT,
	[MAIL_CONNECT_TIMEOUT] = PORT "; a firewall may drop the packets",
	[MAIL_CONNECT_UNREACHABLE] = "check the route to the SMTP server",

	[MAIL_TIMEOUT] = "the server does not answer in time; check that SMTP is spoken on the port",
	[MAIL_CONNECTION_LOST] = "the server closed the connection; its log may say why",
	[MAIL_PROTOCOL_ERROR] = "check that SMTP is spoken on the port",

	[MAIL_BANNER_REJECTED] = "the server takes no mail from this address; its reply says why",
	[MAIL_HELO_REJECTED] = "check 'mail helo-name': servers want a name that resolves to this device",

	[MAIL_TLS_NOT_OFFERED] = "check that TLS is configured on the port; port 465 wants 'secure smtps'",
	[MAIL_TLS_REFUSED] = "the server cannot do TLS now; its log may say why",
	[MAIL_STARTTLS_INJECTION] = "somebody between here and the server may alter what is said",
	[MAIL_HANDSHAKE_FAILED] =
		"check that TLS is configured on the port, and which versions and ciphers the server has",
	[MAIL_TLS_VERSION] = "the server must speak TLS 1.2 or later; see 'mail tls minimum'",
	[MAIL_CERT_UNTRUSTED] = CERTIFICATE,
	[MAIL_CERT_EXPIRED] = "the server's certificate must be renewed; check the clock of this device too",
	[MAIL_CERT_NOT_YET_VALID] = "check the clock of this device",
	[MAIL_CERT_NAME_MISMATCH] = "name the server as its certificate does",
	[MAIL_CERT_REVOKED] = "the server's certificate was revoked and must be replaced",
	[MAIL_CERT_REVOCATION_UNKNOWN] =
		"make the CRL or the OCSP responder reachable, or set 'revocation-check none'",
	[MAIL_CERT_WEAK] = "the server's certificate needs a stronger key or digest",
	[MAIL_CERT_PURPOSE] = "the server needs a certificate for server authentication",

	[MAIL_AUTH_NOT_OFFERED] = "use the port where the server offers a login, often 587 with 'secure tls'",
	[MAIL_AUTH_NO_COMMON_MECH] = "see 'mail auth mechanism', and what the server offers",
	[MAIL_AUTH_NEEDS_TLS] = "write 'secure tls'",
	[MAIL_AUTH_FAILED] = PASSWORD,
	[MAIL_AUTH_TEMPFAIL] = LATER,

	[MAIL_SENDER_REJECTED] = "the From address must belong to the account",
	[MAIL_RECIPIENT_REJECTED] =
		"check the recipient's address, and whether the server wants a login before it relays",
	[MAIL_DATA_REJECTED] = LATER,
	[MAIL_MESSAGE_REJECTED] = "the server refuses what the mail says; its reply says why",
	[MAIL_MESSAGE_TOO_BIG] = "send less, or raise 'mail maximum-size' and the server's own limit",
	[MAIL_ADDRESS_NOT_SUPPORTED] = "the server does not take addresses that are not ASCII",

	[MAIL_DANE_NO_TLSA] = "the domain has no usable TLSA records; 'dane opportunistic' does without",
	[MAIL_DANE_INSECURE] = "the domain is not signed with DNSSEC; 'dane opportunistic' does without",
	[MAIL_DANE_BOGUS] =
		"the domain's DNSSEC signatures do not validate: see 'show mail dnssec' and 'daneverify'",
	[MAIL_DANE_MISMATCH] = "the certificate is not the one of the TLSA records; see 'daneverify'",
	[MAIL_DANE_NO_TLS] = "the host has TLSA records and must offer STARTTLS",
	[MAIL_DANE_ROUTE] = "a route names the host, so that its records cannot be found; see 'mail route'",
	[MAIL_STS_MX_MISMATCH] = "the host is not in the domain's MTA-STS policy; see 'mtastsverify'",
	[MAIL_STS_NO_TLS] = "the domain's MTA-STS policy demands STARTTLS; see 'mtastsverify'",
	[MAIL_STS_CERT] =
		"the domain's MTA-STS policy demands a certificate from a trusted root; see 'mtastsverify'",
	[MAIL_STS_TLS_VERSION] = "the domain's MTA-STS policy demands TLS 1.2 or later; see 'mtastsverify'",

	[MAIL_QUEUE_FULL] = "see 'show mail queue' and its limits",
	[MAIL_EXPIRED] = "see 'show mail queue detail' for what each attempt met",
	[MAIL_HELPER_FAILED] = "see 'show logging' for why the mail process ended",
	[MAIL_CANCELLED] = "the run or the session that waited for it has ended",
};

/* RFC 5321 4.2.1: a 4yz reply is about now, not about the address (greylisting, RFC 6647). */
static bool
is_put_off(enum mail_class c, int code)
{
	return code >= 400 && code < 500 && (c == MAIL_SENDER_REJECTED || c == MAIL_RECIPIENT_REJECTED);
}

const char *
mail_hint(enum mail_class c, int code)
{
	if (is_put_off(c, code))
		return TEMPORARY;
	if (c == MAIL_AUTH_TEMPFAIL && code == 0)
		return TOKEN;
	return hints[c];
}
