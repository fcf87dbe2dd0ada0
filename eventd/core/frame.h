/*
 * Messages between processes: a 4-byte big-endian length, then one JSON object of that many bytes.
 * Used on the control socket and to every helper. The reader takes bytes as they come and refuses
 * what is too long, not JSON, or not an object; after a refusal the stream is dead.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"

#define FRAME_MAX (64u * 1024u * 1024u) /* of helpers; the control socket asks for less */

struct text;

/* Appends one frame. Strings that are not UTF-8 must have been made safe before (frame_string()). */
void frame_add(struct text *out, const json_t *object);

/* A JSON string of any bytes: what is not UTF-8 becomes U+FFFD. */
json_t *frame_string(const char *s, size_t n);

/* Text that must arrive to the octet though it is not UTF-8: each octet is a character U+0000 to U+00FF. */
json_t *frame_octets(const char *s, size_t n);
char *frame_octets_text(const void *ctx, const json_t *octets); /* NULL when it is no such string */

struct frame_reader;

struct frame_reader *frame_reader_new(const void *ctx, size_t max);
void frame_reader_feed(struct frame_reader *, const void *data, size_t n);
/*
 * The next whole object (the caller owns it), or NULL: none yet (err->code == ERR_NONE) or the
 * stream is refused (err filled).
 */
json_t *frame_reader_next(struct frame_reader *, struct err *);

/* Blocking forms for helpers. Read answers NULL with ERR_NONE at a clean end of the stream. */
bool frame_write_fd(int fd, const json_t *object, struct err *);
json_t *frame_read_fd(int fd, size_t max, struct err *);

#endif
