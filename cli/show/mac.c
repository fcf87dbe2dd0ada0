/* show mac address-table and what clears it: the forwarding tables of the kernel's bridges in IOS's layout. */
#include <stdio.h>
#include <sys/socket.h>

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

enum { VLAN_MAX = 4094 };

struct mac_args {
	struct kw_flag dynamic, is_static, by_address, by_interface;
	struct kw_str mac, interface;
	struct kw_int vlan;
};

/* One command under way; `choice` is the worker's, too. */
struct listing {
	struct neighbor_choice choice;
	bool static_only;
	struct engine *engine;
	size_t at, written;
	bool begun;
};

static void
write_row(struct writer *w, const struct listing *l, const struct neighbor *n)
{
	bool is_own = (n->state & NUD_PERMANENT) != 0;
	const char *type = neighbor_is_learnt(n) ? "DYNAMIC" : "STATIC";
	char mac[NEIGHBOR_MAC], port[16], bridge[16], vlan[8];

	snprintf(vlan, sizeof vlan, "%u", neighbor_vlan(n));
	w_text(w, "%4s    %-14s    %-8s    %s\n", is_own && n->vlan == 0 ? "All" : vlan,
		neighbor_mac(n->mac, n->mac_len, mac), type,
		is_own ? "CPU" : neighbor_interface(l->engine, n->interface, port));
	w_object(w, NULL);
	if (n->vlan == 0)
		w_str(w, "vlan", NULL);
	else
		w_int(w, "vlan", n->vlan);
	w_str(w, "mac_address", mac);
	w_str(w, "type", type);
	w_str(w, "port", neighbor_interface(l->engine, n->interface, port));
	w_str(w, "bridge", neighbor_interface(l->engine, n->bridge, bridge));
	w_bool(w, "own", is_own);
	w_end(w);
}

static void
begin(struct writer *w)
{
	w_text(w, "          Mac Address Table\n"
		  "-------------------------------------------\n\n"
		  "Vlan    Mac Address       Type        Ports\n"
		  "----    -----------       --------    -----\n");
	w_list(w, "entries");
}

static bool
write_rows(struct session *s, void *arg, void *data, struct err *err)
{
	const struct neighbors *all = data;
	struct writer *w = session_writer(s);
	struct listing *l = arg;

	if (!all->ok) {
		*err = all->err;
		return false;
	}
	if (!l->begun)
		begin(w);
	l->begun = true;
	for (unsigned i = 0; i < PIECES_ROWS && l->at < all->n; i++, l->at++) {
		const struct neighbor *n = &all->v[l->at];

		if (!neighbor_is_chosen(&l->choice, n) || (l->static_only && neighbor_is_learnt(n)))
			continue;
		if (!writer_is_json(w) || l->written < PIECES_DOCUMENT)
			write_row(w, l, n);
		l->written++;
	}
	if (l->at < all->n)
		return true;
	w_end(w);
	w_text(w, "Total Mac Addresses for this criterion: %zu\n", l->written);
	w_int(w, "total", (int64_t)l->written);
	w_int(w, "left_out", l->written > PIECES_DOCUMENT ? (int64_t)l->written - PIECES_DOCUMENT : 0);
	return false;
}

/* ---- the commands ---- */

static bool
choose(struct neighbor_choice *c, const struct engine *e, const struct mac_args *a, struct err *err)
{
	c->family = AF_BRIDGE;
	c->learnt_only = a->dynamic.set;
	c->vlan = a->vlan.set ? (unsigned)a->vlan.v : 0;
	neighbor_choose_mac(c, &a->mac);
	return neighbor_choose_interface(c, e, &a->interface, err);
}

static void *
read_entries(void *arg)
{
	return neighbors_read(AF_BRIDGE);
}

static void
free_entries(void *data)
{
	neighbors_free(data);
}

static enum cmd_result
show_table(struct session *s, const void *args, struct err *err)
{
	static const struct pieces pieces = {
		.read = read_entries, .free_data = free_entries, .write = write_rows
	};
	const struct mac_args *a = args;
	struct listing *l = mem_new(session_cmd_ctx(s), struct listing);

	l->engine = session_engine(s);
	l->static_only = a->is_static.set;
	if (!choose(&l->choice, l->engine, a, err))
		return CMD_REFUSED;
	return pieces_begin(s, &pieces, l, sizeof l->choice);
}

static enum cmd_result
clear_table(struct session *s, const void *args, struct err *err)
{
	struct neighbor_choice *c = mem_new(session_cmd_ctx(s), struct neighbor_choice);

	if (!choose(c, session_engine(s), args, err))
		return CMD_REFUSED;
	return neighbors_clear(s, c);
}

static const struct kw address_kw[] = {
	{ .help = "MAC address", .type = &kw_mac, KW_AT(struct mac_args, mac), .flags = KW_REQ },
	KW_END,
};
static const struct kw interface_kw[] = {
	{ .help = "Interface", .type = &kw_ifname, KW_AT(struct mac_args, interface), .flags = KW_REQ },
	KW_END,
};

#define CHOICES                                                                                              \
	{ .word = "address",                                                                                 \
		.help = "One MAC address",                                                                   \
		KW_AT(struct mac_args, by_address),                                                          \
		.sub = address_kw },                                                                         \
		{ .word = "interface",                                                                       \
			.help = "Those behind an interface",                                                 \
			KW_AT(struct mac_args, by_interface),                                                \
			.sub = interface_kw },                                                               \
	{                                                                                                    \
		.word = "vlan", .help = "Those of a VLAN", .type = &kw_number, KW_AT(struct mac_args, vlan), \
		.min = 1, .max = VLAN_MAX                                                                    \
	}

static const struct kw show_kw[] = {
	{ .word = "dynamic",
		.help = "Learnt ones",
		KW_AT(struct mac_args, dynamic),
		.flags = KW_SEQ,
		.group = 1 },
	{ .word = "static",
		.help = "Those that were not learnt",
		KW_AT(struct mac_args, is_static),
		.flags = KW_SEQ,
		.group = 1 },
	CHOICES,
	KW_END,
};
static const struct kw clear_kw[] = { CHOICES, KW_END };

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mac address-table",
		  .help = "MAC addresses that the bridges know",
		  .kw = show_kw,
		  .size = sizeof(struct mac_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_table },
	{ .cmd = { .words = "show mac-address-table",
		  .help = "MAC addresses that the bridges know",
		  .kw = show_kw,
		  .size = sizeof(struct mac_args),
		  .level = 1,
		  .hidden = true }, /* of older releases */
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_table },
	{ .cmd = { .words = "clear mac address-table dynamic",
		  .help = "Forget what the bridges have learnt",
		  .kw = clear_kw,
		  .size = sizeof(struct mac_args),
		  .level = 15 },
		.flags = EXEC_DEVICE,
		.run = clear_table },
};

void
show_mac_register(struct cli *cli)
{
	cli_word(cli, "show mac", "MAC addresses");
	cli_word(cli, "clear mac", "MAC addresses");
	cli_word(cli, "clear mac address-table", "MAC addresses that the bridges know");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
