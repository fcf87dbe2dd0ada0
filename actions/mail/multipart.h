/* The parts of a multipart/mixed message (RFC 2046, 2183, 2231). Pure; any thread. */
#ifndef ACTIONS_MAIL_MULTIPART_H
#define ACTIONS_MAIL_MULTIPART_H

#include <stddef.h>

#include "core/text.h"

struct mail_attachment {
	const char *name; /* of the file, any text */
	const void *data;
	size_t len;
};

/* A boundary that no line of the n octets is. */
char *multipart_boundary(const void *ctx, const char *body, size_t n);

/* The part with its boundary line: type by the name's ending, base64. */
void multipart_attach(struct text *out, const char *boundary, const struct mail_attachment *);

void multipart_end(struct text *out, const char *boundary);

#endif
