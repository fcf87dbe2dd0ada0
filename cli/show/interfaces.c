/* show interfaces, show ip interface brief, clear counters: the kernel's interfaces in IOS's layouts. */
#include "cli/show/interfaces.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include <linux/if_arp.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"

struct interfaces_args {
	struct kw_str name;
};

/* One command under way. */
struct listing {
	struct session *session;
	struct writer *w;
	struct engine *engine;
	const char *name; /* the kernel's; NULL: all */
	void (*show)(void *arg, struct link *);
};

static const struct kw name_kw[] = {
	{ .help = "Interface name", .type = &kw_ifname, KW_AT(struct interfaces_args, name) },
	KW_END,
};

/* ---- words for states ---- */

const char *
interface_status(const struct link *l)
{
	if ((l->flags & IFF_UP) == 0)
		return "administratively down";
	return (l->flags & IFF_LOWER_UP) != 0 ? "up" : "down";
}

const char *
interface_protocol(const struct link *l)
{
	return (l->flags & IFF_UP) != 0 && (l->flags & IFF_RUNNING) != 0 ? "up" : "down";
}

static const char *
hardware_of(const struct link *l)
{
	static const struct {
		unsigned type;
		const char *name;
	} rows[] = { { ARPHRD_ETHER, "Ethernet" }, { ARPHRD_LOOPBACK, "Loopback" }, { ARPHRD_PPP, "PPP" },
		{ ARPHRD_TUNNEL, "Tunnel" }, { ARPHRD_TUNNEL6, "Tunnel" }, { ARPHRD_IPGRE, "Tunnel" },
		{ ARPHRD_SIT, "Tunnel" }, { ARPHRD_NONE, "Tunnel" } };

	if (l->kind[0] != '\0')
		return l->kind;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].type == l->type)
			return rows[i].name;
	return "unknown";
}

static const char *
encapsulation_of(const struct link *l)
{
	return l->type == ARPHRD_LOOPBACK ? "LOOPBACK" : l->type == ARPHRD_ETHER ? "ARPA" : "TUNNEL";
}

/* 7486.0b1c.a3c1 */
static void
hardware_address(const struct link *l, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < l->address_len && at + 4 < size; i++)
		at += (size_t)snprintf(
			out + at, size - at, "%s%02x", i > 0 && i % 2 == 0 ? "." : "", l->address[i]);
}

static void
address_text(const struct address *a, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->family, a->raw, text, sizeof text);
	snprintf(out, size, "%s/%u", text, a->prefix);
}

static uint64_t
since(uint64_t now, uint64_t cleared)
{
	return now >= cleared ? now - cleared : now;
}

static struct link_counters
counters_of(const struct link *l)
{
	const struct link_counters *c = &l->counters, *z = &l->cleared;

	return (struct link_counters){
		.rx_packets = since(c->rx_packets, z->rx_packets),
		.rx_bytes = since(c->rx_bytes, z->rx_bytes),
		.rx_errors = since(c->rx_errors, z->rx_errors),
		.rx_dropped = since(c->rx_dropped, z->rx_dropped),
		.rx_multicast = since(c->rx_multicast, z->rx_multicast),
		.rx_crc = since(c->rx_crc, z->rx_crc),
		.rx_frame = since(c->rx_frame, z->rx_frame),
		.rx_overrun = since(c->rx_overrun, z->rx_overrun),
		.rx_length = since(c->rx_length, z->rx_length),
		.rx_no_handler = since(c->rx_no_handler, z->rx_no_handler),
		.tx_packets = since(c->tx_packets, z->tx_packets),
		.tx_bytes = since(c->tx_bytes, z->tx_bytes),
		.tx_errors = since(c->tx_errors, z->tx_errors),
		.tx_dropped = since(c->tx_dropped, z->tx_dropped),
		.tx_underrun = since(c->tx_underrun, z->tx_underrun),
		.tx_carrier = since(c->tx_carrier, z->tx_carrier),
		.tx_aborted = since(c->tx_aborted, z->tx_aborted),
		.collisions = since(c->collisions, z->collisions),
		.late_collisions = since(c->late_collisions, z->late_collisions),
		.resets = since(c->resets, z->resets),
	};
}

/* "5 minute", "30 second": as IOS heads the rates. */
static void
interval_text(usec interval, char *out, size_t size)
{
	long long seconds = interval / USEC_PER_SEC;

	if (seconds % 60 == 0)
		snprintf(out, size, "%lld minute", seconds / 60);
	else
		snprintf(out, size, "%lld second", seconds);
}

/* ---- show interfaces [NAME] ---- */

static void
show_address(void *arg, const struct address *a)
{
	struct listing *list = arg;
	char text[80];

	address_text(a, text, sizeof text);
	w_text(list->w, "  %s is %s\n",
		a->family == AF_INET6 ? "IPv6 address"
		: a->secondary        ? "Secondary address"
				      : "Internet address",
		text);
	w_str(list->w, NULL, text);
}

static void
write_json_counters(struct writer *w, const struct link_counters *c)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "packets_input", c->rx_packets },
		{ "bytes_input", c->rx_bytes },
		{ "input_errors", c->rx_errors },
		{ "input_drops", c->rx_dropped },
		{ "multicast_input", c->rx_multicast },
		{ "crc", c->rx_crc },
		{ "frame", c->rx_frame },
		{ "overrun", c->rx_overrun },
		{ "giants", c->rx_length },
		{ "unknown_protocol_drops", c->rx_no_handler },
		{ "packets_output", c->tx_packets },
		{ "bytes_output", c->tx_bytes },
		{ "output_errors", c->tx_errors },
		{ "output_drops", c->tx_dropped },
		{ "underruns", c->tx_underrun },
		{ "lost_carrier", c->tx_carrier },
		{ "output_buffer_failures", c->tx_aborted },
		{ "collisions", c->collisions },
		{ "late_collisions", c->late_collisions },
		{ "interface_resets", c->resets },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		w_int(w, rows[i].key, (int64_t)rows[i].value);
}

static void
text_counters(struct writer *w, const struct link *l, const struct link_counters *c, usec load_interval)
{
	char interval[32];

	interval_text(load_interval, interval, sizeof interval);
	w_text(w,
		"  Input queue: 0/0/%" PRIu64 "/0 (size/max/drops/flushes); Total output drops: %" PRIu64
		"\n",
		c->rx_dropped, c->tx_dropped);
	w_text(w, "  %s input rate %.0f bits/sec, %.0f packets/sec\n", interval, l->load.rx_bps,
		l->load.rx_pps);
	w_text(w, "  %s output rate %.0f bits/sec, %.0f packets/sec\n", interval, l->load.tx_bps,
		l->load.tx_pps);
	w_text(w, "     %" PRIu64 " packets input, %" PRIu64 " bytes, 0 no buffer\n", c->rx_packets,
		c->rx_bytes);
	w_text(w, "     Received %" PRIu64 " broadcasts (%" PRIu64 " IP multicasts)\n", c->rx_multicast,
		c->rx_multicast);
	w_text(w, "     0 runts, %" PRIu64 " giants, 0 throttles\n", c->rx_length);
	w_text(w,
		"     %" PRIu64 " input errors, %" PRIu64 " CRC, %" PRIu64 " frame, %" PRIu64
		" overrun, 0 ignored\n",
		c->rx_errors, c->rx_crc, c->rx_frame, c->rx_overrun);
	w_text(w, "     %" PRIu64 " packets output, %" PRIu64 " bytes, %" PRIu64 " underruns\n",
		c->tx_packets, c->tx_bytes, c->tx_underrun);
	w_text(w, "     %" PRIu64 " output errors, %" PRIu64 " collisions, %" PRIu64 " interface resets\n",
		c->tx_errors, c->collisions, c->resets);
	w_text(w, "     %" PRIu64 " unknown protocol drops\n", c->rx_no_handler);
	w_text(w, "     0 babbles, %" PRIu64 " late collision, 0 deferred\n", c->late_collisions);
	w_text(w, "     %" PRIu64 " lost carrier, 0 no carrier, 0 pause output\n", c->tx_carrier);
	w_text(w, "     %" PRIu64 " output buffer failures, 0 output buffers swapped out\n", c->tx_aborted);
}

/* "00:05:12", as IOS prints a time under a day; "1d02h" behind. */
static void
ago(usec t, char *out, size_t size)
{
	long long s = t / USEC_PER_SEC;

	if (s < 86400)
		snprintf(out, size, "%02lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, size, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

static void
show_one(void *arg, struct link *l)
{
	struct listing *list = arg;
	struct writer *w = list->w;
	const struct engine *e = list->engine;
	struct link_counters c = counters_of(l);
	char mac[96], cleared[32] = "never";
	int duplex;
	uint64_t speed = link_speed(l, &duplex);

	hardware_address(l, mac, sizeof mac);
	if (l->cleared_at != 0)
		ago(clock_wall(e->clock) - l->cleared_at, cleared, sizeof cleared);
	w_object(w, NULL);
	w_text(w, "%s is %s, line protocol is %s\n", ifname_ios(e->settings, l->name), interface_status(l),
		interface_protocol(l));
	w_text(w, "  Hardware is %s", hardware_of(l));
	if (l->address_len > 0)
		w_text(w, ", address is %s (bia %s)", mac, mac);
	w_text(w, "\n");
	if (l->alias != NULL) {
		w_text(w, "  Description: ");
		w_foreign(w, l->alias, strlen(l->alias));
		w_text(w, "\n");
	}
	w_str(w, "interface", ifname_ios(e->settings, l->name));
	w_str(w, "kernel_name", l->name);
	w_str(w, "status", interface_status(l));
	w_str(w, "protocol", interface_protocol(l));
	w_str(w, "hardware", hardware_of(l));
	w_str(w, "address", mac);
	w_str(w, "description", l->alias);
	w_list(w, "addresses");
	if (e->addresses != NULL)
		addresses_each(e->addresses, l->index, 0, show_address, list);
	w_end(w);
	w_text(w, "  MTU %u bytes, BW %" PRIu64 " Kbit/sec, DLY 10 usec,\n", l->mtu,
		speed != 0 ? speed / 1000 : 10000000);
	w_text(w, "     reliability %u/255, txload %u/255, rxload %u/255\n", l->load.reliability,
		l->load.txload, l->load.rxload);
	w_text(w, "  Encapsulation %s, loopback not set\n", encapsulation_of(l));
	if (speed != 0)
		w_text(w, "  %s Duplex, %" PRIu64 "Mbps\n",
			duplex > 0    ? "Full"
			: duplex == 0 ? "Half"
				      : "Unknown",
			speed / 1000000);
	w_text(w, "  Last clearing of \"show interface\" counters %s\n", cleared);
	w_int(w, "mtu", l->mtu);
	w_int(w, "bandwidth_kbit", speed != 0 ? (int64_t)(speed / 1000) : 10000000);
	w_int(w, "reliability", l->load.reliability);
	w_int(w, "txload", l->load.txload);
	w_int(w, "rxload", l->load.rxload);
	w_int(w, "input_rate_bps", (int64_t)l->load.rx_bps);
	w_int(w, "input_rate_pps", (int64_t)l->load.rx_pps);
	w_int(w, "output_rate_bps", (int64_t)l->load.tx_bps);
	w_int(w, "output_rate_pps", (int64_t)l->load.tx_pps);
	text_counters(w, l, &c, links_load_interval(e->links, l));
	write_json_counters(w, &c);
	w_end(w);
}

/* ---- show interfaces counters ---- */

static void
show_counters(void *arg, struct link *l)
{
	struct listing *list = arg;
	struct link_counters c = counters_of(l);

	w_cell(list->w, ifname_ios(list->engine->settings, l->name));
	w_cell_int(list->w, (int64_t)c.rx_bytes);
	w_cell_int(list->w, (int64_t)c.rx_packets);
	w_cell_int(list->w, (int64_t)c.rx_multicast);
	w_cell_int(list->w, (int64_t)c.tx_bytes);
	w_cell_int(list->w, (int64_t)c.tx_packets);
}

static const struct w_column counter_columns[] = {
	{ "interface", "Port", 0, 0 },
	{ "in_octets", "InOctets", 24, 0 },
	{ "in_packets", "InPkts", 42, 0 },
	{ "in_multicast_packets", "InMcastPkts", 58, 0 },
	{ "out_octets", "OutOctets", 74, 0 },
	{ "out_packets", "OutPkts", 92, 0 },
};

/* ---- show interfaces brief ---- */

static void
show_brief(void *arg, struct link *l)
{
	struct listing *list = arg;

	w_cell(list->w, ifname_ios(list->engine->settings, l->name));
	w_cell(list->w, (l->flags & IFF_UP) == 0 ? "admin down" : interface_status(l));
	w_cell(list->w, interface_protocol(l));
	w_cell(list->w, l->alias);
}

static const struct w_column brief_columns[] = {
	{ "interface", "Interface", 0, 0 },
	{ "status", "Status", 31, 0 },
	{ "protocol", "Protocol", 46, 0 },
	{ "description", "Description", 55, 0 },
};

/* ---- show ip interface brief ---- */

static void
show_ip(void *arg, struct link *l)
{
	struct listing *list = arg;
	const struct address *a =
		list->engine->addresses == NULL ? NULL : addresses_primary(list->engine->addresses, l->index);
	char text[INET_ADDRSTRLEN] = "unassigned";

	if (a != NULL)
		inet_ntop(AF_INET, a->raw, text, sizeof text);
	w_cell(list->w, ifname_ios(list->engine->settings, l->name));
	w_cell(list->w, text);
	w_cell(list->w, "YES");
	w_cell(list->w, a == NULL ? "unset" : a->permanent ? "manual" : "DHCP");
	w_cell(list->w, interface_status(l));
	w_cell(list->w, interface_protocol(l));
}

static const struct w_column ip_columns[] = {
	{ "interface", "Interface", 0, 0 },
	{ "ip_address", "IP-Address", 27, 0 },
	{ "ok", "OK?", 43, 0 },
	{ "method", "Method", 47, 0 },
	{ "status", "Status", 54, 0 },
	{ "protocol", "Protocol", 76, 0 },
};

/* ---- the commands: they go on when the counters are fresh ---- */

static void
polled(void *arg)
{
	struct listing *list = arg;
	struct link *l = list->name == NULL ? NULL : links_find(list->engine->links, list->name);
	struct writer *w = list->w;
	const struct w_column *columns = list->show == show_counters ? counter_columns
					 : list->show == show_brief  ? brief_columns
								     : ip_columns;
	size_t count = list->show == show_counters ? sizeof counter_columns / sizeof *counter_columns
		       : list->show == show_brief  ? sizeof brief_columns / sizeof *brief_columns
						   : sizeof ip_columns / sizeof *ip_columns;
	struct err err = ERR_INIT;

	if (list->name != NULL && l == NULL) {
		err_set(&err, ERR_NOT_FOUND, "There is no interface %s", list->name);
		session_fail(list->session, &err);
		return;
	}
	if (list->show == show_one)
		w_list(w, "interfaces");
	else
		w_table_begin(w, "interfaces", columns, count);
	if (l != NULL)
		list->show(list, l);
	else
		links_each(list->engine->links, list->show, list);
	if (list->show == show_one)
		w_end(w);
	else
		w_table_end(w);
	session_done(list->session);
}

static void
waited(void *arg, enum session_end end)
{
}

static enum cmd_result
list_interfaces(struct session *s, const void *args, void (*show)(void *, struct link *), struct err *err)
{
	const struct interfaces_args *a = args;
	struct listing *list = mem_new(session_cmd_ctx(s), struct listing);

	list->session = s;
	list->w = session_writer(s);
	list->engine = session_engine(s);
	list->show = show;
	if (a != NULL && a->name.set)
		list->name = ifname_kernel(list->engine->settings, a->name.s);
	if (list->engine->links == NULL) {
		err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
		return CMD_REFUSED;
	}
	links_poll(list, list->engine->links, polled, list);
	return session_wait(s, 0, waited, NULL);
}

static enum cmd_result
show_interfaces(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, args, show_one, err);
}

static enum cmd_result
show_interfaces_counters(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, args, show_counters, err);
}

static enum cmd_result
show_interfaces_brief(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, NULL, show_brief, err);
}

static enum cmd_result
show_ip_interface_brief(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, NULL, show_ip, err);
}

/* ---- clear counters [NAME] ---- */

struct clearing {
	struct session *session;
	struct link *link; /* NULL: all */
	const char *name;
};

static void
clear_one(void *arg, struct link *l)
{
	const struct clearing *c = arg;
	const struct engine *e = session_engine(c->session);

	if (c->name != NULL && strcmp(l->name, c->name) != 0)
		return;
	l->cleared = l->counters;
	l->cleared_at = clock_wall(e->clock);
	if (c->name != NULL)
		log_msg(e->log, session_cause(c->session), "CLEAR", SEV_NOTIFICATIONS, "COUNTERS",
			"Clear counter on interface %s by %s", ifname_ios(e->settings, l->name),
			session_who(c->session));
}

static void
clear_polled(void *arg)
{
	const struct clearing *c = arg;
	const struct engine *e = session_engine(c->session);

	links_each(e->links, clear_one, arg);
	if (c->name == NULL)
		log_msg(e->log, session_cause(c->session), "CLEAR", SEV_NOTIFICATIONS, "COUNTERS",
			"Clear counter on all interfaces by %s", session_who(c->session));
	session_done(c->session);
}

static void
clear_confirmed(struct session *s, const struct answer *answer, void *arg)
{
	if (!answer->yes) {
		session_done(s);
		return;
	}
	links_poll(session_cmd_ctx(s), session_engine(s)->links, clear_polled, arg);
	session_wait(s, 0, waited, NULL);
}

static enum cmd_result
clear_counters(struct session *s, const void *args, struct err *err)
{
	const struct interfaces_args *a = args;
	struct engine *e = session_engine(s);
	struct clearing *c = mem_new(session_cmd_ctx(s), struct clearing);
	const struct answer yes = { .yes = true };

	if (e->links == NULL) {
		err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
		return CMD_REFUSED;
	}
	c->session = s;
	c->name = a->name.set ? ifname_kernel(e->settings, a->name.s) : NULL;
	if (c->name != NULL && links_find(e->links, c->name) == NULL) {
		err_set(err, ERR_NOT_FOUND, "There is no interface %s", c->name);
		return CMD_REFUSED;
	}
	if (session_is_quiet(s)) {
		clear_confirmed(s, &yes, c);
		return CMD_WAIT;
	}
	return session_ask(s, ASK_CONFIRM,
		c->name == NULL ? "Clear \"show interface\" counters on all interfaces [confirm]"
				: "Clear \"show interface\" counters on this interface [confirm]",
		clear_confirmed, c);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show interfaces",
		  .help = "Interface status and counters",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_interfaces },
	{ .cmd = { .words = "show interfaces brief",
		  .help = "Status, protocol and description of every interface",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_interfaces_brief },
	{ .cmd = { .words = "show interfaces description",
		  .help = "Status, protocol and description of every interface",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_interfaces_brief },
	{ .cmd = { .words = "show interfaces counters",
		  .help = "Octets and packets of the interfaces",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_interfaces_counters },
	{ .cmd = { .words = "show ip interface brief",
		  .help = "Addresses and status of every interface",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_ip_interface_brief },
	{ .cmd = { .words = "clear counters",
		  .help = "Begin the counters of `show interfaces` anew",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 15 },
		.run = clear_counters },
};

void
show_interfaces_register(struct cli *cli)
{
	cli_word(cli, "show ip", "IP information");
	cli_word(cli, "show ip interface", "IP interface status");
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
