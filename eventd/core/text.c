/* A growing byte string, and what we do to foreign text. */
#include "core/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

static void
reserve(struct text *t, size_t more)
{
	size_t need = t->len + more + 1;

	if (need <= t->cap)
		return;
	t->cap = need < 64 ? 64 : need + need / 2;
	t->s = mem_resize(t->ctx, t->s, t->cap);
}

void
text_init(struct text *t, const void *ctx)
{
	memset(t, 0, sizeof *t);
	t->ctx = (void *)(uintptr_t)ctx;
	reserve(t, 0);
	t->s[0] = '\0';
}

struct text *
text_new(const void *ctx)
{
	struct text *t = mem_new(ctx, struct text);

	text_init(t, t);
	return t;
}

void
text_addn(struct text *t, const void *data, size_t n)
{
	reserve(t, n);
	if (n > 0)
		memcpy(t->s + t->len, data, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void
text_add(struct text *t, const char *s)
{
	text_addn(t, s, strlen(s));
}

void
text_addc(struct text *t, char c)
{
	text_addn(t, &c, 1);
}

void
text_vprintf(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(t->s + t->len, t->cap - t->len, fmt, ap);
	if (n >= 0 && (size_t)n >= t->cap - t->len) {
		reserve(t, (size_t)n);
		n = vsnprintf(t->s + t->len, t->cap - t->len, fmt, again);
	}
	va_end(again);
	if (n > 0)
		t->len += (size_t)n;
	t->s[t->len] = '\0';
}

void
text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(t, fmt, ap);
	va_end(ap);
}

void
text_pad(struct text *t, size_t column)
{
	const char *nl = memrchr(t->s, '\n', t->len);
	size_t at = nl == NULL ? t->len : t->len - (size_t)(nl - t->s) - 1;

	for (; at < column; at++)
		text_addc(t, ' ');
}

void
text_clear(struct text *t)
{
	t->len = 0;
	t->s[0] = '\0';
}

void
text_drop(struct text *t, size_t n)
{
	if (n > t->len)
		n = t->len;
	memmove(t->s, t->s + n, t->len - n + 1);
	t->len -= n;
}

static bool
is_cont(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t
utf8_len(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return n >= 2 && is_cont(p[1]) ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if (n < 3 || !is_cont(p[1]) || !is_cont(p[2]))
			return 0;
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (n < 4 || !is_cont(p[1]) || !is_cont(p[2]) || !is_cont(p[3]))
			return 0;
		if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

bool
utf8_valid(const char *s, size_t n)
{
	while (n > 0) {
		size_t len = utf8_len(s, n);

		if (len == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

static uint32_t
utf8_value(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t v = len == 2 ? p[0] & 0x1fu : len == 3 ? p[0] & 0x0fu : len == 4 ? p[0] & 0x07u : p[0];

	for (size_t i = 1; i < len; i++)
		v = v << 6 | (p[i] & 0x3fu);
	return v;
}

/* Controls that steer a terminal or turn the reading direction. */
static bool
is_steering(uint32_t c)
{
	if (c < 0x20)
		return c != '\n' && c != '\t';
	return c == 0x7f || (c >= 0x80 && c <= 0x9f) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

static void
add_foreign(struct text *t, const char *s, size_t n, bool one_line)
{
	while (n > 0) {
		size_t len = utf8_len(s, n);
		uint32_t c;

		if (len == 0) {
			text_printf(t, "\\x%02X", (unsigned char)*s);
			s++, n--;
			continue;
		}
		c = utf8_value(s, len);
		if (!is_steering(c) && !(one_line && c < 0x20))
			text_addn(t, s, len);
		else if (c < 0x80)
			text_printf(t, "\\x%02X", c);
		else
			text_printf(t, "\\u{%X}", c);
		s += len;
		n -= len;
	}
}

void
text_add_screen(struct text *t, const char *s, size_t n)
{
	add_foreign(t, s, n, false);
}

void
text_add_line(struct text *t, const char *s, size_t n)
{
	add_foreign(t, s, n, true);
}

char *
text_unquote(const void *ctx, const char *typed)
{
	char *s = mem_secret(ctx, typed, strlen(typed)), *to = s;

	for (const char *at = s; *at != '\0'; at++) {
		if (*at == '\\' && (at[1] == '\\' || at[1] == '"' || at[1] == '$'))
			at++;
		*to++ = *at;
	}
	*to = '\0';
	return s;
}

void
text_add_hex(struct text *t, const void *data, size_t n, char sep)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && sep != 0)
			text_addc(t, sep);
		text_printf(t, "%02X", p[i]);
	}
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
hex_read(void *out, const char *hex, size_t n)
{
	unsigned char *to = out;

	if (n % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i / 2] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
starts_with_nocase(const char *word, const char *prefix, size_t n)
{
	return strlen(word) >= n && strncasecmp(word, prefix, n) == 0;
}

static size_t
edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[65];

	if (la > 64 || lb > 64)
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diag = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = diag + (a[i - 1] != b[j - 1]);

			diag = row[j];
			if (row[j] + 1 < change)
				change = row[j] + 1;
			if (row[j - 1] + 1 < change)
				change = row[j - 1] + 1;
			row[j] = change;
		}
	}
	return row[lb];
}

const char *
nearest_word(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t best_distance = 3;

	for (size_t i = 0; i < n; i++) {
		size_t d = edit_distance(word, names[i]);
		bool is_like =
			d <= 1 || tolower((unsigned char)word[0]) == tolower((unsigned char)names[i][0]);

		if (is_like && d < best_distance && d < strlen(names[i])) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}
