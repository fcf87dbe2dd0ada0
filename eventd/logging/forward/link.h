/*
 * A connection to a logging host. Calls block: 5 s for each address, 10 s for a handshake or a write. Of
 * eventd-forward, one thread.
 */
#ifndef LOGGING_FORWARD_LINK_H
#define LOGGING_FORWARD_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"
#include "core/text.h"

struct link;
struct link_want;
struct revocation_cache;

/* The engine's message (forward.h). */
struct link_want *link_want_read(const void *ctx, const json_t *);
bool link_is_datagram(const struct link_want *);

/* NULL and err, a sentence for the log, when none of the host's addresses will do. */
struct link *link_open(const void *ctx, const struct link_want *, struct revocation_cache *, struct err *);
void link_close(struct link *); /* NULL is fine */
int link_fd(const struct link *);

/* One line as it goes out: the whole datagram, or its place in the stream. */
void link_frame(
	const struct link *, const struct link_want *, const char *head, const char *line, struct text *);
bool link_write(struct link *, const void *, size_t, struct err *);

/* Something came: it is thrown away. False: the other end has gone. */
bool link_listen(struct link *);

#endif
