/* The control protocol: greetings, lines, questions, errors, queues, a reader that does not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/conn.h"
#include "cli/server.h"
#include "clihost.h"
#include "core/frame.h"

struct fixture {
	void *ctx;
	struct engine *e;
	struct cli_conn *conn;
	struct text *out;
	struct frame_reader *reader;
	unsigned told;
};

static void
more(void *arg)
{
	((struct fixture *)arg)->told++;
}

static int
setup(void **state)
{
	static const struct conn_peer peer = { .user = "ann", .level = 15 };
	void *ctx = mem_ctx(NULL, "test");
	struct fixture *f = mem_new(ctx, struct fixture);

	f->ctx = ctx;
	f->e = host_new(ctx);
	f->out = text_new(f);
	f->reader = frame_reader_new(f, FRAME_MAX);
	f->conn = cli_conn_new(ctx, f->e->cli, &peer, f->out, more, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	mem_free(f->conn);
	mem_free(f->ctx);
	return 0;
}

/* Sends a message given as JSON. */
static void
send(struct fixture *f, const char *json)
{
	json_t *m = json_loads(json, 0, NULL);
	struct text *t = text_new(f);

	assert_non_null(m);
	frame_add(t, m);
	json_decref(m);
	cli_conn_feed(f->conn, t->s, t->len);
	mem_free(t);
}

/* The next message from the other side; NULL: none. Kept alive by the fixture's reader only. */
static json_t *
next(struct fixture *f)
{
	struct err err = ERR_INIT;

	frame_reader_feed(f->reader, f->out->s, f->out->len);
	text_clear(f->out);
	return frame_reader_next(f->reader, &err);
}

/* The next message must contain all of `json`'s members. */
static void
expect(struct fixture *f, const char *json)
{
	json_t *want = json_loads(json, 0, NULL), *got = next(f), *value;
	const char *key;

	assert_non_null(want);
	if (got == NULL)
		fail_msg("no message, expected %s", json);
	json_object_foreach(want, key, value)
	{
		if (!json_equal(json_object_get(got, key), value))
			fail_msg("expected %s, got %s", json, json_dumps(got, 0));
	}
	json_decref(want);
	json_decref(got);
}

static void
expect_nothing(struct fixture *f)
{
	assert_null(next(f));
}

static void
greet(struct fixture *f)
{
	send(f, "{\"t\":\"hello\",\"id\":1,\"version\":1}");
	expect(f, "{\"t\":\"hello\",\"id\":1,\"version\":1,\"program\":\"eventd\"}");
	send(f, "{\"t\":\"open\",\"id\":2,\"terminal\":true,\"height\":50,\"width\":132}");
	expect(f, "{\"t\":\"opened\",\"id\":2,\"tty\":\"vty0\",\"user\":\"ann\",\"level\":15,\"prompt\":\"R1#"
		  "\",\"mode\":\"exec\","
		  "\"length\":50,\"width\":132}");
}

static void
a_line_and_its_result(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"test echo hi\"}");
	expect(f, "{\"t\":\"output\",\"id\":3,\"text\":\"hi\\n\"}");
	expect(f, "{\"t\":\"result\",\"id\":3,\"accepted\":true,\"prompt\":\"R1#\"}");
	send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"show qux\"}");
	expect(f, "{\"t\":\"output\",\"id\":4}");
	expect(f, "{\"t\":\"result\",\"id\":4,\"accepted\":false,\"error\":{\"code\":\"invalid\",\"message\":"
		  "\"Invalid input "
		  "detected at '^' marker.\",\"line\":null,\"column\":6,\"hint\":null}}");
	expect_nothing(f);
	assert_true(f->told > 0);
}

static void
json_documents(void **state)
{
	struct fixture *f = *state;

	send(f, "{\"t\":\"hello\",\"id\":1,\"version\":1}");
	send(f, "{\"t\":\"open\",\"id\":2,\"json\":true}");
	json_decref(next(f));
	json_decref(next(f));
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"show rows | include last\"}");
	expect(f, "{\"t\":\"output\",\"id\":3,\"json\":\"{\\\"schema_version\\\":1,\\\"lines\\\":[\\\"last "
		  "_x line\\\"]}\"}");
	expect(f, "{\"t\":\"output\",\"json\":\"\\n\"}");
	expect(f, "{\"t\":\"result\",\"accepted\":true}");
	send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"show qux\"}");
	expect(f, "{\"t\":\"result\",\"accepted\":false}");
}

static void
questions_and_answers(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"test ask yesno\"}");
	expect(f, "{\"t\":\"question\",\"id\":3,\"kind\":\"yesno\",\"prompt\":\"Well? \"}");
	expect_nothing(f);
	send(f, "{\"t\":\"answer\",\"text\":\"yes\"}");
	expect(f, "{\"t\":\"output\",\"text\":\"answer yes=1 given=1 [yes]\\n\"}");
	expect(f, "{\"t\":\"result\",\"id\":3,\"accepted\":true}");
	send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"test ask secret\"}");
	expect(f, "{\"t\":\"question\",\"kind\":\"secret\"}");
	send(f, "{\"t\":\"answer\",\"text\":null}");
	expect(f, "{\"t\":\"output\",\"text\":\"answer yes=0 given=0 []\\n\"}");
	expect(f, "{\"t\":\"result\",\"id\":4}");
}

static void
an_interrupt_overtakes(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"test wait\"}");
	send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"test echo later\"}");
	expect_nothing(f);
	send(f, "{\"t\":\"interrupt\"}");
	expect(f, "{\"t\":\"result\",\"id\":3,\"accepted\":false}");
	expect(f, "{\"t\":\"output\",\"id\":4,\"text\":\"later\\n\"}");
	expect(f, "{\"t\":\"result\",\"id\":4,\"accepted\":true}");
}

static void
help_completion_and_end(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"complete\",\"id\":3,\"text\":\"show ro\"}");
	expect(f, "{\"t\":\"completion\",\"id\":3,\"text\":\"ws \"}");
	send(f, "{\"t\":\"help\",\"id\":4,\"text\":\"show rows \"}");
	expect(f, "{\"t\":\"help\",\"id\":4,\"text\":\"  |                     Output modifiers\\n  "
		  "<cr>\\n\"}");
	send(f, "{\"t\":\"line\",\"id\":5,\"text\":\"conf t\"}");
	send(f, "{\"t\":\"line\",\"id\":6,\"text\":\"applet A\"}");
	send(f, "{\"t\":\"end\",\"id\":7}");
	json_decref(next(f));
	expect(f, "{\"t\":\"result\",\"id\":5,\"mode\":\"config\"}");
	expect(f, "{\"t\":\"result\",\"id\":6,\"prompt\":\"R1(config-applet)#\"}");
	expect(f, "{\"t\":\"result\",\"id\":7,\"accepted\":true,\"mode\":\"exec\"}");
	assert_non_null(conf_find(f->e->conf, "applet A"));
}

static void
exit_closes(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"exit\"}");
	expect(f, "{\"t\":\"result\",\"id\":3,\"accepted\":true}");
	expect(f, "{\"t\":\"closed\"}");
	assert_true(cli_conn_is_over(f->conn));
}

static void
broken_protocol(void **state)
{
	static const struct {
		const char *message, *why;
	} rows[] = {
		{ "{\"t\":\"line\",\"text\":\"show clock\"}", "hello comes first" },
		{ "{\"t\":\"hello\",\"version\":2}",
			"this version of the control protocol is not spoken here" },
		{ "{\"t\":\"reboot\"}", "unknown message" },
		{ "{}", "unknown message" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture *f;
		json_t *got;

		setup(state);
		f = *state;
		send(f, rows[i].message);
		got = next(f);
		assert_string_equal(json_string_value(json_object_get(got, "t")), "failed");
		assert_string_equal(json_string_value(json_object_get(got, "message")), rows[i].why);
		json_decref(got);
		assert_true(cli_conn_is_over(f->conn));
		teardown(state);
	}
}

static void
no_line_without_a_session(void **state)
{
	struct fixture *f = *state;

	send(f, "{\"t\":\"hello\",\"version\":1}");
	json_decref(next(f));
	send(f, "{\"t\":\"answer\",\"text\":\"x\"}");
	expect(f, "{\"t\":\"failed\",\"message\":\"no session is open\"}");
}

static void
bytes_that_are_no_message(void **state)
{
	struct fixture *f = *state;

	cli_conn_feed(f->conn, "\x7f\xff\xff\xff", 4);
	expect(f, "{\"t\":\"failed\"}");
	assert_true(cli_conn_is_over(f->conn));
	cli_conn_feed(f->conn, "more", 4);
	expect_nothing(f);
}

static void
a_reader_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	char line[2048];
	unsigned long dropped = 0;
	size_t full;
	json_t *m;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"terminal monitor\"}");
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	for (int i = 0; i < 2000; i++)
		log_msg(f->e->log, NULL, "SYS", SEV_ERRORS, "TEST", "%s", line);
	full = f->out->len;
	assert_true(full > CONN_BACKLOG && full < CONN_BACKLOG + 3 * sizeof line);

	/* Its next line waits until it has read. */
	send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"test echo late\"}");
	assert_int_equal(f->out->len, full);
	while ((m = next(f)) != NULL)
		json_decref(m);
	cli_conn_resume(f->conn);
	expect(f, "{\"t\":\"output\",\"id\":4,\"text\":\"late\\n\"}");
	expect(f, "{\"t\":\"result\",\"id\":4}");

	/* What it missed is counted. */
	log_msg(f->e->log, NULL, "SYS", SEV_ERRORS, "TEST", "after");
	m = next(f);
	assert_int_equal(
		sscanf(json_string_value(json_object_get(m, "text")), "%lu messages dropped", &dropped), 1);
	assert_in_range(dropped, 1000, 2000);
	json_decref(m);
}

static void
too_many_lines_wait(void **state)
{
	struct fixture *f = *state;

	greet(f);
	send(f, "{\"t\":\"line\",\"id\":3,\"text\":\"test wait\"}");
	for (int i = 0; i < 300; i++)
		send(f, "{\"t\":\"line\",\"id\":4,\"text\":\"! nothing\"}");
	assert_false(cli_conn_wants_input(f->conn));
	expect_nothing(f);
	loop_advance(f->e->loop, 6 * USEC_PER_SEC);
	json_decref(next(f));
	expect(f, "{\"t\":\"result\",\"id\":3,\"accepted\":false}");
	for (int i = 0; i < 300; i++)
		expect(f, "{\"t\":\"result\",\"id\":4,\"accepted\":true}");
	expect_nothing(f);
	assert_true(cli_conn_wants_input(f->conn));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_line_and_its_result),
		T(json_documents),
		T(questions_and_answers),
		T(an_interrupt_overtakes),
		T(help_completion_and_end),
		T(exit_closes),
		cmocka_unit_test(broken_protocol),
		T(no_line_without_a_session),
		T(bytes_that_are_no_message),
		T(a_reader_that_does_not_read),
		T(too_many_lines_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
