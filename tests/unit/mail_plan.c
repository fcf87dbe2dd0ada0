/*
 * Where mail goes and what is demanded there: every order of precedence of mail-security 11.2 with the
 * rows of 8.1 that reach a delivery.
 */
#include "actions/mail/destination/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/destination/destination.h"
#include "virtual.h"

static void *ctx;

static int
setup(void **state)
{
	ctx = mem_ctx(NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	mem_free(ctx);
	return 0;
}

/* ---- a domain in the DNS ---- */

static const unsigned char digest[32] = { 1, 2, 3 };
static const struct dns_status secure = { DNS_SECURE, DNS_RECORDS, 60, NULL };
static const struct dns_status insecure = { DNS_INSECURE, DNS_RECORDS, 60, NULL };
static const struct dns_status bogus = { DNS_BOGUS, DNS_RECORDS, 0, "signature expired" };
static const struct dns_status lost = { DNS_LOOKUP_FAILED, DNS_RECORDS, 0, "SERVFAIL" };
static const struct dns_status none = { DNS_SECURE, DNS_NODATA, 60, NULL };
static const struct dns_status unsigned_none = { DNS_INSECURE, DNS_NODATA, 60, NULL };
static const struct dns_status unknown = { DNS_SECURE, DNS_NXDOMAIN, 60, NULL };
static const struct dns_status unsigned_unknown = { DNS_INSECURE, DNS_NXDOMAIN, 60, NULL };
static const struct dns_status unasked = { DNS_NOT_ASKED, DNS_NODATA, 0, NULL };

static struct mail_dns_answer *
answer(struct dns_status mx)
{
	struct mail_dns_answer *a = mem_new(ctx, struct mail_dns_answer);

	a->domain = "example.com";
	a->mx = mx;
	a->hosts = mem_array(ctx, struct mail_exchanger, 4);
	return a;
}

static struct mail_exchanger *
host(struct mail_dns_answer *a, const char *name, struct dns_status address, struct dns_status tlsa)
{
	struct mail_exchanger *h = &a->hosts[a->host_count++];

	*h = (struct mail_exchanger){
		.name = name, .preference = 10, .a = address, .aaaa = none, .tlsa = tlsa
	};
	if (address.state == DNS_INSECURE)
		h->aaaa = unsigned_none;
	if (address.found == DNS_RECORDS && (address.state == DNS_SECURE || address.state == DNS_INSECURE)) {
		h->addresses = mem_new(ctx, struct dns_address);
		h->addresses[0].text = "192.0.2.1";
		h->address_count = 1;
	}
	if (tlsa.state == DNS_SECURE && tlsa.found == DNS_RECORDS) {
		h->tlsa_base = name;
		h->records = mem_new(ctx, struct dane_record);
		*h->records = (struct dane_record){ 3, 1, 1, digest, sizeof digest };
		h->record_count = 1;
	}
	return h;
}

static struct mail_exchanger *
with_usage(struct mail_exchanger *h, uint8_t usage)
{
	h->records[0].usage = usage;
	return h;
}

/* One host of the domain. */
static struct mail_dns_answer *
domain(struct dns_status mx, struct dns_status address, struct dns_status tlsa)
{
	struct mail_dns_answer *a = answer(mx);

	host(a, "mx.example.com", address, tlsa);
	return a;
}

static struct mail_plan *
plan(const struct mail_profile *profile, const struct mail_dns_answer *dns, const struct sts_policy *sts)
{
	struct mail_plan_ask ask = {
		.domain = "example.com", .profile = profile, .dns = dns, .sts = sts, .port = 25
	};

	return mail_plan_domain(ctx, &ask);
}

static const struct sts_policy *
policy(enum sts_mode mode, const char *mx)
{
	struct sts_policy *p = mem_new(ctx, struct sts_policy);

	p->domain = "example.com";
	p->mode = mode;
	p->mx = mem_array(ctx, const char *, 1);
	p->mx[0] = mx;
	p->mx_count = 1;
	return p;
}

/* ---- the TLS setting ---- */

static void
settings_demand_what_the_menu_says(void **state)
{
	static const struct {
		enum mail_tls_setting setting;
		enum mail_hop_tls tls;
		size_t names;
	} rows[] = {
		{ MAIL_TLS_NO, HOP_TLS_NONE, 1 },
		{ MAIL_TLS_PREFERRED, HOP_TLS_PREFERRED, 1 },
		{ MAIL_TLS_REQUIRED, HOP_TLS_REQUIRED, 1 },
		{ MAIL_TLS_PREFERRED_VERIFY, HOP_TLS_PREFERRED_VERIFY, 1 },
		{ MAIL_TLS_REQUIRED_VERIFY, HOP_TLS_VERIFY, 1 },
		{ MAIL_TLS_REQUIRED_VERIFY_HOSTED, HOP_TLS_VERIFY, 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mail_profile profile = { .tls = rows[i].setting };
		struct mail_plan *p = plan(&profile, domain(insecure, insecure, unasked), NULL);

		assert_int_equal(p->class, MAIL_OK);
		assert_int_equal(p->hop_count, 1);
		assert_int_equal(p->hops[0].tls, rows[i].tls);
		assert_int_equal(p->hops[0].name_count, rows[i].names);
		assert_string_equal(p->hops[0].names[0], "example.com");
		assert_string_equal(p->hops[0].host, "mx.example.com");
		assert_string_equal(p->hops[0].addresses[0], "192.0.2.1");
		assert_int_equal(p->hops[0].port, 25);
		if (rows[i].names > 1)
			assert_string_equal(p->hops[0].names[1], "mx.example.com");
	}
}

/* ---- 8.1 ---- */

#define DELIVER MAIL_OK

/* The hop's demand when it may be tried, else why it may not. */
struct row {
	const char *name;
	const struct dns_status *mx, *address, *tlsa;
	uint8_t usage;
	enum mail_class mandatory, opportunistic;
	enum mail_hop_tls tls; /* of those that are tried */
	bool success;
};

static void
the_table_of_dane(void **state)
{
	static const struct row rows[] = {
		{ "success", &secure, &secure, &secure, 3, DELIVER, DELIVER, HOP_TLS_DANE, true },
		{ "trust anchor", &secure, &secure, &secure, 2, DELIVER, DELIVER, HOP_TLS_DANE, true },
		{ "none usable", &secure, &secure, &secure, 1, MAIL_DANE_NO_TLSA, DELIVER, HOP_TLS_REQUIRED,
			false },
		{ "TLSA insecure", &secure, &secure, &insecure, 3, MAIL_DANE_INSECURE, DELIVER,
			HOP_TLS_PREFERRED, false },
		{ "no TLSA", &secure, &secure, &none, 3, MAIL_DANE_NO_TLSA, DELIVER, HOP_TLS_PREFERRED,
			false },
		{ "no TLSA name", &secure, &secure, &unknown, 3, MAIL_DANE_NO_TLSA, DELIVER,
			HOP_TLS_PREFERRED, false },
		{ "TLSA bogus", &secure, &secure, &bogus, 3, MAIL_DANE_BOGUS, MAIL_DANE_BOGUS, 0, false },
		{ "TLSA lost", &secure, &secure, &lost, 3, MAIL_DNS_FAILED, MAIL_DNS_FAILED, 0, false },
		{ "address insecure", &secure, &insecure, &unasked, 3, MAIL_DANE_INSECURE, DELIVER,
			HOP_TLS_PREFERRED, false },
		{ "address bogus", &secure, &bogus, &unasked, 3, MAIL_DANE_BOGUS, MAIL_DANE_BOGUS, 0, false },
		/* A mail host may get an address: the mail waits. */
		{ "no address", &secure, &none, &unasked, 3, MAIL_DNS_FAILED, MAIL_DNS_FAILED, 0, false },
		{ "address lost", &secure, &lost, &unasked, 3, MAIL_DNS_FAILED, MAIL_DNS_FAILED, 0, false },
		{ "MX insecure, match", &insecure, &secure, &secure, 3, MAIL_DANE_INSECURE, DELIVER,
			HOP_TLS_DANE, false },
		{ "MX insecure, none", &insecure, &secure, &none, 3, MAIL_DANE_NO_TLSA, DELIVER,
			HOP_TLS_PREFERRED, false },
		{ "MX insecure, TLSA bogus", &insecure, &secure, &bogus, 3, MAIL_DANE_BOGUS, MAIL_DANE_BOGUS,
			0, false },
		{ "all insecure", &insecure, &insecure, &unasked, 3, MAIL_DANE_INSECURE, DELIVER,
			HOP_TLS_PREFERRED, false },
		{ "MX insecure, address bogus", &insecure, &bogus, &unasked, 3, MAIL_DANE_BOGUS,
			MAIL_DANE_BOGUS, 0, false },
		{ "MX bogus", &bogus, &secure, &secure, 3, MAIL_DANE_BOGUS, MAIL_DANE_BOGUS, 0, false },
		{ "MX lost", &lost, &secure, &secure, 3, MAIL_DNS_FAILED, MAIL_DNS_FAILED, 0, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];

		for (int mode = MAIL_DANE_OPPORTUNISTIC; mode <= MAIL_DANE_MANDATORY; mode++) {
			struct mail_profile profile = { .tls = MAIL_TLS_PREFERRED,
				.dane = (enum mail_dane)mode };
			struct mail_dns_answer *a = domain(*r->mx, *r->address, *r->tlsa);
			enum mail_class expected =
				mode == MAIL_DANE_MANDATORY ? r->mandatory : r->opportunistic;
			struct mail_plan *p;

			if (a->hosts[0].records != NULL)
				with_usage(&a->hosts[0], r->usage);
			p = plan(&profile, a, NULL);
			if (p->class != expected)
				fail_msg("%s, mode %d: %s", r->name, mode, mail_class_name(p->class));
			/* Nothing but a 5xx or a name that is not there ends the mail: it waits. */
			if (expected != MAIL_OK) {
				assert_int_equal(mail_outcome(p->class, 0, true), MAIL_DEFERRED);
				assert_non_null(p->detail);
				continue;
			}
			assert_int_equal(p->hops[0].tls, r->tls);
			assert_int_equal(p->hops[0].dane_success, r->success);
			assert_int_equal(p->hops[0].record_count, r->tls == HOP_TLS_DANE ? 1 : 0);
		}
	}
}

static void
dane_names_domain_only_behind_secure_mx(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_PREFERRED, .dane = MAIL_DANE_OPPORTUNISTIC };
	struct mail_plan *p = plan(&profile, domain(secure, secure, secure), NULL);

	assert_int_equal(p->hops[0].name_count, 2);
	assert_string_equal(p->hops[0].names[0], "mx.example.com");
	assert_string_equal(p->hops[0].names[1], "example.com");
	p = plan(&profile, domain(insecure, secure, secure), NULL);
	assert_int_equal(p->hops[0].name_count, 1);
}

static void
unusable_records_never_weaken(void **state)
{
	static const enum mail_hop_tls expected[MAIL_TLS_SETTING_COUNT] = { HOP_TLS_REQUIRED,
		HOP_TLS_REQUIRED, HOP_TLS_REQUIRED, HOP_TLS_REQUIRED, HOP_TLS_VERIFY, HOP_TLS_VERIFY };

	for (int s = MAIL_TLS_PREFERRED; s < MAIL_TLS_SETTING_COUNT; s++) {
		struct mail_profile profile = { .tls = (enum mail_tls_setting)s,
			.dane = MAIL_DANE_OPPORTUNISTIC };
		struct mail_dns_answer *a = domain(secure, secure, secure);

		with_usage(&a->hosts[0], 0);
		assert_int_equal(plan(&profile, a, NULL)->hops[0].tls, expected[s]);
	}
}

static void
hosts_that_fail_leave_the_others(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_PREFERRED, .dane = MAIL_DANE_MANDATORY };
	struct mail_dns_answer *a = answer(secure);
	struct mail_plan *p;

	host(a, "a.example.com", secure, bogus);
	host(a, "b.example.com", insecure, unasked);
	host(a, "c.example.com", secure, secure);
	p = plan(&profile, a, NULL);
	assert_int_equal(p->class, MAIL_OK);
	assert_int_equal(p->hop_count, 3);
	assert_int_equal(p->hops[0].refused, MAIL_DANE_BOGUS);
	assert_int_equal(p->hops[1].refused, MAIL_DANE_INSECURE);
	assert_int_equal(p->hops[2].refused, MAIL_OK);
	assert_non_null(strstr(p->hops[0].refused_detail, "a.example.com"));
}

/* ---- domains without hosts ---- */

static void
domains_that_take_no_mail(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_PREFERRED };
	struct mail_dns_answer *null_mx = answer(secure), *nowhere = answer(none);
	struct mail_plan_ask ask = { .domain = "example.com", .profile = &profile, .port = 25 };
	struct mail_plan *p;

	null_mx->null_mx = true;
	p = plan(&profile, null_mx, NULL);
	assert_string_equal(p->status, "5.1.10");
	assert_int_equal(mail_outcome(p->class, 0, true), MAIL_BOUNCED);

	p = plan(&profile, answer(unknown), NULL);
	assert_int_equal(p->class, MAIL_DNS_NXDOMAIN);
	assert_string_equal(p->status, "5.1.2");

	/* Not proven: believed after an hour. */
	ask.dns = answer(unsigned_unknown);
	ask.age = 59 * 60 * USEC_PER_SEC;
	p = mail_plan_domain(ctx, &ask);
	assert_int_equal(mail_outcome(p->class, 0, true), MAIL_DEFERRED);
	ask.age = 61 * 60 * USEC_PER_SEC;
	p = mail_plan_domain(ctx, &ask);
	assert_int_equal(p->class, MAIL_DNS_NXDOMAIN);

	/* Neither MX nor address. */
	nowhere->implicit = true;
	host(nowhere, "example.com", none, unasked);
	p = plan(&profile, nowhere, NULL);
	assert_int_equal(mail_outcome(p->class, 0, true), MAIL_BOUNCED);
	assert_string_equal(p->status, "5.1.2");
}

static void
a_domain_may_be_its_own_host(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_REQUIRED_VERIFY_HOSTED, .dane = MAIL_DANE_MANDATORY };
	struct mail_dns_answer *a = answer(none);
	struct mail_plan *p;

	a->implicit = true;
	host(a, "example.com", secure, secure);
	p = plan(&profile, a, NULL);
	assert_int_equal(p->hops[0].tls, HOP_TLS_DANE);
	assert_true(p->hops[0].dane_success);
	assert_int_equal(p->hops[0].name_count, 1);
}

static void
without_dane_bogus_is_no_answer_either(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_NO };

	assert_int_equal(plan(&profile, domain(bogus, secure, unasked), NULL)->class, MAIL_DNS_BOGUS);
	assert_int_equal(plan(&profile, domain(secure, bogus, unasked), NULL)->class, MAIL_DNS_BOGUS);
	assert_int_equal(plan(&profile, domain(secure, secure, unasked), NULL)->hops[0].tls, HOP_TLS_NONE);
}

/* ---- routes ---- */

static void
a_route_replaces_the_destination(void **state)
{
	struct mail_smtp_route route = { .domain = "example.com", .host = "smtp.example.net", .port = 2525 };
	struct mail_profile profile = { .tls = MAIL_TLS_REQUIRED_VERIFY, .mta_sts = true };
	struct mail_plan_ask ask = { .domain = "example.com",
		.profile = &profile,
		.route = &route,
		.sts = policy(STS_ENFORCE, "mx.example.com"),
		.port = 25 };
	struct mail_plan *p = mail_plan_domain(ctx, &ask);

	/* The policy is not applied; the certificate is for the domain or the route's host. */
	assert_int_equal(p->hop_count, 1);
	assert_string_equal(p->hops[0].host, "smtp.example.net");
	assert_int_equal(p->hops[0].port, 2525);
	assert_int_equal(p->hops[0].address_count, 0);
	assert_int_equal(p->hops[0].tls, HOP_TLS_VERIFY);
	assert_null(p->hops[0].sts_domain);
	assert_int_equal(p->hops[0].name_count, 2);
	assert_string_equal(p->hops[0].names[0], "example.com");
	assert_string_equal(p->hops[0].names[1], "smtp.example.net");

	for (int mode = MAIL_DANE_OPPORTUNISTIC; mode <= MAIL_DANE_MANDATORY; mode++) {
		profile.dane = (enum mail_dane)mode;
		p = mail_plan_domain(ctx, &ask);
		assert_int_equal(p->class, MAIL_DANE_ROUTE);
		assert_int_equal(p->phase, PHASE_MX);
		assert_int_equal(mail_outcome(p->class, 0, true), MAIL_DEFERRED);
	}

	route = (struct mail_smtp_route){ .domain = "example.com", .use_dns = true };
	ask.dns = domain(secure, secure, secure);
	p = mail_plan_domain(ctx, &ask);
	assert_int_equal(p->hops[0].tls, HOP_TLS_DANE);
}

/* ---- MTA-STS ---- */

static void
policies_stand_between_dane_and_setting(void **state)
{
	struct mail_profile profile = { .tls = MAIL_TLS_PREFERRED, .mta_sts = true };
	struct mail_dns_answer *two = answer(insecure);
	struct mail_plan *p;

	host(two, "evil.example.net", insecure, unasked);
	host(two, "mx.example.com", insecure, unasked);
	p = plan(&profile, two, policy(STS_ENFORCE, "*.example.com"));
	assert_int_equal(p->class, MAIL_OK);
	assert_int_equal(p->hops[0].refused, MAIL_STS_MX_MISMATCH);
	assert_int_equal(p->hops[1].tls, HOP_TLS_STS);
	assert_int_equal(p->hops[1].name_count, 1);
	assert_string_equal(p->hops[1].names[0], "mx.example.com");

	p = plan(&profile, two, policy(STS_ENFORCE, "other.example.com"));
	assert_int_equal(p->class, MAIL_STS_MX_MISMATCH);
	assert_int_equal(p->phase, PHASE_MX);

	/* Testing: delivered as without policy, and told. */
	p = plan(&profile, two, policy(STS_TESTING, "mx.example.com"));
	assert_int_equal(p->hops[0].refused, MAIL_OK);
	assert_true(p->hops[0].sts_testing && p->hops[0].sts_why != NULL);
	assert_true(p->hops[1].sts_testing && p->hops[1].sts_why == NULL);
	assert_int_equal(p->hops[1].tls, HOP_TLS_PREFERRED);

	p = plan(&profile, two, policy(STS_NONE, "mx.example.com"));
	assert_int_equal(p->hops[0].tls, HOP_TLS_PREFERRED);
	assert_null(p->hops[0].sts_domain);
	profile.mta_sts = false;
	p = plan(&profile, two, policy(STS_ENFORCE, "mx.example.com"));
	assert_int_equal(p->hops[0].tls, HOP_TLS_PREFERRED);
}

static void
policies_never_rescue_dane(void **state)
{
	struct mail_profile profile = {
		.tls = MAIL_TLS_PREFERRED, .dane = MAIL_DANE_OPPORTUNISTIC, .mta_sts = true
	};
	const struct sts_policy *all = policy(STS_ENFORCE, "mx.example.com");
	const struct sts_policy *other = policy(STS_ENFORCE, "other.example.com");

	/* A success needs no policy, not even one that does not know the host. */
	assert_int_equal(plan(&profile, domain(secure, secure, secure), other)->hops[0].tls, HOP_TLS_DANE);
	assert_int_equal(plan(&profile, domain(secure, secure, bogus), all)->class, MAIL_DANE_BOGUS);
	assert_int_equal(plan(&profile, domain(bogus, secure, secure), all)->class, MAIL_DANE_BOGUS);
	assert_int_equal(plan(&profile, domain(secure, secure, none), all)->hops[0].tls, HOP_TLS_STS);
	assert_int_equal(plan(&profile, domain(secure, secure, none), other)->class, MAIL_STS_MX_MISMATCH);
	profile.dane = MAIL_DANE_MANDATORY;
	assert_int_equal(plan(&profile, domain(secure, secure, none), all)->class, MAIL_DANE_NO_TLSA);
}

/* ---- servers that actions name ---- */

static void
named_servers_have_dane_with_their_port(void **state)
{
	struct mail_dns_answer *a = domain(unasked, secure, secure);
	struct mail_plan *p;

	a->is_relay = true;
	a->domain = "smtp.example.com";
	a->hosts[0].name = a->hosts[0].tlsa_base = "smtp.example.com";
	p = mail_plan_relay(ctx, a, 587, MAIL_DANE_MANDATORY, HOP_TLS_PREFERRED);
	assert_int_equal(p->hops[0].tls, HOP_TLS_DANE);
	assert_int_equal(p->hops[0].port, 587);
	assert_true(p->hops[0].dane_success);

	a->hosts[0].tlsa = none;
	a->hosts[0].record_count = 0;
	p = mail_plan_relay(ctx, a, 587, MAIL_DANE_MANDATORY, HOP_TLS_VERIFY);
	assert_int_equal(p->class, MAIL_DANE_NO_TLSA);
	p = mail_plan_relay(ctx, a, 587, MAIL_DANE_OPPORTUNISTIC, HOP_TLS_VERIFY);
	assert_int_equal(p->hops[0].tls, HOP_TLS_VERIFY);
	assert_int_equal(p->hops[0].name_count, 0); /* the host itself */

	a->hosts[0].a = insecure;
	a->hosts[0].aaaa = unsigned_none;
	p = mail_plan_relay(ctx, a, 587, MAIL_DANE_MANDATORY, HOP_TLS_VERIFY);
	assert_int_equal(p->class, MAIL_DANE_INSECURE);
}

static void
the_stronger_demand_counts(void **state)
{
	static const enum mail_hop_tls by_strength[] = { HOP_TLS_NONE, HOP_TLS_PREFERRED,
		HOP_TLS_PREFERRED_VERIFY, HOP_TLS_REQUIRED, HOP_TLS_VERIFY };

	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(mail_stronger_demand(by_strength[i], by_strength[k]),
				by_strength[i > k ? i : k]);
	assert_int_equal(mail_secure_demand(MAIL_SECURE_OPPORTUNISTIC), HOP_TLS_PREFERRED);
	assert_int_equal(mail_secure_demand(MAIL_SECURE_NONE), HOP_TLS_NONE);
	assert_int_equal(mail_secure_demand(MAIL_SECURE_TLS), HOP_TLS_VERIFY);
	assert_int_equal(mail_secure_demand(MAIL_SECURE_SMTPS), HOP_TLS_VERIFY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(settings_demand_what_the_menu_says, setup, teardown),
		cmocka_unit_test_setup_teardown(the_table_of_dane, setup, teardown),
		cmocka_unit_test_setup_teardown(dane_names_domain_only_behind_secure_mx, setup, teardown),
		cmocka_unit_test_setup_teardown(unusable_records_never_weaken, setup, teardown),
		cmocka_unit_test_setup_teardown(hosts_that_fail_leave_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(domains_that_take_no_mail, setup, teardown),
		cmocka_unit_test_setup_teardown(a_domain_may_be_its_own_host, setup, teardown),
		cmocka_unit_test_setup_teardown(without_dane_bogus_is_no_answer_either, setup, teardown),
		cmocka_unit_test_setup_teardown(a_route_replaces_the_destination, setup, teardown),
		cmocka_unit_test_setup_teardown(policies_stand_between_dane_and_setting, setup, teardown),
		cmocka_unit_test_setup_teardown(policies_never_rescue_dane, setup, teardown),
		cmocka_unit_test_setup_teardown(named_servers_have_dane_with_their_port, setup, teardown),
		cmocka_unit_test_setup_teardown(the_stronger_demand_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
