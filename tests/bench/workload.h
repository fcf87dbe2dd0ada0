/*
 * The made-up traffic of the benchmarks: patterns of applets, and router messages for them, the same on
 * every machine.
 *
 * Half of the patterns ask for one object (an interface, an address) under a mnemonic that many share;
 * the other half for a mnemonic of their own. Nearly all messages carry a mnemonic that patterns ask
 * for, about another object: near misses, the hard case.
 */
#ifndef TESTS_BENCH_WORKLOAD_H
#define TESTS_BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORKLOAD_NONE = UINT32_MAX >> 1, WORKLOAD_ROOM = 640 };

/* Text with {o} for the object; the pattern is the same text with other words left open. */
struct workload_kind {
	char object; /* 'i' interface, 'a' address */
	const char *mnemonic, *text, *pattern;
};

static const struct workload_kind workload_kinds[] = {
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
#define WORKLOAD_KINDS (sizeof workload_kinds / sizeof workload_kinds[0])

static uint64_t workload_seed = 1;

static inline unsigned
workload_below(unsigned n)
{
	workload_seed = workload_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((workload_seed >> 33) % n);
}

/* Objects of patterns and of near misses never meet. */
static inline void
workload_object(char *out, size_t size, char type, unsigned i, bool other, bool escaped)
{
	const char *dot = escaped ? "\\." : ".";

	if (type == 'i')
		snprintf(out, size, "%s%u/%u/%u", i % 2 == 0 ? "GigabitEthernet" : "TenGigabitEthernet",
			i / 192 % 8 + (other ? 10 : 0), i / 48 % 4, i % 48 + 1);
	else
		snprintf(out, size, "10%s%u%s%u%s%u", dot, i / 62500 % 90 + (other ? 100 : 1), dot,
			i / 250 % 250, dot, i % 250 + 1);
}

static inline void
workload_own_mnemonic(char *out, size_t size, unsigned i)
{
	static const char *const area[] = { "PLATFORM", "IOSXE", "STACKMGR", "CHASSIS", "QFP", "VPDN", "DIAG",
		"OIR" };
	static const char *const what[] = { "FAIL", "OVERTEMP", "RESET", "TIMEOUT", "REMOVED", "LOWMEM",
		"PARITY" };

	snprintf(out, size, "%s_%u-%u-%s", area[i % 8], i / 56, i % 7 + 1, what[i / 8 % 7]);
}

static inline size_t
workload_fill(char *out, size_t size, const char *text, const char *what)
{
	size_t n = 0;

	for (; *text != '\0' && n + 64 < size; text++) {
		if (strncmp(text, "{o}", 3) == 0)
			n += (size_t)snprintf(out + n, size - n, "%s", what);
		else if (strncmp(text, "{n}", 3) == 0)
			n += (size_t)snprintf(out + n, size - n, "%u", workload_below(200) + 1);
		else {
			out[n++] = *text;
			continue;
		}
		text += 2;
	}
	out[n] = '\0';
	return n;
}

static inline void
workload_pattern(char *out, size_t size, unsigned i)
{
	unsigned half = i / 2;
	const struct workload_kind *k = &workload_kinds[half % WORKLOAD_KINDS];
	char what[64], body[512];

	if (i % 2 == 1) {
		workload_own_mnemonic(what, sizeof what, half);
		snprintf(out, size, "%%%s: %s", what,
			half % 4 == 0   ? ".*failed"
			: half % 4 == 1 ? "[^ ]+ on slot [0-9]+ "
					: "");
		return;
	}
	workload_object(what, sizeof what, k->object, (unsigned)(half / WORKLOAD_KINDS), false, true);
	workload_fill(body, sizeof body, k->pattern, what);
	snprintf(out, size, "%%%s: %s", k->mnemonic, body);
}

/*
 * A message that pattern `hit` of `patterns` matches; with hit = WORKLOAD_NONE one that none matches,
 * though most of them carry a mnemonic that patterns ask for.
 */
static inline size_t
workload_message(char *out, size_t size, unsigned number, unsigned hit)
{
	bool any = hit != WORKLOAD_NONE;
	unsigned i = any ? hit : workload_below(10) > 0 ? 0 : 1, half = i / 2;
	const struct workload_kind *k =
		&workload_kinds[any ? half % WORKLOAD_KINDS : workload_below(WORKLOAD_KINDS)];
	char what[64], body[512], mnemonic[64];

	if (i % 2 == 1) {
		workload_own_mnemonic(mnemonic, sizeof mnemonic, any ? half : 100000 + workload_below(4000));
		snprintf(body, sizeof body, "Module%u on slot %u diagnostic self-test failed",
			workload_below(100), workload_below(16));
	} else {
		workload_object(what, sizeof what, k->object,
			any ? (unsigned)(half / WORKLOAD_KINDS) : workload_below(3000), !any, false);
		snprintf(mnemonic, sizeof mnemonic, "%s", k->mnemonic);
		workload_fill(body, sizeof body, k->text, what);
	}
	return (size_t)snprintf(out, size, "<189>%u: *Mar  1 18:%02u:%02u.%03u: %%%s: %s", number,
		number / 60000 % 60, number / 1000 % 60, number % 1000, mnemonic, body);
}

/* One in a hundred is matched by one of the patterns. */
static inline size_t
workload_line(char *out, size_t size, unsigned number, unsigned patterns)
{
	bool hit = workload_below(100) == 0;

	return workload_message(out, size, number, hit ? workload_below(patterns) : WORKLOAD_NONE);
}

#endif
