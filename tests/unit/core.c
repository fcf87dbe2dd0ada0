/* The ground floor: timers on a virtual clock, frames, the log, redaction, writers. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/cause.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/rng.h"
#include "core/text.h"
#include "core/writer.h"

struct fixture {
	struct clock *clock;
	struct loop *loop;
	struct text *said;
};

static struct fixture *
begin(void)
{
	struct fixture *f = mem_new(NULL, struct fixture);

	f->clock = clock_new_virtual(f, 1678917092798000); /* 2023-03-15 21:51:32.798 UTC */
	f->loop = loop_new(f, f->clock);
	f->said = text_new(f);
	return f;
}

struct saying {
	struct fixture *f;
	const char *word;
	struct timer *again;
	int left;
};

static void
say(void *arg)
{
	struct saying *s = arg;

	text_printf(s->f->said, "%s@%lld ", s->word, (long long)(loop_mono(s->f->loop) / USEC_PER_SEC));
	if (s->again != NULL && --s->left > 0)
		timer_set(s->again, 10 * USEC_PER_SEC);
}

static void
timers_fire_in_order(void **state)
{
	struct fixture *f = begin();
	struct saying a = { f, "a", NULL, 0 }, b = { f, "b", NULL, 0 }, c = { f, "c", NULL, 3 },
		      d = { f, "d", NULL, 0 };
	struct timer *dead;

	(void)state;
	timer_after(f, f->loop, 5 * USEC_PER_SEC, say, &b);
	timer_after(f, f->loop, 5 * USEC_PER_SEC, say, &a);
	c.again = timer_after(f, f->loop, 1 * USEC_PER_SEC, say, &c);
	dead = timer_after(f, f->loop, 2 * USEC_PER_SEC, say, &d);
	mem_free(dead);
	loop_advance(f->loop, 100 * USEC_PER_SEC);
	/* virtual time begins at 1 s */
	assert_string_equal(f->said->s, "c@2 b@6 a@6 c@12 c@22 ");
	assert_int_equal(loop_mono(f->loop), 101 * USEC_PER_SEC);
	mem_free(f);
}

static void
many_timers_stay_ordered(void **state)
{
	struct fixture *f = begin();
	struct rng *r = rng_new(f, 7);
	struct timer *t[500];
	struct saying s = { f, ".", NULL, 0 };

	(void)state;
	for (int i = 0; i < 500; i++)
		t[i] = timer_after(f, f->loop, (usec)rng_below(r, 1000000), say, &s);
	for (int i = 0; i < 500; i += 3)
		timer_stop(t[i]);
	loop_advance(f->loop, USEC_PER_SEC);
	for (int i = 0; i < 500; i++)
		assert_false(timer_is_set(t[i]));
	assert_int_equal(f->said->len, 333 * strlen(".@1 "));
	mem_free(f);
}

struct chain {
	struct loop *loop;
	struct timer *timer;
	int left;
};

static void
next_link(void *arg)
{
	struct chain *c = arg;

	if (c->left-- > 0)
		timer_set(c->timer, 0);
	else
		loop_stop(c->loop);
}

static void
never(void *arg, int fd, unsigned what)
{
	(void)arg, (void)fd, (void)what;
	fail();
}

/* Timers set inside timers fire although no descriptor ever becomes ready: the alarm(2) must not come. */
static void
a_real_loop_does_not_sleep_on_due_timers(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct chain c = { .loop = loop_new(ctx, clock_new_real(ctx)), .left = 100 };

	int silent[2];

	(void)state;
	assert_int_equal(pipe(silent), 0);
	watch_fd(ctx, c.loop, silent[0], WATCH_READ, never, NULL);
	c.timer = timer_after(ctx, c.loop, 0, next_link, &c);
	alarm(5);
	loop_run(c.loop);
	alarm(0);
	assert_int_equal(c.left, -1);
	mem_free(ctx);
	close(silent[0]);
	close(silent[1]);
}

static void
child_ended(void *arg, int code, int signal_no)
{
	struct saying *s = arg;

	text_printf(s->f->said, "%s %d %d ", s->word, code, signal_no);
	loop_in_flight(s->f->loop, -1);
}

static void
children_report_their_end(void **state)
{
	struct fixture *f = begin();
	struct saying a = { f, "true", NULL, 0 }, b = { f, "sleep", NULL, 0 };
	const char *true_argv[] = { "true", NULL }, *sleep_argv[] = { "sleep", "600", NULL };
	struct child_spec one = { .file = "true", .argv = true_argv };
	struct child_spec two = { .file = "sleep", .argv = sleep_argv, .own_group = true };
	struct child_spec bad = { .file = "/nonexistent/program", .argv = true_argv };
	struct err err = ERR_INIT;
	struct child *c;

	(void)state;
	loop_in_flight(f->loop, 1);
	assert_non_null(child_start(f, f->loop, &one, child_ended, &a, &err));
	loop_settle(f->loop);
	loop_in_flight(f->loop, 1);
	c = child_start(f, f->loop, &two, child_ended, &b, &err);
	assert_non_null(c);
	child_kill(c, SIGKILL);
	loop_settle(f->loop);
	assert_string_equal(f->said->s, "true 0 0 sleep 0 9 ");
	assert_null(child_start(f, f->loop, &bad, child_ended, &a, &err));
	assert_non_null(strstr(err.text, "no such file"));
	mem_free(f);
}

static void
frames_survive_any_split(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct text *wire = text_new(ctx);
	json_t *j = json_pack("{s:s, s:[i,i]}", "word", "h\xc3\xa4llo", "list", 1, 2), *got;
	struct err err = ERR_INIT;

	(void)state;
	frame_add(wire, j);
	frame_add(wire, j);
	for (size_t step = 1; step < wire->len; step++) {
		struct frame_reader *r = frame_reader_new(ctx, 4096);
		int n = 0;

		for (size_t at = 0; at < wire->len; at += step) {
			frame_reader_feed(r, wire->s + at, wire->len - at < step ? wire->len - at : step);
			while ((got = frame_reader_next(r, &err)) != NULL) {
				assert_true(json_equal(got, j));
				json_decref(got);
				n++;
			}
			assert_int_equal(err.code, ERR_NONE);
		}
		assert_int_equal(n, 2);
		mem_free(r);
	}
	json_decref(j);
	mem_free(ctx);
}

static void
bad_frames_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *why;
	} bad[] = {
		{ "\xff\xff\xff\xff", 4, "longer than" },
		{ "\0\0\0\2[]", 6, "not a JSON object" },
		{ "\0\0\0\3{a}", 7, "not JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct frame_reader *r = frame_reader_new(NULL, 4096);
		struct err err = ERR_INIT;

		frame_reader_feed(r, bad[i].bytes, bad[i].n);
		assert_null(frame_reader_next(r, &err));
		assert_non_null(strstr(err.text, bad[i].why));
		frame_reader_feed(r, "\0\0\0\2{}", 6);
		assert_null(frame_reader_next(r, &err)); /* a refused stream stays refused */
		mem_free(r);
	}
}

static void
hear(void *arg, const struct log_entry *e)
{
	text_printf(arg, "%s\n", e->line);
}

static void
log_lines_look_like_ios(void **state)
{
	struct fixture *f = begin();
	struct redact *redact = redact_new(f);
	struct log *log = log_new(f, f->clock, redact);
	struct stamp_form plain = { .year = true, .zone = true };

	(void)state;
	log_sink(f, log, hear, f->said);
	redact_learn(redact, "hunter22");
	log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_SMTP", "server: %s : x", "u:hunter22@h");
	log_debug(log, DEBUG_BIT(DEBUG_PKI_API), "unheard");
	log_set_debugs(log, DEBUG_BIT(DEBUG_PKI_API));
	trace_line(log_trace(log), DEBUG_BIT(DEBUG_PKI_API), "CRYPTO_PKI: x, digest=");
	trace_hex(log_trace(log), DEBUG_BIT(DEBUG_PKI_API), false, "\x94\x40", 2);
	log_set_stamps(log, &plain, NULL);
	log_set_sequence(log, true);
	log_msg(log, NULL, "SYS", SEV_NOTIFICATIONS, "CONFIG_I", "y");
	assert_string_equal(f->said->s, "Mar 15 21:51:32.798: %HA_EM-3-FMPD_SMTP: server: u:********@h : x\n"
					"Mar 15 21:51:32.798: CRYPTO_PKI: x, digest=\n"
					"94 40\n"
					"000004: Mar 15 2023 21:51:32 UTC: %SYS-5-CONFIG_I: y\n");
	mem_free(f);
}

static void
secrets_are_counted(void **state)
{
	struct redact *r = redact_new(NULL);
	struct text *t = text_new(r);

	(void)state;
	redact_learn(r, "password");
	redact_learn(r, "password1");
	redact_learn(r, "password");
	redact_learn(r, "short");
	text_add(t, "password1 password short");
	redact_text(r, t, 0);
	assert_string_equal(t->s, "******** ******** short");
	redact_forget(r, "password");
	text_clear(t);
	text_add(t, "password");
	redact_text(r, t, 0);
	assert_string_equal(t->s, "********");
	redact_forget(r, "password");
	text_clear(t);
	text_add(t, "password");
	redact_text(r, t, 0);
	assert_string_equal(t->s, "password");
	mem_free(r);
}

static void
foreign_text_cannot_steer(void **state)
{
	struct text *t = text_new(NULL);
	const char in[] = "a\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xffz\n";

	(void)state;
	text_add_screen(t, in, sizeof in - 1);
	assert_string_equal(t->s, "a\\x1B[2J\\x7F\\u{9B}\\u{202E}\\xFFz\n");
	text_clear(t);
	text_add_line(t, "a\tb\nc\x1b\xc3\xa9", strlen("a\tb\nc\x1b\xc3\xa9"));
	assert_string_equal(t->s, "a\\x09b\\x0Ac\\x1B\xc3\xa9");
	mem_free(t);
}

static void
octets_cross_frames_as_they_are(void **state)
{
	char all[256] = "";
	char *back;
	json_t *j;

	(void)state;
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	j = frame_octets(all, 255);
	back = frame_octets_text(NULL, j);
	assert_string_equal(back, all);
	mem_free(back);
	json_decref(j);
	j = json_string("\xe2\x82\xac"); /* no octet */
	assert_null(frame_octets_text(NULL, j));
	json_decref(j);
	assert_null(frame_octets_text(NULL, NULL));
}

static void
tables_serve_both_forms(void **state)
{
	static const struct w_column cols[] = { { "no", "No.", 0, 0 }, { "name", "Name", 5, 10 } };
	struct text *t = text_new(NULL);
	struct writer *w = writer_new(t, WRITER_TEXT, t);

	(void)state;
	w_table_begin(w, "things", cols, 2);
	w_cell_int(w, 1);
	w_cell(w, "LINK");
	w_cell_int(w, 2);
	w_cell(w, NULL);
	w_table_end(w);
	assert_string_equal(t->s, "No.  Name      \n1    LINK      \n2              \n");
	text_clear(t);
	w = writer_new(t, WRITER_JSON, t);
	w_table_begin(w, "things", cols, 2);
	w_cell_int(w, 1);
	w_cell(w, "LINK");
	w_cell_int(w, 2);
	w_cell(w, NULL);
	w_table_end(w);
	writer_finish(w);
	assert_non_null(strstr(t->s, "\"name\": \"LINK\""));
	assert_non_null(strstr(t->s, "\"name\": null"));
	assert_non_null(strstr(t->s, "\"schema_version\": 1"));
	mem_free(t);
}

/* What is packed is zeroed, keeps its place, and goes with its object; the room grows. */
static void
small_things_are_packed(void **state)
{
	char *object = mem_roomy(NULL, 5, 16), *plain = mem_alloc(NULL, 1), *text[100];

	(void)state;
	memset(object, 'x', 5);
	for (int i = 0; i < 100; i++) {
		uint64_t *n = mem_pack(object, sizeof *n);

		assert_int_equal(*n, 0);
		assert_int_equal((uintptr_t)n % sizeof *n, 0);
		*n = UINT64_MAX;
		text[i] = mem_pack_strn(object, "0123456789", (size_t)i % 11);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(strlen(text[i]), i % 11);
		assert_memory_equal(text[i], "0123456789", (size_t)i % 11);
	}
	mem_reserve(object, 4000);
	memset(mem_pack(object, 4000), 'y', 4000);
	assert_string_equal(text[10], "0123456789");
	assert_memory_equal(object, "xxxxx", 5);
	assert_string_equal(mem_pack_str(plain, "as usual"), "as usual");
	assert_null(mem_pack_str(plain, NULL));
	mem_free(object);
	mem_free(plain);
}

static void
words_that_are_meant_are_alike(void **state)
{
	static const char *const names[] = { "file", "while", "applet" };

	assert_string_equal(nearest_word("aplet", names, 3), "applet");
	assert_string_equal(nearest_word("aplett", names, 3), "applet"); /* two slips, one beginning */
	assert_string_equal(nearest_word("pile", names, 3), "file");     /* one slip */
	assert_null(nearest_word("file", names + 1, 1));
	assert_null(nearest_word("line", names, 1));
}

static void
chains_of_causes(void **state)
{
	struct cause *a = cause_new(NULL, "A", 1), *b = cause_new(a, "B", 2);

	(void)state;
	cause_unref(a);
	assert_int_equal(cause_depth(b), 2);
	assert_true(cause_names(b, "A"));
	assert_false(cause_names(b, "C"));
	cause_unref(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(many_timers_stay_ordered),
		cmocka_unit_test(a_real_loop_does_not_sleep_on_due_timers),
		cmocka_unit_test(children_report_their_end),
		cmocka_unit_test(frames_survive_any_split),
		cmocka_unit_test(bad_frames_are_refused),
		cmocka_unit_test(log_lines_look_like_ios),
		cmocka_unit_test(secrets_are_counted),
		cmocka_unit_test(foreign_text_cannot_steer),
		cmocka_unit_test(octets_cross_frames_as_they_are),
		cmocka_unit_test(tables_serve_both_forms),
		cmocka_unit_test(small_things_are_packed),
		cmocka_unit_test(words_that_are_meant_are_alike),
		cmocka_unit_test(chains_of_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
