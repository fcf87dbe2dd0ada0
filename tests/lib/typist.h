/*
 * Somebody who types at a session without a transport, and what he sees. Of tests/lib/clihost.h's small CLI.
 */
#ifndef TESTS_TYPIST_H
#define TESTS_TYPIST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clihost.h"

struct fixture {
	void *ctx;
	struct engine *e;
	struct session *s;
	struct text *out, *json, *asked;
	enum ask_kind kind;
	unsigned ready;
	bool accepted, interrupted;
	struct err err;
	char dir[64];
};

static inline void
on_output(void *arg, bool is_json, const char *s, size_t n)
{
	struct fixture *f = arg;

	text_addn(is_json ? f->json : f->out, s, n);
}

static inline void
on_question(void *arg, enum ask_kind kind, const char *prompt)
{
	struct fixture *f = arg;

	f->kind = kind;
	text_add(f->asked, prompt);
}

static inline void
on_ready(void *arg, const struct outcome *o)
{
	struct fixture *f = arg;

	f->ready++;
	f->accepted = o->accepted;
	f->interrupted = o->interrupted;
	f->err = *o->err;
}

static inline void
on_monitor(void *arg, const char *line, size_t n)
{
	struct fixture *f = arg;

	text_add(f->out, "monitor: ");
	text_addn(f->out, line, n);
	text_addc(f->out, '\n');
}

static const struct session_ops typist_ops = {
	.output = on_output, .question = on_question, .ready = on_ready, .monitor = on_monitor
};

static inline void
open_session(struct fixture *f, const struct session_spec *spec)
{
	struct err err = ERR_INIT;

	mem_free(f->s);
	f->s = session_open(f->ctx, f->e->cli, spec, &typist_ops, f, &err);
	assert_non_null(f->s);
}

static const struct session_spec admin = {
	.user = "ann", .location = "127.0.0.1", .level = 15, .echoes = true
};

static inline int
setup(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct fixture *f = mem_new(ctx, struct fixture);

	f->ctx = ctx;
	f->e = host_new(ctx);
	f->out = text_new(f);
	f->json = text_new(f);
	f->asked = text_new(f);
	open_session(f, &admin);
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	if (f->dir[0] != '\0') {
		snprintf(cmd, sizeof cmd, "rm -rf %s", f->dir);
		assert_int_equal(system(cmd), 0);
	}
	mem_free(f->s);
	mem_free(f->ctx);
	return 0;
}

/* Types a line and returns what it printed. */
static inline const char *
type(struct fixture *f, const char *line)
{
	text_clear(f->out);
	text_clear(f->json);
	text_clear(f->asked);
	session_line(f->s, line);
	return f->out->s;
}

static inline void
expect(struct fixture *f, const char *line, const char *printed)
{
	assert_string_equal(type(f, line), printed);
	assert_true(f->accepted);
}

static inline void
expect_refused(struct fixture *f, const char *line, const char *printed)
{
	assert_string_equal(type(f, line), printed);
	assert_false(f->accepted);
}

#define TYPED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
