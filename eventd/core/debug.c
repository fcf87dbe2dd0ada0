/* The `debug` switches. Confirmation texts: IOS XE where seen, in its style elsewhere. */
#include "core/debug.h"

/* ORDER: enum debug_switch */
const struct debug_row debug_rows[DEBUG_COUNT] = {
	{ "event manager action mail", "Debug the mail action", "Debug EEM action mail", "EEM" },
	{ "event manager action cli", "Debug the cli action", "Debug EEM action cli", "EEM" },
	{ "event manager detector all", "Debug all event detectors", "Debug EEM detector all", "EEM" },
	{ NULL, NULL, "Debug EEM detector", "EEM" },
	{ "event manager server events", "Debug events that are published", "Debug EEM server events",
		"EEM" },
	{ "event manager server scheduling", "Debug the scheduling of policies",
		"Debug EEM server scheduling", "EEM" },
	{ "event manager common", "Debug registration, environment and contexts", "Debug EEM common", "EEM" },
	{ "event manager api calls", "Debug calls of scripts", "Debug EEM api calls", "EEM" },
	{ "event manager api errors", "Debug calls of scripts that fail", "Debug EEM api errors", "EEM" },
	{ "event manager policydir", "Debug the search for policy files", "Debug EEM policydir", "EEM" },
	{ "event manager tcl cli_library", "Debug CLI sessions of scripts", "Debug EEM tcl cli_library",
		"EEM" },
	{ "event manager tcl commands", "Debug the commands of scripts", "Debug EEM tcl commands", "EEM" },
	{ "event manager tcl smtp_library", "Debug mails of scripts", "Debug EEM tcl smtp_library", "EEM" },
	{ "crypto pki API", "PKI API", "Crypto PKI API", "PKI" },
	{ "crypto pki callbacks", "PKI callbacks", "Crypto PKI callbacks", "PKI" },
	{ "crypto pki messages", "PKI messages", "Crypto PKI Msg", "PKI" },
	{ "crypto pki scep", "PKI SCEP", "Crypto PKI SCEP", "PKI" },
	{ "crypto pki server", "PKI certificate server", "Crypto PKI Certificate Server", "PKI" },
	{ "crypto pki transactions", "PKI transactions", "Crypto PKI Trans", "PKI" },
	{ "crypto pki validation", "PKI validation path", "Crypto PKI Validation Path", "PKI" },
	{ "ssl openssl errors", "OpenSSL errors", "OpenSSL errors", "SSL" },
	{ "ssl openssl ext", "OpenSSL TLS extensions", "OpenSSL ext", "SSL" },
	{ "ssl openssl msg", "OpenSSL protocol messages", "OpenSSL msg", "SSL" },
	{ "ssl openssl states", "OpenSSL state changes", "OpenSSL states", "SSL" },
	{ "mail dns", "DNS and DNSSEC look-ups of mail hosts", "Mail DNS", "Mail" },
};
