/* What IOS says when an adjacency changes. */
#include "peers/frr/adjacency.h"

#include <string.h>

#include "core/ifname.h"
#include "core/log.h"

static bool
has_vrf(const struct adjacency *a)
{
	return a->vrf[0] != '\0' && strcmp(a->vrf, "default") != 0;
}

/* %BGP-5-ADJCHANGE: neighbor 10.0.0.2 vpn vrf RED Down BGP Notification received */
static bool
bgp_text(const struct adjacency *a, const struct settings *settings, struct text *out)
{
	text_printf(out, "neighbor %s ", a->neighbor);
	if (has_vrf(a))
		text_printf(out, "vpn vrf %s ", a->vrf);
	text_add(out, a->kind == ADJACENCY_UP ? "Up" : "Down");
	if (a->kind == ADJACENCY_DOWN && a->reason[0] != '\0')
		text_printf(out, " %s", a->reason);
	return a->kind != ADJACENCY_CHANGE;
}

/* %BGP-3-NOTIFICATION: sent to neighbor 10.0.0.2 2/2 (peer in wrong AS) 2 bytes FDE9 */
static bool
notification_text(const struct adjacency *a, const struct settings *settings, struct text *out)
{
	text_printf(out, "%s neighbor %s %s %u bytes%s%s",
		strcmp(a->sent, "sent") == 0 ? "sent to" : "received from", a->neighbor, a->notification,
		a->octets, a->data[0] ? " " : "", a->data);
	return true;
}

/* %OSPF-5-ADJCHG: Process 1, Nbr 10.0.0.2 on GigabitEthernet0/1 from LOADING to FULL, Loading Done */
static bool
ospf_text(const struct adjacency *a, const struct settings *settings, struct text *out)
{
	/* A process has a number on IOS; FRR's only one has none, and is the first. */
	text_printf(out, "Process %lld, Nbr %s on %s from %s to %s, %s",
		(long long)(a->process != 0 ? a->process : 1), a->router_id,
		ifname_ios(settings, a->interface), a->from, a->to, a->reason);
	return true;
}

/* %CLNS-5-ADJCHANGE: ISIS: Adjacency to r2 (GigabitEthernet0/1) Up, new adjacency */
static bool
isis_text(const struct adjacency *a, const struct settings *settings, struct text *out)
{
	text_printf(out, "ISIS: Adjacency to %s (%s) %s, %s", a->neighbor, ifname_ios(settings, a->interface),
		a->to, a->kind == ADJACENCY_UP ? "new adjacency" : a->reason);
	return a->kind == ADJACENCY_UP || a->kind == ADJACENCY_DOWN;
}

/* %BFD-6-BFD_SESS_UP: BFD-SYSLOG: BFD session ld:1 handle:1 is going UP */
static bool
bfd_text(const struct adjacency *a, const struct settings *settings, struct text *out)
{
	text_printf(out, "BFD-SYSLOG: BFD session ld:%lld handle:%u", (long long)a->discriminator, a->handle);
	if (a->kind == ADJACENCY_UP)
		text_printf(out, " is going UP");
	else
		text_printf(out, ",is going Down Reason: %s", a->reason);
	return a->kind != ADJACENCY_CHANGE;
}

bool
adjacency_message(const struct adjacency *a, const struct settings *settings, struct adjacency_message *m,
	struct text *out)
{
	static const struct {
		enum adjacency_protocol protocol;
		bool down; /* this row is of that alone */
		const char *facility;
		enum severity severity;
		const char *mnemonic;
		bool (*text)(const struct adjacency *, const struct settings *, struct text *);
	} rows[] = {
		{ ADJACENCY_BFD, true, "BFD", SEV_INFORMATIONAL, "BFD_SESS_DOWN", bfd_text },
		{ ADJACENCY_BFD, false, "BFD", SEV_INFORMATIONAL, "BFD_SESS_UP", bfd_text },
		{ ADJACENCY_BGP, false, "BGP", SEV_NOTIFICATIONS, "ADJCHANGE", bgp_text },
		{ ADJACENCY_ISIS, false, "CLNS", SEV_NOTIFICATIONS, "ADJCHANGE", isis_text },
		{ ADJACENCY_OSPF, false, "OSPF", SEV_NOTIFICATIONS, "ADJCHG", ospf_text },
		{ ADJACENCY_OSPFV3, false, "OSPFv3", SEV_NOTIFICATIONS, "ADJCHG", ospf_text },
	};
	size_t i = 0;

	if (a->kind == ADJACENCY_NOTIFICATION) {
		*m = (struct adjacency_message){ "BGP", SEV_ERRORS, "NOTIFICATION" };
		return notification_text(a, settings, out);
	}
	while (rows[i].protocol != a->protocol || (rows[i].down && a->kind != ADJACENCY_DOWN))
		i++;
	*m = (struct adjacency_message){ rows[i].facility, rows[i].severity, rows[i].mnemonic };
	return rows[i].text(a, settings, out);
}
