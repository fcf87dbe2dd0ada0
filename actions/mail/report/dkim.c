/* Signing messages. */
#include "actions/mail/report/dkim.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "actions/mail/encode.h"
#include "core/mem.h"
#include "core/slice.h"
#include "core/text.h"

#define KEY_BITS_MIN 1024
#define FOLD_AT      70

static const char *const signed_headers[] = { "From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
	"Content-Type", "TLS-Report-Domain", "TLS-Report-Submitter" };
#define SIGNED_COUNT (sizeof signed_headers / sizeof *signed_headers)

EVP_PKEY *
dkim_key(const char *pem, size_t n, struct err *err)
{
	BIO *in = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)"");

	BIO_free(in);
	if (key != NULL && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= KEY_BITS_MIN)
		return key;
	EVP_PKEY_free(key);
	err_set(err, ERR_CRYPTO, "not an RSA key of %d bits or more in PEM", KEY_BITS_MIN);
	return NULL;
}

/* ---- relaxed canonicalization (RFC 6376 3.4.2, 3.4.4) ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Runs of blanks become one, those at the end go; `s` is one line. */
static void
add_relaxed(struct text *out, struct slice s)
{
	size_t from = out->len;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_blank(s.s[i]))
			text_addc(out, s.s[i]);
		else if (out->len == from || out->s[out->len - 1] != ' ')
			text_addc(out, ' ');
	}
	while (out->len > from && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
}

static struct slice
next_line(const char **at, const char *end)
{
	const char *stop = memmem(*at, (size_t)(end - *at), "\r\n", 2);
	struct slice line = slice_between(*at, stop == NULL ? end : stop);

	*at = stop == NULL ? end : stop + 2;
	return line;
}

static void
add_relaxed_body(struct text *out, const char *at, const char *end)
{
	size_t kept = 0; /* up to the last line that is not empty */

	while (at < end) {
		size_t from = out->len;

		add_relaxed(out, next_line(&at, end));
		if (out->len > from)
			kept = out->len + 2;
		text_add(out, "\r\n");
	}
	out->len = kept;
	out->s[kept] = '\0';
}

/* "name:value" of a field that may be folded. Without a line end. */
static void
add_relaxed_field(struct text *out, struct slice field)
{
	const char *colon = memchr(field.s, ':', field.n);
	struct text value;
	const char *at, *end = field.s + field.n;
	size_t skip;

	if (colon == NULL)
		return;
	for (const char *c = field.s; c < colon; c++)
		if (!is_blank(*c))
			text_addc(out, (char)tolower((unsigned char)*c));
	text_addc(out, ':');
	text_init(&value, out);
	for (at = colon + 1; at < end;) {
		struct slice line = next_line(&at, end);

		text_addn(&value, line.s, line.n);
	}
	skip = strspn(value.s, " \t");
	add_relaxed(out, (struct slice){ value.s + skip, value.len - skip });
	mem_free(value.s);
}

/* ---- fields ---- */

/* The field of that name, folded lines included, without its last line end; s NULL: there is none. */
static struct slice
find_field(const char *message, const char *end_of_header, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = message; at < end_of_header;) {
		const char *from = at, *stop;

		do {
			struct slice line = next_line(&at, end_of_header);

			stop = line.s + line.n;
		} while (at < end_of_header && is_blank(*at));
		if ((size_t)(stop - from) > n && from[n] == ':' && strncasecmp(from, name, n) == 0)
			return slice_between(from, stop);
	}
	return SLICE_NONE;
}

static void
add_folded(struct text *out, const char *s)
{
	while (*s != '\0') {
		size_t used = encode_column(out), room = used < FOLD_AT ? FOLD_AT - used : 1;
		size_t n = strlen(s) < room ? strlen(s) : room;

		text_addn(out, s, n);
		s += n;
		if (*s != '\0')
			text_add(out, "\r\n\t");
	}
}

static bool
sign_digest(struct text *out, const struct text *input, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t n = sizeof signature;
	bool ok = md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(md, signature, &n, (const unsigned char *)input->s, input->len) == 1;

	EVP_MD_CTX_free(md);
	if (ok)
		encode_base64(out, signature, n);
	return ok;
}

/* Everything of the field but the signature itself. */
static void
begin_field(struct text *out, const char *message, const char *body, const struct text *canonical,
	const struct dkim_identity *who, time_t now)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	const char *between = "";

	SHA256((const unsigned char *)canonical->s, canonical->len, hash);
	text_printf(out, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=%s;\r\n\tt=%lld; h=",
		who->domain, who->selector, (long long)now);
	for (size_t i = 0; i < SIGNED_COUNT; i++) {
		if (find_field(message, body, signed_headers[i]).s == NULL)
			continue;
		text_add(out, between);
		if (encode_column(out) + strlen(signed_headers[i]) > FOLD_AT)
			text_add(out, "\r\n\t");
		text_add(out, signed_headers[i]);
		between = ":";
	}
	text_add(out, ";\r\n\tbh=");
	encode_base64(out, hash, sizeof hash);
	text_add(out, ";\r\n\tb=");
}

char *
dkim_sign(const void *ctx, const char *message, size_t n, const struct dkim_identity *who, time_t now,
	struct err *err)
{
	const char *end = message + n, *body = memmem(message, n, "\r\n\r\n", 4);
	struct text *field = text_new(ctx), *input = text_new(field), *signature = text_new(field);
	bool ok;

	body = body == NULL ? end : body + 4;
	add_relaxed_body(input, body, end);
	begin_field(field, message, body, input, who, now);
	text_clear(input);
	for (size_t i = 0; i < SIGNED_COUNT; i++) {
		struct slice found = find_field(message, body, signed_headers[i]);

		if (found.s == NULL)
			continue;
		add_relaxed_field(input, found);
		text_add(input, "\r\n");
	}
	add_relaxed_field(input, (struct slice){ field->s, field->len });
	ok = sign_digest(signature, input, who->key);
	if (!ok) {
		mem_free(field);
		err_set(err, ERR_CRYPTO, "the key does not sign");
		return NULL;
	}
	add_folded(field, signature->s);
	text_add(field, "\r\n");
	return field->s;
}
