/*
 * What matching costs: nanoseconds a line for N patterns, through the match set and through PCRE2 in
 * turn, on made-up router messages of which one in a hundred matches.
 *
 * Half of the patterns ask for one object (an interface, an address) under a mnemonic that many share;
 * the other half for a mnemonic of their own. Nearly all messages carry a mnemonic that patterns ask
 * for, about another object: near misses, the hard case. `match --json` for programs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bus/matchset.h"
#include "core/mem.h"
#include "syslog/message.h"

#define LINES 100000u

/* Text with {o} for the object; the pattern is the same text with other words left open. */
struct kind {
	char object; /* 'i' interface, 'a' address */
	const char *mnemonic, *text, *pattern;
};

static const struct kind kinds[] = {
	{ 'i', "LINEPROTO-5-UPDOWN", "Line protocol on Interface {o}, changed state to down",
		"Line protocol on Interface {o}, changed state to down" },
	{ 'i', "LINK-3-UPDOWN", "Interface {o}, changed state to down",
		"Interface {o}, changed state to (down)" },
	{ 'i', "LINK-5-CHANGED", "Interface {o}, changed state to administratively down",
		"Interface {o}, changed state to .*down" },
	{ 'a', "OSPF-5-ADJCHG",
		"Process {n}, Nbr {o} on Vlan{n} from FULL to DOWN, Neighbor Down: Dead timer expired",
		"Process [0-9]+, Nbr {o} on [^ ]+ from FULL to DOWN" },
	{ 'a', "BGP-5-ADJCHANGE", "neighbor {o} Down BGP Notification sent", "neighbor {o} Down" },
	{ 'a', "DUAL-5-NBRCHANGE", "EIGRP-IPv4 {n}: Neighbor {o} (Vlan{n}) is down: holding time expired",
		"EIGRP-IPv4 [0-9]+: Neighbor {o} \\(([^)]+)\\) is down" },
	{ 'a', "SYS-5-CONFIG_I", "Configured from console by user{n} on vty0 ({o})",
		"Configured from [^ ]+ by [^ ]+ on [^ ]+ \\({o}\\)" },
	{ 'a', "SEC_LOGIN-4-LOGIN_FAILED",
		"Login failed [user: user{n}] [Source: {o}] [localport: 22] [Reason: Login Authentication "
		"Failed]",
		"Login failed \\[user: [^]]+\\] \\[Source: {o}\\]" },
	{ 'i', "HSRP-5-STATECHANGE", "{o} Grp {n} state Standby -> Active",
		"{o} Grp [0-9]+ state Standby -> Active" },
	{ 'i', "CDP-4-DUPLEX_MISMATCH",
		"duplex mismatch discovered on {o} (not full duplex), with sw{n} Gi{n} (full duplex).",
		"duplex mismatch discovered on {o} \\([^)]+\\), with " },
	{ 'i', "PM-4-ERR_DISABLE", "bpduguard error detected on {o}, putting {o} in err-disable state",
		"[^ ]+ error detected on {o}, putting " },
	{ 'i', "SPANTREE-2-LOOPGUARD_BLOCK", "Loop guard blocking port {o} on VLAN{n}.",
		"Loop guard blocking port {o} on VLAN[0-9]+" },
	{ 'i', "EC-5-UNBUNDLE", "Interface {o} left the port-channel Port-channel{n}",
		"Interface {o} left the port-channel Port-channel[0-9]+" },
	{ 'a', "SSH-5-SSH2_SESSION",
		"SSH2 Session request from {o} (tty = 0) using crypto cipher aes256-ctr Succeeded",
		"SSH2 Session request from {o} \\(tty = [0-9]+\\) using .*Succeeded" },
	{ 'a', "SEC-6-IPACCESSLOGP", "list {n} denied tcp {o}({n}) -> 192.0.2.{n}({n}), 1 packet",
		"list [0-9]+ denied [^ ]+ {o}\\([0-9]+\\) -> [^,]+, [0-9]+ packet" },
	{ 'a', "NTP-4-PEERUNREACH", "Peer {o} is unreachable", "Peer {o} is unreachable$" },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((seed >> 33) % n);
}

/* Objects of patterns and of near misses never meet. */
static void
object(char *out, size_t size, char type, unsigned i, bool other, bool escaped)
{
	const char *dot = escaped ? "\\." : ".";

	if (type == 'i')
		snprintf(out, size, "%s%u/%u/%u", i % 2 == 0 ? "GigabitEthernet" : "TenGigabitEthernet",
			i / 192 % 8 + (other ? 10 : 0), i / 48 % 4, i % 48 + 1);
	else
		snprintf(out, size, "10%s%u%s%u%s%u", dot, i / 62500 % 90 + (other ? 100 : 1), dot,
			i / 250 % 250, dot, i % 250 + 1);
}

static void
own_mnemonic(char *out, size_t size, unsigned i)
{
	static const char *const area[] = { "PLATFORM", "IOSXE", "STACKMGR", "CHASSIS", "QFP", "VPDN", "DIAG",
		"OIR" };
	static const char *const what[] = { "FAIL", "OVERTEMP", "RESET", "TIMEOUT", "REMOVED", "LOWMEM",
		"PARITY" };

	snprintf(out, size, "%s_%u-%u-%s", area[i % 8], i / 56, i % 7 + 1, what[i / 8 % 7]);
}

static size_t
fill(char *out, size_t size, const char *text, const char *what)
{
	size_t n = 0;

	for (; *text != '\0' && n + 64 < size; text++) {
		if (strncmp(text, "{o}", 3) == 0)
			n += (size_t)snprintf(out + n, size - n, "%s", what);
		else if (strncmp(text, "{n}", 3) == 0)
			n += (size_t)snprintf(out + n, size - n, "%u", below(200) + 1);
		else {
			out[n++] = *text;
			continue;
		}
		text += 2;
	}
	out[n] = '\0';
	return n;
}

static void
make_pattern(char *out, size_t size, unsigned i)
{
	unsigned half = i / 2;
	const struct kind *k = &kinds[half % KINDS];
	char what[64], body[512];

	if (i % 2 == 1) {
		own_mnemonic(what, sizeof what, half);
		snprintf(out, size, "%%%s: %s", what,
			half % 4 == 0   ? ".*failed"
			: half % 4 == 1 ? "[^ ]+ on slot [0-9]+ "
					: "");
		return;
	}
	object(what, sizeof what, k->object, (unsigned)(half / KINDS), false, true);
	fill(body, sizeof body, k->pattern, what);
	snprintf(out, size, "%%%s: %s", k->mnemonic, body);
}

static size_t
make_line(char *out, size_t size, unsigned number, unsigned patterns)
{
	bool hit = below(100) == 0;
	unsigned i = hit ? below(patterns) : below(10) > 0 ? 0 : 1, half = i / 2;
	const struct kind *k = &kinds[hit ? half % KINDS : below(KINDS)];
	char what[64], body[512], mnemonic[64];

	if (i % 2 == 1) {
		own_mnemonic(mnemonic, sizeof mnemonic, hit ? half : 100000 + below(4000));
		snprintf(body, sizeof body, "Module%u on slot %u diagnostic self-test failed", below(100),
			below(16));
	} else {
		object(what, sizeof what, k->object, hit ? (unsigned)(half / KINDS) : below(3000), !hit,
			false);
		snprintf(mnemonic, sizeof mnemonic, "%s", k->mnemonic);
		fill(body, sizeof body, k->text, what);
	}
	return (size_t)snprintf(out, size, "<189>%u: *Mar  1 18:%02u:%02u.%03u: %%%s: %s", number,
		number / 60000 % 60, number / 1000 % 60, number % 1000, mnemonic, body);
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long
resident_kib(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL && fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (f != NULL)
		fclose(f);
	return resident * 4;
}

struct lines {
	char *text;
	struct slice *subject;
	struct slice *raw;
};

static void
nothing(void *arg, void *owner, const struct regex_captures *c)
{
}

static struct lines
make_lines(void *ctx, unsigned patterns)
{
	struct lines l = { .text = mem_alloc(ctx, (size_t)LINES * 320),
		.subject = mem_array(ctx, struct slice, LINES),
		.raw = mem_array(ctx, struct slice, LINES) };
	char *at = l.text, room[SYSLOG_SUBJECT_ROOM];

	for (unsigned i = 0; i < LINES; i++) {
		struct syslog_message m;

		l.raw[i] = (struct slice){ at, make_line(at, 320, i, patterns) };
		syslog_message_parse(&m, at, l.raw[i].n);
		l.subject[i] = syslog_message_subject(&m, room);
		at += l.raw[i].n + 1;
	}
	return l;
}

/* In turn: as many lines as a second allows. */
static double
in_turn(struct regex **re, unsigned n, struct regex_scratch *sc, const struct lines *l, unsigned *matched,
	unsigned *done)
{
	double from = cpu_ns(), now = from;

	*matched = 0;
	for (*done = 0; *done < LINES && now - from < 1e9; ++*done) {
		struct slice s = l->subject[*done];

		for (unsigned i = 0; i < n; i++)
			*matched += regex_match(re[i], sc, s.s, s.n, NULL) == REGEX_YES;
		if (*done % 16 == 0)
			now = cpu_ns();
	}
	return (cpu_ns() - from) / *done;
}

static bool
run(unsigned n, bool json)
{
	void *ctx = mem_ctx(NULL, "bench");
	struct lines l = make_lines(ctx, n);
	long before = resident_kib();
	struct matchset *set = matchset_new(ctx);
	struct matchset_caller *caller = matchset_caller_new(ctx, REGEX_JIT);
	struct regex_scratch *sc = regex_scratch_new(ctx, REGEX_JIT);
	struct regex **re = mem_array(ctx, struct regex *, n);
	struct matchset_rule *extra;
	double load, parse, scan, turn, change, t;
	unsigned hits = 0, first = 0, turn_hits, turn_lines;
	char pattern[640];
	long memory;

	t = cpu_ns();
	for (unsigned i = 0; i < n; i++) {
		make_pattern(pattern, sizeof pattern, i);
		matchset_add(set, NULL, pattern, NULL);
	}
	matchset_commit(set);
	load = cpu_ns() - t;
	for (unsigned i = 0; i < LINES; i++) /* the first round also makes machine code */
		matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	memory = resident_kib() - before;
	t = cpu_ns();
	for (unsigned i = 0; i < LINES; i++)
		hits += matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	scan = (cpu_ns() - t) / LINES;
	t = cpu_ns();
	for (unsigned i = 0; i < LINES; i++) {
		struct syslog_message m;

		syslog_message_parse(&m, l.raw[i].s, l.raw[i].n);
		first += m.mnemonic.n > 0;
	}
	parse = (cpu_ns() - t) / LINES;
	for (unsigned i = 0; i < n; i++) {
		make_pattern(pattern, sizeof pattern, i);
		re[i] = regex_new(ctx, pattern, REGEX_EVENT, NULL);
	}
	turn = in_turn(re, n, sc, &l, &turn_hits, &turn_lines);
	first = 0;
	for (unsigned i = 0; i < turn_lines; i++)
		first += matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	t = cpu_ns();
	extra = matchset_add(set, NULL, "%LINK-3-UPDOWN: Interface Serial0/0/0, changed", NULL);
	matchset_commit(set);
	matchset_remove(set, extra);
	matchset_commit(set);
	change = (cpu_ns() - t) / 2;
	if (json)
		printf("{\"patterns\":%u,\"scan_ns\":%.1f,\"parse_ns\":%.1f,\"in_turn_ns\":%.1f,\"ratio\":%."
		       "1f,"
		       "\"load_ms\":%.2f,\"change_ms\":%.3f,\"memory_kib\":%ld,\"matched\":%u}\n",
			n, scan, parse, turn, turn / scan, load / 1e6, change / 1e6, memory, hits);
	else
		printf("%8u %9.0f %9.0f %12.0f %9.1f %9.1f %9.3f %9.1f\n", n, scan, parse, turn, turn / scan,
			load / 1e6, change / 1e6, (double)memory / 1024);
	mem_free(ctx);
	if (first != turn_hits)
		fprintf(stderr, "match: %u patterns: %u matches in turn, %u through the set\n", n, turn_hits,
			first);
	return first == turn_hits && hits > 0;
}

int
main(int argc, char **argv)
{
	static const unsigned sizes[] = { 1, 10, 100, 1000, 10000 };
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0, good = true;

	if (!json)
		printf("%8s %9s %9s %12s %9s %9s %9s %9s\n", "patterns", "scan ns", "parse ns", "in turn ns",
			"ratio", "load ms", "change ms", "MiB");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		seed = 1;
		good = run(sizes[i], json) && good;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
