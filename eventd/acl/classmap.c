/* Class maps: matches joined by `and` or by `or`. */
#include "acl/acl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "acl/values.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

enum { ORDER_CLASS_MAP = 6900, NESTED_MAX = 8 };

#define VLAN_WORD "vlan "

static const char mode[] = "config-cmap";

struct map_args {
	struct kw_flag all, any;
	struct kw_str name;
};

struct match_args {
	struct kw_flag not, any, group, ip, packet, length, source, destination, dscp_, precedence_;
	struct kw_flag both_dscp, both_precedence; /* `match dscp`: also IPv6 */
	struct kw_str group_name, protocol, source_mac, destination_mac, nested;
	struct kw_int group_number, vlan, max, min;
	struct kw_list dscp;
	struct kw_list precedence;
};

struct description_args {
	struct kw_str text;
};

/* What IOS's NBAR knows by content is known here by protocol and port. */
static const struct {
	const char *name, *expression;
} protocols[] = {
	{ "arp", "arp" },
	{ "bfd", "udp port 3784 or udp port 4784" },
	{ "bgp", "tcp port 179" },
	{ "dhcp", "udp port 67 or udp port 68" },
	{ "dns", "port 53" },
	{ "eigrp", "ip proto 88" },
	{ "ftp", "tcp port 20 or tcp port 21" },
	{ "gre", "ip proto 47" },
	{ "http", "tcp port 80 or tcp port 8080" },
	{ "icmp", "icmp" },
	{ "icmpv6", "icmp6 or (ip6[6] = 0 and ip6[40] = 58)" },
	{ "imap", "tcp port 143" },
	{ "ip", "ip" },
	{ "ipsec", "ip proto 50 or ip proto 51 or udp port 500 or udp port 4500" },
	{ "ipv6", "ip6" },
	{ "isakmp", "udp port 500 or udp port 4500" },
	{ "ldap", "tcp port 389" },
	{ "netflow", "udp port 2055 or udp port 4739" },
	{ "ntp", "udp port 123" },
	{ "ospf", "ip proto 89 or ip6 proto 89" },
	{ "pim", "ip proto 103 or ip6 proto 103" },
	{ "pop3", "tcp port 110" },
	{ "radius", "udp port 1812 or udp port 1813" },
	{ "rip", "udp port 520" },
	{ "secure-http", "tcp port 443" },
	{ "secure-imap", "tcp port 993" },
	{ "secure-ldap", "tcp port 636" },
	{ "secure-pop3", "tcp port 995" },
	{ "sip", "port 5060 or port 5061" },
	{ "smtp", "tcp port 25 or tcp port 465 or tcp port 587" },
	{ "snmp", "udp port 161 or udp port 162" },
	{ "ssh", "tcp port 22" },
	{ "syslog", "port 514" },
	{ "tacacs", "tcp port 49" },
	{ "tcp", "tcp" },
	{ "telnet", "tcp port 23" },
	{ "tftp", "udp port 69" },
	{ "udp", "udp" },
	{ "vrrp", "ip proto 112 or ip6 proto 112" },
};
enum { PROTOCOLS = sizeof protocols / sizeof protocols[0] };

static const char *
expression_of(const char *protocol)
{
	for (size_t i = 0; i < PROTOCOLS; i++)
		if (strcasecmp(protocols[i].name, protocol) == 0)
			return protocols[i].expression;
	return NULL;
}

/* ---- grammar ---- */

#define AT(field_) .at = offsetof(struct match_args, field_)
enum { GROUP_MATCH = 1, GROUP_WHICH = 2 };

#define PRECEDENCE_HELP "Precedence, by number or name"
static const struct kw group_kw[] = {
	{ .word = "name",
		.help = "Named access list",
		.type = &kw_word,
		AT(group_name),
		.flags = KW_SEQ | KW_REQ,
		.group = GROUP_WHICH },
	{ .help = "Number of an access list",
		.type = &kw_number,
		AT(group_number),
		.min = 1,
		.max = 2699,
		.flags = KW_SEQ,
		.group = GROUP_WHICH },
	KW_END,
};
static const struct kw dscp_kw[] = {
	{ .help = "Code points", .type = &kw_dscps, AT(dscp), .flags = KW_REQ | KW_MANY },
	KW_END,
};
static const struct kw precedence_kw[] = {
	{ .help = PRECEDENCE_HELP, .type = &kw_precedences, AT(precedence), .flags = KW_REQ | KW_MANY },
	KW_END,
};
#define MATCH(word_, help_, field_, ...)                                                             \
	{                                                                                            \
		.word = (word_), .help = (help_), AT(field_), .flags = KW_SEQ, .group = GROUP_MATCH, \
		__VA_ARGS__                                                                          \
	}
static const struct kw ip_kw[] = {
	{ .word = "dscp",
		.help = "Code points",
		AT(dscp_),
		.flags = KW_SEQ | KW_REQ,
		.group = GROUP_WHICH,
		.sub = dscp_kw },
	{ .word = "precedence",
		.help = PRECEDENCE_HELP,
		AT(precedence_),
		.flags = KW_SEQ,
		.group = GROUP_WHICH,
		.sub = precedence_kw },
	KW_END,
};
static const struct kw length_values_kw[] = {
	{ .word = "max", .help = "Longest packet", .type = &kw_number, AT(max), .min = 1, .max = 65535 },
	{ .word = "min", .help = "Shortest packet", .type = &kw_number, AT(min), .min = 1, .max = 65535 },
	KW_END,
};
static const struct kw length_kw[] = {
	{ .word = "length",
		.help = "By length",
		AT(length),
		.flags = KW_SEQ | KW_REQ,
		.sub = length_values_kw },
	KW_END,
};
static const struct kw source_kw[] = {
	{ .word = "mac", .help = "MAC address", .type = &kw_mac, AT(source_mac), .flags = KW_SEQ | KW_REQ },
	KW_END,
};
static const struct kw destination_kw[] = {
	{ .word = "mac",
		.help = "MAC address",
		.type = &kw_mac,
		AT(destination_mac),
		.flags = KW_SEQ | KW_REQ },
	KW_END,
};

static const struct kw match_kw[] = {
	{ .word = "not", .help = "Packets that do not match", AT(not ), .flags = KW_SEQ },
	{ .word = "any", .help = "Any packet", AT(any), .flags = KW_SEQ | KW_REQ, .group = GROUP_MATCH },
	MATCH("access-group", "Packets that an access list permits", group, .sub = group_kw),
	MATCH("class-map", "Packets of another class map", nested, .type = &kw_word),
	MATCH("destination-address", "Packets to an address", destination, .sub = destination_kw),
	MATCH("dscp", "Code points, of IPv4 and IPv6", both_dscp, .sub = dscp_kw),
	MATCH("ip", "Values of IPv4", ip, .sub = ip_kw),
	MATCH("packet", "Packets by length", packet, .sub = length_kw),
	MATCH("precedence", "Precedence, of IPv4 and IPv6", both_precedence, .sub = precedence_kw),
	MATCH("protocol", "Packets of a protocol", protocol, .type = &kw_word),
	MATCH("source-address", "Packets from an address", source, .sub = source_kw),
	MATCH("vlan", "Frames of a VLAN", vlan, .type = &kw_number, .min = 1, .max = 4094),
	KW_END,
};

static const struct kw map_kw[] = {
	{ .word = "match-all",
		.help = "Packets must match all lines",
		KW_AT(struct map_args, all),
		.flags = KW_SEQ,
		.group = 1 },
	{ .word = "match-any",
		.help = "Packets must match one line",
		KW_AT(struct map_args, any),
		.flags = KW_SEQ,
		.group = 1 },
	{ .help = "Name of the class map",
		.type = &kw_word,
		KW_AT(struct map_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static const struct kw description_kw[] = {
	{ .help = "Up to 200 characters",
		.type = &kw_line,
		KW_AT(struct description_args, text),
		.flags = KW_REQ },
	KW_END,
};

/* ---- rows ---- */

static bool
map_adopt(struct engine *e, void *args, struct err *err)
{
	struct map_args *a = args;

	a->all.set = !a->any.set; /* as IOS prints it */
	return true;
}

static bool
match_adopt(struct engine *e, void *args, struct err *err)
{
	const struct match_args *a = args;
	const char *names[PROTOCOLS], *near;

	if (a->min.set && a->max.set && a->min.v > a->max.v)
		return err_set(err, ERR_REFUSED, "the length range is empty");
	if (a->packet.set && !a->min.set && !a->max.set)
		return err_set(err, ERR_INCOMPLETE, "'match packet length' needs max, min, or both");
	if (!a->protocol.set || expression_of(a->protocol.s) != NULL)
		return true;
	for (size_t i = 0; i < PROTOCOLS; i++)
		names[i] = protocols[i].name;
	near = nearest_word(a->protocol.s, names, PROTOCOLS);
	err_set(err, ERR_REFUSED, "'%s' is no protocol that is known here by its port", a->protocol.s);
	if (near != NULL)
		err_hint(err, "did you mean '%s'?", near);
	else
		err_hint(err, "an access list can name any port: match access-group name LIST");
	return false;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "class-map",
		  .help = "Packets that belong together",
		  .kw = map_kw,
		  .size = sizeof(struct map_args),
		  .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_CLASS_MAP,
		.adopt = map_adopt },
	{ .cmd = { .words = "description",
		  .help = "Description of the class map",
		  .kw = description_kw,
		  .size = sizeof(struct description_args),
		  .level = 15 },
		.mode = mode,
		.order = 1 },
	{ .cmd = { .words = "match",
		  .help = "What packets match",
		  .kw = match_kw,
		  .size = sizeof(struct match_args),
		  .level = 15 },
		.mode = mode,
		.order = 2,
		.whole_line_key = true,
		.adopt = match_adopt },
};

static bool
is_map(const struct conf_node *n)
{
	return n->row == &rows[0];
}

static bool
is_match(const struct conf_node *n)
{
	return n->row == &rows[2];
}

/* What IOS matches and nothing here can. */
static const char *
known_elsewhere(const char *line)
{
	static const struct {
		const char *word, *why;
	} known[] = {
		{ "input-interface", "name the interface with 'monitor capture NAME interface'" },
		{ "qos-group", "packets have no QoS group here" },
		{ "application", "packets are told apart by protocol and port, not by what they say" },
		{ "cos", "the class of service is not looked at: match the VLAN" },
		{ "mpls", "labels are not looked at" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strstr(line, known[i].word) != NULL)
			return known[i].why;
	return NULL;
}

void
class_map_rows(struct conf *conf)
{
	static const struct conf_mode modes[] = { { .name = mode, .parent = "config" } };

	conf_modes(conf, modes, 1);
	conf_hints(conf, mode, known_elsewhere);
	conf_rows(conf, rows, sizeof rows / sizeof rows[0]);
}

/* ---- the filter ---- */

static void
add_mac(struct text *out, const char *side, const char *mac)
{
	unsigned a = 0, b = 0, c = 0;

	sscanf(mac, "%x.%x.%x", &a, &b, &c);
	text_printf(out, "ether %s %02x:%02x:%02x:%02x:%02x:%02x", side, a >> 8, a & 255, b >> 8, b & 255,
		c >> 8, c & 255);
}

/* `match ip dscp` and `match ip precedence` mean IPv4, without `ip` they mean both. */
static void
add_code_points(struct text *out, const struct match_args *a)
{
	bool is_dscp = a->dscp.set;
	const struct kw_list *list = is_dscp ? &a->dscp : &a->precedence;
	unsigned mask4 = is_dscp ? 0xfc : 0xe0, mask6 = is_dscp ? 0x0fc0 : 0x0e00, shift = is_dscp ? 2 : 5;

	for (size_t i = 0; i < list->n; i++) {
		int v = is_dscp ? dscp_number(list->v[i]) : precedence_number(list->v[i]);

		text_printf(out, "%s(ip and ip[1] & 0x%x = %d)", i > 0 ? " or " : "", mask4, v << shift);
		if (!a->ip.set)
			text_printf(out, " or (ip6 and ip6[0:2] & 0x%x = %d)", mask6, v << (shift + 4));
	}
}

static bool add_map(struct engine *, const char *name, unsigned depth, struct text *, struct err *);

static bool
add_match(struct engine *e, const struct match_args *a, unsigned depth, struct text *out, struct err *err)
{
	char number[24];

	if (a->group.set) {
		snprintf(number, sizeof number, "%" PRId64, a->group_number.v);
		return acl_expression(e, a->group_name.set ? a->group_name.s : number, out, err);
	}
	if (a->nested.set)
		return add_map(e, a->nested.s, depth + 1, out, err);
	if (a->any.set)
		text_add(out, "greater 0");
	else if (a->protocol.set)
		text_add(out, expression_of(a->protocol.s));
	else if (a->source_mac.set)
		add_mac(out, "src", a->source_mac.s);
	else if (a->destination_mac.set)
		add_mac(out, "dst", a->destination_mac.s);
	else if (a->vlan.set)
		text_printf(out, VLAN_WORD "%" PRId64, a->vlan.v);
	else if (a->dscp.set || a->precedence.set)
		add_code_points(out, a);
	else {
		if (a->min.set)
			text_printf(out, "greater %" PRId64, a->min.v);
		if (a->max.set)
			text_printf(out, "%sless %" PRId64, a->min.set ? " and " : "", a->max.v);
	}
	return true;
}

static const struct conf_node *
find_map(const struct conf_node *root, const char *name)
{
	const struct conf_node *n = root->first;

	while (n != NULL && !(is_map(n) && strcmp(((const struct map_args *)n->args)->name.s, name) == 0))
		n = n->next;
	return n;
}

/* Does the map, or one that it names, look at VLANs? */
static bool
has_vlan(const struct conf_node *root, const char *name, unsigned depth)
{
	const struct conf_node *map = find_map(root, name);

	for (const struct conf_node *line = map == NULL ? NULL : map->first; line != NULL;
		line = line->next) {
		const struct match_args *a = line->args;

		if (is_match(line) && (a->vlan.set || (a->nested.set && depth < NESTED_MAX &&
							      has_vlan(root, a->nested.s, depth + 1))))
			return true;
	}
	return false;
}

static bool
looks_at_vlan(const struct engine *e, const struct match_args *a)
{
	return a->vlan.set || (a->nested.set && has_vlan(conf_root(e->conf), a->nested.s, 0));
}

/* libpcap's `vlan` changes what follows it in the expression: such matches come last. */
static bool
add_matches(struct engine *e, const struct conf_node *map, bool vlans, unsigned depth, size_t *n,
	struct text *out, struct err *err)
{
	const char *join = ((const struct map_args *)map->args)->any.set ? " or " : " and ";

	for (const struct conf_node *line = map->first; line != NULL; line = line->next) {
		const struct match_args *a = line->args;

		if (!is_match(line) || looks_at_vlan(e, a) != vlans)
			continue;
		text_printf(out, "%s%s(", *n > 0 ? join : "", a->not .set ? "not " : "");
		++*n;
		if (!add_match(e, a, depth, out, err))
			return false;
		text_addc(out, ')');
	}
	return true;
}

static bool
add_map(struct engine *e, const char *name, unsigned depth, struct text *out, struct err *err)
{
	const struct conf_node *map = find_map(conf_root(e->conf), name);
	size_t n = 0;

	if (depth == NESTED_MAX)
		return err_set(err, ERR_REFUSED, "class map %s is nested deeper than %d", name, NESTED_MAX);
	if (map == NULL)
		return err_set(err, ERR_NOT_FOUND, "class map %s does not exist", name);
	if (!add_matches(e, map, false, depth, &n, out, err) ||
		!add_matches(e, map, true, depth, &n, out, err))
		return depth == 0 ? err_wrap(err, "class map %s", name) : false;
	return n > 0 || err_set(err, ERR_REFUSED, "class map %s has no 'match' line", name);
}

bool
class_map_expression(struct engine *e, const char *name, struct text *out, struct err *err)
{
	const char *first;

	if (!add_map(e, name, 0, out, err))
		return false;
	/* The second one would be the tag behind the first one's. */
	first = strstr(out->s, VLAN_WORD);
	if (first == NULL || strstr(first + 1, VLAN_WORD) == NULL)
		return true;
	err_set(err, ERR_REFUSED, "class map %s names several VLANs", name);
	err_hint(err,
		"a filter can look at one: a capture for each, or the interfaces of the VLANs themselves");
	return false;
}

/* ---- who names what ---- */

bool
class_map_is_there(const struct conf_node *root, const char *name)
{
	return find_map(root, name) != NULL;
}

void
class_map_references(const struct conf_node *root, class_map_reference_f *f, void *arg)
{
	char number[24];

	for (const struct conf_node *map = root->first; map != NULL; map = map->next) {
		if (!is_map(map))
			continue;
		for (const struct conf_node *line = map->first; line != NULL; line = line->next) {
			const struct match_args *a = line->args;

			if (!is_match(line) || (!a->group.set && !a->nested.set))
				continue;
			snprintf(number, sizeof number, "%" PRId64, a->group_number.v);
			f(arg, &(struct class_map_reference){ .line = line,
				       .map = ((const struct map_args *)map->args)->name.s,
				       .list = a->group_name.set ? a->group_name.s
					       : a->group.set    ? number
								 : NULL,
				       .name = a->nested.s });
		}
	}
}

/* ---- show ---- */

struct show_args {
	struct kw_str name;
};

static const struct kw show_kw[] = {
	{ .help = "Name of a class map", .type = &kw_word, KW_AT(struct show_args, name) },
	KW_END,
};

static void
show_match(const struct conf_node *line, struct writer *w)
{
	struct text text;
	const char *words;

	text_init(&text, NULL);
	kw_print_rows(match_kw, line->args, &text);
	words = text.s + 1;
	w_text(w, "   Match %s\n", words);
	w_str(w, NULL, words);
	mem_free(text.s);
}

static void
show_map(const struct conf_node *map, unsigned number, struct writer *w)
{
	const struct map_args *a = map->args;
	size_t n = 0;

	w_object(w, NULL);
	w_text(w, " Class Map %s %s (id %u)\n", a->any.set ? "match-any" : "match-all", a->name.s, number);
	w_str(w, "name", a->name.s);
	w_str(w, "type", a->any.set ? "match-any" : "match-all");
	w_list(w, "match");
	for (const struct conf_node *line = map->first; line != NULL; line = line->next)
		if (is_match(line)) {
			show_match(line, w);
			n++;
		}
	w_end(w);
	w_text(w, n == 0 ? "   Match none\n\n" : "\n");
	w_end(w);
}

static enum cmd_result
show(struct session *s, const void *args, struct err *err)
{
	const struct show_args *a = args;
	struct engine *e = session_engine(s);
	unsigned number = 0;

	if (a->name.set && find_map(conf_root(e->conf), a->name.s) == NULL)
		return err_set(err, ERR_NOT_FOUND, "class map %s does not exist", a->name.s), CMD_REFUSED;
	w_list(session_writer(s), "class_maps");
	for (const struct conf_node *n = conf_root(e->conf)->first; n != NULL; n = n->next) {
		if (!is_map(n))
			continue;
		number++;
		if (!a->name.set || strcmp(((const struct map_args *)n->args)->name.s, a->name.s) == 0)
			show_map(n, number, session_writer(s));
	}
	w_end(session_writer(s));
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show class-map",
		  .help = "Class maps",
		  .kw = show_kw,
		  .size = sizeof(struct show_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show },
};

void
class_map_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
