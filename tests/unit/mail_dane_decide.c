/* The decision table of DANE (mail-security 8.1): each of its rows, in both modes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/destination/dane_decide.h"
#include "core/mem.h"

static const unsigned char digest[32];

static struct dane_record usable = { 3, 1, 1, digest, sizeof digest };
static struct dane_record pkix = { 1, 1, 1, digest, sizeof digest };

#define HOUR (3600 * USEC_PER_SEC)

/* What was found, as the table's columns name it. */
enum cell {
	SECURE,
	INSECURE,
	BOGUS,
	FAILED,
	NXDOMAIN, /* proven */
	NODATA,   /* proven */
	NOT_ASKED
};

static struct dns_status
status(enum cell c)
{
	static const struct dns_status of[] = {
		[SECURE] = { .state = DNS_SECURE },
		[INSECURE] = { .state = DNS_INSECURE },
		[BOGUS] = { .state = DNS_BOGUS, .why = "signature expired" },
		[FAILED] = { .state = DNS_LOOKUP_FAILED, .why = "SERVFAIL" },
		[NXDOMAIN] = { .state = DNS_SECURE, .found = DNS_NXDOMAIN },
		[NODATA] = { .state = DNS_SECURE, .found = DNS_NODATA },
		[NOT_ASKED] = { .state = DNS_NOT_ASKED },
	};

	return of[c];
}

/* What a mode makes of a row: an outcome, with the class of DANE_HOST_NEXT. */
struct verdict {
	enum dane_host_outcome outcome;
	enum mail_class class;
	bool success;
};

#define DELIVER                                  \
	{                                        \
		DANE_HOST_RECORDS, MAIL_OK, true \
	}
#define AUTHENTICATED                             \
	{                                         \
		DANE_HOST_RECORDS, MAIL_OK, false \
	}
#define ENCRYPT                                   \
	{                                         \
		DANE_HOST_ENCRYPT, MAIL_OK, false \
	}
#define FALL_BACK                                  \
	{                                          \
		DANE_HOST_FALLBACK, MAIL_OK, false \
	}
#define NEXT(class)                          \
	{                                    \
		DANE_HOST_NEXT, class, false \
	}

enum records { NONE, USABLE, UNUSABLE };

static const struct row {
	enum cell mx, a, tlsa;
	enum records records;
	struct verdict mandatory, opportunistic;
} rows[] = {
	{ SECURE, SECURE, SECURE, USABLE, DELIVER, DELIVER },
	{ SECURE, SECURE, SECURE, UNUSABLE, NEXT(MAIL_DANE_NO_TLSA), ENCRYPT },
	{ SECURE, SECURE, INSECURE, USABLE, NEXT(MAIL_DANE_INSECURE), FALL_BACK },
	{ SECURE, SECURE, NXDOMAIN, NONE, NEXT(MAIL_DANE_NO_TLSA), FALL_BACK },
	{ SECURE, SECURE, NODATA, NONE, NEXT(MAIL_DANE_NO_TLSA), FALL_BACK },
	{ SECURE, SECURE, BOGUS, NONE, NEXT(MAIL_DANE_BOGUS), NEXT(MAIL_DANE_BOGUS) },
	{ SECURE, SECURE, FAILED, NONE, NEXT(MAIL_DNS_FAILED), NEXT(MAIL_DNS_FAILED) },
	{ SECURE, INSECURE, NOT_ASKED, NONE, NEXT(MAIL_DANE_INSECURE), FALL_BACK },
	{ SECURE, BOGUS, NOT_ASKED, NONE, NEXT(MAIL_DANE_BOGUS), NEXT(MAIL_DANE_BOGUS) },
	{ SECURE, NXDOMAIN, NOT_ASKED, NONE, NEXT(MAIL_DNS_NXDOMAIN), NEXT(MAIL_DNS_NXDOMAIN) },
	{ SECURE, NODATA, NOT_ASKED, NONE, NEXT(MAIL_DNS_NODATA), NEXT(MAIL_DNS_NODATA) },
	{ SECURE, FAILED, NOT_ASKED, NONE, NEXT(MAIL_DNS_FAILED), NEXT(MAIL_DNS_FAILED) },
	{ INSECURE, SECURE, SECURE, USABLE, NEXT(MAIL_DANE_INSECURE), AUTHENTICATED },
	{ INSECURE, SECURE, SECURE, UNUSABLE, NEXT(MAIL_DANE_NO_TLSA), ENCRYPT },
	{ INSECURE, SECURE, NXDOMAIN, NONE, NEXT(MAIL_DANE_NO_TLSA), FALL_BACK },
	{ INSECURE, SECURE, NODATA, NONE, NEXT(MAIL_DANE_NO_TLSA), FALL_BACK },
	{ INSECURE, SECURE, INSECURE, USABLE, NEXT(MAIL_DANE_INSECURE), FALL_BACK },
	{ INSECURE, SECURE, BOGUS, NONE, NEXT(MAIL_DANE_BOGUS), NEXT(MAIL_DANE_BOGUS) },
	{ INSECURE, SECURE, FAILED, NONE, NEXT(MAIL_DNS_FAILED), NEXT(MAIL_DNS_FAILED) },
	{ INSECURE, INSECURE, NOT_ASKED, NONE, NEXT(MAIL_DANE_INSECURE), FALL_BACK },
	{ INSECURE, BOGUS, NOT_ASKED, NONE, NEXT(MAIL_DANE_BOGUS), NEXT(MAIL_DANE_BOGUS) },
	/* The domain as its own host, its missing MX proven. */
	{ NODATA, SECURE, SECURE, USABLE, DELIVER, DELIVER },
	{ NODATA, SECURE, NXDOMAIN, NONE, NEXT(MAIL_DANE_NO_TLSA), FALL_BACK },
	{ NODATA, INSECURE, NOT_ASKED, NONE, NEXT(MAIL_DANE_INSECURE), FALL_BACK },
};

static void
fill(struct mail_exchanger *h, const struct row *r)
{
	*h = (struct mail_exchanger){ .name = "mail.example.net",
		.a = status(r->a),
		.aaaa = status(NODATA),
		.tlsa = status(r->tlsa),
		.records = r->records == UNUSABLE ? &pkix : &usable,
		.record_count = r->records != NONE,
		.tlsa_base = r->records != NONE ? "mail.example.net" : NULL };
}

static void
check(const struct row *r, enum mail_dane mode, const struct verdict *want)
{
	struct mail_exchanger host;
	struct mail_dns_answer a = {
		.domain = "example.net", .mx = status(r->mx), .hosts = &host, .host_count = 1
	};
	void *ctx = mem_ctx(NULL, "test");
	struct dane_host got;

	fill(&host, r);
	got = dane_decide_host(ctx, &a, &host, mode);
	if (got.outcome != want->outcome || got.class != want->class)
		fail_msg("row %td, mode %d: outcome %d class %s", r - rows, mode, got.outcome,
			mail_class_name(got.class));
	assert_int_equal(got.success, want->success);
	assert_int_equal(got.record_count, got.outcome == DANE_HOST_RECORDS ? 1 : 0);
	if (got.outcome == DANE_HOST_NEXT)
		assert_non_null(got.why);
	mem_free(ctx);
}

static void
every_row_in_both_modes(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		check(&rows[i], MAIL_DANE_MANDATORY, &rows[i].mandatory);
		check(&rows[i], MAIL_DANE_OPPORTUNISTIC, &rows[i].opportunistic);
	}
}

/* Without DANE only the address matters, and a bogus one is bogus all the same. */
static void
without_dane_the_addresses_count(void **state)
{
	static const struct {
		enum cell a;
		struct verdict want;
	} cells[] = {
		{ SECURE, FALL_BACK },
		{ INSECURE, FALL_BACK },
		{ BOGUS, NEXT(MAIL_DNS_BOGUS) },
		{ FAILED, NEXT(MAIL_DNS_FAILED) },
		{ NXDOMAIN, NEXT(MAIL_DNS_NXDOMAIN) },
		{ NODATA, NEXT(MAIL_DNS_NODATA) },
	};

	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
		const struct row r = { .mx = SECURE, .a = cells[i].a, .tlsa = SECURE, .records = USABLE };

		check(&r, MAIL_DANE_NONE, &cells[i].want);
	}
}

static void
a_relay_counts_as_a_secure_mx(void **state)
{
	const struct row r = { .mx = NOT_ASKED, .a = SECURE, .tlsa = SECURE, .records = USABLE };
	struct mail_exchanger host;
	struct mail_dns_answer a = { .domain = "mail.example.net",
		.is_relay = true,
		.mx = status(NOT_ASKED),
		.hosts = &host,
		.host_count = 1 };
	void *ctx = mem_ctx(NULL, "test");
	struct dane_host got;

	fill(&host, &r);
	assert_int_equal(dane_decide_domain(&a, MAIL_DANE_MANDATORY, 0).outcome, DANE_DOMAIN_HOSTS);
	got = dane_decide_host(ctx, &a, &host, MAIL_DANE_MANDATORY);
	assert_int_equal(got.outcome, DANE_HOST_RECORDS);
	assert_true(got.success);
	assert_int_equal(got.name_count, 1); /* base, host and domain are one */
	mem_free(ctx);
}

/* RFC 7672 3.2.2: base, host, and the domain only behind a secure MX set. */
static void
names_of_the_certificate(void **state)
{
	const struct row secure = { .mx = SECURE, .a = SECURE, .tlsa = SECURE, .records = USABLE };
	const struct row insecure = { .mx = INSECURE, .a = SECURE, .tlsa = SECURE, .records = USABLE };
	struct mail_exchanger host;
	struct mail_dns_answer a = {
		.domain = "example.net", .mx = status(SECURE), .hosts = &host, .host_count = 1
	};
	void *ctx = mem_ctx(NULL, "test");
	struct dane_host got;

	fill(&host, &secure);
	host.tlsa_base = "real.example.org";
	got = dane_decide_host(ctx, &a, &host, MAIL_DANE_MANDATORY);
	assert_int_equal(got.name_count, 3);
	assert_string_equal(got.names[0], "real.example.org");
	assert_string_equal(got.names[1], "mail.example.net");
	assert_string_equal(got.names[2], "example.net");
	a.mx = status(INSECURE);
	fill(&host, &insecure);
	host.tlsa_base = "real.example.org";
	got = dane_decide_host(ctx, &a, &host, MAIL_DANE_OPPORTUNISTIC);
	assert_int_equal(got.name_count, 2);
	mem_free(ctx);
}

static void
the_address_set_that_is_used_counts(void **state)
{
	static const struct {
		enum cell a, aaaa;
		enum cell want;
	} rows_of_sets[] = {
		{ SECURE, SECURE, SECURE },
		{ SECURE, INSECURE, INSECURE }, /* both are used: the weaker one */
		{ SECURE, NODATA, SECURE },
		{ NODATA, INSECURE, INSECURE },
		{ BOGUS, SECURE, SECURE }, /* the bogus one is not used */
		{ INSECURE, FAILED, INSECURE },
		{ BOGUS, NODATA, BOGUS },
		{ NODATA, BOGUS, BOGUS },
		{ FAILED, NODATA, FAILED },
		{ BOGUS, FAILED, BOGUS },
		{ FAILED, BOGUS, BOGUS },
		{ NODATA, NODATA, NODATA },
	};

	for (size_t i = 0; i < sizeof rows_of_sets / sizeof *rows_of_sets; i++) {
		struct mail_exchanger h = { .a = status(rows_of_sets[i].a),
			.aaaa = status(rows_of_sets[i].aaaa) };
		const struct dns_status want = status(rows_of_sets[i].want), *got = mail_exchanger_status(&h);

		assert_int_equal(got->state, want.state);
		assert_int_equal(got->found, want.found);
	}
}

static void
the_domain_before_its_hosts(void **state)
{
	static const struct {
		enum cell mx;
		bool null_mx;
		usec age;
		enum dane_domain_outcome outcome;
		enum mail_class class;
	} domains[] = {
		{ SECURE, false, 0, DANE_DOMAIN_HOSTS, MAIL_OK },
		{ INSECURE, false, 0, DANE_DOMAIN_HOSTS, MAIL_OK },
		{ NODATA, false, 0, DANE_DOMAIN_HOSTS, MAIL_OK },
		{ BOGUS, false, 0, DANE_DOMAIN_QUEUE, MAIL_DANE_BOGUS },
		{ FAILED, false, 0, DANE_DOMAIN_QUEUE, MAIL_DNS_FAILED },
		{ NXDOMAIN, false, 0, DANE_DOMAIN_BOUNCE, MAIL_DNS_NXDOMAIN },
		{ SECURE, true, 0, DANE_DOMAIN_BOUNCE_NO_MAIL, MAIL_DNS_NODATA },
		{ INSECURE, true, 0, DANE_DOMAIN_BOUNCE_NO_MAIL, MAIL_DNS_NODATA },
	};

	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		const struct mail_dns_answer a = { .mx = status(domains[i].mx),
			.null_mx = domains[i].null_mx };

		for (int mode = MAIL_DANE_OPPORTUNISTIC; mode <= MAIL_DANE_MANDATORY; mode++) {
			struct dane_domain got = dane_decide_domain(&a, (enum mail_dane)mode, domains[i].age);

			assert_int_equal(got.outcome, domains[i].outcome);
			assert_int_equal(got.class, domains[i].class);
		}
	}
}

/* Nobody proves it: the name may come back within the hour. */
static void
an_unproven_nxdomain_is_believed_after_an_hour(void **state)
{
	struct mail_dns_answer a = { .mx = status(INSECURE) };

	a.mx.found = DNS_NXDOMAIN;
	assert_int_equal(dane_decide_domain(&a, MAIL_DANE_NONE, 0).outcome, DANE_DOMAIN_QUEUE);
	assert_int_equal(dane_decide_domain(&a, MAIL_DANE_NONE, HOUR - 1).outcome, DANE_DOMAIN_QUEUE);
	assert_int_equal(dane_decide_domain(&a, MAIL_DANE_NONE, HOUR).outcome, DANE_DOMAIN_BOUNCE);
}

static void
bogus_without_dane_is_a_matter_of_the_dns(void **state)
{
	const struct mail_dns_answer a = { .mx = status(BOGUS) };

	assert_int_equal(dane_decide_domain(&a, MAIL_DANE_NONE, 0).class, MAIL_DNS_BOGUS);
	assert_string_equal(dane_decide_domain(&a, MAIL_DANE_NONE, 0).why, "signature expired");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_in_both_modes),
		cmocka_unit_test(without_dane_the_addresses_count),
		cmocka_unit_test(a_relay_counts_as_a_secure_mx),
		cmocka_unit_test(names_of_the_certificate),
		cmocka_unit_test(the_address_set_that_is_used_counts),
		cmocka_unit_test(the_domain_before_its_hosts),
		cmocka_unit_test(an_unproven_nxdomain_is_believed_after_an_hour),
		cmocka_unit_test(bogus_without_dane_is_a_matter_of_the_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
