/*
 * Output filters: `| include A | exclude B | append flash:f` behind a show command (rulings 28, 46).
 * A chain takes output in pieces and passes on whole lines; file filters collect and write at the
 * end. Expressions are the IOS ones: POSIX extended, `_` a delimiter. Engine thread only.
 */
#ifndef CLI_PIPE_H
#define CLI_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct pipe;
struct files;
struct text;
struct kw_offer;

/* Where the first filter's '|' stands in a command line, or -1: outside quotes, behind a blank, before
 * a word that begins a filter. */
long pipe_find(const char *line);

typedef void pipe_out_f(void *arg, const char *s, size_t n);
struct pipe_env {
	const struct files *files; /* NULL: no file filters here */
	unsigned how;              /* of core/files.h */
	pipe_out_f *out;
	void *arg;
};

/*
 * `filters` begins at its first '|'. NULL with err: err->column counts from 1 at that '|', and the
 * code is one of the parser's, so that it is reported as a wrong word of the line.
 */
struct pipe *pipe_new(const void *ctx, const char *filters, const struct pipe_env *, struct err *);
void pipe_feed(struct pipe *, const char *s, size_t n);
/* The rest, and what is written at the end. False: a file could not be written. */
bool pipe_end(struct pipe *, struct err *);

/* What may come behind `filters` (for `?` and Tab): the filter words, or what the last one takes. */
void pipe_offers(const void *ctx, const char *filters, struct kw_offer **offers, size_t *n);

#endif
