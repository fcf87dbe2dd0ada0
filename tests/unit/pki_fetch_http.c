/* Fetching over HTTP: one request, bounded answers, no other scheme. */
#include "pki/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"

struct web {
	int fd;
	const char *answer;
	char request[2048];
};

/* One request, one answer. */
static void *
serve(void *arg)
{
	struct web *web = arg;
	int peer = accept(web->fd, NULL, NULL);
	size_t have = 0;
	ssize_t n;

	while (strstr(web->request, "\r\n\r\n") == NULL &&
		(n = read(peer, web->request + have, sizeof(web->request) - 1 - have)) > 0)
		have += (size_t)n;
	n = write(peer, web->answer, strlen(web->answer));
	close(peer);
	return NULL;
}

static bool
fetch_from(struct web *web, char *body, size_t size, struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	void *ctx = mem_ctx(NULL, "test");
	pthread_t thread;
	unsigned char *data;
	size_t len;
	bool good;

	web->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(web->fd, (struct sockaddr *)&address, n), 0);
	assert_int_equal(listen(web->fd, 1), 0);
	getsockname(web->fd, (struct sockaddr *)&address, &n);
	pthread_create(&thread, NULL, serve, web);
	good = pki_fetch_any(NULL, ctx,
		&(struct pki_fetch_ask){
			.url = mem_printf(ctx, "http://127.0.0.1:%d/ca.crl", ntohs(address.sin_port)) },
		&data, &len, err);
	pthread_join(thread, NULL);
	close(web->fd);
	snprintf(body, size, "%.*s", good ? (int)len : 0, good ? (char *)data : "");
	mem_free(ctx);
	return good;
}

static void
test_http(void **state)
{
	struct web good = { .answer = "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody" };
	struct web gone = { .answer = "HTTP/1.0 404 Not Found\r\nContent-Length: 4\r\n\r\nbody" };
	struct web away = { .answer = "HTTP/1.0 302 Found\r\nLocation: https://127.0.0.1:1/\r\n\r\n" };
	struct web huge = { .answer = "HTTP/1.0 200 OK\r\nContent-Length: 10485761\r\n\r\nbody" };
	struct err err = ERR_INIT;
	char body[64];

	assert_true(fetch_from(&good, body, sizeof(body), &err));
	assert_string_equal(body, "body");
	assert_memory_equal(good.request, "GET /ca.crl HTTP/1", 18);
	assert_false(fetch_from(&gone, body, sizeof(body), &err));
	assert_non_null(strstr(err.text, "404"));
	assert_false(fetch_from(&away, body, sizeof(body), &err));
	assert_false(fetch_from(&huge, body, sizeof(body), &err));
	assert_int_equal(err.code, ERR_RANGE);
}

static void
test_only_http(void **state)
{
	struct err err = ERR_INIT;
	unsigned char *data;
	size_t len;

	assert_false(pki_fetch_http(
		NULL, NULL, &(struct pki_fetch_ask){ .url = "https://crl.example.com/" }, &data, &len, &err));
	assert_string_equal(err.text, "only http is fetched");
	assert_false(pki_fetch_http(
		NULL, NULL, &(struct pki_fetch_ask){ .url = "file:///etc/passwd" }, &data, &len, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_only_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
