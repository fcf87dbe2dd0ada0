/*
 * A growing byte string, and what we do to foreign text. The buffer is always NUL-terminated behind
 * `len`; it may hold NULs. Owned by its context. Any thread, one at a time.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *s;    /* never NULL after text_new() / text_init() */
	size_t len; /* bytes, without the NUL */
	size_t cap;
	void *ctx;
};

struct text *text_new(const void *ctx);
void text_init(struct text *, const void *ctx); /* for a struct text inside another object */

void text_add(struct text *, const char *s);
void text_addn(struct text *, const void *data, size_t n);
void text_addc(struct text *, char c);
void text_printf(struct text *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void text_pad(struct text *, size_t column); /* blanks up to `column` of the current line */
void text_clear(struct text *);
void text_drop(struct text *, size_t n); /* removes the first n bytes */

/* Is `s` well-formed UTF-8 (no surrogates, no overlong forms)? */
bool utf8_valid(const char *s, size_t n);
/* Bytes of the character at s (1-4), 0 when it is not well formed. */
size_t utf8_len(const char *s, size_t n);

/*
 * Foreign text for a screen (rulings 21): C0 but \n and \t, DEL, C1 and bidirectional controls as
 * \xHH or \u{H}; bytes that are not UTF-8 as \xHH.
 */
void text_add_screen(struct text *, const char *s, size_t n);
void text_add_line(struct text *, const char *s, size_t n); /* \n and \t, too: it stays one line */

/* What was typed between quotes, its \\ \" \$ worked off (rulings 1). Wiped when freed. */
char *text_unquote(const void *ctx, const char *typed);

/* "AB CD 01": upper-case hex, `sep` between bytes (0 = none). */
void text_add_hex(struct text *, const void *data, size_t n, char sep);
/* The value of a hex digit of either case; -1: it is none. */
int hex_digit(char c);
/* n hex digits as n/2 octets. False: n is odd, or one of them is no digit; then `out` holds anything. */
bool hex_read(void *out, const char *hex, size_t n);

/* Case-insensitive ASCII prefix test: does `word` begin with the n bytes of `prefix`? */
bool starts_with_nocase(const char *word, const char *prefix, size_t n);

/*
 * "did you mean": the nearest of `names` (n of them), or NULL. Within one edit, or two when the first
 * letter agrees: `while` is not meant by `file`.
 */
const char *nearest_word(const char *word, const char *const *names, size_t n);

#endif
