/* Warnings of certificates that expire: of servers that were seen, and what a restart remembers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/files.h"
#include "core/text.h"
#include "pki/store.h"
#include "virtual.h"

#define DAYS (86400 * USEC_PER_SEC)

struct world {
	struct engine *engine;
	struct text log;
	char dir[64];
};

static void
keep_line(void *arg, const struct log_entry *entry)
{
	if (strstr(entry->text, "CERT_EXPIRY") != NULL)
		text_printf(arg, "%s\n", entry->text);
}

static void
begin(struct world *w, usec wall)
{
	struct err err = ERR_INIT;

	w->engine = engine_new(w,
		&(struct setup){ .clock = clock_new_virtual(w, wall),
			.seed = 1,
			.state_dir = w->dir[0] ? w->dir : NULL },
		&err);
	assert_non_null(w->engine);
	text_clear(&w->log);
	log_sink(w->engine, w->engine->log, keep_line, &w->log);
}

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	text_init(&w->log, w);
	begin(w, VIRTUAL_START);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	mem_free(*state);
	return 0;
}

/* A session with a server whose certificate ends at this moment. */
static void
see(struct world *w, const char *host, const char *sha256, const char *not_after)
{
	json_t *tls = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:s}]}", "sni", host, "chain", "subject",
		"cn=mail", "issuer", "cn=CA", "serial", "0A", "not_after", not_after, "sha256", sha256);

	pki_session(w->engine->pki, "ignored", tls, true);
	json_decref(tls);
	virtual_advance(w->engine, 0);
}

static unsigned
told(struct world *w, const char *what)
{
	unsigned n = 0;

	for (const char *s = w->log.s; (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

static void
test_server_that_was_seen(void **state)
{
	struct world *w = *state;

	see(w, "a.example", "AA", "2026-03-21T00:00:00Z");
	assert_string_equal(w->log.s,
		"%PKI-4-CERT_EXPIRY_WARNING: Certificate of mail server a.example will expire in 20 Days 0 "
		"hours 0 mins 0 secs at 00:00:00 UTC Mar 21 2026. Issuer-name : cn=CA; Subject-name : "
		"cn=mail; Serial-number : 0A; Auto-Renewal : Not Enabled\n");
	see(w, "a.example", "AA", "2026-03-21T00:00:00Z");
	assert_int_equal(told(w, "a.example"), 1);
	virtual_advance(w->engine, 13 * DAYS);
	assert_int_equal(told(w, "a.example"), 2);
	virtual_advance(w->engine, 6 * DAYS);
	assert_int_equal(told(w, "%PKI-1-CERT_EXPIRY_ALERT: Certificate of mail server a.example"), 1);
	/* Its end is no news: mails say so, or the server has renewed. */
	virtual_advance(w->engine, 90 * DAYS);
	assert_int_equal(told(w, "CERT_EXPIRY"), 3);
}

static void
test_server_that_renewed(void **state)
{
	struct world *w = *state;

	see(w, "a.example", "AA", "2026-04-10T00:00:00Z");
	see(w, "b.example", "BB", "2026-04-10T00:00:00Z");
	assert_int_equal(told(w, "CERT_EXPIRY"), 0);
	see(w, "a.example", "A2", "2026-12-24T00:00:00Z");
	virtual_advance(w->engine, 60 * DAYS);
	assert_int_equal(told(w, "server a.example"), 0);
	assert_int_equal(told(w, "server b.example"), 3);
}

static void
test_nonsense_is_not_watched(void **state)
{
	struct world *w = *state;

	see(w, "a.example", "AA", "soon");
	see(w, "", "AA", "2026-03-02T00:00:00Z");
	see(w, "a.example", "", "2026-03-02T00:00:00Z");
	pki_session(w->engine->pki, "c.example", NULL, false);
	virtual_advance(w->engine, 60 * DAYS);
	assert_int_equal(w->log.len, 0);
}

static void
test_clock_that_is_set(void **state)
{
	struct world *w = *state;

	see(w, "a.example", "AA", "2026-06-01T00:00:00Z");
	loop_step_wall(w->engine->loop, 85 * DAYS);
	virtual_advance(w->engine, 0);
	assert_int_equal(told(w, "will expire in 7 Days"), 1);
	assert_int_equal(told(w, "CERT_EXPIRY"), 1);
}

static void
test_restart(void **state)
{
	struct world *w = *state;

	strcpy(w->dir, "/tmp/expiry-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	mem_free(w->engine);
	begin(w, VIRTUAL_START);
	see(w, "a.example", "AA", "2026-03-21T00:00:00Z");
	assert_int_equal(told(w, "CERT_EXPIRY"), 1);
	mem_free(w->engine);
	begin(w, VIRTUAL_START + DAYS);
	virtual_advance(w->engine, DAYS);
	assert_int_equal(told(w, "CERT_EXPIRY"), 0);
	virtual_advance(w->engine, 12 * DAYS);
	assert_int_equal(told(w, "will expire in 7 Days"), 1);
	mem_free(w->engine);
	/* A restart behind two steps says the nearer one only. */
	begin(w, VIRTUAL_START + 20 * DAYS - DAYS / 2);
	virtual_advance(w->engine, 0);
	assert_int_equal(told(w, "%PKI-1-CERT_EXPIRY_ALERT"), 1);
	assert_int_equal(told(w, "CERT_EXPIRY"), 1);
}

static int
teardown_restart(void **state)
{
	struct world *w = *state;
	char *command = mem_printf(w, "rm -r %s", w->dir);

	mem_free(w->engine);
	assert_int_equal(system(command), 0);
	mem_free(w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_server_that_was_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_that_renewed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense_is_not_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_that_is_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown_restart),
	};

	return cmocka_run_group_tests_name("pki_expiry", tests, NULL, NULL);
}
