/* show interfaces, show ip interface: the kernel's interfaces in IOS's layouts. */
#include "cli/show/interfaces.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include <linux/if_arp.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "cli/show/interface_counters.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"

struct interfaces_args {
	struct kw_str name;
	struct kw_flag counters, description;
};

/* One command under way. */
struct listing {
	struct session *session;
	struct writer *w;
	struct engine *engine;
	const char *name; /* the kernel's; NULL: all */
	const struct form *form;
	bool any; /* show ip interface: an address */
};

/* A layout. */
struct form {
	const char *words; /* as a word behind `show interfaces`; NULL: it is none */
	void (*show)(void *arg, struct link *);
	const struct w_column *columns; /* NULL: no table */
	size_t count;
};

static const struct kw name_kw[] = {
	{ .help = "Interface name", .type = &kw_ifname, KW_AT(struct interfaces_args, name) },
	KW_END,
};

static const struct kw of_one_kw[] = {
	{ .word = "counters",
		.help = "Octets and packets of the interface",
		KW_AT(struct interfaces_args, counters),
		.group = 1 },
	{ .word = "description",
		.help = "Status, protocol and description of the interface",
		KW_AT(struct interfaces_args, description),
		.group = 1 },
	KW_END,
};

static const struct kw interfaces_kw[] = {
	{ .help = "Interface name",
		.type = &kw_ifname,
		KW_AT(struct interfaces_args, name),
		.sub = of_one_kw },
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
	struct link_counters c = interface_counters(l);
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
	if (l->address_len > 0 && l->type != ARPHRD_LOOPBACK)
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
	interface_counters_json(w, &c);
	w_end(w);
}

/* ---- show interfaces counters ---- */

static void
show_counters(void *arg, struct link *l)
{
	struct listing *list = arg;
	struct link_counters c = interface_counters(l);

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

/* ---- show interfaces counters errors ---- */

static void
show_errors(void *arg, struct link *l)
{
	struct listing *list = arg;
	struct link_counters c = interface_counters(l);

	w_cell(list->w, ifname_ios(list->engine->settings, l->name));
	w_cell_int(list->w, (int64_t)c.rx_frame);
	w_cell_int(list->w, (int64_t)c.rx_crc);
	w_cell_int(list->w, (int64_t)c.tx_errors);
	w_cell_int(list->w, (int64_t)c.rx_errors);
	w_cell_int(list->w, (int64_t)c.rx_dropped);
	w_cell_int(list->w, (int64_t)c.tx_dropped);
}

static const struct w_column error_columns[] = {
	{ "interface", "Port", 0, 0 },
	{ "align_err", "Align-Err", 24, 0 },
	{ "fcs_err", "FCS-Err", 36, 0 },
	{ "xmit_err", "Xmit-Err", 48, 0 },
	{ "rcv_err", "Rcv-Err", 60, 0 },
	{ "in_discards", "InDiscards", 72, 0 },
	{ "out_discards", "OutDiscards", 84, 0 },
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

/* ---- show ip interface [NAME] ---- */

static void
show_ip_address(void *arg, const struct address *a)
{
	struct listing *list = arg;
	char text[80];

	address_text(a, text, sizeof text);
	w_text(list->w, "  %s %s\n", a->secondary ? "Secondary address" : "Internet address is", text);
	w_str(list->w, NULL, text);
	list->any = true;
}

static void
show_ip_details(void *arg, struct link *l)
{
	struct listing *list = arg;
	struct writer *w = list->w;
	const char *name = ifname_ios(list->engine->settings, l->name);

	w_object(w, NULL);
	w_text(w, "%s is %s, line protocol is %s\n", name, interface_status(l), interface_protocol(l));
	w_str(w, "interface", name);
	w_str(w, "status", interface_status(l));
	w_str(w, "protocol", interface_protocol(l));
	list->any = false;
	w_list(w, "addresses");
	if (list->engine->addresses != NULL)
		addresses_each(list->engine->addresses, l->index, AF_INET, show_ip_address, list);
	w_end(w);
	if (!list->any)
		w_text(w, "  Internet protocol processing disabled\n");
	else
		w_text(w, "  MTU is %u bytes\n", l->mtu);
	w_int(w, "mtu", l->mtu);
	w_end(w);
}

/* ---- the commands: they go on when the counters are fresh ---- */

#define TABLE(columns_) columns_, sizeof columns_ / sizeof *columns_

static const struct form form_all = { NULL, show_one, NULL, 0 },
			 form_counters = { "counters", show_counters, TABLE(counter_columns) },
			 form_errors = { NULL, show_errors, TABLE(error_columns) },
			 form_brief = { "brief", show_brief, TABLE(brief_columns) },
			 form_description = { "description", show_brief, TABLE(brief_columns) },
			 form_ip_brief = { NULL, show_ip, TABLE(ip_columns) },
			 form_ip = { NULL, show_ip_details, NULL, 0 };

static void
polled(void *arg)
{
	struct listing *list = arg;
	struct link *l = list->name == NULL ? NULL : links_find(list->engine->links, list->name);
	const struct form *form = list->form;
	struct writer *w = list->w;
	struct err err = ERR_INIT;

	if (list->name != NULL && l == NULL) {
		err_set(&err, ERR_NOT_FOUND, "There is no interface %s", list->name);
		session_fail(list->session, &err);
		return;
	}
	if (form->columns == NULL)
		w_list(w, "interfaces");
	else
		w_table_begin(w, "interfaces", form->columns, form->count);
	if (l != NULL)
		form->show(list, l);
	else
		links_each(list->engine->links, form->show, list);
	if (form->columns == NULL)
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
list_interfaces(struct session *s, const void *args, const struct form *form, struct err *err)
{
	const struct interfaces_args *a = args;
	struct listing *list = mem_new(session_cmd_ctx(s), struct listing);

	list->session = s;
	list->w = session_writer(s);
	list->engine = session_engine(s);
	list->form = form;
	if (a != NULL && a->name.set)
		list->name = ifname_kernel(list->engine->settings, a->name.s);
	if (list->engine->links == NULL) {
		err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
		return CMD_REFUSED;
	}
	links_poll(list, list->engine->links, polled, list);
	return session_wait(s, 0, waited, NULL);
}

/* `show int desc`: what is no interface's name and begins a word is that word, which the parser cannot know. */
static const struct form *
form_meant(const struct engine *e, const char *typed)
{
	static const struct form *const forms[] = { &form_brief, &form_counters, &form_description };

	if (e->links == NULL || links_find(e->links, ifname_kernel(e->settings, typed)) != NULL)
		return NULL;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strncasecmp(forms[i]->words, typed, strlen(typed)) == 0)
			return forms[i];
	return NULL;
}

static enum cmd_result
show_interfaces(struct session *s, const void *args, struct err *err)
{
	const struct interfaces_args *a = args;
	const struct form *meant = a->name.set ? form_meant(session_engine(s), a->name.s) : NULL;

	if (meant != NULL && !a->counters.set && !a->description.set)
		return list_interfaces(s, NULL, meant, err);
	return list_interfaces(s, args,
		a->counters.set      ? &form_counters
		: a->description.set ? &form_description
				     : &form_all,
		err);
}

static enum cmd_result
show_interfaces_counters(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, args, &form_counters, err);
}

static enum cmd_result
show_interfaces_errors(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, args, &form_errors, err);
}

static enum cmd_result
show_interfaces_brief(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, NULL, &form_brief, err);
}

static enum cmd_result
show_ip_interface_brief(struct session *s, const void *args, struct err *err)
{
	return list_interfaces(s, args, &form_ip_brief, err);
}

/* `show ip int bri` names no interface either. */
static enum cmd_result
show_ip_interface(struct session *s, const void *args, struct err *err)
{
	const struct interfaces_args *a = args;
	bool is_brief = a->name.set && form_meant(session_engine(s), a->name.s) == &form_brief;

	return list_interfaces(s, is_brief ? NULL : args, is_brief ? &form_ip_brief : &form_ip, err);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show interfaces",
		  .help = "Interface status and counters",
		  .kw = interfaces_kw,
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
	{ .cmd = { .words = "show interfaces counters errors",
		  .help = "Errors of the interfaces",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_interfaces_errors },
	{ .cmd = { .words = "show ip interface",
		  .help = "Addresses of the interfaces",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_ip_interface },
	{ .cmd = { .words = "show ip interface brief",
		  .help = "First address and status of the interfaces, a line each",
		  .kw = name_kw,
		  .size = sizeof(struct interfaces_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_ip_interface_brief },
};

void
show_interfaces_register(struct cli *cli)
{
	cli_word(cli, "show ip", "IP information");
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
