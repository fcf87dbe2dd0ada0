/* The reply to a request that was written by hand. */
#include "probe/http_reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
http_reply_begin(struct http_reply *r, bool is_head)
{
	memset(r, 0, sizeof *r);
	r->is_head = is_head;
}

/* "HTTP/1.1 200 OK" */
static void
status_line(struct http_reply *r)
{
	const char *s = r->line;

	if (strncmp(s, "HTTP/", 5) != 0 || !isdigit((unsigned char)s[5]) || s[6] != '.' ||
		!isdigit((unsigned char)s[7]) || s[8] != ' ' || strspn(s + 9, "0123456789") != 3) {
		r->part = HTTP_WRONG;
		return;
	}
	r->status = atoi(s + 9);
	r->part = HTTP_HEADERS;
}

/* Behind the headers. */
static void
body_begins(struct http_reply *r)
{
	if (r->status >= 100 && r->status < 200) { /* an interim one: another follows */
		http_reply_begin(r, r->is_head);
		return;
	}
	if (r->is_head || r->status == 204 || r->status == 304)
		r->part = HTTP_DONE;
	else if (r->is_chunked)
		r->part = HTTP_CHUNK;
	else if (r->has_length)
		r->part = r->left == 0 ? HTTP_DONE : HTTP_BODY;
	else
		r->part = HTTP_REST;
}

static void
header_line(struct http_reply *r)
{
	const char *value = strchr(r->line, ':');
	size_t name = value == NULL ? 0 : (size_t)(value - r->line);

	if (r->n == 0) {
		body_begins(r);
		return;
	}
	if (name == 0 || ++r->headers > HTTP_HEADERS_MAX) {
		r->part = HTTP_WRONG;
		return;
	}
	value += 1 + strspn(value + 1, " \t");
	if (name == 17 && strncasecmp(r->line, "transfer-encoding", name) == 0)
		r->is_chunked = strcasestr(value, "chunked") != NULL;
	if (name == 14 && strncasecmp(r->line, "content-length", name) == 0) {
		if (!isdigit((unsigned char)*value))
			r->part = HTTP_WRONG;
		r->left = strtoull(value, NULL, 10);
		r->has_length = true;
	}
}

static void
chunk_line(struct http_reply *r)
{
	if (!isxdigit((unsigned char)r->line[0]) || strspn(r->line, "0123456789abcdefABCDEF") > 15) {
		r->part = HTTP_WRONG;
		return;
	}
	r->left = strtoull(r->line, NULL, 16);
	if (r->left > 0)
		r->left += 2; /* CR LF behind its octets */
	r->part = r->left == 0 ? HTTP_TRAILERS : HTTP_CHUNK_BODY;
}

static void
line_ends(struct http_reply *r)
{
	if (r->n > 0 && r->line[r->n - 1] == '\r')
		r->n--;
	r->line[r->n] = '\0';
	switch (r->part) {
	case HTTP_STATUS:
		status_line(r);
		break;
	case HTTP_HEADERS:
		header_line(r);
		break;
	case HTTP_CHUNK:
		chunk_line(r);
		break;
	default: /* a trailer */
		if (r->n == 0)
			r->part = HTTP_DONE;
		break;
	}
	r->n = 0;
}

/* Octets of a line; the number taken. */
static size_t
take_line(struct http_reply *r, const char *data, size_t n)
{
	const char *end = memchr(data, '\n', n);
	size_t part = end == NULL ? n : (size_t)(end - data);

	if (r->n + part >= sizeof r->line) {
		r->part = HTTP_WRONG;
		return n;
	}
	memcpy(r->line + r->n, data, part);
	r->n += part;
	if (end == NULL)
		return n;
	line_ends(r);
	return part + 1;
}

static size_t
take_body(struct http_reply *r, size_t n)
{
	size_t part = n < r->left ? n : (size_t)r->left;

	r->left -= part;
	if (r->left == 0)
		r->part = r->part == HTTP_BODY ? HTTP_DONE : HTTP_CHUNK;
	return part;
}

void
http_reply_feed(struct http_reply *r, const char *data, size_t n)
{
	while (n > 0 && r->part != HTTP_DONE && r->part != HTTP_WRONG && r->part != HTTP_REST) {
		size_t taken = r->part == HTTP_BODY || r->part == HTTP_CHUNK_BODY ? take_body(r, n)
										  : take_line(r, data, n);

		data += taken;
		n -= taken;
	}
}

void
http_reply_close(struct http_reply *r)
{
	if (r->part == HTTP_REST)
		r->part = HTTP_DONE;
	else if (r->part != HTTP_DONE)
		r->part = HTTP_WRONG;
}
