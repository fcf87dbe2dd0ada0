/* Quoted-printable, base64, encoded words and folding. */
#include "actions/mail/encode.h"

#include <stdint.h>
#include <string.h>

#define QP_LINE      76
#define BASE64_LINE  76
#define WORD_MAX     75 /* RFC 2047 2: an encoded word, all of it */
#define WORD_FRAME   12 /* =?UTF-8?Q??= */
#define WORD_LONGEST 900

size_t
encode_column(const struct text *out)
{
	const char *nl = memrchr(out->s, '\n', out->len);

	return nl == NULL ? out->len : out->len - (size_t)(nl - out->s) - 1;
}

static void
add_hex(struct text *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";

	text_addc(out, '=');
	text_addc(out, digits[c >> 4]);
	text_addc(out, digits[c & 15]);
}

void
encode_quoted_printable(struct text *out, const char *s, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool line_ends = i + 1 == n || (s[i + 1] == '\r' && i + 2 < n && s[i + 2] == '\n');
		bool blank = c == ' ' || c == '\t', plain = (c > ' ' && c < 0x7f && c != '=') || blank;
		size_t width;

		if (c == '\r' && i + 1 < n && s[i + 1] == '\n') {
			text_add(out, "\r\n");
			column = 0;
			i++;
			continue;
		}
		if (blank && line_ends)
			plain = false;
		width = plain ? 1 : 3;
		if (column + width > QP_LINE - (line_ends ? 0u : 1u)) {
			text_add(out, "=\r\n");
			column = 0;
		}
		if (plain)
			text_addc(out, (char)c);
		else
			add_hex(out, c);
		column += width;
	}
}

void
encode_base64(struct text *out, const void *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		text_addc(out, digits[v >> 18 & 63]);
		text_addc(out, digits[v >> 12 & 63]);
		text_addc(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		text_addc(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

void
encode_base64_lines(struct text *out, const char *s, size_t n)
{
	const size_t step = BASE64_LINE / 4 * 3;

	for (size_t i = 0; i < n; i += step) {
		encode_base64(out, s + i, n - i < step ? n - i : step);
		text_add(out, "\r\n");
	}
}

bool
needs_encoded_words(const char *s, size_t n)
{
	size_t word = 0;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] >= 0x80)
			return true;
		word = s[i] == ' ' && i > 0 && s[i - 1] != ' ' ? 1 : word + 1;
		if (word > WORD_LONGEST)
			return true;
	}
	/* What only looks like an encoded word would be decoded by whoever shows it. */
	return memmem(s, n, "=?", 2) != NULL;
}

/* Allowed in a Q word wherever one may stand (RFC 2047 5 (3)). */
static bool
is_q_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != 0 && strchr("!*+-/", c) != NULL);
}

static size_t
q_width(const char *s, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		width += is_q_plain((unsigned char)s[i]) || s[i] == ' ' ? 1 : 3;
	return width;
}

static void
add_q(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == ' ')
			text_addc(out, '_');
		else if (is_q_plain((unsigned char)s[i]))
			text_addc(out, s[i]);
		else
			add_hex(out, (unsigned char)s[i]);
	}
}

/* How many bytes, in whole characters, fit into a word with `room` columns of text. */
static size_t
fitting(const char *s, size_t n, size_t room, bool b)
{
	size_t take = 0;

	while (take < n) {
		size_t len = utf8_len(s + take, n - take), width;

		len = len == 0 ? 1 : len;
		width = b ? (take + len + 2) / 3 * 4 : q_width(s, take + len);
		if (width > room)
			break;
		take += len;
	}
	return take;
}

void
encode_words(struct text *out, const char *s, size_t n)
{
	size_t foreign = 0;
	bool b;

	for (size_t i = 0; i < n; i++)
		foreign += (unsigned char)s[i] >= 0x80;
	b = foreign * 3 > n;
	while (n > 0) {
		size_t column = encode_column(out),
		       line = MAIL_LINE_FOLD > column ? MAIL_LINE_FOLD - column : 0;
		size_t word = line < WORD_MAX ? line : WORD_MAX, take = 0;

		if (word > WORD_FRAME)
			take = fitting(s, n, word - WORD_FRAME, b);
		if (take == 0) {
			text_add(out, "\r\n ");
			continue;
		}
		text_add(out, b ? "=?UTF-8?B?" : "=?UTF-8?Q?");
		if (b)
			encode_base64(out, s, take);
		else
			add_q(out, s, take);
		text_add(out, "?=");
		s += take;
		n -= take;
		if (n > 0)
			text_add(out, "\r\n ");
	}
}

void
encode_unstructured(struct text *out, const char *value, size_t n)
{
	while (n > 0 && value[0] == ' ')
		value++, n--;
	while (n > 0 && value[n - 1] == ' ')
		n--;
	if (needs_encoded_words(value, n)) {
		encode_words(out, value, n);
		return;
	}
	/* A fold may stand before any blank that a word follows: no line is blanks alone. */
	while (n > 0) {
		size_t blanks = 0, word;

		while (blanks < n && value[blanks] == ' ')
			blanks++;
		for (word = blanks; word < n && value[word] != ' ';)
			word++;
		if (blanks > 0 && encode_column(out) + word > MAIL_LINE_FOLD)
			text_add(out, "\r\n");
		text_addn(out, value, word);
		value += word;
		n -= word;
	}
}
