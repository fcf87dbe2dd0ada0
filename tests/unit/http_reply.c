/* Replies to requests that were written by hand: whole, in pieces of every size, and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "probe/http_reply.h"

struct row {
	const char *reply;
	enum http_part part;
	int status;
	bool is_head;
};

static const struct row rows[] = {
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", HTTP_DONE, 200, false },
	{ "HTTP/1.1 200 OK\r\ncontent-LENGTH:2\r\n\r\no", HTTP_BODY, 200, false },
	{ "HTTP/1.1 204 No Content\r\n\r\n", HTTP_DONE, 204, false },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", HTTP_DONE, 304, false },
	{ "HTTP/1.1 200 OK\nContent-Length: 7\n\n", HTTP_DONE, 200, true },
	{ "HTTP/1.0 503 x\r\n\r\nall that comes", HTTP_REST, 503, false },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 301 x\r\nContent-Length: 0\r\n\r\n", HTTP_DONE, 301, false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, "
	  "chunked\r\n\r\n4;a=b\r\nabcd\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
		HTTP_DONE, 200, false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab", HTTP_CHUNK_BODY, 200, false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", HTTP_WRONG, 200, false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890abcdef0\r\n", HTTP_WRONG, 200,
		false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", HTTP_WRONG, 200, false },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n", HTTP_WRONG, 200, false },
	{ "SSH-2.0-OpenSSH_9.2\r\n", HTTP_WRONG, 0, false },
	{ "HTTP/1.1 20 OK\r\n", HTTP_WRONG, 0, false },
	{ "HTTP/1\r\n", HTTP_WRONG, 0, false },
	{ "", HTTP_STATUS, 0, false },
};

static void
replies(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].reply);

		for (size_t step = 1; step <= n + 1; step++) {
			struct http_reply r;

			http_reply_begin(&r, rows[i].is_head);
			for (size_t at = 0; at < n; at += step)
				http_reply_feed(&r, rows[i].reply + at, n - at < step ? n - at : step);
			assert_int_equal(r.part, rows[i].part);
			assert_int_equal(r.status, rows[i].status);
			http_reply_close(&r);
			assert_int_equal(r.part, rows[i].part == HTTP_DONE || rows[i].part == HTTP_REST
							 ? HTTP_DONE
							 : HTTP_WRONG);
		}
	}
}

/* Neither a line nor the headers are endless. */
static void
endless(void **state)
{
	struct http_reply r;

	http_reply_begin(&r, false);
	for (unsigned i = 0; i < HTTP_LINE_MAX; i++)
		http_reply_feed(&r, "x", 1);
	assert_int_equal(r.part, HTTP_WRONG);
	http_reply_begin(&r, false);
	http_reply_feed(&r, "HTTP/1.1 200 OK\r\n", 17);
	for (unsigned i = 0; i <= HTTP_HEADERS_MAX; i++)
		http_reply_feed(&r, "a: b\r\n", 6);
	assert_int_equal(r.part, HTTP_WRONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
