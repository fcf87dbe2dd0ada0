/* Prints TLS messages, states, extensions and errors as seed 000 shows them. */
#include "pki/trace_tls.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/trace_lines.h"

struct name {
	int id;
	const char *word;
};

/* RFC 8446 section 4 and RFC 5246 7.4, spelled as OpenSSL's own programs do. */
static const struct name handshakes[] = { { 0, "HelloRequest" }, { 1, "ClientHello" }, { 2, "ServerHello" },
	{ 4, "NewSessionTicket" }, { 8, "EncryptedExtensions" }, { 11, "Certificate" },
	{ 12, "ServerKeyExchange" }, { 13, "CertificateRequest" }, { 14, "ServerHelloDone" },
	{ 15, "CertificateVerify" }, { 16, "ClientKeyExchange" }, { 20, "Finished" },
	{ 22, "CertificateStatus" }, { 24, "KeyUpdate" } };

static const struct name alerts[] = { { 0, "close_notify" }, { 10, "unexpected_message" },
	{ 20, "bad_record_mac" }, { 22, "record_overflow" }, { 40, "handshake_failure" },
	{ 42, "bad_certificate" }, { 43, "unsupported_certificate" }, { 44, "certificate_revoked" },
	{ 45, "certificate_expired" }, { 46, "certificate_unknown" }, { 47, "illegal_parameter" },
	{ 48, "unknown_ca" }, { 49, "access_denied" }, { 50, "decode_error" }, { 51, "decrypt_error" },
	{ 70, "protocol_version" }, { 71, "insufficient_security" }, { 80, "internal_error" },
	{ 86, "inappropriate_fallback" }, { 90, "user_canceled" }, { 100, "no_renegotiation" },
	{ 109, "missing_extension" }, { 110, "unsupported_extension" }, { 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" }, { 116, "certificate_required" },
	{ 120, "no_application_protocol" } };

static const struct name extensions[] = { { 0, "server name" }, { 1, "max fragment length" },
	{ 5, "status request" }, { 10, "supported_groups" }, { 11, "EC point formats" },
	{ 13, "signature algorithms" }, { 16, "application layer protocol negotiation" },
	{ 18, "signed certificate timestamps" }, { 35, "session ticket" }, { 41, "psk" },
	{ 43, "supported versions" }, { 45, "psk kex modes" }, { 51, "key share" },
	{ 65281, "renegotiate" } };

#define NAME_OF(table, id) name_of((table), sizeof(table) / sizeof((table)[0]), (id))

static const char *
name_of(const struct name *table, size_t n, int id)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].id == id)
			return table[i].word;
	return NULL;
}

static unsigned
two(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The extensions of a ServerHello or, in TLS 1.3, of EncryptedExtensions; NULL when there are none. */
static const unsigned char *
find_extensions(const unsigned char *m, size_t n, size_t *len)
{
	size_t at = 4; /* type, length */

	if (n < 4 || (m[0] != 2 && m[0] != 8))
		return NULL;
	if (m[0] == 2) {
		at += 2 + 32; /* version, random */
		if (at >= n)
			return NULL;
		at += 1u + m[at] + 2 + 1; /* session, cipher suite, compression */
	}
	if (at + 2 > n || at + 2 + two(m + at) > n)
		return NULL;
	*len = two(m + at);
	return m + at + 2;
}

/*
 * Which version does a message speak? A ClientHello by its legacy field, a ServerHello by what it
 * chooses (RFC 8446 4.2.1); everything later as negotiated.
 */
static int
message_version(int negotiated, int type, const unsigned char *m, size_t n)
{
	const unsigned char *ext;
	size_t len, at = 0;

	if (type != SSL3_RT_HANDSHAKE || n < 6 || (m[0] != 1 && m[0] != 2))
		return negotiated;
	ext = find_extensions(m, n, &len);
	for (; ext != NULL && at + 4 <= len; at += 4 + two(ext + at + 2))
		if (two(ext + at) == 43 && at + 6 <= len)
			return (int)two(ext + at + 4);
	return (int)two(m + 4);
}

static const char *
version_name(int version)
{
	switch (version) {
	case TLS1_VERSION:
		return "TLS 1.0";
	case TLS1_1_VERSION:
		return "TLS 1.1";
	case TLS1_2_VERSION:
		return "TLS 1.2";
	case TLS1_3_VERSION:
		return "TLS 1.3";
	default:
		return "???";
	}
}

static const char *
content_name(int type)
{
	switch (type) {
	case SSL3_RT_CHANGE_CIPHER_SPEC:
		return "ChangeCipherSpec";
	case SSL3_RT_ALERT:
		return "Alert";
	case SSL3_RT_HANDSHAKE:
		return "Handshake";
	default:
		return NULL;
	}
}

/* ", ClientHello" or ", fatal bad_certificate" */
static void
describe(char *out, size_t size, int type, const unsigned char *m, size_t n)
{
	const char *word = NULL;

	out[0] = '\0';
	if (type == SSL3_RT_HANDSHAKE && n > 0)
		word = NAME_OF(handshakes, m[0]);
	else if (type == SSL3_RT_ALERT && n == 2)
		word = NAME_OF(alerts, m[1]);
	if (type == SSL3_RT_HANDSHAKE)
		snprintf(out, size, ", %s", word != NULL ? word : "???");
	else if (type == SSL3_RT_ALERT && n == 2)
		snprintf(out, size, ", %s %s", m[0] == 2 ? "fatal" : "warning", word != NULL ? word : "???");
}

static void
end_dump(const struct trace *trace, const void *data, size_t n)
{
	pki_say_hex(trace, LINE_MESSAGE_BYTES, data, n);
	pki_say(trace, LINE_MESSAGE_END, &(struct pki_words){ 0 });
}

/* As the sample: the line behind an extension without contents has no time stamp of its own. */
static void
say_extensions(const struct trace *trace, const unsigned char *m, size_t n)
{
	size_t len, at = 0;
	const unsigned char *ext = find_extensions(m, n, &len);
	enum pki_line line = LINE_EXTENSION;

	while (ext != NULL && at + 4 <= len && at + 4 + two(ext + at + 2) <= len) {
		unsigned id = two(ext + at), size = two(ext + at + 2);
		const char *word = NAME_OF(extensions, (int)id);
		char text[80];

		snprintf(text, sizeof(text), "\"%s\" (id=%u)", word != NULL ? word : "unknown", id);
		pki_say(trace, line, &(struct pki_words){ .text = text, .number = size });
		pki_say_hex(trace, LINE_EXTENSION_BYTES, ext + at + 4, size);
		line = size == 0 ? LINE_EXTENSION_MORE : LINE_EXTENSION;
		at += 4 + size;
	}
}

static bool
shows_extensions(const struct trace *trace, const unsigned char *m, size_t n)
{
	size_t len;

	return pki_line_on(trace, LINE_EXTENSION) && find_extensions(m, n, &len) != NULL && len > 0;
}

static void
on_message(int sent, int version, int type, const void *data, size_t n, SSL *ssl, void *arg)
{
	const struct trace *trace = arg;
	const char *arrow = sent ? ">>>" : "<<<";
	char head[64], tail[64];

	if (type == SSL3_RT_HEADER) {
		pki_say(trace, LINE_RECORD, &(struct pki_words){ .text = arrow, .number = n });
		end_dump(trace, data, n);
		return;
	}
	if (content_name(type) == NULL)
		return;
	snprintf(head, sizeof(head), "%s %s %s", arrow, version_name(message_version(version, type, data, n)),
		content_name(type));
	describe(tail, sizeof(tail), type, data, n);
	pki_say(trace, LINE_MESSAGE, &(struct pki_words){ .text = head, .more = tail, .number = n });
	if (sent || type != SSL3_RT_HANDSHAKE || !shows_extensions(trace, data, n)) {
		end_dump(trace, data, n);
		return;
	}
	pki_say_hex(trace, LINE_MESSAGE_BYTES, data, n);
	say_extensions(trace, data, n);
}

static void
say_state(const struct trace *trace, const char *prefix, const SSL *ssl)
{
	char text[120];

	snprintf(text, sizeof(text), "%s%s", prefix, SSL_state_string_long(ssl));
	pki_say(trace, LINE_STATE, &(struct pki_words){ .text = text });
}

static void
say_alert(const struct trace *trace, int where, int alert)
{
	char text[120];

	snprintf(text, sizeof(text), "%s:%s:%s", (where & SSL_CB_READ) != 0 ? "read" : "write",
		SSL_alert_type_string_long(alert), SSL_alert_desc_string_long(alert));
	pki_say(trace, LINE_ALERT, &(struct pki_words){ .text = text });
}

void
trace_tls_state(const struct trace *trace, const SSL *ssl, int where, int value)
{
	if ((where & SSL_CB_HANDSHAKE_START) != 0)
		pki_say(trace, LINE_HANDSHAKE_START,
			&(struct pki_words){ .text = SSL_state_string_long(ssl) });
	else if ((where & SSL_CB_ALERT) != 0)
		say_alert(trace, where, value);
	else if ((where & SSL_CB_LOOP) != 0)
		say_state(trace, "", ssl);
	else if ((where & SSL_CB_EXIT) != 0 && value == 0)
		say_state(trace, "failed in ", ssl);
	/* A socket that has no data yet ends the call too, and is no error. */
	else if ((where & SSL_CB_EXIT) != 0 && value < 0 && SSL_want(ssl) == SSL_NOTHING)
		say_state(trace, "error in ", ssl);
}

void
trace_tls_attach(SSL *ssl, const struct trace *trace)
{
	if (trace == NULL || trace->on == 0)
		return;
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, (void *)trace);
}

void
trace_tls_begin(const struct trace *trace, const char *curves, const char *ciphers)
{
	pki_say(trace, LINE_CONTEXT_ALLOCATED, &(struct pki_words){ 0 });
	pki_say(trace, LINE_CIPHER_MASK, &(struct pki_words){ 0 });
	pki_say(trace, LINE_CURVES, &(struct pki_words){ .text = curves });
	pki_say(trace, LINE_PKI_INFO, &(struct pki_words){ 0 });
	pki_say(trace, LINE_PKI_INFO_DONE, &(struct pki_words){ 0 });
	pki_say(trace, LINE_CIPHERSUITES, &(struct pki_words){ .text = ciphers });
}

static int
on_error(const char *line, size_t n, void *arg)
{
	const struct trace *trace = arg;
	const char *error = memmem(line, n, ":error:", 7);
	struct text *t = text_new(NULL);

	/* OpenSSL puts the thread's number in front; the samples show 0. */
	text_add(t, "0");
	text_addn(t, error != NULL ? error : line, error != NULL ? n - (size_t)(error - line) : n);
	while (t->len > 0 && t->s[t->len - 1] == '\n')
		t->s[--t->len] = '\0';
	pki_say(trace, LINE_ERROR, &(struct pki_words){ .text = t->s });
	mem_free(t);
	return 1;
}

void
trace_tls_errors(const struct trace *trace)
{
	if (pki_line_on(trace, LINE_ERROR))
		ERR_print_errors_cb(on_error, (void *)trace);
	ERR_clear_error();
}
