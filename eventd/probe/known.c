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
		{ "udp-jitter",
			"udp-jitter comes with the responder; icmp-echo and udp-echo measure round trips" },
		{ "icmp-jitter", "icmp-jitter is not there yet; icmp-echo measures round trips" },
		{ "path-", "path-echo and path-jitter are not there; icmp-echo measures the whole way" },
		{ "http raw", "only 'http get URL' and 'http secure get URL' are there" },
		{ "type ", "this is IOS 12.4: write 'icmp-echo ADDRESS', 'tcp-connect ADDRESS PORT control "
			   "disable', ..." },
		{ "ftp ", "not there: dns, http, icmp-echo, tcp-connect and udp-echo are" },
		{ "dhcp", "not there: dns, http, icmp-echo, tcp-connect and udp-echo are" },
		{ "ethernet", "not there: dns, http, icmp-echo, tcp-connect and udp-echo are" },
		{ "mpls", "not there: dns, http, icmp-echo, tcp-connect and udp-echo are" },
		{ "history", "only the latest run and sums are kept" },
	};

	return known_hint(rows, sizeof rows / sizeof *rows, line);
}

const char *
sla_global_hint(const char *line)
{
	static const struct known rows[] = {
		{ "ip sla responder", "the responder is not there yet" },
		{ "ip sla group", "groups are not there yet: schedule the operations one by one" },
		{ "ip sla monitor", "this is IOS 12.4: write 'ip sla N' and 'ip sla schedule N ...'" },
		{ "ip sla low-memory", "not there, and not needed" },
		{ "ip sla key-chain", "the control protocol of responders is not there yet" },
		{ "rtr ", "this is IOS 12.3: write 'ip sla N' and 'ip sla schedule N ...'" },
	};

	return known_hint(rows, sizeof rows / sizeof *rows, line);
}
