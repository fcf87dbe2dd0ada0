/*
 * Whether the reply to a request that somebody wrote by hand is all there, and its status (RFC 9112). Fed as it comes;
 * the body is passed over. Pure, any thread.
 */
#ifndef PROBE_HTTP_REPLY_H
#define PROBE_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_LINE_MAX = 8192, HTTP_HEADERS_MAX = 256 };

/* What is expected next. */
enum http_part {
	HTTP_STATUS,
	HTTP_HEADERS,
	HTTP_BODY,       /* so many octets */
	HTTP_REST,       /* to the end of the connection */
	HTTP_CHUNK,      /* the size of the next one */
	HTTP_CHUNK_BODY, /* its octets, and the end of their line */
	HTTP_TRAILERS,
	HTTP_DONE,
	HTTP_WRONG /* this is no reply */
};

struct http_reply {
	enum http_part part;
	int status; /* 0: not seen yet */
	bool is_head, is_chunked, has_length;
	uint64_t left; /* octets of the body or chunk */
	unsigned headers;
	char line[HTTP_LINE_MAX];
	size_t n;
};

/* is_head: the request was HEAD, to which no body comes. */
void http_reply_begin(struct http_reply *, bool is_head);
void http_reply_feed(struct http_reply *, const char *data, size_t n);
/* The connection was closed: that ends a body without a length; all else that is missing is wrong. */
void http_reply_close(struct http_reply *);

#endif
