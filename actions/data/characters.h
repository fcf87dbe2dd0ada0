/*
 * Texts as the string commands see them: a row of characters where the bytes are UTF-8, of bytes
 * where they are not (rulings 8). Pure; any thread.
 */
#ifndef ACTIONS_DATA_CHARACTERS_H
#define ACTIONS_DATA_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

struct chars {
	const char *s;
	size_t bytes;
	size_t n;     /* characters */
	bool is_wide; /* some character has more than one byte */
};

struct chars chars_of(const char *s, size_t bytes);
/* Two texts that are compared with each other: bytes for both unless both are UTF-8. */
void chars_pair(const char *a, size_t na, const char *b, size_t nb, struct chars *x, struct chars *y);

/* Where character i begins; i may be n. */
size_t chars_offset(const struct chars *, size_t i);
/* Bytes of the character that begins at this byte. */
size_t chars_length_at(const struct chars *, size_t offset);

/*
 * "3", "-1", "end", "end-2": an index of a text of n characters, which may lie outside of it. False:
 * it is none of these.
 */
bool chars_parse_index(const char *word, size_t len, size_t n, int64_t *out);

enum letter_case { LOWER, UPPER };
/* Appends the bytes in the other case, letter by letter (Unicode's simple mapping). */
void chars_add_cased(const struct chars *, size_t from, size_t to, enum letter_case, struct text *out);

/* -1, 0, 1 of at most `most` characters. */
int chars_compare(const char *a, size_t na, const char *b, size_t nb, bool nocase, size_t most);

/* First occurrence that begins at character `start` or behind; -1 when there is none. */
int64_t chars_find(const struct chars *hay, const struct chars *needle, size_t start);
/* Last occurrence that begins at character `start` or before. */
int64_t chars_find_last(const struct chars *hay, const struct chars *needle, size_t start);

#endif
