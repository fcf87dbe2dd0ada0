/* Messages as people read them: unfolded, and without their encodings. */
#include "actions/mail/decode.h"

#include <string.h>
#include <strings.h>

#include "core/mem.h"

/* ---- octets ---- */

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Anything that is no digit of the encoding is passed over. */
static void
decode_base64(struct text *out, const char *s, size_t n)
{
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < n && s[i] != '='; i++) {
		int digit = base64_digit(s[i]);

		if (digit < 0)
			continue;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			text_addc(out, (char)(bits >> held & 0xff));
		}
	}
}

/* "=41" at s is 'A'; -1: it is no such thing. */
static int
escaped(const char *s, size_t n)
{
	if (n < 3 || s[0] != '=' || hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
		return -1;
	return hex_digit(s[1]) * 16 + hex_digit(s[2]);
}

static void
decode_quoted_printable(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int c = escaped(s + i, n - i);

		if (c >= 0) {
			text_addc(out, (char)c);
			i += 2;
		} else if (n - i >= 3 && memcmp(s + i, "=\r\n", 3) == 0) {
			i += 2; /* a soft line end */
		} else {
			text_addc(out, s[i]);
		}
	}
}

/* ---- encoded words ---- */

/* The Q of RFC 2047 4.2: a blank is an underscore. */
static void
decode_q(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int c = escaped(s + i, n - i);

		text_addc(out, c >= 0 ? (char)c : s[i] == '_' ? ' ' : s[i]);
		i += c >= 0 ? 2 : 0;
	}
}

static bool
is_known_charset(const char *s, size_t n)
{
	static const char *const known[] = { "UTF-8", "US-ASCII" };
	const char *language = memchr(s, '*', n); /* RFC 2231 5 */

	if (language != NULL)
		n = (size_t)(language - s);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == n && strncasecmp(known[i], s, n) == 0)
			return true;
	return false;
}

/* "=?UTF-8?Q?...?=" at s: how long it is, 0 when there is none that we can read. */
static size_t
decode_word(struct text *out, const char *s, size_t n)
{
	const char *end = s + n, *charset = s + 2, *how, *text, *close;
	struct text decoded;

	if (n < 8 || s[0] != '=' || s[1] != '?')
		return 0;
	how = memchr(charset, '?', (size_t)(end - charset));
	if (how == NULL || end - how < 5 || how[2] != '?' ||
		!is_known_charset(charset, (size_t)(how - charset)))
		return 0;
	text = how + 3;
	close = memchr(text, '?', (size_t)(end - text));
	if (close == NULL || end - close < 2 || close[1] != '=' ||
		memchr(text, ' ', (size_t)(close - text)) != NULL)
		return 0;
	text_init(&decoded, out->ctx);
	if (how[1] == 'Q' || how[1] == 'q')
		decode_q(&decoded, text, (size_t)(close - text));
	else if (how[1] == 'B' || how[1] == 'b')
		decode_base64(&decoded, text, (size_t)(close - text));
	else
		close = NULL;
	if (close == NULL || !utf8_valid(decoded.s, decoded.len)) {
		mem_free(decoded.s);
		return 0;
	}
	text_addn(out, decoded.s, decoded.len);
	mem_free(decoded.s);
	return (size_t)(close + 2 - s);
}

static size_t
blanks_at(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i;
}

void
decode_words(struct text *out, const char *s, size_t n)
{
	bool behind_word = false;

	for (size_t i = 0; i < n;) {
		size_t blanks = blanks_at(s + i, n - i), took;
		struct text word;

		text_init(&word, out->ctx);
		took = decode_word(&word, s + i + blanks, n - i - blanks);
		/* RFC 2047 6.2: blanks between two words are no part of the text. */
		if (took == 0 || !behind_word)
			text_addn(out, s + i, blanks);
		text_addn(out, word.s, word.len);
		mem_free(word.s);
		behind_word = took > 0;
		i += blanks + took;
		while (took == 0 && i < n && s[i] != ' ' && s[i] != '\t')
			text_addc(out, s[i++]);
	}
}

/* ---- messages ---- */

char *
decode_field(const void *ctx, const char *message, const char *name)
{
	size_t n = strlen(name);
	const char *end = strstr(message, "\r\n\r\n"), *line = message, *next;
	struct text raw, *out = text_new(ctx);

	text_init(&raw, out);
	if (end == NULL)
		end = message + strlen(message);
	for (; line < end; line = next + 2) {
		bool is_it = strncasecmp(line, name, n) == 0 && line[n] == ':';

		next = strstr(line, "\r\n");
		if (next == NULL || next > end)
			next = end;
		if (raw.len > 0 && line[0] != ' ' && line[0] != '\t')
			break;
		if (is_it || raw.len > 0)
			text_addn(&raw, line, (size_t)(next - line));
		if (next == end)
			break;
	}
	if (raw.len > 0) {
		const char *value = raw.s + n + 1;

		value += strspn(value, " \t");
		decode_words(out, value, strlen(value));
	}
	return out->s;
}

/* A part of a multipart message is a message again; NULL: it has none. */
static char *
first_part(const void *ctx, const char *body)
{
	const char *line = strncmp(body, "--", 2) == 0 ? body : strstr(body, "\r\n--"), *begin, *end;
	char *boundary;

	if (line == NULL)
		return NULL;
	line += line == body ? 0 : 2;
	begin = strstr(line, "\r\n");
	if (begin == NULL)
		return NULL;
	boundary = mem_printf(ctx, "\r\n%.*s", (int)(begin - line), line);
	end = strstr(begin, boundary);
	begin += 2;
	return mem_strndup(ctx, begin, end == NULL || end < begin ? strlen(begin) : (size_t)(end - begin));
}

void
decode_body(struct text *out, const char *message)
{
	void *ctx = mem_ctx(NULL, "decode");
	const char *body = strstr(message, "\r\n\r\n");
	char *part = NULL, *how;

	if (strncasecmp(decode_field(ctx, message, "Content-Type"), "multipart/", 10) == 0 && body != NULL)
		part = first_part(ctx, body + 4);
	if (part != NULL) {
		message = part;
		body = strstr(part, "\r\n\r\n");
	}
	how = decode_field(ctx, message, "Content-Transfer-Encoding");
	if (body == NULL)
		body = "\r\n\r\n";
	if (strcasecmp(how, "base64") == 0)
		decode_base64(out, body + 4, strlen(body + 4));
	else if (strcasecmp(how, "quoted-printable") == 0)
		decode_quoted_printable(out, body + 4, strlen(body + 4));
	else
		text_add(out, body + 4);
	mem_free(ctx);
}
