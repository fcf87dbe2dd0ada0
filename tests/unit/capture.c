/* The parts of packet capture: buffer, filters, packet lines, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pcap/pcap.h>

#include "capture/filter.h"
#include "capture/packet.h"
#include "capture/pcapfile.h"
#include "capture/ring.h"
#include "core/mem.h"
#include "core/text.h"

/* ---- the buffer ---- */

static struct packet
packet_of(const unsigned char *data, size_t n, int64_t ns)
{
	return (struct packet){ .ns = ns, .wire_len = (uint32_t)n, .len = (uint32_t)n, .data = data };
}

static void
test_linear_ring_fills(void **state)
{
	struct ring *r = ring_new(NULL, 4096, false);
	unsigned char data[500];
	struct packet p = packet_of(data, sizeof data, 0), got;
	size_t n = 0;

	while (memset(data, (int)n, sizeof data), ring_add(r, &p))
		n++;
	assert_int_equal(ring_count(r), n);
	assert_in_range(n, 7, 8);
	assert_in_range(ring_used(r), n * sizeof data, 4096);
	assert_true(ring_get(r, 3, &got));
	assert_int_equal(got.data[0], 3);
	assert_false(ring_get(r, n, &got));
	ring_clear(r);
	assert_int_equal(ring_count(r), 0);
	assert_false(ring_get(r, 0, &got));
	assert_true(ring_add(r, &p));
	mem_free(r);
}

/* A frozen buffer gives up what is older than the window, and nothing of it. */
static void
test_held_packets_stay(void **state)
{
	struct ring *r = ring_new(NULL, 4096, true);
	unsigned char data[500] = { 0 };
	struct packet got;
	int64_t ns = 0;
	size_t more = 0;

	for (; ns < 20; ns++) {
		struct packet p = packet_of(data, sizeof data, ns);

		assert_true(ring_add(r, &p));
	}
	assert_int_equal(ring_since(r, 17), 17);
	assert_int_equal(ring_since(r, 0), 20 - ring_count(r));
	assert_int_equal(ring_since(r, 99), 20);
	ring_hold(r, ring_since(r, 17));
	for (;; ns++, more++) {
		struct packet p = packet_of(data, sizeof data, ns);

		if (!ring_add(r, &p))
			break;
	}
	assert_in_range(more, 3, 5);
	assert_true(ring_get(r, 0, &got));
	assert_int_equal(got.ns, 17);
	ring_hold(r, UINT64_MAX);
	assert_true(ring_add(r, &(struct packet){ .ns = ns, .len = sizeof data, .data = data }));
	assert_true(ring_get(r, 0, &got));
	assert_int_equal(got.ns, 18);
	mem_free(r);
}

/* Packets of many sizes, so that they wrap around the end in every way; each is read back whole. */
static void
test_circular_ring_keeps_the_newest(void **state)
{
	struct ring *r = ring_new(NULL, 4096, true);
	unsigned char data[900];

	for (unsigned i = 0; i < 2000; i++) {
		size_t n = 1 + i * 37 % sizeof data;
		struct packet p = packet_of(data, n, (int64_t)i), got;
		uint64_t at = 0, last = 0;

		memset(data, (int)(i % 251), n);
		assert_true(ring_add(r, &p));
		while (ring_get(r, at, &got)) {
			assert_true(got.number >= at);
			assert_int_equal(got.ns, (int64_t)got.number);
			assert_int_equal(got.len, 1 + got.number * 37 % sizeof data);
			assert_int_equal(got.data[0], got.number % 251);
			assert_int_equal(got.data[got.len - 1], got.number % 251);
			last = got.number;
			at = got.number + 1;
		}
		assert_int_equal(last, i);
		assert_true(ring_used(r) <= ring_size(r));
	}
	mem_free(r);
}

static void
test_packet_larger_than_the_ring(void **state)
{
	struct ring *r = ring_new(NULL, 4096, true);
	unsigned char data[5000] = { 0 };
	struct packet p = packet_of(data, sizeof data, 0);

	assert_false(ring_add(r, &p));
	p.len = 100;
	assert_true(ring_add(r, &p));
	mem_free(r);
}

/* ---- filters ---- */

struct holder {
	struct kw_sub match;
};
static const struct kw holder_kw[] = {
	{ .word = "match",
		.help = "Filter",
		KW_AT(struct holder, match),
		.flags = KW_REQ,
		.sub = filter_kw,
		.sub_size = sizeof(struct filter_args) },
	KW_END,
};
static const struct kw_cmd holder_cmd = {
	.words = "capture", .help = "Capture", .kw = holder_kw, .size = sizeof(struct holder)
};

#define EXTENSION(piece_) "(ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60 or (ip6[6] = 44" piece_ "))"
static const struct {
	const char *match, *pcap, *printed;
} filters[] = {
	{ "any", "", " any" },
	{ "ipv4 any any", "ip", " ipv4 any any" },
	{ "ipv4 protocol tcp any any eq 25", "ip proto 6 and dst portrange 25-25",
		" ipv4 protocol tcp any any eq smtp" },
	{ "ipv4 protocol tcp host 192.0.2.1 range 1024 65535 10.1.2.3/8 eq 587",
		"ip proto 6 and src host 192.0.2.1 and dst net 10.0.0.0/8 and src portrange 1024-65535 and "
		"dst portrange 587-587",
		" ipv4 protocol tcp host 192.0.2.1 range 1024 65535 10.0.0.0/8 eq 587" },
	{ "ipv4 protocol udp any lt 1024 any gt 60000",
		"ip proto 17 and src portrange 0-1023 and dst portrange 60001-65535",
		" ipv4 protocol udp any lt 1024 any gt 60000" },
	{ "ipv4 protocol udp any any neq 53", "ip proto 17 and not dst port 53",
		" ipv4 protocol udp any any neq domain" },
	{ "ipv4 protocol 89 any any", "ip proto 89", " ipv4 protocol ospf any any" },
	{ "ipv6 protocol icmpv6 2001:db8:0:0::1/64 host fe80::1",
		"ip6 and src net 2001:db8::/64 and dst host fe80::1 and ((ip6[6] = 58) or (" EXTENSION(
			"") " and ip6[40] = 58))",
		" ipv6 protocol icmpv6 2001:db8::/64 host fe80::1" },
	{ "ipv6 protocol tcp any any eq 25",
		"ip6 and ((ip6[6] = 6 and ip6[40 + 2:2] = 25) or (" EXTENSION(
			" and ip6[42:2] & 0xfff8 = 0") " and ip6[40] = 6 and ip6[(48 + (ip6[41] << 3)) + "
						       "2:2] = "
						       "25))",
		" ipv6 protocol tcp any any eq smtp" },
	{ "mac host 0011.2233.4455 any",
		"ether[6:4] & 0xffffffff = 0x00112233 and ether[10:2] & 0xffff = 0x4455",
		" mac host 0011.2233.4455 any" },
	{ "mac any 0100.5e00.0000 0000.007f.ffff",
		"ether[0:4] & 0xffffff80 = 0x01005e00 and ether[4:2] & 0x0000 = 0x0000",
		" mac any 0100.5e00.0000 0000.007f.ffff" },
	{ "pktlen-range max 1500 min 64", "greater 64 and less 1500", " pktlen-range max 1500 min 64" },
	{ "pktlen-range min 64", "greater 64", " pktlen-range min 64" },
};

static bool
build(void *ctx, const char *match, struct text *pcap, struct text *printed, struct err *err)
{
	struct kw_tree *tree = kw_tree_new(ctx, "test");
	char *line = mem_printf(ctx, "capture match %s", match);
	struct kw_parsed parsed;
	const struct holder *h;

	kw_tree_add(tree, &holder_cmd);
	if (!kw_parse(ctx, tree, line, 15, 0, &parsed, err))
		return false;
	h = parsed.args;
	kw_print_rows(filter_kw, h->match.args, printed);
	return filter_build(h->match.args, pcap, err);
}

/* Each is what we think, and libpcap takes it. */
static void
test_filters(void **state)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		void *ctx = mem_ctx(NULL, "filter");
		struct text *pcap = text_new(ctx), *printed = text_new(ctx);
		struct err err = ERR_INIT;
		struct bpf_program program;

		if (!build(ctx, filters[i].match, pcap, printed, &err))
			fail_msg("%s: %s", filters[i].match, err.text);
		assert_string_equal(pcap->s, filters[i].pcap);
		assert_string_equal(printed->s, filters[i].printed);
		if (pcap_compile(dead, &program, pcap->s, 1, PCAP_NETMASK_UNKNOWN) != 0)
			fail_msg("%s: %s", pcap->s, pcap_geterr(dead));
		pcap_freecode(&program);
		mem_free(ctx);
	}
	pcap_close(dead);
}

static void
test_refused_filters(void **state)
{
	static const char *const bad[] = {
		"",
		"all",
		"ipv4",
		"ipv4 any",
		"ipv4 any eq 25 any",
		"ipv4 protocol icmp any any eq 25",
		"ipv4 protocol tcp any any eq 65536",
		"ipv4 protocol tcp any range 20 10 any",
		"ipv4 protocol udp any lt 0 any",
		"ipv6 protocol udp any lt 0 any",
		"ipv6 protocol udp any any range 9 5",
		"ipv4 protocol 256 any any",
		"ipv4 10.0.0.0/33 any",
		"ipv4 10.0.0/8 any",
		"ipv4 2001:db8::/32 any",
		"ipv6 10.0.0.0/8 any",
		"mac host 00:11:22:33:44:55 any",
		"mac 0011.2233.4455 any",
		"pktlen-range",
		"pktlen-range max 64 min 128",
		"any any",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		void *ctx = mem_ctx(NULL, "filter");
		struct err err = ERR_INIT;

		if (build(ctx, bad[i], text_new(ctx), text_new(ctx), &err))
			fail_msg("accepted: %s", bad[i]);
		assert_true(err.text[0] != '\0');
		mem_free(ctx);
	}
}

/* ---- lines about packets ---- */

#define ETHERNET "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
#define IPV4_EF  "\x45\xb8\x00\x1c\x00\x00\x00\x00\x40\x11\x00\x00\xc0\x00\x02\x01\xc0\x00\x02\x02"
#define IPV6_HBH                                                                                     \
	"\x60\x00\x00\x00\x00\x10\x00\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8" \
	"\0\0\0\0\0\0\0\0\0\0\0\x02"                                                                 \
	"\x3a\x00\x05\x02\x00\x00\x00\x00"

static const struct {
	int linktype;
	const char *data;
	size_t n;
	const char *source, *destination, *protocol;
	int dscp;
} packets[] = {
	{ DLT_EN10MB, ETHERNET "\x08\x00" IPV4_EF, 34, "192.0.2.1", "192.0.2.2", "UDP", 46 },
	{ DLT_EN10MB, ETHERNET "\x81\x00\x00\x07\x08\x00" IPV4_EF, 38, "192.0.2.1", "192.0.2.2", "UDP", 46 },
	{ DLT_EN10MB, ETHERNET "\x86\xdd" IPV6_HBH, 62, "2001:db8::1", "2001:db8::2", "ICMPv6", 0 },
	{ DLT_EN10MB, ETHERNET "\x08\x06", 14, "0200.0000.0001", "0200.0000.0002", "ARP", -1 },
	{ DLT_EN10MB, ETHERNET "\x12\x34", 14, "0200.0000.0001", "0200.0000.0002", "0x1234", -1 },
	{ DLT_EN10MB, ETHERNET "\x08\x00" IPV4_EF, 33, "0200.0000.0001", "0200.0000.0002", "0x0800", -1 },
	{ DLT_EN10MB, ETHERNET, 12, "", "", "", -1 },
	{ DLT_RAW, IPV4_EF, 20, "192.0.2.1", "192.0.2.2", "UDP", 46 },
	{ DLT_RAW, "", 0, "", "", "", -1 },
	{ 9999, IPV4_EF, 20, "", "", "", -1 },
};

static void
test_packet_lines(void **state)
{
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		struct packet_brief b;

		packet_brief(&b, packets[i].linktype, (const unsigned char *)packets[i].data, packets[i].n);
		assert_string_equal(b.source, packets[i].source);
		assert_string_equal(b.destination, packets[i].destination);
		assert_string_equal(b.protocol, packets[i].protocol);
		assert_int_equal(b.dscp, packets[i].dscp);
	}
	assert_string_equal(packet_dscp_name(46), "EF");
	assert_string_equal(packet_dscp_name(1), "");
}

/* ---- files ---- */

/* libpcap reads back what we write; pcapng is read by tshark in tests/integration/test_capture.py. */
static void
test_pcap_file(void **state)
{
	struct text *file = text_new(NULL);
	const unsigned char data[] = ETHERNET "\x08\x06";
	struct packet p = packet_of(data, 14, 1678936241822955008);
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const unsigned char *got;
	pcap_t *reader;

	p.wire_len = 60;
	pcap_header(file, DLT_EN10MB, 65535);
	pcap_packet(file, &p);
	reader = pcap_fopen_offline_with_tstamp_precision(
		fmemopen(file->s, file->len, "r"), PCAP_TSTAMP_PRECISION_NANO, why);
	assert_non_null(reader);
	assert_int_equal(pcap_datalink(reader), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(reader, &h, &got), 1);
	assert_int_equal(h->ts.tv_sec, 1678936241);
	assert_int_equal(h->ts.tv_usec, 822955008);
	assert_int_equal(h->len, 60);
	assert_int_equal(h->caplen, 14);
	assert_memory_equal(got, data, 14);
	assert_int_equal(pcap_next_ex(reader, &h, &got), PCAP_ERROR_BREAK);
	pcap_close(reader);
	mem_free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear_ring_fills),
		cmocka_unit_test(test_circular_ring_keeps_the_newest),
		cmocka_unit_test(test_packet_larger_than_the_ring),
		cmocka_unit_test(test_held_packets_stay),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_refused_filters),
		cmocka_unit_test(test_packet_lines),
		cmocka_unit_test(test_pcap_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
