/* Identifiers, types and values of SNMP objects; jobs as the helper reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"
#include "snmp/job.h"

static void
identifiers_are_numbers_or_known_names(void **state)
{
	static const struct {
		const char *typed, *numbers; /* NULL: refused */
	} rows[] = {
		{ "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.3.0" },
		{ ".1.3.6", "1.3.6" },
		{ "1.4294967295", "1.4294967295" },
		{ "1.4294967296", NULL },
		{ "sysUpTime.0", "1.3.6.1.2.1.1.3.0" },
		{ "bgp.2.0", "1.3.6.1.2.1.15.2.0" },
		{ "SNMPv2-MIB::sysName.0", "1.3.6.1.2.1.1.5.0" },
		{ "iso.3.6", "1.3.6" },
		{ "ifInOctets", "1.3.6.1.2.1.2.2.1.10" },
		{ "", NULL },
		{ ".", NULL },
		{ "1.", NULL },
		{ "1..3", NULL },
		{ "1.-3", NULL },
		{ "1.3x", NULL },
		{ "sysUp", NULL },
		{ "sysUpTime.", NULL },
		{ "sysUpTime.x", NULL },
		{ "1 3", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *t = text_new(NULL);
		struct err err = ERR_INIT;
		struct object_id id;
		bool fine = object_id_parse(rows[i].typed, &id, &err);

		assert_int_equal(fine, rows[i].numbers != NULL);
		if (fine) {
			object_id_print(&id, t);
			assert_string_equal(t->s, rows[i].numbers);
		} else
			assert_true(strstr(err.text, "is no object identifier") != NULL);
		mem_free(t);
	}
}

static void
an_identifier_has_at_most_128_arcs(void **state)
{
	struct text *t = text_new(NULL);
	struct object_id id;

	(void)state;
	for (int i = 0; i < OBJECT_ARCS; i++)
		text_add(t, i ? ".1" : "1");
	assert_true(object_id_parse(t->s, &id, NULL));
	text_add(t, ".1");
	assert_false(object_id_parse(t->s, &id, NULL));
	mem_free(t);
}

static int
order(const char *a, const char *b)
{
	struct object_id x, y;

	assert_true(object_id_parse(a, &x, NULL));
	assert_true(object_id_parse(b, &y, NULL));
	return object_id_compare(&x, &y);
}

static void
identifiers_have_an_order(void **state)
{
	struct object_id top, id;

	(void)state;
	assert_int_equal(order("1.3.6", "1.3.6"), 0);
	assert_int_equal(order("1.3.6", "1.3.6.0"), -1);
	assert_int_equal(order("1.3.10", "1.3.9"), 1);
	assert_true(object_id_parse("1.3.6", &top, NULL) && object_id_parse("1.3.6.1", &id, NULL));
	assert_true(object_id_is_below(&id, &top));
	assert_true(object_id_is_below(&top, &top));
	assert_false(object_id_is_below(&top, &id));
}

static void
values_fit_their_types(void **state)
{
	static const struct {
		enum object_type type;
		const char *good, *bad;
	} rows[] = {
		{ OBJECT_INT, "-2147483648", "2147483648" },
		{ OBJECT_INT, "2147483647", "-2147483649" },
		{ OBJECT_INT, "0", "" },
		{ OBJECT_INT, "-1", "--1" },
		{ OBJECT_INT, "7", "7x" },
		{ OBJECT_UINT, "4294967295", "-1" },
		{ OBJECT_COUNTER, "0", "4294967296" },
		{ OBJECT_GAUGE, "9", "+9" },
		{ OBJECT_COUNTER64, "18446744073709551615", "18446744073709551616" },
		{ OBJECT_IPV4, "192.0.2.1", "192.0.2.256" },
		{ OBJECT_IPV4, "0.0.0.0", "::1" },
		{ OBJECT_OCTET, "0x00ff", "0f0" },
		{ OBJECT_OCTET, "00:FF 1a", "zz" },
		{ OBJECT_OCTET, "", "0x1" },
		{ OBJECT_OID, "1.3.6", "1.3.x" },
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(object_value_check(rows[i].type, rows[i].good, strlen(rows[i].good), NULL));
		assert_false(object_value_check(rows[i].type, rows[i].bad, strlen(rows[i].bad), &err));
	}
	assert_true(object_value_check(OBJECT_STRING, "any text", 8, NULL));
	for (int t = OBJECT_COUNTER; t < OBJECT_NONE; t++)
		assert_int_equal(object_type_named(object_type_name((enum object_type)t)), t);
	assert_int_equal(object_type_named("float"), OBJECT_NONE);
	assert_int_equal(object_type_named(NULL), OBJECT_NONE);
}

static void
octets_read_as_text_when_they_are(void **state)
{
	static const struct {
		const char *octets, *shown;
		size_t n;
	} rows[] = {
		{ "rack 7", "rack 7", 6 },
		{ "two\r\nlines", "two\r\nlines", 10 },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 6 },
		{ "\0\x1b", "0x001B", 2 },
		{ "\xff\xfe", "0xFFFE", 2 },
		{ "bell\a", "0x62656C6C07", 5 },
		{ "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *t = text_new(NULL);

		object_print_octets(rows[i].octets, rows[i].n, t);
		assert_string_equal(t->s, rows[i].shown);
		mem_free(t);
	}
}

static void
a_job_is_read_as_it_was_written(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct snmp_peer peers[] = {
		{ "192.0.2.1", 162, SNMP_RELEASE_2C, SECURED_NOT, "c\xe4\xff", NULL, NULL, true },
		{ "2001:db8::1", 1162, SNMP_RELEASE_3, SECURED_PRIV, "noc", "vrf-a", "192.0.2.9", false },
	};
	struct snmp_var vars[] = {
		{ "1.3.6.1", OBJECT_STRING, "a\0\xff\xc3", 4 },
		{ "1.3.7", OBJECT_COUNTER64, "18446744073709551615", 20 },
	};
	const struct snmp_job job = { SNMP_OP_NOTIFY, peers, 2, vars, 2,
		{ "1.3.6.1.4", "1.3.6", 6, 2147483647, UINT32_MAX } };
	json_t *j = snmp_job_to_json(&job, 7);
	char *once = json_dumps(j, JSON_SORT_KEYS), *again;
	struct snmp_job *read = snmp_job_from_json(ctx, j, NULL);

	(void)state;
	assert_non_null(read);
	assert_string_equal(read->peers[0].name, "c\xe4\xff");
	assert_null(read->peers[0].context);
	assert_string_equal(read->peers[1].context, "vrf-a");
	assert_null(read->peers[0].source);
	assert_string_equal(read->peers[1].source, "192.0.2.9");
	assert_int_equal(read->vars[0].len, 4);
	assert_memory_equal(read->vars[0].value, "a\0\xff\xc3", 4);
	json_decref(j);
	j = snmp_job_to_json(read, 7);
	again = json_dumps(j, JSON_SORT_KEYS);
	assert_string_equal(once, again);
	json_decref(j);
	free(once);
	free(again);
	mem_free(ctx);
}

static void
what_is_no_job_is_refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"op\":\"walk\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1}]}",
		"{\"op\":\"get\",\"peers\":[]}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"port\":1}]}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":0}]}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1,\"release\":9}]}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1}],\"vars\":{}}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1}],\"vars\":[{"
		"\"oid\":\"x\"}]}",
		"{\"op\":\"notify\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1}]}",
		"{\"op\":\"get\",\"peers\":[{\"address\":\"a\",\"name\":\"b\",\"port\":1}],\"vars\":[{"
		"\"oid\":\"1\",\"value\":\"\\u20ac\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		json_t *j = json_loads(texts[i], 0, NULL);
		struct err err = ERR_INIT;

		assert_non_null(j);
		assert_null(snmp_job_from_json(NULL, j, &err));
		assert_int_not_equal(err.code, ERR_NONE);
		json_decref(j);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_are_numbers_or_known_names),
		cmocka_unit_test(an_identifier_has_at_most_128_arcs),
		cmocka_unit_test(identifiers_have_an_order),
		cmocka_unit_test(values_fit_their_types),
		cmocka_unit_test(octets_read_as_text_when_they_are),
		cmocka_unit_test(a_job_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_job_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
