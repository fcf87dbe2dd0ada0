/*
 * A server's challenges in a login: the first octet chooses the mechanism, each line is one challenge
 * as SMTP brings it; behind a star, messages of SCRAM as they are.
 */
#include <stdint.h>
#include <string.h>

#include "actions/mail/sasl/sasl.h"
#include "actions/mail/sasl/scram.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const names[] = { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "XOAUTH2",
	"OAUTHBEARER", "LOGIN", "CRAM-MD5", "PLAIN" };

/* SCRAM with a nonce that the input can know, so that it comes to the proof. Many iterations only take time. */
static void
known_nonce(char *lines)
{
	const struct scram_want want = { .user = "u", .password = "p", .digest = "SHA256", .nonce = "N" };
	const char *count = strstr(lines, ",i=");
	struct err err = ERR_INIT;
	struct scram *s;
	struct text *out;
	char *rest = NULL;

	if (count != NULL && strspn(count + 3, "0123456789") > 4)
		return;
	s = scram_new(NULL, &want, &err);
	out = text_new(s);
	scram_begin(s, out);
	for (char *line = strtok_r(lines, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		if (!scram_answer(s, line, strlen(line), out, &err))
			break;
	mem_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct channel_binding binding = { "tls-exporter", "0123456789abcdef", 16 };
	struct sasl_want want = { .user = "u", .host = "h", .port = 25, .binding = &binding };
	struct err err = ERR_INIT;
	const char *mech;
	struct sasl *s;
	struct text *out;
	char *lines, *rest = NULL;

	if (n < 1)
		return 0;
	if (data[0] == '*') {
		lines = mem_strndup(NULL, (const char *)data + 1, n - 1);
		known_nonce(lines);
		mem_free(lines);
		return 0;
	}
	mech = names[data[0] % (sizeof names / sizeof names[0])];
	if (strstr(mech, "OAUTH") != NULL)
		want.token = "t";
	else
		want.password = "p";
	s = sasl_new(NULL, &want, &err);
	out = text_new(s);
	lines = mem_strndup(s, (const char *)data + 1, n - 1);
	if (sasl_start(s, mech, &err) && (!sasl_is_client_first(mech) || sasl_step(s, NULL, out, &err))) {
		for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
			line = strtok_r(NULL, "\n", &rest))
			if (!sasl_step(s, line, out, &err))
				break;
	}
	mem_free(s);
	return 0;
}
