/* Entries of access lists: whatever the grammar takes is a filter that libpcap takes, and means what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "acl/entry.h"
#include "cli/kw/kw.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"

enum { SAMPLES = 400 };

static const struct {
	const struct kw *kw;
	bool ipv6;
} grammars[] = {
	{ acl_numbered_kw, false },
	{ acl_standard_kw, false },
	{ acl_extended_kw, false },
	{ acl_ipv6_kw, true },
};
enum { GRAMMARS = sizeof grammars / sizeof grammars[0] };

static const struct acl_entry *
parse(void *ctx, size_t grammar, const char *line)
{
	const struct kw_cmd cmd = {
		.words = "", .help = "Entry", .kw = grammars[grammar].kw, .size = sizeof(struct acl_entry)
	};
	struct kw_tree *tree = kw_tree_new(ctx, "list");
	struct kw_parsed parsed;
	struct err err = ERR_INIT;

	kw_tree_add(tree, mem_dup(ctx, &cmd, sizeof cmd));
	if (!kw_parse(ctx, tree, line, 15, 0, &parsed, &err))
		fail_msg("%s: %s (%s)", line, err.text, err.hint);
	return parsed.args;
}

/* libpcap tells what can never match: that is an answer, too. */
static bool
compiles(pcap_t *dead, const char *expression, struct bpf_program *program)
{
	if (pcap_compile(dead, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return true;
	if (strstr(pcap_geterr(dead), "rejects all packets") == NULL)
		fail_msg("%s: %s", expression, pcap_geterr(dead));
	return false;
}

static void
every_entry_is_a_filter(void **state)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	struct rng *rng = rng_new(NULL, 7);
	unsigned compiled = 0;

	(void)state;
	for (size_t i = 0; i < GRAMMARS * SAMPLES; i++) {
		void *ctx = mem_ctx(NULL, "entry");
		struct text *line = text_new(ctx), *expression = text_new(ctx);
		const struct kw_cmd cmd = { .words = "",
			.help = "Entry",
			.kw = grammars[i % GRAMMARS].kw,
			.size = sizeof(struct acl_entry) };
		const struct acl_entry *entry;
		struct bpf_program program;
		struct err err = ERR_INIT;

		kw_sample(&cmd, rng, line);
		entry = parse(ctx, i % GRAMMARS, line->s);
		if (!entry->remark.set && acl_entry_check(entry, grammars[i % GRAMMARS].ipv6, &err)) {
			acl_entry_build(entry, grammars[i % GRAMMARS].ipv6, expression);
			if (compiles(dead, expression->s, &program)) {
				pcap_freecode(&program);
				compiled++;
			}
		}
		mem_free(ctx);
	}
	assert_true(compiled > SAMPLES / 4);
	mem_free(rng);
	pcap_close(dead);
}

/* Ethernet, IPv4 from 10.0.0.1 to 192.0.2.2, DSCP 46, TCP from port 1025 to port 25, SYN and ACK. */
static const unsigned char tcp4[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0xB8, 0, 40, 0, 1, 0, 0,
	64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 2, 4, 1, 0, 25, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x12, 0, 0, 0, 0,
	0, 0 };
/* IPv6 from 2001:db8::1 to 2001:db8::2, DSCP 46, TCP from port 1025 to port 25, RST. */
static const unsigned char tcp6[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xDD, 0x6B, 0x80, 0, 0, 0, 20,
	6, 64, 0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 2, 4, 1, 0, 25, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x04, 0, 0, 0, 0, 0, 0 };

enum { STANDARD = 1, EXTENDED, IPV6 };
static const struct {
	int grammar;
	const char *line;
	bool fits;
} meanings[] = {
	{ STANDARD, "permit any", true },
	{ STANDARD, "permit host 10.0.0.1", true },
	{ STANDARD, "permit 10.0.0.0", false },
	{ STANDARD, "permit 10.0.0.0 0.255.255.255", true },
	{ STANDARD, "permit 10.0.0.2 0.0.0.3 log", true },
	{ STANDARD, "permit 10.0.0.2 0.0.0.1", false },
	{ EXTENDED, "permit ip any any", true },
	{ EXTENDED, "10 permit tcp any any eq smtp 587", true },
	{ EXTENDED, "permit tcp any any neq smtp 587", false },
	{ EXTENDED, "permit tcp any range 1024 65535 host 192.0.2.2 lt 26", true },
	{ EXTENDED, "permit tcp any gt 1025 any", false },
	{ EXTENDED, "permit tcp any any lt 0", false },
	{ EXTENDED, "permit tcp any any gt 65535", false },
	{ EXTENDED, "permit udp any any eq 25", false },
	{ EXTENDED, "permit 6 10.0.0.0 0.0.0.255 192.0.2.0 0.0.0.255", true },
	{ EXTENDED, "permit tcp any any established", true },
	{ EXTENDED, "permit tcp any any syn ack", true },
	{ EXTENDED, "permit tcp any any fin", false },
	{ EXTENDED, "permit ip any any dscp ef", true },
	{ EXTENDED, "permit ip any any precedence critical", true },
	{ EXTENDED, "permit ip any any dscp af11", false },
	{ EXTENDED, "permit ip any any fragments", false },
	{ EXTENDED, "permit icmp any any 8 0", false },
	{ IPV6, "permit ipv6 any any", true },
	{ IPV6, "permit tcp 2001:db8::/64 host 2001:db8::2 eq smtp", true },
	{ IPV6, "permit tcp any any established", true },
	{ IPV6, "permit tcp any any syn", false },
	{ IPV6, "sequence 5 permit ipv6 any any dscp ef", true },
	{ IPV6, "permit ipv6 any 2001:db9::/32", false },
	{ IPV6, "permit icmp any any nd-ns", false },
};

static void
entries_mean_what_they_say(void **state)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

	(void)state;
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
		void *ctx = mem_ctx(NULL, "entry");
		struct text *expression = text_new(ctx);
		bool ipv6 = meanings[i].grammar == IPV6, fits;
		const unsigned char *packet = ipv6 ? tcp6 : tcp4;
		unsigned n = ipv6 ? sizeof tcp6 : sizeof tcp4;
		const struct pcap_pkthdr head = { .caplen = n, .len = n };
		struct bpf_program program;
		struct err err = ERR_INIT;
		const struct acl_entry *entry = parse(ctx, (size_t)meanings[i].grammar, meanings[i].line);

		assert_true(acl_entry_check(entry, ipv6, &err));
		acl_entry_build(entry, ipv6, expression);
		fits = compiles(dead, expression->s, &program);
		if (fits) {
			fits = pcap_offline_filter(&program, &head, packet) != 0;
			pcap_freecode(&program);
		}
		if (fits != meanings[i].fits)
			fail_msg("%s: %s", meanings[i].line, expression->s);
		mem_free(ctx);
	}
	pcap_close(dead);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_is_a_filter),
		cmocka_unit_test(entries_mean_what_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
