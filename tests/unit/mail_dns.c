/* What the DNS says about mail: record data, answers as JSON, trust anchors, log lines, names of servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/answer.h"
#include "actions/mail/dns/dnslog.h"
#include "actions/mail/dns/octets.h"
#include "actions/mail/dns/rdata.h"
#include "actions/mail/dns/validator.h"
#include "actions/mail/dns/wire.h"
#include "core/mem.h"

#define OCTETS(s) (const uint8_t *)(s), sizeof(s) - 1

/* ---- record data ---- */

static void
host_names(void **state)
{
	char name[RDATA_NAME_MAX], long_label[70] = "", full[260] = "";

	assert_true(rdata_host(OCTETS("\4MAIL\7example\3net\0"), name));
	assert_string_equal(name, "mail.example.net");
	assert_true(rdata_host(OCTETS("\4_tls\2x-\0"), name));
	assert_true(rdata_host(OCTETS("\0"), name));
	assert_string_equal(name, "");
	assert_false(rdata_host(OCTETS(""), name));
	assert_false(rdata_host(OCTETS("\4mail"), name));    /* no end */
	assert_false(rdata_host(OCTETS("\4mail\0x"), name)); /* something behind it */
	assert_false(rdata_host(OCTETS("\5mail\0"), name));  /* a label beyond the end */
	assert_false(rdata_host(OCTETS("\4ma.l\0"), name));  /* a dot inside a label */
	assert_false(rdata_host(OCTETS("\4ma\nl\0"), name));
	assert_false(rdata_host(OCTETS("\300\14"), name)); /* a pointer */
	memset(long_label, 'a', sizeof long_label);
	long_label[0] = 64;
	long_label[65] = 0;
	assert_false(rdata_host((const uint8_t *)long_label, 66, name));
	memset(full, 'a', sizeof full);
	for (size_t i = 0; i < 4; i++)
		full[i * 64] = 63;
	full[256] = 0;
	assert_false(rdata_host((const uint8_t *)full, 257, name)); /* longer than a name may be */
}

static void
mx_records(void **state)
{
	struct rdata_mx mx;

	assert_true(rdata_mx(OCTETS("\0\12\4mail\0"), &mx));
	assert_int_equal(mx.preference, 10);
	assert_string_equal(mx.host, "mail");
	assert_true(rdata_mx(OCTETS("\377\377\0"), &mx));
	assert_int_equal(mx.preference, 65535);
	assert_string_equal(mx.host, "");
	assert_false(rdata_mx(OCTETS("\0\12"), &mx));
}

static void
addresses(void **state)
{
	void *ctx = mem_ctx(NULL, "test");

	assert_string_equal(rdata_address(ctx, OCTETS("\300\0\2\1")), "192.0.2.1");
	assert_string_equal(
		rdata_address(ctx, OCTETS("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1")), "2001:db8::1");
	assert_null(rdata_address(ctx, OCTETS("\300\0\2")));
	assert_null(rdata_address(ctx, OCTETS("\300\0\2\1\0")));
	mem_free(ctx);
}

static void
tlsa_records(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct dane_record r;

	assert_true(rdata_tlsa(ctx, OCTETS("\3\1\1\252\273"), &r));
	assert_int_equal(r.usage, 3);
	assert_int_equal(r.selector, 1);
	assert_int_equal(r.matching, 1);
	assert_int_equal(r.len, 2);
	assert_memory_equal(r.data, "\252\273", 2);
	assert_false(rdata_tlsa(ctx, OCTETS("\3\1\1"), &r));
	mem_free(ctx);
}

static void
texts(void **state)
{
	void *ctx = mem_ctx(NULL, "test");

	assert_string_equal(rdata_txt(ctx, OCTETS("\7v=STSv1\6; id=1")), "v=STSv1; id=1");
	assert_string_equal(rdata_txt(ctx, OCTETS("\0")), "");
	assert_null(rdata_txt(ctx, OCTETS("\10v=STSv1")));
	assert_null(rdata_txt(ctx, OCTETS("\3a\0b")));
	mem_free(ctx);
}

/* A header with one question and `answers` records, the question, then the records. */
#define MESSAGE(answers, records) "\0\1\201\200\0\1\0" answers "\0\0\0\0\1a\0\0\17\0\1" records
#define MX_OF_A                   "\300\14\0\17\0\1\0\0\1\54\0\4\0\12\1b"
#define RRSIG_UNTIL(end)          "\300\14\0\56\0\1\0\0\1\54\0\14\0\17\15\1\0\0\1\54" end

static void
ends_of_signatures(void **state)
{
	assert_int_equal(rdata_signed_for(OCTETS(MESSAGE("\1", MX_OF_A)), 1000), UINT32_MAX);
	assert_int_equal(rdata_signed_for(OCTETS(MESSAGE("\2", MX_OF_A RRSIG_UNTIL("\0\0\4\0"))), 1000), 24);
	assert_int_equal(
		rdata_signed_for(
			OCTETS(MESSAGE("\2", RRSIG_UNTIL("\0\0\4\0") RRSIG_UNTIL("\0\0\3\377"))), 1000),
		23);
	assert_int_equal(rdata_signed_for(OCTETS(MESSAGE("\1", RRSIG_UNTIL("\0\0\3\0"))), 1000), 0);
	assert_int_equal(rdata_signed_for(OCTETS(MESSAGE("\1", RRSIG_UNTIL("\0\0\0\5"))), 0xfffffffb), 10);
	assert_int_equal(
		rdata_signed_for(OCTETS(MESSAGE("\1", RRSIG_UNTIL("\0\0\4"))), 1000), UINT32_MAX); /* cut */
	assert_int_equal(rdata_signed_for(OCTETS("\0\1"), 1000), UINT32_MAX);
}

static void
hex(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	size_t n;

	assert_string_equal(octets_to_hex(ctx, (const unsigned char *)"\0\377\20", 3), "00ff10");
	assert_memory_equal(octets_from_hex(ctx, "00fF10", &n), "\0\377\20", 3);
	assert_int_equal(n, 3);
	assert_non_null(octets_from_hex(ctx, "", &n));
	assert_int_equal(n, 0);
	assert_null(octets_from_hex(ctx, "0", &n));
	assert_null(octets_from_hex(ctx, "0g", &n));
	mem_free(ctx);
}

/* ---- answers ---- */

static void
answers_cross_the_border(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct dane_record record = { 2, 0, 1, (const unsigned char *)"\1\2", 2 };
	struct dns_address address[] = { { "192.0.2.1", false }, { "2001:db8::1", true } };
	struct mail_exchanger host = { .name = "mail.example.net",
		.preference = 10,
		.a = { .state = DNS_SECURE, .ttl = 300 },
		.aaaa = { .state = DNS_BOGUS, .why = "expired" },
		.addresses = address,
		.address_count = 2,
		.tlsa_base = "real.example.net",
		.tlsa = { .state = DNS_SECURE },
		.records = &record,
		.record_count = 1 };
	const char *text = "v=STSv1";
	struct mail_dns_answer a = { .domain = "example.net",
		.mx = { .state = DNS_INSECURE, .found = DNS_NODATA },
		.implicit = true,
		.hosts = &host,
		.host_count = 1,
		.texts = &text,
		.text_count = 1,
		.txt = { .state = DNS_NOT_ASKED } };
	json_t *j = mail_dns_answer_to_json(&a), *again;
	struct err err = ERR_INIT;
	struct mail_dns_answer *b = mail_dns_answer_from_json(ctx, j, &err);

	assert_non_null(b);
	again = mail_dns_answer_to_json(b);
	assert_true(json_equal(j, again));
	assert_int_equal(b->hosts[0].aaaa.state, DNS_BOGUS);
	assert_string_equal(b->hosts[0].aaaa.why, "expired");
	assert_true(b->hosts[0].addresses[1].is_v6);
	assert_memory_equal(b->hosts[0].records[0].data, "\1\2", 2);
	json_decref(j);
	json_decref(again);
	mem_free(ctx);
}

static void
wrong_answers_are_refused(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"{\"version\":2}",
		"{\"version\":1,\"mx\":{\"state\":\"FINE\"}}",
		"{\"version\":1,\"mx\":7}",
		"{\"version\":1,\"hosts\":[{}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"addresses\":[7]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"records\":[{\"usage\":3,\"data\":7}]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"records\":[{\"usage\":300,\"data\":\"00\"}]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"records\":[{\"usage\":3,\"data\":\"0\"}]}]}",
		"{\"version\":1,\"texts\":[1]}",
	};
	void *ctx = mem_ctx(NULL, "test");

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json_t *j = json_loads(wrong[i], 0, NULL);
		struct err err = ERR_INIT;

		assert_non_null(j);
		assert_null(mail_dns_answer_from_json(ctx, j, &err));
		assert_int_not_equal(err.code, ERR_NONE);
		json_decref(j);
	}
	mem_free(ctx);
}

/* ---- trust anchors ---- */

static void
anchor_files(void **state)
{
	static const char file[] =
		"; a comment\n$TTL 3600\n. IN DS 20326 8 2 (\n\tE06D44B8 ; half\n\t0B8F1D39 )\n"
		"\n. 3600 IN SOA a. b. 1 2 3 4 5\n. IN DNSKEY 257 3 8 AwEAAaz/ ;;state=2\n";
	void *ctx = mem_ctx(NULL, "test");
	struct err err = ERR_INIT;
	size_t n = 0;
	char **records = anchor_records(ctx, file, &n, &err);

	assert_non_null(records);
	assert_int_equal(n, 2);
	assert_non_null(strstr(records[0], "DS 20326 8 2"));
	assert_non_null(strstr(records[0], "0B8F1D39"));
	assert_null(strchr(records[0], '('));
	assert_null(strchr(records[0], ';'));
	assert_string_equal(records[1], ". IN DNSKEY 257 3 8 AwEAAaz/ ");
	assert_null(anchor_records(ctx, "", &n, &err));
	assert_null(anchor_records(ctx, "root:x:0:0::/:/bin/sh\nDS\n", &n, &err));
	assert_null(anchor_records(ctx, "; DS", &n, &err));
	assert_null(anchor_records(ctx, "(((", &n, &err));
	mem_free(ctx);
}

static void
a_clock_before_the_build_is_wrong(void **state)
{
	assert_true(validator_clock_is_sane(1000, 1000));
	assert_false(validator_clock_is_sane(999, 1000));
}

/* ---- the mail log ---- */

#define WALL ((usec)1549310927000000)

static struct text *
log_of(const struct lookup_result *r)
{
	struct text *t = text_new(NULL);

	dnslog_answered(t, r, "194.191.40.84", WALL);
	return t;
}

static void
lines_of_questions(void **state)
{
	struct text *t = text_new(NULL);

	dnslog_asked(t, "ietf.org", RDATA_MX, "194.191.40.84");
	assert_string_equal(t->s, "DNS query: Q('ietf.org', 'MX')\n"
				  "DNS query: QN('ietf.org', 'MX', 'recursive_nameserver0.parent')\n"
				  "DNS query: QIP ('ietf.org','MX','194.191.40.84',10)\n"
				  "DNS query: Q ('ietf.org', 'MX', '194.191.40.84')\n");
	text_clear(t);
	dnslog_asked(t, "_mta-sts.domain.com", RDATA_TXT, "10.10.5.61");
	assert_string_equal(t->s,
		"DNS query: Q(_mta-sts.domain.com, 'TXT')\n"
		"DNS query: QN(_mta-sts.domain.com, 'TXT', 'recursive_nameserver0.parent')\n"
		"DNS query: QIP (_mta-sts.domain.com,'TXT','10.10.5.61',10)\n");
	mem_free(t);
}

static void
lines_of_answers(void **state)
{
	static const struct lookup_data mx = { OCTETS("\0\0\4mail\4ietf\3org\0") };
	static const struct lookup_data two[] = { { OCTETS("\150\57\11\44") }, { OCTETS("\150\57\12\44") } };
	static const struct lookup_data tlsa = { OCTETS("\3\1\1\14\162") };
	static const struct lookup_data txt = { OCTETS("\31v=STSv1; id=12345678598Z;") };
	const struct {
		struct lookup_result r;
		const char *want;
	} rows[] = {
		{ { .name = "ietf.org",
			  .type = RDATA_MX,
			  .status = { DNS_SECURE, DNS_RECORDS, 1800, NULL },
			  .data = &mx,
			  .count = 1 },
			"DNSSEC Response data([(0, 'mail.ietf.org.')], secure, 0, 1800)\n"
			"DNS encache (ietf.org, MX, [(1549312727000000L, 0, 'SECURE', (0, "
			"'mail.ietf.org'))])\n" },
		{ { .name = "a.example",
			  .type = RDATA_A,
			  .status = { DNS_INSECURE, DNS_RECORDS, 10, NULL },
			  .data = two,
			  .count = 2 },
			"DNSSEC Response data(['104.47.9.36', '104.47.10.36'], insecure, 0, 10)\n"
			"DNS encache (a.example, A, [(1549310937000000L, 0, 'INSECURE', '104.47.9.36'), "
			"(1549310937000000L, 0, 'INSECURE', '104.47.10.36')])\n" },
		{ { .name = "mail.ietf.org",
			  .type = RDATA_AAAA,
			  .status = { DNS_SECURE, DNS_NODATA, 1800, NULL } },
			"DNSSEC Response data([], , 0, 1800)\nReceived NODATA for domain mail.ietf.org type "
			"AAAA\n"
			"No CNAME record(NoError) found for domain(mail.ietf.org)\n" },
		{ { .name = "_25._tcp.mail.ietf.org",
			  .type = RDATA_TLSA,
			  .status = { DNS_SECURE, DNS_RECORDS, 1800, NULL },
			  .data = &tlsa,
			  .count = 1 },
			"DNSSEC Response data(['0301010c72'], secure, 0, 1800)\n"
			"DNS encache (_25._tcp.mail.ietf.org, TLSA, [(1549312727000000L, 0, 'SECURE', "
			"'0301010c72')])\n" },
		{ { .name = "_mta-sts.domain.com",
			  .type = RDATA_TXT,
			  .status = { DNS_INSECURE, DNS_RECORDS, 0, NULL },
			  .data = &txt,
			  .count = 1 },
			"DNS encache (_mta-sts.domain.com, TXT, [(1549310927000000L, 0, 'insecure', "
			"('v=STSv1; id=12345678598Z;',))])\n" },
		{ { .name = "x.example",
			  .type = RDATA_AAAA,
			  .status = { DNS_LOOKUP_FAILED, DNS_RECORDS, 0, "SERVFAIL" } },
			"Warning: Received an invalid DNS Response: SERVER FAILED to IP 194.191.40.84 "
			"looking up x.example\n"
			"No CNAME record() found for domain(x.example)\n" },
		{ { .name = "x.example",
			  .type = RDATA_MX,
			  .status = { DNS_BOGUS, DNS_RECORDS, 0, "signature\nexpired" } },
			"Warning: Received an invalid DNSSEC Response: DNSSEC_Error('x.example', 'MX', "
			"'194.191.40.84', "
			"'DNSSEC Error for hostname x.example (MX) while asking 194.191.40.84. Error was: "
			"signature\\x0Aexpired') of qtype MX looking up x.example\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *t = log_of(&rows[i].r);

		assert_string_equal(t->s, rows[i].want);
		mem_free(t);
	}
}

/* ---- messages ---- */

static void
name_servers(void **state)
{
	static const char *const good[] = { "192.0.2.1", "192.0.2.1@53", "::1", "2001:db8::1@65535" };
	static const char *const bad[] = { "", "localhost", "192.0.2", "192.0.2.1@", "192.0.2.1@0",
		"::1@65536", "::1@x", "192.0.2.1@53 ", "192.0.2.1:53", "@53" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(resolve_server_is_valid(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(resolve_server_is_valid(bad[i]));
}

static void
servers_of_the_system(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char *text = mem_strdup(ctx, "# nameserver 192.0.2.9\nsearch example.net\nnameserver 192.0.2.1\n"
				     "nameserver\t2001:db8::1  \nnameserver fe80::1%eth0\nnameserver\n"
				     "nameservers 192.0.2.8\noptions edns0\nnameserver 192.0.2.2");
	size_t n = 0;
	const char **servers = resolve_servers_of(ctx, text, &n);

	assert_int_equal(n, 3);
	assert_string_equal(servers[0], "192.0.2.1");
	assert_string_equal(servers[1], "2001:db8::1");
	assert_string_equal(servers[2], "192.0.2.2");
	assert_null(resolve_servers_of(ctx, mem_strdup(ctx, ""), &n));
	assert_int_equal(n, 0);
	mem_free(ctx);
}

static void
questions_cross_the_border(void **state)
{
	struct mail_dns_question q = {
		.kind = MAIL_DNS_TXT, .name = "_mta-sts.example.net", .port = 25, .want_tlsa = true
	};
	struct mail_dns_question got = { 0 };
	json_t *j = resolve_ask_message(7, &q, false);

	assert_true(resolve_question_read(j, &got));
	assert_int_equal(got.kind, MAIL_DNS_TXT);
	assert_string_equal(got.name, q.name);
	assert_int_equal(got.port, 25);
	assert_true(got.want_tlsa);
	json_object_set_new(j, "kind", json_string("else"));
	assert_false(resolve_question_read(j, &got));
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_names),
		cmocka_unit_test(mx_records),
		cmocka_unit_test(addresses),
		cmocka_unit_test(tlsa_records),
		cmocka_unit_test(texts),
		cmocka_unit_test(ends_of_signatures),
		cmocka_unit_test(hex),
		cmocka_unit_test(answers_cross_the_border),
		cmocka_unit_test(wrong_answers_are_refused),
		cmocka_unit_test(anchor_files),
		cmocka_unit_test(a_clock_before_the_build_is_wrong),
		cmocka_unit_test(lines_of_questions),
		cmocka_unit_test(lines_of_answers),
		cmocka_unit_test(name_servers),
		cmocka_unit_test(servers_of_the_system),
		cmocka_unit_test(questions_cross_the_border),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
