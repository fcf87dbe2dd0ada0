/*
 * What a program prints on its terminal, as text: control sequences and the echo of the typed line are
 * taken out, and the line that has no end yet is known, for it may be a prompt. No I/O.
 */
#ifndef CLI_DEVICE_SCREEN_H
#define CLI_DEVICE_SCREEN_H

#include <stddef.h>

struct screen;
struct text;

struct screen *screen_new(const void *ctx);
/* A line was typed. With `echoes` the program prints it back; NULL: it does not. */
void screen_typed(struct screen *, const char *echoes);
/* Appends what is to be read to *out. */
void screen_feed(struct screen *, const char *s, size_t n, struct text *out);
/* The last line while it has no end, "" when it is longer than any prompt; valid until the next call. */
const char *screen_line(const struct screen *);

#endif
