/* MTA-STS on a virtual clock: what is taken from the cache, what is fetched anew, what a failure leaves in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/maillog.h"
#include "actions/mail/sts/cache.h"
#include "actions/mail/sts/sts.h"
#include "actions/mail/sts/web_client.h"
#include "core/paths.h"
#include "core/text.h"
#include "tests/lib/virtual.h"

#define POLICY(mode_, age_) "version: STSv1\nmode: " mode_ "\nmx: mail.example.com\nmax_age: " age_ "\n"
#define MINUTE              (60 * USEC_PER_SEC)
#define HOUR                (60 * MINUTE)
#define DAY                 (24 * HOUR)

/* The outside world: what the DNS and the policy host say; how often they were asked. */
struct world {
	struct engine *engine;
	const char *txt; /* NULL: no record */
	bool dns_fails;
	const char *policy;       /* NULL: the fetch fails ... */
	enum web_failure failure; /* ... so */
	const char *reason;
	usec web_takes;
	unsigned txts, fetches;
	struct web_request last; /* addresses and proxy of the last request */
	char last_url[200];
	/* of the last look-up */
	unsigned answers;
	char mode[16], why[300];
};

static struct mail_dns_answer *
fake_dns(void *arg, const void *ctx, const struct mail_dns_question *q, usec *answer_after)
{
	struct world *w = arg;
	struct mail_dns_answer *a = mem_new(ctx, struct mail_dns_answer);

	(void)answer_after;
	a->domain = mem_strdup(a, q->name);
	if (q->kind == MAIL_DNS_TXT) {
		w->txts++;
		a->txt.state = w->dns_fails ? DNS_LOOKUP_FAILED : DNS_INSECURE;
		a->txt.why = w->dns_fails ? "SERVFAIL" : NULL;
		a->txt.found = w->txt != NULL ? DNS_RECORDS : DNS_NXDOMAIN;
		a->texts = mem_array(a, const char *, 1);
		a->texts[0] = w->txt;
		a->text_count = w->txt != NULL && !w->dns_fails ? 1 : 0;
		return a;
	}
	assert_int_equal(q->kind, MAIL_DNS_HOST);
	assert_false(q->want_tlsa);
	a->is_relay = true;
	a->hosts = mem_array(a, struct mail_exchanger, 1);
	a->host_count = 1;
	a->hosts[0].name = a->domain;
	a->hosts[0].addresses = mem_array(a, struct dns_address, 1);
	a->hosts[0].addresses[0].text = "192.0.2.80";
	a->hosts[0].address_count = 1;
	return a;
}

static void
fake_web(void *arg, const struct web_request *r, struct web_answer *answer, usec *answer_after)
{
	struct world *w = arg;

	w->fetches++;
	w->last = *r;
	snprintf(w->last_url, sizeof w->last_url, "%s", r->url);
	assert_true(r->plain_text);
	*answer_after = w->web_takes;
	answer->failure = w->policy != NULL ? WEB_OK : w->failure;
	answer->reason = w->reason;
	answer->text = w->policy;
	answer->text_len = w->policy == NULL ? 0 : strlen(w->policy);
}

static void
on_policy(void *arg, const struct sts_policy *p, const char *why)
{
	struct world *w = arg;

	w->answers++;
	assert_true((p == NULL) == (why != NULL));
	snprintf(w->mode, sizeof w->mode, "%s", p == NULL ? "" : sts_mode_name(p->mode));
	snprintf(w->why, sizeof w->why, "%s", p == NULL ? why : "");
}

/* The mode of the policy in force, "" for none. */
static const char *
look_up(struct world *w)
{
	unsigned before = w->answers;

	sts_lookup(w->engine, w->engine->sts, "Example.com.", "MID 7", on_policy, w);
	assert_int_equal(w->answers, before); /* never inside the call */
	virtual_advance(w->engine, USEC_PER_SEC);
	assert_int_equal(w->answers, before + 1);
	return w->mode;
}

static void
wire_up(struct world *w, struct engine *e)
{
	w->engine = e;
	resolver_fake(e->resolver, fake_dns, w);
	web_fake(sts_web(e->sts), fake_web, w);
	maillog_set_level(e->maillog, MAILLOG_DEBUG);
}

static struct world *
new_world(const void *ctx)
{
	struct world *w = mem_new(ctx, struct world);

	wire_up(w, virtual_engine(ctx));
	w->txt = "v=STSv1; id=1;";
	w->policy = POLICY("enforce", "604800");
	w->failure = WEB_TIMEOUT;
	w->reason = "a connection timeout";
	return w;
}

static void
add_entry(void *arg, const struct maillog_entry *e)
{
	text_printf(arg, "%s: %s\n", maillog_level_name(e->level), e->text);
}

/* Does the log hold these lines, one behind the other? */
static void
expect_log(struct world *w, const char *lines)
{
	struct text *t = text_new(w);

	maillog_each(w->engine->maillog, add_entry, t);
	if (strstr(t->s, lines) == NULL)
		fail_msg("no\n%sin\n%s", lines, t->s);
	mem_free(t);
}

static void
test_fetch_then_cache(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	assert_string_equal(look_up(w), "enforce");
	assert_int_equal(w->fetches, 1);
	assert_string_equal(w->last_url, "https://mta-sts.example.com/.well-known/mta-sts.txt");
	assert_int_equal(w->last.port, 443);
	expect_log(w, "Info: Successfully fetched MTA-STS TXT record for domain(example.com)\n"
		      "Debug: Fetch MTA-STS policy for the domain(example.com)\n");
	assert_string_equal(look_up(w), "enforce");
	assert_int_equal(w->fetches, 1); /* same id */
	assert_int_equal(w->txts, 2);    /* but each mail reads the record */
	expect_log(w, "Info: Successfully fetched MTA-STS TXT record for domain(example.com)\n"
		      "Debug: Valid cache entry found for the domain (example.com).\n");
	mem_free(ctx);
}

static void
test_id_changes(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	look_up(w);
	w->txt = "v=STSv1; id=2;";
	w->policy = POLICY("testing", "604800");
	assert_string_equal(look_up(w), "testing");
	assert_int_equal(w->fetches, 2);
	/* The next change cannot be fetched: the old policy stays, and five minutes nobody asks again. */
	w->txt = "v=STSv1; id=3;";
	w->policy = NULL;
	assert_string_equal(look_up(w), "testing");
	assert_int_equal(w->fetches, 3);
	expect_log(w,
		"Debug: Request to fetch STS policy failed due to a connection timeout., for the domain "
		"example.com\n"
		"Info: Failure encountered while fetching MTA-STS policy for the domain(example.com)\n");
	virtual_advance(w->engine, 4 * MINUTE);
	assert_string_equal(look_up(w), "testing");
	assert_int_equal(w->fetches, 3);
	virtual_advance(w->engine, MINUTE);
	w->policy = POLICY("enforce", "604800");
	assert_string_equal(look_up(w), "enforce");
	assert_int_equal(w->fetches, 4);
	mem_free(ctx);
}

static void
test_a_record_that_is_gone_takes_nothing_away(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	w->policy = POLICY("enforce", "3600");
	look_up(w);
	w->policy = NULL;
	w->txt = NULL;
	assert_string_equal(look_up(w), "enforce");
	expect_log(w, "Info: No MTA-STS TXT record for domain(example.com)\n");
	w->txt = "v=STSv1; id=!;";
	assert_string_equal(look_up(w), "enforce");
	w->dns_fails = true;
	assert_string_equal(look_up(w), "enforce");
	/* Until it expires. */
	virtual_advance(w->engine, HOUR);
	assert_string_equal(look_up(w), "");
	assert_non_null(strstr(w->why, "SERVFAIL"));
	w->dns_fails = false;
	w->txt = NULL;
	assert_string_equal(look_up(w), "");
	assert_non_null(strstr(w->why, "there is no v=STSv1 record"));
	mem_free(ctx);
}

static void
test_no_policy(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	w->txt = NULL;
	assert_string_equal(look_up(w), "");
	assert_int_equal(w->fetches, 0);
	w->txt = "v=STSv1; id=1;";
	w->policy = "version: STSv1\nmode: enforce\n";
	assert_string_equal(look_up(w), "");
	assert_non_null(strstr(w->why, "a malformed policy (there is no max_age)"));
	assert_int_equal(w->fetches, 1);
	assert_string_equal(look_up(w), "");
	assert_non_null(strstr(w->why, "not tried again"));
	assert_int_equal(w->fetches, 1);
	mem_free(ctx);
}

static void
test_mode_none_and_no_age(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	look_up(w);
	w->txt = "v=STSv1; id=2;";
	w->policy = "version: STSv1\nmode: none\nmax_age: 86400\n";
	assert_string_equal(look_up(w), "");
	assert_string_equal(w->why, "the mode of the policy is none");
	assert_int_equal(w->fetches, 2);
	assert_string_equal(look_up(w), "");
	assert_int_equal(w->fetches, 2); /* cached like others */
	w->txt = "v=STSv1; id=3;";
	w->policy = POLICY("enforce", "0"); /* for this mail, and no other */
	assert_string_equal(look_up(w), "enforce");
	assert_string_equal(look_up(w), "enforce");
	assert_int_equal(w->fetches, 4);
	mem_free(ctx);
}

static void
test_refresh_without_mail(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	look_up(w);
	virtual_advance(w->engine, 23 * HOUR);
	assert_int_equal(w->fetches, 1);
	virtual_advance(w->engine, 2 * HOUR); /* daily */
	assert_int_equal(w->fetches, 2);
	/* Its life begins anew each time: a week later it is there without any mail. */
	virtual_advance(w->engine, 8 * DAY);
	assert_in_range(w->fetches, 9, 11);
	w->txt = NULL;
	assert_string_equal(look_up(w), "enforce");
	/* The policy host goes away: tried again each hour, in force for seven days, then gone. */
	w->policy = NULL;
	virtual_advance(w->engine, 5 * DAY);
	assert_string_equal(look_up(w), "enforce");
	assert_true(w->fetches > 50);
	virtual_advance(w->engine, 3 * DAY);
	assert_string_equal(look_up(w), "");
	mem_free(ctx);
}

static void
test_a_short_life_is_renewed_at_half(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	w->policy = POLICY("enforce", "7200");
	look_up(w);
	virtual_advance(w->engine, 59 * MINUTE);
	assert_int_equal(w->fetches, 1);
	virtual_advance(w->engine, 2 * MINUTE);
	assert_int_equal(w->fetches, 2);
	/* A record that changed while nobody sent mail. */
	w->txt = "v=STSv1; id=9;";
	w->policy = POLICY("testing", "7200");
	virtual_advance(w->engine, HOUR);
	assert_int_equal(w->fetches, 3);
	assert_string_equal(look_up(w), "testing");
	assert_int_equal(w->fetches, 3);
	mem_free(ctx);
}

static void
test_what_nobody_uses_is_not_renewed_for_ever(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);
	unsigned then;

	look_up(w);
	virtual_advance(w->engine, 32 * DAY);
	then = w->fetches;
	assert_in_range(then, 31, 34);
	virtual_advance(w->engine, 60 * DAY);
	assert_int_equal(w->fetches, then);
	mem_free(ctx);
}

static void
test_mails_wait_for_one_fetch(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);
	void *gone = mem_ctx(ctx, "a mail that is given up");

	w->web_takes = 10 * USEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		sts_lookup(ctx, w->engine->sts, "example.com", NULL, on_policy, w);
	sts_lookup(gone, w->engine->sts, "example.com", NULL, on_policy, w);
	virtual_advance(w->engine, 5 * USEC_PER_SEC);
	assert_int_equal(w->answers, 0);
	mem_free(gone);
	virtual_advance(w->engine, 6 * USEC_PER_SEC);
	assert_int_equal(w->answers, 3);
	assert_int_equal(w->fetches, 1);
	mem_free(ctx);
}

static void
test_through_a_proxy(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct world *w = new_world(ctx);

	look_up(w);
	assert_int_equal(w->last.address_count, 1);
	assert_null(w->last.proxy);
	sts_cache_clear(sts_cache(w->engine->sts), NULL);
	sts_set_proxy(w->engine->sts, "http://192.0.2.3:3128");
	look_up(w);
	assert_int_equal(w->last.address_count, 0); /* the proxy finds the host */
	assert_non_null(w->last.proxy);
	expect_log(w, "Debug: Fetch MTA-STS policy for the domain(example.com)\n"
		      "Debug: Requesting MTA-STS policy fetch via proxy\n");
	mem_free(ctx);
}

/* ---- on disk ---- */

static struct engine *
engine_at(const void *ctx, struct clock *clock, const char *dir)
{
	struct err err = ERR_INIT;
	struct setup setup = { .clock = clock, .seed = 1, .state_dir = dir };
	struct engine *e = engine_new(ctx, &setup, &err);

	assert_non_null(e);
	return e;
}

static void
remove_all(const void *ctx, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlink(mem_printf(ctx, "%s/%s", dir, e->d_name));
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static void
test_a_restart_forgets_nothing(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char dir[] = "/tmp/eventd-sts-XXXXXX";
	struct clock *clock = clock_new_virtual(ctx, VIRTUAL_START);
	struct world *w = new_world(ctx);
	struct engine *e;
	char *file;

	assert_non_null(mkdtemp(dir));
	file = mem_printf(ctx, "%s/mta-sts/example.com.json", dir);
	e = engine_at(ctx, clock, dir);
	wire_up(w, e);
	look_up(w);
	assert_int_equal(access(file, R_OK), 0);
	mem_free(e);

	w->policy = NULL;
	w->txt = NULL;
	clock_advance(clock, 6 * DAY);
	e = engine_at(ctx, clock, dir);
	wire_up(w, e);
	assert_string_equal(look_up(w), "enforce");
	mem_free(e);

	clock_advance(clock, 2 * DAY); /* it has expired meanwhile */
	e = engine_at(ctx, clock, dir);
	wire_up(w, e);
	assert_string_equal(look_up(w), "");
	assert_int_not_equal(access(file, R_OK), 0);

	/* `clear` takes the file, too. */
	w->txt = "v=STSv1; id=1;";
	w->policy = POLICY("enforce", "604800");
	virtual_advance(e, 5 * MINUTE);
	assert_string_equal(look_up(w), "enforce");
	assert_int_equal(access(file, R_OK), 0);
	assert_true(sts_cache_clear(sts_cache(e->sts), "example.com"));
	assert_false(sts_cache_clear(sts_cache(e->sts), "example.com"));
	assert_int_not_equal(access(file, R_OK), 0);
	mem_free(e);

	/* A damaged file, and one that would live for longer than its policy says. */
	{
		static const char *const texts[] = { "{", "{}",
			"{\"version\":1,\"domain\":\"other.example\",\"id\":\"1\",\"fetched\":1772323200,"
			"\"expires\":1872323200,\"policy\":\"version: STSv1\\nmode: none\\nmax_age: "
			"31557600\\n\"}",
			"{\"version\":1,\"domain\":\"example.com\",\"id\":\"1\",\"fetched\":1772323200,"
			"\"expires\":1972323200,\"policy\":\"version: STSv1\\nmode: enforce\\nmx: "
			"a\\nmax_age: 86400\\n\"}" };

		w->txt = NULL;
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			assert_true(path_write_file(file, texts[i], strlen(texts[i]), 0600, NULL));
			e = engine_at(ctx, clock, dir);
			wire_up(w, e);
			assert_string_equal(look_up(w), "");
			assert_int_not_equal(access(file, R_OK), 0);
			mem_free(e);
		}
	}
	remove_all(ctx, mem_printf(ctx, "%s/mta-sts", dir));
	remove_all(ctx, mem_printf(ctx, "%s/tlsrpt", dir));
	remove_all(ctx, dir);
	assert_int_not_equal(access(dir, R_OK), 0);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch_then_cache),
		cmocka_unit_test(test_id_changes),
		cmocka_unit_test(test_a_record_that_is_gone_takes_nothing_away),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_mode_none_and_no_age),
		cmocka_unit_test(test_refresh_without_mail),
		cmocka_unit_test(test_a_short_life_is_renewed_at_half),
		cmocka_unit_test(test_what_nobody_uses_is_not_renewed_for_ever),
		cmocka_unit_test(test_mails_wait_for_one_fetch),
		cmocka_unit_test(test_through_a_proxy),
		cmocka_unit_test(test_a_restart_forgets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
