/*
 * The encodings of mail text: quoted-printable and base64 bodies (RFC 2045), encoded words in headers
 * (RFC 2047), folding (RFC 5322). Pure; any thread.
 */
#ifndef ACTIONS_MAIL_ENCODE_H
#define ACTIONS_MAIL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

#define MAIL_LINE_FOLD 78  /* RFC 5322 2.1.1: should */
#define MAIL_LINE_MAX  998 /* must */

/* `s` has CRLF line ends only; they stay line ends. */
void encode_quoted_printable(struct text *out, const char *s, size_t n);

/* Lines of 76 characters; the final one ends with CRLF too. */
void encode_base64_lines(struct text *out, const char *s, size_t n);

/* One run without line ends. */
void encode_base64(struct text *out, const void *data, size_t n);

/*
 * Adds `value` behind what stands on the last line of out ("Subject: "), folded: as it is when it is plain
 * ASCII, else as encoded words. The value must hold no controls.
 */
void encode_unstructured(struct text *out, const char *value, size_t n);

/* Must the text be written as encoded words? */
bool needs_encoded_words(const char *s, size_t n);

/* Encoded words alone: what a display name needs. */
void encode_words(struct text *out, const char *s, size_t n);

/* Columns used on the last line of out. */
size_t encode_column(const struct text *out);

#endif
