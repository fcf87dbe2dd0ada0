/*
 * The lines of `debug crypto pki ...` and `debug ssl openssl ...`: one table of their texts, each with
 * the switches that print it (seed 000, rulings 37). Any thread.
 */
#ifndef PKI_TRACE_LINES_H
#define PKI_TRACE_LINES_H

#include <stddef.h>

#include "core/trace.h"

enum pki_line {
	/* a connection begins */
	LINE_CONTEXT_ALLOCATED,
	LINE_CIPHER_MASK,
	LINE_CURVES,
	LINE_PKI_INFO,
	LINE_PKI_INFO_DONE,
	LINE_CIPHERSUITES,
	LINE_HANDSHAKE_START,
	/* OpenSSL's messages, states, extensions, errors */
	LINE_STATE,
	LINE_ALERT,
	LINE_RECORD,
	LINE_MESSAGE,
	LINE_MESSAGE_BYTES,
	LINE_MESSAGE_END,
	LINE_EXTENSION,
	LINE_EXTENSION_MORE,
	LINE_EXTENSION_BYTES,
	LINE_ERROR,
	/* the validation of a chain */
	LINE_CALLBACK,
	LINE_SESSION_STARTED,
	LINE_ADDING_PEER,
	LINE_ADDED_PEER,
	LINE_VALIDATE_CHAIN,
	LINE_DANE_MATCH,
	LINE_DANE_NO_MATCH,
	LINE_LOOKUP,
	LINE_LOOKUP_HANDLE,
	LINE_LOOKUP_DIGEST,
	LINE_NO_RECORD,
	LINE_BY_SUBJECT,
	LINE_SUBJECT_MATCH,
	LINE_IP_EXTENSION,
	LINE_CONTEXT_CREATED,
	LINE_PATH_LENGTH,
	LINE_CHECK_IDENTICAL,
	LINE_IDENTICAL,
	LINE_NON_TRUSTED,
	LINE_SUITABLE_LIST,
	LINE_BY_ISSUER,
	LINE_ISSUER_MATCH,
	LINE_NO_ISSUER,
	LINE_LOOK_UP_CHAIN,
	LINE_NO_SUITABLE,
	LINE_SUITABLE,
	LINE_ATTEMPTING,
	LINE_USING,
	LINE_MAKE_CHAIN,
	LINE_ADDED_TRUSTED,
	LINE_PREPARE_REVOCATION,
	LINE_VERIFIED,
	LINE_REMOVE_REVOCATION,
	LINE_STATUS,
	LINE_WITHOUT_REVOCATION,
	LINE_WITH_REVOCATION,
	LINE_KEY_USAGE,
	LINE_CAUSE,
	LINE_ANCHORED,
	LINE_REMOVING_CONTEXT,
	LINE_CONTEXT_DESTROYED,
	LINE_CONTEXT_RELEASED,
	LINE_VALIDATION_TP,
	LINE_SUCCEEDED,
	LINE_OPSSL_SUCCESS,
	LINE_OPSSL_FAILURE,
	LINE_END_REQUEST,
	LINE_SESSION_ENDED,
	LINE_SESSION_ENDED_GOOD,
	LINE_COUNT
};

/* What a line's text may name: $S session, $I context, $T text, $U second text, $N number, $X number as four hex digits. */
struct pki_words {
	unsigned session, context;
	size_t number;
	const char *text, *more;
};

void pki_say(const struct trace *, enum pki_line, const struct pki_words *);

/* Hex dump under the switches of `line`, at most 16 octets a line. */
void pki_say_hex(const struct trace *, enum pki_line, const void *data, size_t n);

/* Would anybody see this line? */
bool pki_line_on(const struct trace *, enum pki_line);

#endif
