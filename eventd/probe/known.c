/* Words of IOS about IP SLA that are known, and not there: each is refused with its reason. */
#include <string.h>
#include <strings.h>

#include "probe/operation.h"

struct known {
	const char *begin, *hint;
};

static const char *
known_hint(const struct known *rows, size_t n, const char *line)
{
	line += strspn(line, " ");
	for (size_t i = 0; i < n; i++)
		if (strncasecmp(line, rows[i].begin, strlen(rows[i].begin)) == 0)
			return rows[i].hint;
	return NULL;
}

const char *
sla_type_hint(const char *line)
{
	static const struct known rows[] = {
		{ "path-", "path-echo and path-jitter are not there; icmp-echo measures the whole way" },
		{ "type ", "this is IOS 12.4: write 'icmp-echo ADDRESS', 'tcp-connect ADDRESS PORT control "
			   "disable', ..." },
		{ "ftp ", "not there: dns, http, icmp-echo, icmp-jitter, tcp-connect, udp-echo and "
			  "udp-jitter are" },
		{ "dhcp", "not there: dns, http, icmp-echo, icmp-jitter, tcp-connect, udp-echo and "
			  "udp-jitter are" },
		{ "ethernet", "not there: dns, http, icmp-echo, icmp-jitter, tcp-connect, udp-echo and "
			      "udp-jitter are" },
		{ "mpls", "not there: dns, http, icmp-echo, icmp-jitter, tcp-connect, udp-echo and "
			  "udp-jitter are" },
		{ "video", "there is no video here: udp-jitter with a codec sends what a call sends" },
		{ "voip", "there is no telephone here: udp-jitter with a codec sends what a call sends" },
		{ "lsp", "there is no MPLS here" },
		{ "buckets-of-history-kept", "write 'history buckets-kept N'" },
		{ "distributions-of-statistics-kept", "write 'history distributions-of-statistics-kept N'" },
		{ "enhanced-history", "write 'history enhanced interval S buckets N'" },
		{ "filter-for-history", "write 'history filter all|failures|none|overThreshold'" },
		{ "hours-of-statistics-kept", "write 'history hours-of-statistics-kept N'" },
		{ "lives-of-history-kept", "write 'history lives-kept N'" },
		{ "statistics-distribution-interval", "write 'history statistics-distribution-interval MS'" },
		{ "flow-label", "the kernel chooses flow labels itself" },
		{ "hops-of-statistics-kept", "this is of path-echo, which is not there" },
		{ "history hops-of-statistics-kept", "this is of path-echo, which is not there" },
		{ "paths-of-statistics-kept", "this is of path-echo, which is not there" },
		{ "history paths-of-statistics-kept", "this is of path-echo, which is not there" },
		{ "samples-of-history-kept", "this is of path-echo, which is not there" },
		{ "history samples-of-history-kept", "this is of path-echo, which is not there" },
	};

	return known_hint(rows, sizeof rows / sizeof *rows, line);
}

/* Reactions of CISCO-RTTMON-MIB to operations that are not there. */
static const char *
reaction_hint(const char *line)
{
	static const char *const names[] = { "frameLossDS", "iaJitterDS", "iaJitterSD", "mosLQDS", "mosCQDS",
		"mosCQSD", "rFactorDS", "rFactorSD", "unavailSD", "unavailDS", "pktLossPctSD", "pktLossPctDS",
		"rttPct", "overThreshold", "protocolSpecificError" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasestr(line, names[i]) != NULL)
			return "this reaction is of Ethernet and RTP operations, which are not there";
	return NULL;
}

const char *
sla_global_hint(const char *line)
{
	static const struct known rows[] = {
		{ "ip sla responder twamp",
			"TWAMP is another protocol; 'ip sla responder' answers the senders of IP SLA" },
		{ "ip sla server",
			"TWAMP is another protocol; 'ip sla responder' answers the senders of IP SLA" },
		{ "ip sla auto", "operations are written one by one; 'ip sla group schedule' spreads them" },
		{ "ip sla ethernet", "there is no Ethernet OAM here" },
		{ "ip sla monitor", "this is IOS 12.4: write 'ip sla N' and 'ip sla schedule N ...'" },
		{ "ip sla key-chain", "control messages go without authentication here; a responder that "
				      "wants a key refuses "
				      "them" },
		{ "rtr ", "this is IOS 12.3: write 'ip sla N' and 'ip sla schedule N ...'" },
	};

	if (strcasestr(line, "sla group schedule") != NULL && strcasestr(line, " schedule-together") != NULL)
		return "'schedule-period 1' begins all of them within a second";
	if (strcasestr(line, "sla reaction-configuration") != NULL)
		return reaction_hint(line);
	return known_hint(rows, sizeof rows / sizeof *rows, line);
}
