/* show arp, show ipv6 neighbors and what clears them: the kernel's neighbours in IOS's layouts. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>

#include "acl/values.h"
#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/pieces.h"
#include "cli/session.h"
#include "cli/show/neighbors.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"

struct arp_args {
	struct kw_str address, mac, interface;
	struct kw_flag by_interface;
};

/* One command under way; `choice` is the worker's, too. */
struct listing {
	struct neighbor_choice choice;
	struct engine *engine;
	struct neighbor *own; /* the device's own addresses, which IOS lists in between */
	size_t own_count, own_at, at;
	bool begun;
};

/* ---- the device's own addresses ---- */

static void
add_own(void *arg, const struct address *a)
{
	struct listing *l = arg;
	const struct link *link = links_by_index(l->engine->links, a->index);
	struct neighbor n = { .family = a->family, .interface = a->index, .state = NUD_PERMANENT };

	if (link == NULL || link->type != ARPHRD_ETHER || link->address_len > sizeof n.mac)
		return;
	memcpy(n.address, a->raw, a->family == AF_INET ? 4 : 16);
	memcpy(n.mac, link->address, link->address_len);
	n.mac_len = link->address_len;
	if (!neighbor_is_chosen(&l->choice, &n))
		return;
	l->own = mem_resize(l, l->own, (l->own_count + 1) * sizeof *l->own);
	l->own[l->own_count++] = n;
}

static int
compare(const void *x, const void *y)
{
	const struct neighbor *a = x, *b = y;

	return memcmp(a->address, b->address, sizeof a->address);
}

/* ---- rows ---- */

static const char *
state_of(const struct neighbor *n)
{
	static const struct {
		unsigned state;
		const char *word;
	} words[] = { { NUD_INCOMPLETE | NUD_FAILED, "INCMP" }, { NUD_REACHABLE | NUD_PERMANENT, "REACH" },
		{ NUD_STALE, "STALE" }, { NUD_DELAY, "DELAY" }, { NUD_PROBE, "PROBE" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((n->state & words[i].state) != 0)
			return words[i].word;
	return "UNKNO";
}

static void
json_row(struct writer *w, const struct neighbor *n, const char *address, const char *mac,
	const char *interface)
{
	w_object(w, NULL);
	w_str(w, "address", address);
	if ((n->state & NUD_PERMANENT) != 0)
		w_str(w, "age", NULL);
	else
		w_int(w, "age", n->age / 60);
	w_str(w, "hardware_address", mac[0] != '\0' ? mac : NULL);
	w_str(w, "state", state_of(n));
	w_str(w, "interface", interface);
	w_end(w);
}

static void
write_row(struct writer *w, const struct listing *l, const struct neighbor *n)
{
	bool is_resolved = (n->state & (NUD_INCOMPLETE | NUD_FAILED)) == 0;
	char address[INET6_ADDRSTRLEN], mac[NEIGHBOR_MAC], room[16], age[16] = "-";
	const char *interface = neighbor_interface(l->engine, n->interface, room);

	inet_ntop(n->family, n->address, address, sizeof address);
	neighbor_mac(n->mac, is_resolved ? n->mac_len : 0, mac);
	if (writer_is_json(w)) {
		json_row(w, n, address, mac, interface);
		return;
	}
	if ((n->state & NUD_PERMANENT) == 0)
		snprintf(age, sizeof age, "%u", is_resolved ? n->age / 60 : 0);
	if (n->family == AF_INET) {
		w_text(w, "%-9s %-15s %11s  %-15s ARPA%s%s\n", "Internet", address, age,
			is_resolved ? mac : "Incomplete", is_resolved ? "   " : "",
			is_resolved ? interface : "");
		return;
	}
	for (char *c = address; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	w_text(w, "%-39s %5s %-15s %-5s %s\n", address, age, is_resolved ? mac : "-", state_of(n), interface);
}

static void
begin(struct writer *w, struct listing *l)
{
	if (l->engine->addresses != NULL && l->engine->links != NULL && l->choice.family == AF_INET)
		addresses_each(l->engine->addresses, 0, AF_INET, add_own, l);
	if (l->own_count > 0)
		qsort(l->own, l->own_count, sizeof *l->own, compare);
	w_text(w, "%s",
		l->choice.family == AF_INET
			? "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
			: "IPv6 Address                              Age Link-layer Addr State Interface\n");
	w_list(w, "entries");
	l->begun = true;
}

/* The next in order of the two lists; NULL: that was all. */
static const struct neighbor *
next_row(struct listing *l, const struct neighbors *all)
{
	const struct neighbor *own, *other;

	while (l->at < all->n && !neighbor_is_chosen(&l->choice, &all->v[l->at]))
		l->at++;
	own = l->own_at < l->own_count ? &l->own[l->own_at] : NULL;
	other = l->at < all->n ? &all->v[l->at] : NULL;
	if (own != NULL && (other == NULL || compare(own, other) <= 0)) {
		l->own_at++;
		return own;
	}
	l->at += other != NULL;
	return other;
}

static bool
write_rows(struct session *s, void *arg, void *data, struct err *err)
{
	const struct neighbors *all = data;
	struct writer *w = session_writer(s);
	struct listing *l = arg;
	const struct neighbor *n;

	if (!all->ok) {
		*err = all->err;
		return false;
	}
	if (!l->begun)
		begin(w, l);
	for (unsigned i = 0; i < PIECES_ROWS; i++) {
		n = next_row(l, all);
		if (n == NULL) {
			w_end(w);
			return false;
		}
		write_row(w, l, n);
	}
	return true;
}

/* ---- the commands ---- */

static bool
choose(struct neighbor_choice *c, const struct engine *e, const struct arp_args *a, int family,
	struct err *err)
{
	c->family = family;
	neighbor_choose_mac(c, &a->mac);
	return neighbor_choose_interface(c, e, &a->interface, err) &&
	       neighbor_choose_address(c, &a->address, err);
}

static void *
read_neighbors(void *arg)
{
	return neighbors_read(((const struct neighbor_choice *)arg)->family);
}

static void
free_neighbors(void *data)
{
	neighbors_free(data);
}

static enum cmd_result
list(struct session *s, const struct arp_args *a, int family, struct err *err)
{
	static const struct pieces pieces = {
		.read = read_neighbors, .free_data = free_neighbors, .write = write_rows
	};
	struct listing *l = mem_new(session_cmd_ctx(s), struct listing);

	l->engine = session_engine(s);
	if (!choose(&l->choice, l->engine, a, family, err))
		return CMD_REFUSED;
	return pieces_begin(s, &pieces, l, sizeof l->choice);
}

static enum cmd_result
show_arp(struct session *s, const void *args, struct err *err)
{
	return list(s, args, AF_INET, err);
}

static enum cmd_result
show_ipv6_neighbors(struct session *s, const void *args, struct err *err)
{
	return list(s, args, AF_INET6, err);
}

static enum cmd_result
clear_neighbors(struct session *s, const struct arp_args *a, int family, struct err *err)
{
	struct neighbor_choice *c = mem_new(session_cmd_ctx(s), struct neighbor_choice);

	if (!choose(c, session_engine(s), a, family, err))
		return CMD_REFUSED;
	return neighbors_clear(s, c);
}

static enum cmd_result
clear_arp(struct session *s, const void *args, struct err *err)
{
	return clear_neighbors(s, args, AF_INET, err);
}

static enum cmd_result
clear_ipv6_neighbors(struct session *s, const void *args, struct err *err)
{
	return clear_neighbors(s, args, AF_INET6, err);
}

#define INTERFACE_ROW                                                                                  \
	{                                                                                              \
		.help = "Interface", .type = &kw_ifname, KW_AT(struct arp_args, interface), .group = 1 \
	}

static const struct kw arp_kw[] = {
	{ .help = "IP address", .type = &kw_host4, KW_AT(struct arp_args, address), .group = 1 },
	{ .help = "Hardware address", .type = &kw_mac, KW_AT(struct arp_args, mac), .group = 1 },
	INTERFACE_ROW,
	KW_END,
};
static const struct kw ipv6_kw[] = {
	{ .help = "IPv6 address", .type = &kw_host6, KW_AT(struct arp_args, address), .group = 1 },
	INTERFACE_ROW,
	KW_END,
};
static const struct kw address_kw[] = {
	{ .help = "IP address", .type = &kw_host4, KW_AT(struct arp_args, address), .flags = KW_REQ },
	KW_END,
};
static const struct kw interface_kw[] = {
	{ .help = "Interface", .type = &kw_ifname, KW_AT(struct arp_args, interface), .flags = KW_REQ },
	KW_END,
};
static const struct kw cache_kw[] = {
	{ .help = "IP address", .type = &kw_host4, KW_AT(struct arp_args, address), .group = 1 },
	{ .word = "interface",
		.help = "Those of an interface",
		KW_AT(struct arp_args, by_interface),
		.sub = interface_kw,
		.group = 1 },
	KW_END,
};

#define SHOW(words_, help_, kw_, run_)                        \
	{                                                     \
		.cmd = { .words = words_,                     \
			.help = help_,                        \
			.kw = kw_,                            \
			.size = sizeof(struct arp_args),      \
			.level = 1 },                         \
		.flags = EXEC_SHOW | EXEC_DEVICE, .run = run_ \
	}
#define CLEAR(words_, help_, kw_, run_)                  \
	{                                                \
		.cmd = { .words = words_,                \
			.help = help_,                   \
			.kw = kw_,                       \
			.size = sizeof(struct arp_args), \
			.level = 15 },                   \
		.flags = EXEC_DEVICE, .run = run_        \
	}

static const struct exec_cmd cmds[] = {
	SHOW("show arp", "ARP table", arp_kw, show_arp),
	SHOW("show ip arp", "IP ARP table", arp_kw, show_arp),
	SHOW("show ipv6 neighbors", "IPv6 neighbor cache", ipv6_kw, show_ipv6_neighbors),
	/* IOS has arp-cache; `clear arp` is what people type. */
	CLEAR("clear arp-cache", "Forget what ARP has learnt", cache_kw, clear_arp),
	CLEAR("clear ip arp", "Forget what ARP has learnt of an address", address_kw, clear_arp),
	CLEAR("clear ipv6 neighbors", "Forget the IPv6 neighbors", ipv6_kw, clear_ipv6_neighbors),
};

void
show_arp_register(struct cli *cli)
{
	cli_word(cli, "clear ip", "IP information");
	cli_word(cli, "clear ipv6", "IPv6 information");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
