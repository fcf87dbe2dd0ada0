/* What responders and senders say to each other, octet by octet, and what a train of packets comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/jitter.h"
#include "probe/voice.h"
#include "probe/wire.h"

#define N(a) (sizeof(a) / sizeof *(a))

/* What routers were seen to send: version 1, for port 10000 of 10.79.148.211, 7 s. */
static const unsigned char captured[52] = { 0x01, 0xb8, 0x00, 0x34, 0, 0, 0, 0, 0x00, 0x04, 0x00, 0x10, 0, 0,
	0, 0, 0x0a, 0x4f, 0x94, 0xd3, 0x27, 0x10, 0x1b, 0x58, 0x00, 0x01, 0x00, 0x1c };
static const unsigned char captured_answer[24] = { 0x01, 0xb8, 0x00, 0x18, 0, 0, 0, 0, 0x00, 0x04, 0x00, 0x10,
	0, 0, 0, 0, 0x0a, 0x4f, 0x94, 0xd3, 0x27, 0x10, 0x1b, 0x58 };

static void
captured_control(void **state)
{
	struct control_message m, mine = {
		.version = 1, .sequence = 0x7b8, .command = CONTROL_UDP, .port = 10000, .duration_ms = 7000
	};
	enum control_status status;
	unsigned char out[CONTROL_ROOM];
	uint16_t answered = 99;

	memcpy(mine.destination, "\x0a\x4f\x94\xd3", 4);
	assert_int_equal(control_request(&mine, out), sizeof captured);
	assert_memory_equal(out, captured, sizeof captured);
	assert_true(control_parse_request(captured, sizeof captured, &m, &status));
	assert_int_equal(status, CONTROL_SUCCESS);
	assert_int_equal(m.version, 1);
	assert_int_equal(m.port, 10000);
	assert_int_equal(m.duration_ms, 7000);
	assert_int_equal(m.command, CONTROL_UDP);
	assert_int_equal(
		control_response(captured, sizeof captured, CONTROL_SUCCESS, 0, out), sizeof captured_answer);
	assert_memory_equal(out, captured_answer, sizeof captured_answer);
	assert_true(control_parse_response(captured_answer, sizeof captured_answer, 1, 0x7b8, &answered));
	assert_int_equal(answered, 0);
	assert_false(control_parse_response(captured_answer, sizeof captured_answer, 1, 0x7b9, &answered));
	assert_false(control_parse_request(captured, 23, &m, &status));
}

static void
rfc6812_control(void **state)
{
	struct control_message m, mine = { .version = 2,
		.sequence = 0x01020304,
		.session = 77,
		.port = 5000,
		.source_port = 40000,
		.control_port = 50000,
		.duration_ms = 123456 };
	enum control_status status;
	unsigned char out[CONTROL_ROOM], answer[CONTROL_ROOM];
	uint16_t answered = 99;
	size_t n;

	memcpy(mine.source, "\xc0\0\2\1", 4);
	n = control_request(&mine, out);
	assert_int_equal(out[0], 2);
	assert_memory_equal(out + 4, "\1\2\3\4", 4);
	assert_int_equal(out[8] << 24 | out[9] << 16 | out[10] << 8 | out[11], (int)n);
	assert_true(control_parse_request(out, n, &m, &status));
	assert_int_equal(status, CONTROL_SUCCESS);
	assert_int_equal(m.sequence, 0x01020304);
	assert_int_equal(m.session, 77);
	assert_int_equal(m.port, 5000);
	assert_int_equal(m.source_port, 40000);
	assert_int_equal(m.control_port, 50000);
	assert_int_equal(m.duration_ms, 123456);
	assert_memory_equal(m.source, mine.source, 16);
	assert_int_equal(control_response(out, n, CONTROL_PORT_IN_USE, 1000000, answer), n);
	assert_true(control_parse_response(answer, n, 2, 0x01020304, &answered));
	assert_int_equal(answered, CONTROL_PORT_IN_USE);
	assert_string_equal(control_status_text(answered), "port in use");
	assert_false(control_parse_response(answer, n, 2, 5, &answered));
	/* a key is asked for, and there is none */
	out[20 + 8] = 2;
	assert_true(control_parse_request(out, n, &m, &status));
	assert_int_equal(status, CONTROL_AUTHENTICATION_FAILURE);
	out[20 + 8] = 0;
	/* a section that nobody knows */
	out[21] = 9;
	assert_true(control_parse_request(out, n, &m, &status));
	assert_int_equal(status, CONTROL_FORMAT_ERROR);
	out[21] = 1;
	/* cut, or with a length that lies */
	assert_false(control_parse_request(out, n - 1, &m, &status));
	out[27] = 200;
	assert_true(control_parse_request(out, n, &m, &status));
	assert_int_equal(status, CONTROL_FORMAT_ERROR);
}

static void
measurement(void **state)
{
	/* as captured: the request, and what a router made of it */
	unsigned char p[64] = { 0, 2, 0, 0, 0x05, 0x0b, 0x02, 0xa6, 0, 0, 0, 0, 0, 1, 0, 0, 0xab, 0xcd };
	const int64_t day = 86400LL * 1000000, received = 20000 * day + 82198288LL * 1000;
	struct measure_packet m;

	assert_true(measure_answer(p, 32, received, received + 1500, 1));
	assert_memory_equal(p, "\0\2\0\1\5\x0b\2\xa6\4\xe6\x3f\x10\0\1\0\1\xab\xcd", 18);
	assert_true(measure_parse(p, 32, &m));
	assert_int_equal(m.type, MEASURE_MILLISECONDS);
	assert_int_equal(m.sent, 84607654LL * 1000);
	assert_int_equal(m.responder_received, 82198288LL * 1000);
	assert_int_equal(m.responder_sent, 82198289LL * 1000);
	assert_int_equal(m.sequence, 1);
	assert_false(measure_parse(p, 15, &m));

	measure_request(p, sizeof p, MEASURE_NTP, 513, 1700000000123456LL, 0xabcdabcd);
	assert_false(measure_answer(p, 55, 1, 2, 1)); /* shorter than its head: an echo */
	assert_true(measure_answer(p, sizeof p, 1700000000200001LL, 1700000000200101LL, 512));
	assert_true(measure_parse(p, sizeof p, &m));
	assert_int_equal(m.sent, 1700000000123456LL);
	assert_int_equal(m.responder_received, 1700000000200001LL);
	assert_int_equal(m.responder_sent, 1700000000200101LL);
	assert_int_equal(m.sequence, 513);
	assert_int_equal(m.responder_sequence, 512);
	assert_memory_equal(p + 56, "\xab\xcd\xab\xcd\xab\xcd\xab\xcd", 8);
	assert_int_equal(measure_of_day(day * 3 + 5), 5);
}

/* ---- trains ---- */

/* Sent every 20 ms; there and back take so long; the responder's number; 0: lost. */
struct hop {
	int there, back;
	unsigned number, arrival;
};

static void
train(struct jitter_result *r, const struct hop *h, size_t n, int64_t skew)
{
	struct jitter_sample s[32] = { 0 };

	for (size_t i = 0; i < n; i++) {
		s[i].sent = (int64_t)i * 20000;
		if (h[i].number == 0)
			continue;
		s[i].received = true;
		s[i].arrival = h[i].arrival != 0 ? h[i].arrival : h[i].number;
		s[i].responder_sequence = h[i].number;
		s[i].responder_received = s[i].sent + h[i].there + skew;
		s[i].responder_sent = s[i].responder_received + 100;
		s[i].arrived = s[i].responder_sent - skew + h[i].back;
	}
	jitter_count(r, s, n, 12000, false, true);
}

static void
a_clean_train(void **state)
{
	const struct hop h[] = { { 5000, 4000, 1, 0 }, { 7000, 4000, 2, 0 }, { 4000, 9000, 3, 0 } };
	struct jitter_result r;

	train(&r, h, N(h), 0);
	assert_int_equal(r.sent, 3);
	assert_int_equal(r.rtt_count, 3);
	assert_int_equal(r.rtt_min, 9000);
	assert_int_equal(r.rtt_max, 13000);
	assert_int_equal(jitter_rtt_average(&r), 11000);
	assert_int_equal(r.over_threshold, 1);
	assert_int_equal(r.latency_count, 3);
	assert_int_equal(r.latency_sd_min, 4000);
	assert_int_equal(r.latency_sd_max, 7000);
	assert_int_equal(r.latency_ds_max, 9000);
	assert_int_equal(r.jitter_sd_count, 2);
	assert_int_equal(r.positive_sd_max, 2000);
	assert_int_equal(r.negative_sd_max, 3000);
	assert_int_equal(jitter_sd_average(&r), 2500);
	assert_int_equal(r.positive_ds_max, 5000);
	assert_int_equal(r.negative_ds_max, 0);
	assert_int_equal(r.loss, 0);
	/* Clocks that differ by an hour: no one-way times, the same jitter. */
	train(&r, h, N(h), 3600000000LL);
	assert_int_equal(r.latency_count, 0);
	assert_int_equal(r.unsynchronised, 3);
	assert_int_equal(jitter_sd_average(&r), 2500);
	assert_int_equal(jitter_rtt_average(&r), 11000);
}

static void
losses(void **state)
{
	/* 3 requests lost, then one reply, then two requests, then the tail. */
	const struct hop h[] = { { 1, 1, 1, 0 }, { 0 }, { 0 }, { 0 }, { 1, 1, 2, 0 }, { 1, 1, 3, 0 }, { 0 },
		{ 1, 1, 5, 4 }, { 0 }, { 0 }, { 1, 1, 6, 5 }, { 0 } };
	struct jitter_result r;

	train(&r, h, N(h), 0);
	assert_int_equal(r.rtt_count, 5);
	assert_int_equal(r.loss, 7);
	assert_int_equal(r.loss_sd, 5);
	assert_int_equal(r.loss_sd_periods, 2);
	assert_int_equal(r.loss_sd_length_min, 2);
	assert_int_equal(r.loss_sd_length_max, 3);
	assert_int_equal(r.loss_sd_gap_min, 3);
	assert_int_equal(r.loss_ds, 1);
	assert_int_equal(r.loss_ds_periods, 1);
	assert_int_equal(r.mia, 1);
	assert_int_equal(r.successive_loss, 3);
	assert_int_equal(r.jitter_sd_count, 1);
}

static void
overtaking(void **state)
{
	/* The third request overtook the second; the reply to the fifth that to the fourth. */
	const struct hop h[] = { { 1, 1, 1, 1 }, { 1, 1, 3, 3 }, { 1, 1, 2, 2 }, { 1, 1, 4, 5 },
		{ 1, 1, 5, 4 } };
	struct jitter_result r;

	train(&r, h, N(h), 0);
	assert_int_equal(r.out_of_sequence, 2);
	assert_int_equal(r.out_of_sequence_sd, 1);
	assert_int_equal(r.out_of_sequence_ds, 1);
	assert_int_equal(r.loss, 0);
	assert_int_equal(r.loss_sd + r.loss_ds, 0);
}

static void
midnight(void **state)
{
	const int64_t day = 86400LL * 1000000;
	struct jitter_sample s = { .received = true,
		.arrival = 1,
		.responder_sequence = 1,
		.sent = day - 2000,
		.responder_received = day - 1000,
		.responder_sent = 0,
		.arrived = 1000 };
	struct jitter_result r;

	jitter_count(&r, &s, 1, 1000000, true, true);
	assert_int_equal(r.rtt_max, 2000);
	assert_int_equal(r.latency_count, 1);
	assert_int_equal(r.latency_ds_max, 1000);
}

static void
unwrapping(void **state)
{
	assert_int_equal(jitter_unwrap(65530, 3), 65539);
	assert_int_equal(jitter_unwrap(65539, 65530), 65530);
	assert_int_equal(jitter_unwrap(0, 1), 1);
}

static void
by_value(void **state)
{
	const struct hop h[] = { { 5000, 4000, 1, 0 }, { 0 }, { 7000, 4000, 2, 0 } };
	struct jitter_result r, back;
	json_t *j;

	train(&r, h, N(h), 0);
	j = jitter_to_json(&r);
	memset(&back, 0xff, sizeof back);
	jitter_from_json(&back, j);
	json_decref(j);
	assert_memory_equal(&r, &back, sizeof r);
}

static void
voice(void **state)
{
	struct jitter_result good = { .sent = 100, .rtt_count = 100, .rtt_sum = 100 * 20000 },
			     lossy = { .sent = 100, .rtt_count = 95, .rtt_sum = 95 * 20000, .loss = 5 },
			     slow = { .sent = 100, .rtt_count = 100, .rtt_sum = 100 * 420000 };

	assert_int_equal(voice_icpif(CODEC_NONE, &good, 0), 0);
	assert_int_equal(voice_mos(CODEC_NONE, 0), 0);
	assert_int_equal(voice_icpif(CODEC_G711ULAW, &good, 0), 1);
	assert_int_equal(voice_icpif(CODEC_G729A, &good, 0), 11);
	assert_int_equal(voice_icpif(CODEC_G711ALAW, &lossy, 0), 1 + 22);
	assert_int_equal(voice_icpif(CODEC_G729A, &lossy, 10), 1 + 30 - 10);
	assert_int_equal(voice_icpif(CODEC_G711ULAW, &slow, 0), 7);
	assert_int_equal(voice_mos(CODEC_G711ULAW, 1), 434);
	assert_int_equal(voice_mos(CODEC_G729A, 11), 406);
	assert_int_equal(voice_mos(CODEC_G729A, 100), 100);
	assert_int_equal(codec_defaults(CODEC_G711ULAW)->size, 172);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_control),
		cmocka_unit_test(rfc6812_control),
		cmocka_unit_test(measurement),
		cmocka_unit_test(a_clean_train),
		cmocka_unit_test(losses),
		cmocka_unit_test(overtaking),
		cmocka_unit_test(midnight),
		cmocka_unit_test(unwrapping),
		cmocka_unit_test(by_value),
		cmocka_unit_test(voice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
