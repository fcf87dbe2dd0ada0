/* The URLs of syslog listeners, as a table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "syslog/url.h"

static void
test_table(void **state)
{
	static const struct {
		const char *url, *want; /* as formatted again, or a piece of the error */
		enum err_code code;
	} rows[] = {
		{ "udp://127.0.0.1:5514", "udp://127.0.0.1:5514", ERR_NONE },
		{ "tcp://127.0.0.1:0", "tcp://127.0.0.1:0", ERR_NONE },
		{ "udp://[::1]:5514", "udp://[::1]:5514", ERR_NONE },
		{ "udp://localhost:514", "udp://127.0.0.1:514", ERR_NONE },
		{ "udp://:514", "udp://[::]:514", ERR_NONE },
		{ "udp://0.0.0.0:65535", "udp://0.0.0.0:65535", ERR_NONE },
		{ "unix:///run/eventd/log", "unix:///run/eventd/log", ERR_NONE },
		{ "udp://127.0.0.1", "a port from 0 to 65535", ERR_CONFIG },
		{ "udp://127.0.0.1:65536", "a port from 0 to 65535", ERR_CONFIG },
		{ "udp://127.0.0.1:5x", "a port from 0 to 65535", ERR_CONFIG },
		{ "udp://127.0.0.1:-1", "a port from 0 to 65535", ERR_CONFIG },
		{ "udp://::1:514", "in brackets", ERR_CONFIG },
		{ "udp://[::1]", "a port", ERR_CONFIG },
		{ "udp://router.example.net:514", "no IPv4 or IPv6 address", ERR_CONFIG },
		{ "udp://127.0.0.256:514", "no IPv4 or IPv6 address", ERR_CONFIG },
		{ "unix://log", "absolute", ERR_CONFIG },
		{ "unix:///", "absolute", ERR_CONFIG },
		{ "tls://127.0.0.1:6514", "tls://127.0.0.1:6514", ERR_NONE },
		{ "unix-stream:///run/eventd/log", "unix-stream:///run/eventd/log", ERR_NONE },
		{ "tls://[::1]:0", "tls://[::1]:0", ERR_NONE },
		{ "http://x", "not a place", ERR_CONFIG },
		{ "", "not a place", ERR_CONFIG },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = ERR_INIT;
		struct syslog_url u;
		char out[SYSLOG_URL_MAX] = "";
		bool good = syslog_url_parse(rows[i].url, &u, &err);

		if (good != (rows[i].code == ERR_NONE) || err.code != rows[i].code)
			fail_msg("%s: %d: %s", rows[i].url, err.code, err.text);
		if (good)
			syslog_url_format(&u, out);
		if (good ? strcmp(out, rows[i].want) != 0 : strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s%s", rows[i].url, out, err.text);
	}
}

static void
test_long_path(void **state)
{
	char url[300] = "unix:///";
	struct err err = ERR_INIT;
	struct syslog_url u;

	memset(url + 8, 'x', sizeof url - 9);
	url[sizeof url - 1] = '\0';
	assert_false(syslog_url_parse(url, &u, &err));
	assert_non_null(strstr(err.text, "longer than"));
	url[7 + 107] = '\0';
	assert_true(syslog_url_parse(url, &u, &err));
	url[7 + 107] = 'x';
	url[7 + 108] = '\0';
	assert_false(syslog_url_parse(url, &u, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
