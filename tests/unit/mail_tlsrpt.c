/* TLS reports: what deliveries count as, the document of RFC 8460, days and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "actions/mail/report/private.h"
#include "actions/mail/report/tlsrpt.h"
#include "core/paths.h"
#include "tests/lib/virtual.h"

/* A delivery to example.com by one host, with one outcome. */
struct case_ {
	struct mail_hop hop;
	struct mail_hop_result at;
	const char *policy, *type; /* expected: of the policy, and of the failure (NULL: a success) */
	bool nothing;              /* expected: it says nothing about TLS */
};

static void
deliver(struct engine *e, struct mail_hop *hop, struct mail_hop_result *at)
{
	struct mail_job job = { .verb = MAIL_DELIVER, .direct = true, .host = "example.com" };
	struct mail_result r = { .class = at->class };

	hop->host = "mail.example.com";
	hop->domain = "example.com";
	at->host = hop->host;
	at->tried = hop->refused == MAIL_OK;
	if (at->tried) {
		at->ip = "192.0.2.25";
		at->local_ip = "192.0.2.1";
	}
	job.hops = hop;
	job.hop_count = 1;
	r.hops = at;
	r.hop_count = 1;
	tlsrpt_delivery(e, &job, &r);
}

struct found {
	json_t *record;
	size_t n;
	char day[16], domain[64];
};

static void
take(void *arg, const char *day, const char *domain, json_t *record)
{
	struct found *f = arg;

	f->n++;
	f->record = record;
	snprintf(f->day, sizeof f->day, "%s", day);
	snprintf(f->domain, sizeof f->domain, "%s", domain);
}

static struct found
look(const struct engine *e)
{
	struct found f = { 0 };

	collection_each(tlsrpt_collection(e->tlsrpt), take, &f);
	return f;
}

static const char *
text_at(json_t *j, const char *a, const char *b)
{
	const char *s =
		json_string_value(json_object_get(b == NULL ? j : json_object_get(j, a), b == NULL ? a : b));

	return s == NULL ? "" : s;
}

static void
test_what_deliveries_count_as(void **state)
{
	static struct dane_record record = { 3, 1, 1, (const unsigned char *)"\x01\x02", 2 };
	const struct case_ cases[] = {
		{ { .tls = HOP_TLS_PREFERRED }, { .tls_version = "TLSv1.3" }, "no-policy-found", NULL,
			false },
		{ { .tls = HOP_TLS_PREFERRED }, { 0 }, NULL, NULL, true },
		{ { .tls = HOP_TLS_REQUIRED }, { .class = MAIL_CONNECT_REFUSED }, NULL, NULL, true },
		{ { .tls = HOP_TLS_REQUIRED }, { .class = MAIL_TLS_NOT_OFFERED }, "no-policy-found",
			"starttls-not-supported", false },
		{ { .tls = HOP_TLS_VERIFY }, { .class = MAIL_CERT_NAME_MISMATCH }, "no-policy-found",
			"certificate-host-mismatch", false },
		{ { .tls = HOP_TLS_VERIFY }, { .class = MAIL_RECIPIENT_REJECTED, .tls_version = "TLSv1.3" },
			"no-policy-found", NULL, false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" }, { .tls_version = "TLSv1.3" }, "sts",
			NULL, false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" },
			{ .class = MAIL_STS_CERT, .tls_class = MAIL_CERT_EXPIRED }, "sts",
			"certificate-expired", false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" },
			{ .class = MAIL_STS_CERT, .tls_class = MAIL_CERT_NAME_MISMATCH }, "sts",
			"certificate-host-mismatch", false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" },
			{ .class = MAIL_STS_CERT, .tls_class = MAIL_CERT_UNTRUSTED }, "sts",
			"certificate-not-trusted", false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" }, { .class = MAIL_STS_NO_TLS }, "sts",
			"starttls-not-supported", false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com" }, { .class = MAIL_STS_TLS_VERSION },
			"sts", "validation-failure", false },
		{ { .tls = HOP_TLS_STS, .sts_domain = "example.com", .refused = MAIL_STS_MX_MISMATCH }, { 0 },
			"sts", "validation-failure", false },
		{ { .tls = HOP_TLS_PREFERRED, .sts_domain = "example.com", .sts_testing = true },
			{ .tls_version = "TLSv1.3", .sts_failure = "no", .sts_class = MAIL_CERT_UNTRUSTED },
			"sts", "certificate-not-trusted", false },
		{ { .tls = HOP_TLS_PREFERRED, .sts_domain = "example.com", .sts_testing = true },
			{ .sts_failure = "no TLS" }, "sts", "starttls-not-supported", false },
		{ { .tls = HOP_TLS_DANE, .records = &record, .record_count = 1, .dane_success = true },
			{ .tls_version = "TLSv1.3" }, "tlsa", NULL, false },
		{ { .tls = HOP_TLS_DANE, .records = &record, .record_count = 1 },
			{ .class = MAIL_DANE_MISMATCH }, "tlsa", "tlsa-invalid", false },
		{ { .tls = HOP_TLS_DANE, .records = &record, .record_count = 1 },
			{ .class = MAIL_DANE_NO_TLS }, "tlsa", "starttls-not-supported", false },
		{ { .refused = MAIL_DANE_BOGUS }, { 0 }, "tlsa", "dnssec-invalid", false },
		{ { .refused = MAIL_DANE_NO_TLSA }, { 0 }, "tlsa", "dane-required", false },
		{ { .refused = MAIL_DNS_NODATA }, { 0 }, NULL, NULL, true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *ctx = mem_ctx(NULL, "test");
		struct engine *e = virtual_engine(ctx);
		struct case_ c = cases[i];
		struct found f;
		json_t *entry;
		const char *type;

		deliver(e, &c.hop, &c.at);
		f = look(e);
		if (f.n != (c.nothing ? 0 : 1))
			fail_msg("case %zu: %zu records", i, f.n);
		if (f.n == 1) {
			entry = json_array_get(json_object_get(f.record, "policies"), 0);
			type = text_at(json_array_get(json_object_get(entry, "failure-details"), 0),
				"result-type", NULL);
			assert_string_equal(text_at(entry, "policy", "policy-type"), c.policy);
			if (strcmp(type, c.type == NULL ? "" : c.type) != 0)
				fail_msg("case %zu: %s", i, type);
		}
		mem_free(ctx);
	}
}

/* JSON written with single quotes. */
static json_t *
quoted(const char *text)
{
	char *copy = strdup(text);
	json_t *j;

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	j = json_loads(copy, 0, NULL);
	free(copy);
	return j;
}

static void
test_counts_and_document(void **state)
{
	static struct dane_record record = { 3, 1, 1, (const unsigned char *)"\x01\x02", 2 };
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct found f;
	json_t *document, *expected;

	for (int i = 0; i < 3; i++) {
		struct mail_hop hop = { .tls = HOP_TLS_DANE, .records = &record, .record_count = 1 };
		struct mail_hop_result good = { .tls_version = "TLSv1.3" };
		struct mail_hop_result bad = { .class = MAIL_DANE_MISMATCH, .detail = "no record fits" };

		deliver(e, &hop, &good);
		if (i > 0)
			deliver(e, &hop, &bad);
	}
	tlsrpt_policy_failed(e, "example.com", STS_FETCH_ERROR, "a connection timeout");
	tlsrpt_settings(e->tlsrpt)->organization = "Example Inc";
	tlsrpt_settings(e->tlsrpt)->contact = "tls@r1.example";
	e->hostname = "r1.example";
	f = look(e);
	assert_int_equal(f.n, 1);
	document = tlsrpt_document(e->tlsrpt, f.day, f.domain, f.record);
	/* RFC 8460 4.4, and appendix B for the look of it. */
	expected = quoted(

		"{'organization-name': 'Example Inc',"
		" 'date-range': {'start-datetime': '2026-03-01T00:00:00Z', 'end-datetime': "
		"'2026-03-01T23:59:59Z'},"
		" 'contact-info': 'tls@r1.example',"
		" 'report-id': '2026-03-01T00:00:00Z_example.com@r1.example',"
		" 'policies': ["
		"  {'policy': {'policy-type': 'tlsa', 'policy-string': ['3 1 1 0102'], "
		"'policy-domain': 'mail.example.com'},"
		"   'summary': {'total-successful-session-count': 3, 'total-failure-session-count': 2},"
		"   'failure-details': [{'result-type': 'tlsa-invalid', 'sending-mta-ip': '192.0.2.1',"
		"     'receiving-mx-hostname': 'mail.example.com', 'receiving-ip': '192.0.2.25', "
		"'failed-session-count': 2,"
		"     'failure-reason-code': 'DANE_MISMATCH', 'additional-information': 'no record "
		"fits'}]},"
		"  {'policy': {'policy-type': 'sts', 'policy-domain': 'example.com'},"
		"   'summary': {'total-successful-session-count': 0, 'total-failure-session-count': 1},"
		"   'failure-details': [{'result-type': 'sts-policy-fetch-error', "
		"'failed-session-count': 1,"
		"     'additional-information': 'a connection timeout'}]}]}");
	assert_non_null(expected);
	if (!json_equal(document, expected)) {
		json_dumpf(document, stderr, JSON_INDENT(1));
		fail();
	}
	json_decref(document);
	json_decref(expected);
	mem_free(ctx);
}

static void
test_days_and_files(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char dir[] = "/tmp/eventd-tlsrpt-XXXXXX";
	struct setup setup = { .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1, .state_dir = dir };
	static const char *const others[] = { "mail_logs", "machine-key" };
	struct err err = ERR_INIT;
	struct engine *e;
	struct found f;
	char path[200];

	assert_non_null(mkdtemp(dir));
	e = engine_new(ctx, &setup, &err);
	assert_non_null(e);
	tlsrpt_policy_failed(e, "example.com", STS_POLICY_INVALID, "x");
	virtual_advance(e, 10 * USEC_PER_SEC);
	snprintf(path, sizeof path, "%s/tlsrpt/2026-03-01.json", dir);
	assert_int_equal(access(path, R_OK), 0);
	tlsrpt_policy_failed(e, "example.net", STS_POLICY_INVALID, "x");
	mem_free(e); /* what was not written yet is written now */

	e = engine_new(ctx, &setup, &err);
	assert_int_equal(look(e).n, 2);
	virtual_advance(e, 86400 * USEC_PER_SEC);
	tlsrpt_policy_failed(e, "example.com", STS_POLICY_INVALID, "x");
	f = look(e);
	assert_int_equal(f.n, 3);
	assert_string_equal(f.day, "2026-03-02");
	collection_mark(tlsrpt_collection(e->tlsrpt), "2026-03-01", "example.com",
		json_pack("{s:s}", "result", "sent"));
	/* A week later the oldest day goes. */
	for (int i = 0; i < 7; i++) {
		virtual_advance(e, 86400 * USEC_PER_SEC);
		tlsrpt_policy_failed(e, "example.com", STS_POLICY_INVALID, "x");
	}
	virtual_advance(e, 10 * USEC_PER_SEC);
	assert_int_not_equal(access(path, R_OK), 0);
	assert_int_equal(look(e).n, 8);
	mem_free(e);
	for (int day = 2; day <= 9; day++) {
		snprintf(path, sizeof path, "%s/tlsrpt/2026-03-0%d.json", dir, day);
		assert_int_equal(unlink(path), 0);
	}
	rmdir(mem_printf(ctx, "%s/tlsrpt", dir));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		unlink(mem_printf(ctx, "%s/%s", dir, others[i]));
	assert_int_equal(rmdir(dir), 0);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_deliveries_count_as),
		cmocka_unit_test(test_counts_and_document),
		cmocka_unit_test(test_days_and_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
