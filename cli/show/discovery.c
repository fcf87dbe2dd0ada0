/* show cdp neighbors, show lldp neighbors: what lldpd knows of the other ends of the cables, in IOS's layouts. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "core/settings.h"
#include "core/writer.h"
#include "net/links.h"
#include "peers/lldp_list.h"

struct discovery_args {
	struct kw_str interface;
	struct kw_flag detail;
};

/* One command under way. */
struct listing {
	struct session *session;
	bool cdp, detail;
	const char *interface; /* the kernel's name; NULL: all */
	size_t count;
};

/* ---- words ---- */

struct capability {
	unsigned bit;
	const char *letter, *word;
};

static const struct capability cdp_capabilities[] = { { LLDP_ROUTER, "R", "Router" },
	{ LLDP_BRIDGE, "S", "Switch" }, { LLDP_STATION, "H", "Host" }, { LLDP_REPEATER, "r", "Repeater" },
	{ LLDP_TELEPHONE, "P", "Phone" }, { 0, NULL, NULL } };
static const struct capability lldp_capabilities[] = { { LLDP_BRIDGE, "B", NULL },
	{ LLDP_TELEPHONE, "T", NULL }, { LLDP_DOCSIS, "C", NULL }, { LLDP_WLAN, "W", NULL },
	{ LLDP_REPEATER, "P", NULL }, { LLDP_STATION, "S", NULL }, { LLDP_OTHER, "O", NULL },
	{ LLDP_ROUTER, "R", NULL }, { 0, NULL, NULL } };

static const char *
capabilities(unsigned bits, const struct capability *c, const char *between, bool words, char room[64])
{
	size_t n = 0;

	room[0] = '\0';
	for (; c->bit != 0; c++)
		if ((bits & c->bit) != 0)
			n += (size_t)snprintf(
				room + n, 64 - n, "%s%s", n > 0 ? between : "", words ? c->word : c->letter);
	return room;
}

/* Gi0/0/1, or "Gig 0/0/1" as CDP writes it, for GigabitEthernet0/0/1; other names as they are. */
static const char *
short_name(const char *name, bool cdp, char room[64])
{
	size_t letters = 0;

	while (isalpha((unsigned char)name[letters]) || name[letters] == '-')
		letters++;
	if (letters <= 4 || !isdigit((unsigned char)name[letters]))
		snprintf(room, 64, "%s", name);
	else if (cdp)
		snprintf(room, 64, "%.3s %s", name, name + letters);
	else
		snprintf(room, 64, "%.2s%s", name, name + letters);
	return room;
}

/* lldpd keeps platform and version of CDP as one description, "PLATFORM running on\nVERSION". */
static void
split_description(const char *description, size_t *platform, const char **version)
{
	static const char between[] = " running on\n";
	const char *at = strstr(description, between);

	*platform = at != NULL ? (size_t)(at - description) : strlen(description);
	*version = at != NULL ? at + strlen(between) : "";
}

static const char *
device_of(const struct lldp_change *n)
{
	return n->name[0] != '\0' ? n->name : n->chassis;
}

/* Foreign text in a column of that width. */
static void
column(struct writer *w, const char *s, size_t width)
{
	size_t n = strlen(s);

	w_foreign(w, s, n);
	w_text(w, "%*s", n < width ? (int)(width - n) : 1, "");
}

static void
line(struct writer *w, const char *head, const char *s)
{
	w_text(w, "%s", head);
	w_foreign(w, s, strlen(s));
	w_text(w, "\n");
}

/* A device whose name is longer than its column has a line of its own. */
static void
device_column(struct writer *w, const char *s, size_t width)
{
	column(w, s, width);
	if (strlen(s) >= width)
		w_text(w, "\n%*s", (int)width, "");
}

/* The port as people know it: LLDP may identify it by a MAC address and describe it by its name. */
static const char *
port_of(const struct lldp_change *n)
{
	return strchr(n->port, ':') != NULL && n->port_description[0] != '\0' ? n->port_description : n->port;
}

/* ---- CDP ---- */

static void
cdp_row(struct writer *w, const struct lldp_change *n, const char *interface)
{
	char local[64], room[64], platform[10];
	const char *version;
	size_t length;

	split_description(n->description, &length, &version);
	snprintf(platform, sizeof platform, "%.*s", (int)length, n->description);
	device_column(w, device_of(n), 17);
	w_text(w, "%-17s %-10lld %9s   ", short_name(interface, true, local), (long long)n->ttl,
		capabilities(n->does, cdp_capabilities, " ", false, room));
	column(w, platform, 10);
	line(w, "", port_of(n));
}

static void
cdp_addresses(struct writer *w, const char *head, const struct lldp_change *n)
{
	w_text(w, "%s\n", head);
	if (n->address[0] != '\0')
		line(w, "  IP address: ", n->address);
	if (n->address6[0] != '\0')
		line(w, "  IPv6 address: ", n->address6);
}

static void
cdp_detail(struct writer *w, const struct lldp_change *n, const char *interface)
{
	const char *version;
	char room[64];
	size_t length;

	split_description(n->description, &length, &version);
	w_text(w, "-------------------------\n");
	line(w, "Device ID: ", device_of(n));
	cdp_addresses(w, "Entry address(es): ", n);
	w_text(w, "Platform: ");
	w_foreign(w, n->description, length);
	w_text(w, ",  Capabilities: %s \n", capabilities(n->does, cdp_capabilities, " ", true, room));
	w_text(w, "Interface: %s,  ", interface);
	line(w, "Port ID (outgoing port): ", port_of(n));
	w_text(w, "Holdtime : %lld sec\n\nVersion :\n", (long long)n->ttl);
	line(w, "", version);
	cdp_addresses(w, "\nManagement address(es): ", n);
	w_text(w, "\n");
}

/* ---- LLDP ---- */

static void
lldp_row(struct writer *w, const struct lldp_change *n, const char *interface)
{
	char local[64], room[64];

	device_column(w, device_of(n), 20);
	w_text(w, "%-14s %-10lld %-15s ", short_name(interface, false, local), (long long)n->ttl,
		capabilities(n->does, lldp_capabilities, ",", false, room));
	line(w, "", port_of(n));
}

static void
lldp_detail(struct writer *w, const struct lldp_change *n, const char *interface)
{
	char local[64], room[64];

	w_text(w, "------------------------------------------------\nLocal Intf: %s\n",
		short_name(interface, false, local));
	line(w, "Chassis id: ", n->chassis);
	line(w, "Port id: ", n->port);
	line(w, "Port Description: ",
		n->port_description[0] != '\0' ? n->port_description : "- not advertised");
	line(w, "System Name: ", n->name[0] != '\0' ? n->name : "- not advertised");
	line(w, "\nSystem Description: \n", n->description[0] != '\0' ? n->description : "- not advertised");
	w_text(w, "\nTime remaining: %lld seconds\n", (long long)n->ttl);
	w_text(w, "System Capabilities: %s\n", capabilities(n->can, lldp_capabilities, ",", false, room));
	w_text(w, "Enabled Capabilities: %s\n", capabilities(n->does, lldp_capabilities, ",", false, room));
	w_text(w, "Management Addresses%s\n",
		n->address[0] == '\0' && n->address6[0] == '\0' ? " - not advertised" : ":");
	if (n->address[0] != '\0')
		line(w, "    IP: ", n->address);
	if (n->address6[0] != '\0')
		line(w, "    IPV6: ", n->address6);
	w_text(w, "\n");
}

/* ---- both ---- */

static void
json_neighbor(struct writer *w, const struct listing *l, const struct lldp_change *n, const char *interface)
{
	const char *version;
	char room[64];
	size_t length;

	w_object(w, NULL);
	w_str(w, "device_id", device_of(n));
	w_str(w, "local_interface", interface);
	w_int(w, "hold_time", n->ttl);
	w_str(w, "capability",
		capabilities(n->does, l->cdp ? cdp_capabilities : lldp_capabilities, l->cdp ? " " : ",",
			false, room));
	w_str(w, "port_id", n->port);
	w_str(w, "port_description", n->port_description);
	w_str(w, "chassis_id", n->chassis);
	if (l->cdp) {
		split_description(n->description, &length, &version);
		w_str(w, "platform", mem_strndup(l, n->description, length));
		w_str(w, "version", version);
	} else {
		w_str(w, "system_description", n->description);
	}
	w_str(w, "ip_address", n->address[0] != '\0' ? n->address : NULL);
	w_str(w, "ipv6_address", n->address6[0] != '\0' ? n->address6 : NULL);
	w_end(w);
}

static void
show_neighbor(void *arg, const struct lldp_change *n)
{
	struct listing *l = arg;
	struct writer *w = session_writer(l->session);
	const char *interface = ifname_ios(session_engine(l->session)->settings, n->interface);

	if (n->is_cdp != l->cdp || (l->interface != NULL && strcmp(l->interface, n->interface) != 0))
		return;
	l->count++;
	if (writer_is_json(w))
		json_neighbor(w, l, n, interface);
	else if (l->cdp)
		(l->detail ? cdp_detail : cdp_row)(w, n, interface);
	else
		(l->detail ? lldp_detail : lldp_row)(w, n, interface);
}

static void
head(struct writer *w, const struct listing *l)
{
	if (!l->detail && l->cdp)
		w_text(w, "Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge\n"
			  "                  S - Switch, H - Host, I - IGMP, r - Repeater, P - Phone, \n"
			  "                  D - Remote, C - CVTA, M - Two-port Mac Relay \n\n"
			  "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID\n");
	else if (!l->detail)
		w_text(w, "Capability codes:\n"
			  "    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n"
			  "    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n\n"
			  "Device ID           Local Intf     Hold-time  Capability      Port ID\n");
}

static void
told(void *arg, const json_t *answer, bool runs, const char *why)
{
	struct listing *l = arg;
	struct writer *w = session_writer(l->session);
	struct err err = ERR_INIT;

	if (why != NULL) {
		err_set(&err, ERR_REFUSED, runs ? "%s neighbors cannot be read" : "%s is not enabled",
			l->cdp ? "CDP" : "LLDP");
		err_hint(&err, "%s", why);
		session_fail(l->session, &err);
		return;
	}
	head(w, l);
	w_list(w, "neighbors");
	lldp_list_read(answer, show_neighbor, l);
	w_end(w);
	w_text(w, "%sTotal %sentries displayed%s: %zu\n", l->detail ? "" : "\n", l->cdp ? "cdp " : "",
		l->cdp ? " " : "", l->count);
	w_int(w, "total", (int64_t)l->count);
	session_done(l->session);
}

static void
over(void *arg, enum session_end why)
{
}

static enum cmd_result
list(struct session *s, const struct discovery_args *a, bool cdp, struct err *err)
{
	struct engine *e = session_engine(s);
	struct listing *l = mem_new(session_cmd_ctx(s), struct listing);

	*l = (struct listing){ .session = s, .cdp = cdp, .detail = a->detail.set };
	if (a->interface.set)
		l->interface = ifname_kernel(e->settings, a->interface.s);
	if (l->interface == NULL || (e->links != NULL && links_find(e->links, l->interface) != NULL)) {
		/* It is all of them, or one that is there. */
	} else if (starts_with_nocase("detail", a->interface.s, strlen(a->interface.s))) {
		l->interface = NULL; /* abbreviated, a name comes first for the parser */
		l->detail = true;
	} else {
		err_set(err, ERR_NOT_FOUND, "There is no interface %s", a->interface.s);
		return CMD_REFUSED;
	}
	lldp_list(l, e, e->settings->lldpd != NULL ? e->settings->lldpd : "/run/lldpd.socket", told, l);
	return session_wait(s, 0, over, NULL);
}

static enum cmd_result
show_cdp_neighbors(struct session *s, const void *args, struct err *err)
{
	return list(s, args, true, err);
}

static enum cmd_result
show_lldp_neighbors(struct session *s, const void *args, struct err *err)
{
	return list(s, args, false, err);
}

static const struct kw neighbors_kw[] = {
	{ .help = "Those behind an interface", .type = &kw_ifname, KW_AT(struct discovery_args, interface) },
	{ .word = "detail", .help = "Everything that they say", KW_AT(struct discovery_args, detail) },
	KW_END,
};

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show cdp neighbors",
		  .help = "Neighbors that speak CDP",
		  .kw = neighbors_kw,
		  .size = sizeof(struct discovery_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_cdp_neighbors },
	{ .cmd = { .words = "show lldp neighbors",
		  .help = "Neighbors that speak LLDP",
		  .kw = neighbors_kw,
		  .size = sizeof(struct discovery_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_lldp_neighbors },
};

void
show_discovery_register(struct cli *cli)
{
	cli_word(cli, "show cdp", "Cisco Discovery Protocol");
	cli_word(cli, "show lldp", "Link Layer Discovery Protocol");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
