/* `enable`: its passwords, how often they are asked for, and who has none. */
#include "typist.h"

#include "core/settings.h"

/* The password of bob is "opensesame", that of ann "secret". */
static const char users[] = "cli: { users: { bob: "
			    "'$6$rounds=1000$salt$4PwMH.l76aglkPK/"
			    "aeqHiY2ZVhugCtCOQrAKBCsf1AqGUt3I.YojJd9v108BhAxmOi8KFuHxHlyB0DiylyYgN.', ann: "
			    "'$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2' } }";

static struct settings *
with_users(struct fixture *f, const char *yaml)
{
	f->e->settings = settings_parse(f->ctx, yaml, strlen(yaml), NULL, NULL);
	assert_non_null(f->e->settings);
	return f->e->settings;
}

static void
answer(struct fixture *f, const char *password)
{
	assert_int_equal(f->kind, ASK_SECRET);
	session_answer(f->s, password);
	loop_settle(f->e->loop);
}

static void
enable_asks_three_times(void **state)
{
	struct fixture *f = *state;
	struct session_spec guest = { .user = "bob", .level = 1, .echoes = true };

	with_users(f, users);
	open_session(f, &guest);
	type(f, "enable");
	answer(f, "one");
	answer(f, "secret"); /* of somebody else */
	assert_false(session_is_ready(f->s));
	answer(f, "");
	assert_string_equal(f->out->s, "% Bad secrets\n");
	type(f, "enable");
	answer(f, "opensesame");
	assert_true(f->accepted);
	assert_string_equal(session_prompt(f->s), "R1#");
	type(f, "disable");
	assert_string_equal(session_prompt(f->s), "R1>");
	type(f, "enable 15");
	answer(f, "wrong");
	answer(f, "opensesame");
	assert_string_equal(session_prompt(f->s), "R1#");
	assert_non_null(strstr(type(f, "show logging"),
		"PRIV_AUTH_FAIL: Authentication to Privilege level 15 failed by bob on vty0"));
	assert_non_null(strstr(f->out->s, "PRIV_AUTH_PASS: Privilege level set to 15 by bob on vty0"));
}

static void
enable_knows_both_hashes_and_no_other_names(void **state)
{
	static const struct {
		const char *user, *password;
		bool right;
	} rows[] = { { "ann", "secret", true }, { "ann", "opensesame", false }, { "eve", "secret", false },
		{ "eve", "opensesame", false }, { "", "secret", false } };
	struct fixture *f = *state;

	with_users(f, users);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct session_spec guest = { .user = rows[i].user, .level = 1 };

		open_session(f, &guest);
		type(f, "enable");
		answer(f, rows[i].password);
		assert_int_equal(session_level(f->s), rows[i].right ? 15 : 1);
		assert_int_equal(session_is_ready(f->s), rows[i].right);
	}
}

static void
enable_ends_with_its_session(void **state)
{
	struct fixture *f = *state;
	struct session_spec guest = { .user = "bob", .level = 1 };

	with_users(f, users);
	open_session(f, &guest);
	type(f, "enable");
	session_answer(f->s, "opensesame");
	session_interrupt(f->s);
	loop_settle(f->e->loop);
	assert_false(f->accepted);
	assert_int_equal(session_level(f->s), 1);
	type(f, "enable");
	session_answer(f->s, NULL); /* nothing to answer from */
	assert_int_equal(session_level(f->s), 1);
	assert_true(session_is_ready(f->s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TYPED(enable_asks_three_times),
		TYPED(enable_knows_both_hashes_and_no_other_names),
		TYPED(enable_ends_with_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
