/* The table of PKI and TLS trace lines. */
#include "pki/trace_lines.h"

#include "core/mem.h"
#include "core/text.h"

#define API          DEBUG_BIT(DEBUG_PKI_API)
#define CALLBACKS    DEBUG_BIT(DEBUG_PKI_CALLBACKS)
#define MESSAGES     DEBUG_BIT(DEBUG_PKI_MESSAGES)
#define TRANSACTIONS DEBUG_BIT(DEBUG_PKI_TRANSACTIONS)
#define VALIDATION   DEBUG_BIT(DEBUG_PKI_VALIDATION)
#define ERRORS       DEBUG_BIT(DEBUG_SSL_ERRORS)
#define EXT          DEBUG_BIT(DEBUG_SSL_EXT)
#define MSG          DEBUG_BIT(DEBUG_SSL_MSG)
#define STATES       DEBUG_BIT(DEBUG_SSL_STATES)

struct row {
	debug_mask why;
	bool stamped; /* begins a log line of its own */
	const char *text;
};

/* Texts to the letter, blanks and missing blanks included: seed 000. ORDER: by enum name. */
static const struct row rows[LINE_COUNT] = {
	[LINE_CONTEXT_ALLOCATED] = { STATES, true, "CRYPTO_OPSSL: Allocated the memory for OPSSLContext" },
	[LINE_CIPHER_MASK] = { STATES, true,
		"CRYPTO_OPSSL: Set cipher specs to mask 0x02FC0000 for version 128" },
	[LINE_CURVES] = { STATES, true, "Set the Default EC Curve list: 0x70Set the EC curve list: $T" },
	[LINE_PKI_INFO] = { CALLBACKS, true, "opssl_SetPKIInfo entry" },
	[LINE_PKI_INFO_DONE] = { CALLBACKS, true, "opssl_SetPKIInfo done." },
	[LINE_CIPHERSUITES] = { STATES, true, "CRYPTO_OPSSL: ciphersuites $T" },
	[LINE_HANDSHAKE_START] = { STATES, true, "Handshake start: $T" },

	[LINE_STATE] = { STATES, true, "SSL_connect:$T" },
	[LINE_ALERT] = { STATES, true, "SSL3 alert $T" },
	[LINE_RECORD] = { MSG, true, "$T ??? [length $X]" },
	[LINE_MESSAGE] = { MSG, true, "$T [length $X]$U" },
	[LINE_MESSAGE_BYTES] = { MSG, true, "" },
	[LINE_MESSAGE_END] = { MSG, true, "" },
	[LINE_EXTENSION] = { EXT, true, "TLS server extension $T, len=$N" },
	[LINE_EXTENSION_MORE] = { EXT, false, "TLS server extension $T, len=$N" },
	[LINE_EXTENSION_BYTES] = { EXT, true, "" },
	[LINE_ERROR] = { ERRORS, true, "$T" },

	[LINE_CALLBACK] = { CALLBACKS, true, "CC_DEBUG: Entering shim layer app callback function" },
	[LINE_SESSION_STARTED] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: ($S) Session started - identity not specified" },
	[LINE_ADDING_PEER] = { API | TRANSACTIONS, true, "CRYPTO_PKI: ($S) Adding peer certificate" },
	[LINE_ADDED_PEER] = { API | TRANSACTIONS | MESSAGES, true,
		"CRYPTO_PKI: Added x509 peer certificate - ($N) bytes" },
	[LINE_VALIDATE_CHAIN] = { CALLBACKS, true, "CRYPTO_OPSSL: Validate Certificate Chain Callback" },
	[LINE_DANE_MATCH] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) TLSA record $T matches certificate $N of the chain" },
	[LINE_DANE_NO_MATCH] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) No TLSA record matches: $T" },
	[LINE_LOOKUP] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI(Cert Lookup) issuer=\"$T\" serial number= $U" },
	[LINE_LOOKUP_HANDLE] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: looking for cert in handle=$T, digest=" },
	[LINE_LOOKUP_DIGEST] = { API | TRANSACTIONS, false, "" },
	[LINE_NO_RECORD] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: Cert record not found for issuer serial." },
	[LINE_BY_SUBJECT] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: crypto_pki_get_cert_record_by_subject()" },
	[LINE_SUBJECT_MATCH] = { API | TRANSACTIONS, true, "CRYPTO_PKI: Found a subject match" },
	[LINE_IP_EXTENSION] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_PKI: ip-ext-val: IP extension validation not required:Incrementing refcount for "
		"context "
		"id-$I to 1" },
	[LINE_CONTEXT_CREATED] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_PKI: create new ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident $I" },
	[LINE_PATH_LENGTH] = { VALIDATION, true, "CRYPTO_PKI: ($S)validation path has $N certs" },
	[LINE_CHECK_IDENTICAL] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Check for identical certs" },
	[LINE_IDENTICAL] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Certificate is identical to that of trustpoint $T" },
	[LINE_NON_TRUSTED] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI : ($S) Validating non-trusted cert" },
	[LINE_SUITABLE_LIST] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Create a list of suitable trustpoints" },
	[LINE_BY_ISSUER] = { API | TRANSACTIONS, true, "CRYPTO_PKI: crypto_pki_get_cert_record_by_issuer()" },
	[LINE_ISSUER_MATCH] = { API | TRANSACTIONS, true, "CRYPTO_PKI: Found a issuer match" },
	[LINE_NO_ISSUER] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: Unable to locate cert record by issuername" },
	[LINE_LOOK_UP_CHAIN] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: No trust point for cert issuer, looking up cert chain" },
	[LINE_NO_SUITABLE] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) No suitable trustpoints found" },
	[LINE_SUITABLE] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Suitable trustpoints are: $T" },
	[LINE_ATTEMPTING] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Attempting to validate certificate using $T policy" },
	[LINE_USING] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Using $T to validate certificate" },
	[LINE_MAKE_CHAIN] = { VALIDATION, true, "CRYPTO_PKI(make trusted certs chain)" },
	[LINE_ADDED_TRUSTED] = { VALIDATION, true, "CRYPTO_PKI: Added $N certs to trusted chain." },
	[LINE_PREPARE_REVOCATION] = { VALIDATION, true,
		"CRYPTO_PKI: Prepare session revocation service providers" },
	[LINE_VERIFIED] = { TRANSACTIONS | VALIDATION, true, "CRYPTO_PKI: ($S) Certificate is verified" },
	[LINE_REMOVE_REVOCATION] = { VALIDATION, true,
		"CRYPTO_PKI: Remove session revocation service providers" },
	[LINE_STATUS] = { VALIDATION, true,
		"CRYPTO_PKI: Remove session revocation service providers$T:validation status - $U" },
	[LINE_WITHOUT_REVOCATION] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Certificate validated without revocation check:cert refcount after "
		"increment "
		"= 1" },
	[LINE_WITH_REVOCATION] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Certificate validated:cert refcount after increment = 1" },
	[LINE_KEY_USAGE] = { VALIDATION, true, "PKI: Cert key-usage: $T" },
	[LINE_CAUSE] = { TRANSACTIONS | VALIDATION, true, "CRYPTO_PKI: ($S) $T: $U" },
	[LINE_ANCHORED] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S)chain cert was anchored to trustpoint $T, and chain validation result was: "
		"$U" },
	[LINE_REMOVING_CONTEXT] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Removing verify context" },
	[LINE_CONTEXT_DESTROYED] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_PKI: destroying ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident $I, ref count "
		"1:Decrementing refcount for context id-$I to 0" },
	[LINE_CONTEXT_RELEASED] = { CALLBACKS | VALIDATION, true, "CRYPTO_PKI: ca_req_context released" },
	[LINE_VALIDATION_TP] = { TRANSACTIONS | VALIDATION, true, "CRYPTO_PKI: ($S) Validation TP is $T" },
	[LINE_SUCCEEDED] = { TRANSACTIONS | VALIDATION, true,
		"CRYPTO_PKI: ($S) Certificate validation succeeded" },
	[LINE_OPSSL_SUCCESS] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_OPSSL: Certificate verification is successful" },
	[LINE_OPSSL_FAILURE] = { CALLBACKS | VALIDATION, true,
		"CRYPTO_OPSSL: Certificate verification has failed" },
	[LINE_END_REQUEST] = { API | TRANSACTIONS, true, "CRYPTO_PKI: Rcvd request to end PKI session $S." },
	[LINE_SESSION_ENDED] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: PKI session $S has ended. Freeing all resources." },
	[LINE_SESSION_ENDED_GOOD] = { API | TRANSACTIONS, true,
		"CRYPTO_PKI: PKI session $S has ended. Freeing all resources.:cert refcount after decrement "
		"= 0" },
};

static void
add_word(struct text *t, char word, const struct pki_words *words)
{
	switch (word) {
	case 'S':
		text_printf(t, "%05X", words->session);
		break;
	case 'I':
		text_printf(t, "%u", words->context);
		break;
	case 'N':
		text_printf(t, "%zu", words->number);
		break;
	case 'X':
		text_printf(t, "%04zX", words->number);
		break;
	case 'T':
		text_add(t, words->text != NULL ? words->text : "");
		break;
	case 'U':
		text_add(t, words->more != NULL ? words->more : "");
		break;
	}
}

bool
pki_line_on(const struct trace *trace, enum pki_line line)
{
	return trace_on(trace, rows[line].why);
}

void
pki_say(const struct trace *trace, enum pki_line line, const struct pki_words *words)
{
	const struct row *row = &rows[line];
	struct text *t;

	if (!trace_on(trace, row->why))
		return;
	t = text_new(NULL);
	for (const char *p = row->text; *p != '\0'; p++) {
		if (*p == '$')
			add_word(t, *++p, words);
		else
			text_addc(t, *p);
	}
	if (row->stamped)
		trace_line(trace, row->why, "%s", t->s);
	else
		trace_more(trace, row->why, "%s", t->s);
	mem_free(t);
}

void
pki_say_hex(const struct trace *trace, enum pki_line line, const void *data, size_t n)
{
	trace_hex(trace, rows[line].why, rows[line].stamped, data, n);
}
