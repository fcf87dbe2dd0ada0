/* Receiving syslog on real sockets: UDP, TCP, unix; limits, reload, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "core/text.h"
#include "syslog/listen.h"
#include "syslog/message.h"
#include "syslog/url.h"

#define DEADLINE (10 * USEC_PER_SEC)

struct bench {
	void *ctx;
	struct engine engine;
	struct intake *intake;
	struct text *seen; /* "SOURCE|SUBJECT\n" */
	size_t lines, want;
	int64_t rate_limit;
	bool late;
};

static bool
see(void *arg, const struct line *line)
{
	struct bench *b = arg;

	text_printf(b->seen, "%s|%.*s\n", line->source, SLICE_FMT(line->subject));
	if (++b->lines == b->want)
		loop_stop(b->engine.loop);
	return line->mnemonic.n > 0;
}

static void
too_late(void *arg)
{
	struct bench *b = arg;

	b->late = true;
	loop_stop(b->engine.loop);
}

static struct bench *
bench_new(void)
{
	void *ctx = mem_ctx(NULL, "test");
	struct bench *b = mem_new(ctx, struct bench);

	b->ctx = ctx;
	b->engine.clock = clock_new_real(ctx);
	b->engine.loop = loop_new(ctx, b->engine.clock);
	b->engine.log = log_new(ctx, b->engine.clock, NULL);
	b->intake = intake_new(b, &b->engine, see, b);
	b->seen = text_new(ctx);
	return b;
}

static void
bench_free(struct bench *b)
{
	void *ctx = b->ctx;

	mem_free(b->intake);
	mem_free(ctx);
}

/* Runs until so many lines have come in all. */
static void
await(struct bench *b, size_t lines)
{
	struct timer *deadline = timer_after(b->ctx, b->engine.loop, DEADLINE, too_late, b);

	b->want = lines;
	if (b->lines < lines)
		loop_run(b->engine.loop);
	mem_free(deadline);
	if (b->late)
		fail_msg("%zu lines of %zu: %s", b->lines, lines, b->seen->s);
}

struct found {
	unsigned n, i;
	struct intake_listener at;
	char url[SYSLOG_URL_MAX];
};

static void
pick(void *arg, const struct intake_listener *l)
{
	struct found *f = arg;

	if (f->i++ != f->n)
		return;
	f->at = *l;
	snprintf(f->url, sizeof f->url, "%s", l->url);
}

static struct found
listener(struct bench *b, unsigned n)
{
	struct found f = { .n = n };

	intake_each(b->intake, pick, &f);
	assert_true(f.i > n);
	return f;
}

static void
listen_on(struct bench *b, const char *a, const char *c)
{
	struct setting_listen set[2] = { { .url = a }, { .url = c } };
	struct err err = ERR_INIT;
	struct settings settings = {
		.listen = set, .listen_count = c != NULL ? 2 : 1, .rate_limit = b->rate_limit
	};

	if (!intake_listen(b->intake, &settings, &err))
		fail_msg("%s", err.text);
}

static int
connect_to(const char *url)
{
	struct syslog_url u;
	int fd;

	assert_true(syslog_url_parse(url, &u, NULL));
	fd = socket(u.address.ss_family, syslog_is_stream(u.transport) ? SOCK_STREAM : SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&u.address, u.len), 0);
	return fd;
}

static void
say(int fd, const char *s)
{
	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
}

static void
test_udp(void **state)
{
	struct bench *b = bench_new();
	int four, six;

	listen_on(b, "udp://127.0.0.1:0", "udp://[::1]:0");
	four = connect_to(listener(b, 0).url);
	six = connect_to(listener(b, 1).url);
	say(four, "<187>1: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down");
	await(b, 1);
	say(six, "<34>Oct 11 22:14:15 mymachine su: failed\n");
	await(b, 2);
	assert_string_equal(b->seen->s,
		"udp 127.0.0.1|*Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down\n"
		"udp ::1|Oct 11 22:14:15 mymachine su: failed\n");
	assert_int_equal(received_count(intake_received(b->intake)), 2);
	close(four);
	close(six);
	bench_free(b);
}

static void
test_many_datagrams_and_long_ones(void **state)
{
	static char big[SYSLOG_LINE_MAX + 100];
	struct bench *b = bench_new();
	int fd;

	listen_on(b, "udp://127.0.0.1:0", NULL);
	fd = connect_to(listener(b, 0).url);
	for (unsigned i = 0; i < 150; i++)
		say(fd, "<189>%A-1-B: x");
	memset(big, 'x', sizeof big);
	assert_int_equal(write(fd, big, sizeof big), sizeof big);
	assert_int_equal(write(fd, big, SYSLOG_LINE_MAX), SYSLOG_LINE_MAX);
	assert_int_equal(write(fd, "", 0), 0);
	assert_int_equal(write(fd, "\n", 1), 1);
	say(fd, "end");
	await(b, 153);
	assert_int_equal(listener(b, 0).at.messages, 153);
	assert_int_equal(listener(b, 0).at.matched, 150);
	assert_int_equal(listener(b, 0).at.cut, 1);
	close(fd);
	bench_free(b);
}

static void
test_kernel_drops_are_counted(void **state)
{
	struct bench *b = bench_new();
	const uint64_t sent = 200000;
	uint64_t lost;
	int fd;

	listen_on(b, "udp://127.0.0.1:0", NULL);
	fd = connect_to(listener(b, 0).url);
	for (uint64_t i = 0; i < sent; i++) /* nobody reads meanwhile */
		say(fd, "<189>%A-1-B: x");
	while (b->lines + listener(b, 0).at.lost < sent)
		loop_settle(b->engine.loop);
	lost = listener(b, 0).at.lost;
	assert_int_equal(b->lines + lost, sent);
	assert_true(lost > 0);
	close(fd);
	bench_free(b);
}

static int
connect_from(const char *url, const char *from)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct syslog_url u;
	int fd;

	assert_true(syslog_url_parse(url, &u, NULL));
	fd = socket(AF_INET, u.transport == SYSLOG_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
	assert_int_equal(inet_pton(AF_INET, from, &a.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&u.address, u.len), 0);
	return fd;
}

/* Who floods loses what is too much, and nobody else loses anything; nor does what is serious of its own. */
static void
test_a_flood_costs_others_nothing(void **state)
{
	struct bench *b = bench_new();
	const unsigned flood = 5000, others = 50;
	struct intake_listener at;
	int loud, quiet;

	b->rate_limit = 100;
	listen_on(b, "udp://127.0.0.1:0", NULL);
	loud = connect_from(listener(b, 0).url, "127.0.0.2");
	quiet = connect_from(listener(b, 0).url, "127.0.0.3");
	for (unsigned i = 0; i < flood; i++) {
		say(loud, "<190>%A-6-B: flood");
		if (i % (flood / others) == 0) {
			say(quiet, "<190>%A-6-B: alone");
			say(loud, "<187>%A-3-B: serious");
		}
	}
	while (listener(b, 0).at.messages < flood + 2 * others)
		loop_settle(b->engine.loop);
	at = listener(b, 0).at;
	assert_int_equal(at.lost, 0);
	assert_int_equal(at.limited + b->lines, at.messages);
	assert_true(at.limited >= flood / 2);
	for (unsigned i = 0; i < 2; i++) {
		const char *s = b->seen->s, *what = i == 0 ? "udp 127.0.0.3|%A-6-B: alone" : "serious";
		unsigned n = 0;

		while ((s = strstr(s, what)) != NULL)
			n++, s++;
		assert_int_equal(n, others);
	}
	close(loud);
	close(quiet);
	bench_free(b);
}

/* A host that takes every connection there is gives some back to others. */
static void
test_connections_are_shared(void **state)
{
	struct bench *b = bench_new();
	int *greedy = mem_array(b->ctx, int, INTAKE_CONNECTIONS_MAX), other;
	char c;

	privilege_many_files();
	listen_on(b, "tcp://127.0.0.1:0", NULL);
	for (unsigned i = 0; i < INTAKE_CONNECTIONS_MAX; i++) {
		greedy[i] = connect_from(listener(b, 0).url, "127.0.0.2");
		while (listener(b, 0).at.connections <= i)
			loop_settle(b->engine.loop);
	}
	other = connect_from(listener(b, 0).url, "127.0.0.3");
	say(other, "here I am\n");
	await(b, 1);
	assert_string_equal(b->seen->s, "tcp 127.0.0.3|here I am\n");
	assert_int_equal(listener(b, 0).at.connections, INTAKE_CONNECTIONS_MAX);
	assert_int_equal(read(greedy[0], &c, 1), 0); /* the one that was quiet longest */
	for (unsigned i = 0; i < INTAKE_CONNECTIONS_MAX; i++)
		close(greedy[i]);
	close(other);
	bench_free(b);
}

static void
test_tcp_both_framings(void **state)
{
	struct bench *b = bench_new();
	int one, two;

	listen_on(b, "tcp://127.0.0.1:0", NULL);
	one = connect_to(listener(b, 0).url);
	two = connect_to(listener(b, 0).url);
	say(one, "<189>%A-1-B: on");
	say(two, "14 <189>%A-1-B: 1<189>%A-1-B: li");
	await(b, 1);
	say(two, "ne\n<189>%A-1-B: at the end");
	await(b, 2);
	shutdown(two, SHUT_WR);
	await(b, 3);
	say(one, "e\n");
	await(b, 4);
	assert_string_equal(b->seen->s, "tcp 127.0.0.1|%A-1-B: 1\ntcp 127.0.0.1|%A-1-B: line\n"
					"tcp 127.0.0.1|%A-1-B: at the end\ntcp 127.0.0.1|%A-1-B: one\n");
	assert_int_equal(listener(b, 0).at.connections, 1);
	close(one);
	close(two);
	bench_free(b);
}

static void
test_no_syslog_is_hung_up_on(void **state)
{
	struct bench *b = bench_new();
	int bad, good;
	char c;

	listen_on(b, "tcp://127.0.0.1:0", NULL);
	bad = connect_to(listener(b, 0).url);
	good = connect_to(listener(b, 0).url);
	say(bad, "99999999999 <1>x");
	say(good, "fine\n");
	await(b, 1);
	while (listener(b, 0).at.connections > 1)
		loop_settle(b->engine.loop);
	assert_int_equal(read(bad, &c, 1), 0);
	assert_int_equal(listener(b, 0).at.refused, 1);
	close(bad);
	close(good);
	bench_free(b);
}

static void
test_unix_socket_says_who(void **state)
{
	struct bench *b = bench_new();
	char dir[] = "/tmp/eventd-listen-XXXXXX", url[64], want[64];
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "unix://%s/log", dir);
	listen_on(b, url, NULL);
	fd = connect_to(url);
	say(fd, "<13>Oct  1 22:14:15 root: hello");
	await(b, 1);
	snprintf(want, sizeof want, "unix uid %u|Oct  1 22:14:15 root: hello\n", (unsigned)getuid());
	assert_string_equal(b->seen->s, want);
	close(fd);
	bench_free(b);
	assert_int_not_equal(stat(url + 7, &st), 0); /* gone with its listener */
	rmdir(dir);
}

static void
test_unix_stream(void **state)
{
	struct bench *b = bench_new();
	char dir[] = "/tmp/eventd-listen-XXXXXX", url[64], want[160];
	struct stat st;
	int one, two;

	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "unix-stream://%s/log", dir);
	listen_on(b, url, NULL);
	assert_string_equal(listener(b, 0).url, url);
	one = connect_to(url);
	two = connect_to(url);
	say(one, "<13>Oct  1 22:14:15 root: one\n<13>Oct  1 22:14:15 root: t");
	await(b, 1);
	say(two, "7 <13>two");
	await(b, 2);
	say(one, "hree\n");
	await(b, 3);
	snprintf(want, sizeof want,
		"unix uid %u|Oct  1 22:14:15 root: one\nunix uid %u|two\nunix uid %u|Oct  1 22:14:15 root: "
		"three\n",
		(unsigned)getuid(), (unsigned)getuid(), (unsigned)getuid());
	assert_string_equal(b->seen->s, want);
	close(one);
	close(two);
	bench_free(b);
	assert_int_not_equal(stat(strstr(url, "//") + 2, &st), 0);
	rmdir(dir);
}

static void
test_stale_socket_gives_way_a_living_one_does_not(void **state)
{
	struct bench *b = bench_new(), *other = bench_new();
	char dir[] = "/tmp/eventd-listen-XXXXXX", url[64];
	struct setting_listen set = { .url = url };
	struct settings settings = { .listen = &set, .listen_count = 1 };
	struct err err = ERR_INIT;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "unix://%s/log", dir);
	listen_on(b, url, NULL);
	assert_false(intake_listen(other->intake, &settings, &err));
	assert_non_null(strstr(err.text, "in use"));
	assert_int_equal(stat(url + 7, &st), 0); /* still there */
	bench_free(b);
	assert_int_equal(symlink("/nowhere", url + 7), 0);
	assert_false(intake_listen(other->intake, &settings, &err));
	assert_int_equal(lstat(url + 7, &st), 0);
	unlink(url + 7);
	listen_on(other, url, NULL);
	bench_free(other);
	rmdir(dir);
}

static void
test_reload_keeps_what_stays(void **state)
{
	struct bench *b = bench_new();
	struct setting_listen wrong[2] = { { .url = "udp://127.0.0.1:0" },
		{ .url = "tls://127.0.0.1", .line = 4, .column = 7 } };
	struct settings settings = { .listen = wrong, .listen_count = 2 };
	struct found before, after;
	struct err err = ERR_INIT;
	int fd;

	listen_on(b, "tcp://127.0.0.1:0", "udp://127.0.0.1:0");
	before = listener(b, 0);
	fd = connect_to(before.url);
	say(fd, "one\n");
	await(b, 1);
	/* A wrong one changes nothing. */
	assert_false(intake_listen(b->intake, &settings, &err));
	assert_int_equal(err.line, 4);
	assert_int_equal(err.column, 7);
	assert_non_null(strstr(err.text, "a port"));
	assert_string_equal(listener(b, 0).url, before.url);
	assert_string_not_equal(listener(b, 1).url, "");
	/* Only the TCP one stays, and its connection with it. */
	listen_on(b, "tcp://127.0.0.1:0", NULL);
	after = listener(b, 0);
	assert_string_equal(after.url, before.url);
	assert_int_equal(after.i, 1);
	say(fd, "two\n");
	await(b, 2);
	close(fd);
	bench_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_many_datagrams_and_long_ones),
		cmocka_unit_test(test_kernel_drops_are_counted),
		cmocka_unit_test(test_a_flood_costs_others_nothing),
		cmocka_unit_test(test_connections_are_shared),
		cmocka_unit_test(test_tcp_both_framings),
		cmocka_unit_test(test_no_syslog_is_hung_up_on),
		cmocka_unit_test(test_unix_socket_says_who),
		cmocka_unit_test(test_unix_stream),
		cmocka_unit_test(test_stale_socket_gives_way_a_living_one_does_not),
		cmocka_unit_test(test_reload_keeps_what_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
