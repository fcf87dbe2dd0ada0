/* The messages of AgentX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "snmp/agentx.h"

/* A Get of 1.3.6.1.4.1.9 up to 1.3.6.1.4.1.10, in network order; RFC 2741 has identifiers with a prefix. */
static const uint8_t get[] = { 1, 5, 0x10, 0, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 32, /* header */
	2, 4, 1, 0, 0, 0, 0, 1, 0, 0, 0, 9, 3, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0 };

/* What get[] says without the last eight octets. */
enum { GET_SIZE = sizeof get - 8 };

static struct agentx_pdu *
read_get(void *ctx, uint8_t *copy)
{
	memcpy(copy, get, sizeof get);
	copy[19] = GET_SIZE - AGENTX_HEADER;
	copy[32] = 2;
	return agentx_read(ctx, copy, GET_SIZE, NULL);
}

static void
a_get_is_read(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	uint8_t copy[sizeof get];
	struct agentx_pdu *pdu = read_get(ctx, copy);
	struct text *t = text_new(ctx);

	(void)state;
	assert_non_null(pdu);
	assert_int_equal(pdu->head.type, AGENTX_GET);
	assert_int_equal(pdu->head.session, 7);
	assert_int_equal(pdu->head.transaction, 8);
	assert_int_equal(pdu->head.packet, 9);
	assert_int_equal(pdu->nranges, 1);
	assert_true(pdu->ranges[0].include);
	object_id_print(&pdu->ranges[0].start, t);
	text_addc(t, ' ');
	object_id_print(&pdu->ranges[0].end, t);
	assert_string_equal(t->s, "1.3.6.1.4.1.9 1.3.6.1.4.1.10");
	mem_free(ctx);
}

static void
a_message_cut_short_is_none(void **state)
{
	uint8_t copy[sizeof get];
	size_t size;

	(void)state;
	mem_free(read_get(NULL, copy));
	for (size_t n = 0; n < GET_SIZE; n++) {
		assert_null(agentx_read(NULL, copy, n, NULL));
		assert_true(agentx_size(copy, n, &size, NULL));
		assert_int_equal(size, n < AGENTX_HEADER ? 0 : GET_SIZE);
	}
	copy[0] = 2;
	assert_false(agentx_size(copy, GET_SIZE, &size, NULL));
}

static void
lengths_that_lie_are_refused(void **state)
{
	uint8_t copy[sizeof get];
	size_t size;

	(void)state;
	mem_free(read_get(NULL, copy));
	copy[20] = 200; /* arcs of the first identifier */
	assert_null(agentx_read(NULL, copy, GET_SIZE, NULL));
	copy[20] = 3; /* as many as there are, and one of the next */
	assert_null(agentx_read(NULL, copy, GET_SIZE, NULL));
	copy[20] = 2;
	copy[16] = 0x7f; /* the payload */
	assert_false(agentx_size(copy, GET_SIZE, &size, NULL));
	copy[16] = 0;
	copy[19] = 25; /* not a multiple of four */
	assert_false(agentx_size(copy, GET_SIZE, &size, NULL));
}

/* Every type is written, and read back as a TestSet, which has the same variables. */
static void
values_are_written_as_they_are_read(void **state)
{
	static const struct {
		enum object_type type, read;
		const char *value, *shown;
	} rows[] = {
		{ OBJECT_INT, OBJECT_INT, "-2147483648", NULL },
		{ OBJECT_UINT, OBJECT_GAUGE, "4294967295", NULL },
		{ OBJECT_COUNTER, OBJECT_COUNTER, "7", NULL },
		{ OBJECT_GAUGE, OBJECT_GAUGE, "8", NULL },
		{ OBJECT_TICKS, OBJECT_TICKS, "9", NULL },
		{ OBJECT_COUNTER64, OBJECT_COUNTER64, "18446744073709551615", NULL },
		{ OBJECT_IPV4, OBJECT_IPV4, "192.0.2.1", NULL },
		{ OBJECT_OID, OBJECT_OID, "1.3.6.1.4.1.9", NULL },
		{ OBJECT_STRING, OBJECT_STRING, "five!", NULL },
		{ OBJECT_STRING, OBJECT_STRING, "", NULL },
		{ OBJECT_OCTET, OBJECT_STRING, "00 ff 1A", "0x00FF1A" },
	};
	enum { N = sizeof rows / sizeof *rows, RESPONSE_FIELDS = 8 };
	const struct agentx_header to = { .session = 1, .transaction = 2, .packet = 3 };
	struct agentx_result results[N];
	void *ctx = mem_ctx(NULL, "test");
	struct text *t = text_new(ctx);
	struct agentx_pdu *pdu;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		results[i] = (struct agentx_result){ .found = AGENTX_VALUE,
			.type = rows[i].type,
			.value = rows[i].value,
			.len = strlen(rows[i].value) };
		assert_true(object_id_parse("1.3.6.1", &results[i].id, NULL));
	}
	agentx_response(t, &to, AGENTX_NO_ERROR, 0, results, N);
	/* A TestSet has no fields before its variables. */
	memmove(t->s + AGENTX_HEADER, t->s + AGENTX_HEADER + RESPONSE_FIELDS,
		t->len - AGENTX_HEADER - RESPONSE_FIELDS);
	t->len -= RESPONSE_FIELDS;
	t->s[1] = AGENTX_TESTSET;
	t->s[18] = (char)((t->len - AGENTX_HEADER) >> 8);
	t->s[19] = (char)(t->len - AGENTX_HEADER);
	pdu = agentx_read(ctx, t->s, t->len, NULL);
	assert_non_null(pdu);
	assert_int_equal(pdu->nvars, N);
	for (size_t i = 0; i < N; i++) {
		assert_string_equal(pdu->vars[i].oid, "1.3.6.1");
		assert_int_equal(pdu->vars[i].type, rows[i].read);
		assert_string_equal(
			pdu->vars[i].value, rows[i].shown != NULL ? rows[i].shown : rows[i].value);
	}
	mem_free(ctx);
}

static void
what_we_say_is_a_message(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct text *t = text_new(ctx);
	struct object_id id;
	size_t size;

	(void)state;
	assert_true(object_id_parse("1.3.6.1.4.1.9", &id, NULL));
	agentx_open(t, 1, "eventd");
	assert_true(agentx_size(t->s, t->len, &size, NULL));
	assert_int_equal(size, t->len);
	text_clear(t);
	agentx_register(t, 7, 2, &id, 300);
	assert_int_equal((unsigned char)t->s[AGENTX_HEADER], 255);
	assert_true(agentx_size(t->s, t->len, &size, NULL));
	assert_int_equal(size, t->len);
	text_clear(t);
	agentx_close(t, 7, 3);
	assert_non_null(agentx_read(ctx, t->s, t->len, NULL));
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_is_read),
		cmocka_unit_test(a_message_cut_short_is_none),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(values_are_written_as_they_are_read),
		cmocka_unit_test(what_we_say_is_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
