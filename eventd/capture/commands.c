/* `monitor capture NAME ...` and `no monitor capture NAME ...`: the grammar, and what they define. */
#include "capture/commands.h"

#include <string.h>

#include "capture/client.h"
#include "capture/job.h"
#include "capture/trigger.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"

/* ---- grammar ---- */

struct monitor_args {
	struct kw_str name, interface, list, map, file, capture_filter, export, comment, display_filter;
	struct kw_enum direction, plane_direction;
	struct kw_flag plane, buffer, circular, linear, limit, start, stop, clear, files, freeze, display,
		display_brief, display_more;
	struct kw_sub match, trigger;
	struct kw_int size, duration, every, packet_len, packets, pps;
	struct kw_int file_buffer, file_ring, file_size, before, after, vlan;
};

#define AT(field_) .at = offsetof(struct monitor_args, field_)

static const struct kw_alternative directions[] = {
	{ "both", "Both directions", CAPTURE_BOTH, false },
	{ "in", "Received packets", CAPTURE_IN, false },
	{ "out", "Sent packets", CAPTURE_OUT, false },
	{ NULL, NULL, 0, false },
};

static const struct kw direction_kw[] = {
	{ .help = "Direction", .type = &kw_choice, AT(direction), .flags = KW_REQ, .choices = directions },
	KW_END,
};
static const struct kw plane_kw[] = {
	{ .help = "Direction",
		.type = &kw_choice,
		AT(plane_direction),
		.flags = KW_REQ,
		.choices = directions },
	KW_END,
};
static const struct kw buffer_kw[] = {
	{ .word = "circular", .help = "The oldest packets make room for new ones", AT(circular), .group = 1 },
	{ .word = "linear", .help = "A full buffer ends the capture", AT(linear), .group = 1 },
	{ .word = "size", .help = "Megabytes", .type = &kw_number, AT(size), .min = 1, .max = 100 },
	KW_END,
};

#define LIMIT(word_, help_, field_, min_, max_)                                                  \
	{                                                                                        \
		.word = (word_), .help = (help_), .type = &kw_number, AT(field_), .min = (min_), \
		.max = (max_)                                                                    \
	}
static const struct kw limit_kw[] = {
	LIMIT("duration", "Seconds", duration, 1, 1000000),
	LIMIT("every", "Take one packet of so many", every, 2, 100000),
	LIMIT("packet-len", "Bytes of each packet", packet_len, 64, 9500),
	LIMIT("packets", "Number of packets", packets, 1, 100000),
	LIMIT("pps", "Packets a second", pps, 1, 1000000),
	KW_END,
};

static const struct kw file_how_kw[] = {
	LIMIT("buffer-size", "Megabytes that wait for the disk", file_buffer, 1, 100),
	LIMIT("ring", "Number of files; the oldest is overwritten", file_ring, 2, 10),
	LIMIT("size", "Megabytes of all files together", file_size, 1, 100),
	KW_END,
};
static const struct kw file_kw[] = {
	{ .word = "location",
		.help = "Where packets are written as they come",
		.type = &kw_word,
		AT(file),
		.flags = KW_SEQ | KW_REQ,
		.param = "URL",
		.sub = file_how_kw },
	KW_END,
};
static const struct kw freeze_kw[] = {
	LIMIT("after", "Seconds behind now", after, 0, 600),
	LIMIT("before", "Seconds before now", before, 0, 3600),
	{ .word = "comment", .help = "Comment of the file", .type = &kw_string, AT(comment) },
	KW_END,
};
static const struct kw display_kw[] = {
	{ .word = "brief", .help = "A line a packet", AT(display_brief), .group = 1 },
	{ .word = "detailed", .help = "Not here", AT(display_more), .flags = KW_HIDDEN, .group = 1 },
	{ .word = "display-filter",
		.help = "Not here",
		.type = &kw_line,
		AT(display_filter),
		.flags = KW_HIDDEN,
		.group = 1 },
	{ .word = "dump", .help = "Not here", AT(display_more), .flags = KW_HIDDEN, .group = 1 },
	KW_END,
};
static const struct kw start_kw[] = {
	{ .word = "capture-filter",
		.help = "A filter in the language of libpcap, beside the capture's own",
		.type = &kw_string,
		AT(capture_filter) },
	{ .word = "display",
		.help = "Show packets while they come, until Ctrl-C or the end of the capture",
		AT(display),
		.sub = display_kw },
	KW_END,
};

enum { GROUP_ACTION = 1 };

static const struct kw monitor_kw[] = {
	{ .help = "Name of the capture", .type = &kw_word, AT(name), .flags = KW_REQ },
	{ .word = "access-list", .help = "Packets that an access list permits", .type = &kw_word, AT(list) },
	{ .word = "buffer", .help = "Where packets are kept", AT(buffer), .sub = buffer_kw },
	{ .word = "class-map", .help = "Packets of a class map", .type = &kw_word, AT(map) },
	{ .word = "clear", .help = "Empty the buffer", AT(clear), .group = GROUP_ACTION },
	{ .word = "control-plane", .help = "What this host receives and sends", AT(plane), .sub = plane_kw },
	{ .word = "export",
		.help = "Write the packets to a file",
		.type = &kw_word,
		AT(export),
		.group = GROUP_ACTION,
		.param = "URL" },
	{ .word = "file", .help = "Write packets to files as they come", AT(files), .sub = file_kw },
	{ .word = "freeze",
		.help = "Keep the packets around now as a file; the capture goes on",
		AT(freeze),
		.group = GROUP_ACTION,
		.sub = freeze_kw },
	{ .word = "interface",
		.help = "Interface to capture from",
		.type = &kw_ifname,
		AT(interface),
		.sub = direction_kw },
	{ .word = "limit", .help = "Limits", AT(limit), .sub = limit_kw },
	{ .word = "match",
		.help = "Which packets are captured",
		AT(match),
		.sub = filter_kw,
		.sub_size = sizeof(struct filter_args) },
	{ .word = "start",
		.help = "Start capturing into an empty buffer",
		AT(start),
		.group = GROUP_ACTION,
		.sub = start_kw },
	{ .word = "stop", .help = "Stop capturing", AT(stop), .group = GROUP_ACTION },
	{ .word = "trigger",
		.help = "Moments whose packets are kept as a file",
		AT(trigger),
		.sub = trigger_kw,
		.sub_size = sizeof(struct trigger_args) },
	{ .word = "vlan",
		.help = "Not here",
		.type = &kw_number,
		AT(vlan),
		.min = 1,
		.max = 4094,
		.flags = KW_HIDDEN },
	KW_END,
};

/* ---- defining ---- */

static bool
is_defining(const struct monitor_args *a)
{
	return a->interface.set || a->plane.set || a->match.set || a->buffer.set || a->limit.set ||
	       a->list.set || a->map.set || a->files.set || a->trigger.set;
}

/* Words of IOS for which there is nothing here, and what does not go together. */
static bool
is_possible(const struct monitor_args *a, struct err *err)
{
	if (a->vlan.set)
		return err_set(err, ERR_REFUSED,
			"'vlan' is of switches: capture the VLAN's own interface, or all with a class map "
			"that has 'match vlan'");
	if (a->display_filter.set)
		return err_set(err, ERR_REFUSED,
			"packets are chosen by 'capture-filter', or by the capture's own filter");
	if (a->display_more.set)
		return err_set(err, ERR_REFUSED,
			"packets are displayed in brief while they come: 'show monitor capture NAME buffer "
			"detailed' shows their bytes");
	if (a->match.set + a->list.set + a->map.set > 1)
		return err_set(err, ERR_REFUSED, "a capture has one filter: match, access-list or class-map");
	if (a->buffer.set && !a->circular.set && !a->linear.set && !a->size.set)
		return err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	if (a->limit.set && !a->duration.set && !a->every.set && !a->packet_len.set && !a->packets.set &&
		!a->pps.set)
		return err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	if (a->file_ring.set && !a->file_size.set)
		return err_set(err, ERR_REFUSED,
			"a ring of files needs their size: file location URL ring N size MB");
	return true;
}

static void
take_file(struct capture_point *p, const struct monitor_args *a)
{
	p->file =
		(struct capture_file){ mem_strdup(p, a->file.s), a->file_ring, a->file_size, a->file_buffer };
}

enum { FREEZE_BEFORE = 10 };

static int64_t
value_or(const struct kw_int *v, int64_t otherwise)
{
	return v->set ? v->v : otherwise;
}

static void
take_int(struct kw_int *to, const struct kw_int *from)
{
	if (from->set)
		*to = *from;
}

static bool
define(struct captures *c, struct capture_point *p, const struct monitor_args *a, struct err *err)
{
	if (a->match.set && !point_filter(p, a->match.args, err))
		return false;
	if (a->list.set || a->map.set)
		point_filter_by(p, a->list.s, a->map.s);
	if (a->files.set)
		take_file(p, a);
	if (a->interface.set &&
		!point_interface(c->engine, p, a->interface.s, (enum capture_direction)a->direction.v, err))
		return false;
	if (a->plane.set &&
		!point_interface(c->engine, p, "", (enum capture_direction)a->plane_direction.v, err))
		return false;
	if (a->circular.set || a->linear.set) {
		p->circular = a->circular.set;
		p->has_buffer_kind = true;
	}
	take_int(&p->buffer_mb, &a->size);
	take_int(&p->duration, &a->duration);
	take_int(&p->every, &a->every);
	take_int(&p->packet_len, &a->packet_len);
	take_int(&p->packets, &a->packets);
	take_int(&p->pps, &a->pps);
	return !a->trigger.set || trigger_set(c, p, a->trigger.args, err);
}

static enum cmd_result
monitor(struct session *s, const void *args, struct err *err)
{
	const struct monitor_args *a = args;
	struct captures *c = session_engine(s)->captures;
	struct capture_point *p = captures_find(c, a->name.s);
	bool is_new = p == NULL;

	if (!is_possible(a, err))
		return CMD_REFUSED;
	if (is_new && !is_defining(a))
		return err_set(err, ERR_NOT_FOUND, "Capture %s does not exist", a->name.s), CMD_REFUSED;
	if (!is_new && p->active && is_defining(a))
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", a->name.s), CMD_REFUSED;
	if (is_defining(a)) {
		p = captures_make(c, a->name.s);
		if (!define(c, p, a, err)) {
			if (is_new)
				captures_drop(c, p);
			return CMD_REFUSED;
		}
	}
	if (a->start.set)
		return capture_start(s, c, p, a->capture_filter.s, a->display.set, err);
	if (a->freeze.set)
		return capture_freeze_now(s, c, p, value_or(&a->before, FREEZE_BEFORE),
			value_or(&a->after, 0), a->comment.s, err);
	if (a->stop.set)
		return capture_stop(s, c, p, err);
	if (a->clear.set)
		return capture_clear(s, c, p, err);
	if (a->export.set)
		return capture_export(s, c, p, a->export.s, err);
	if (!is_defining(a))
		return err_set(err, ERR_INCOMPLETE, "Incomplete command."), CMD_REFUSED;
	return CMD_DONE;
}

/* ---- no monitor capture NAME [...] ---- */

struct no_args {
	struct kw_str name, interface;
	struct kw_flag plane, match, list, map, file, buffer, limit;
	struct kw_sub trigger;
	struct kw_enum direction; /* means nothing: as `monitor capture NAME interface IF both` was typed */
};

#define NO_AT(field_) .at = offsetof(struct no_args, field_)

static const struct kw no_direction_kw[] = {
	{ .help = "Direction", .type = &kw_choice, NO_AT(direction), .choices = directions },
	KW_END,
};

static const struct kw no_kw[] = {
	{ .help = "Name of the capture", .type = &kw_word, NO_AT(name), .flags = KW_REQ },
	{ .word = "access-list", .help = "No filter", NO_AT(list), .group = 1 },
	{ .word = "buffer", .help = "The buffer as by default", NO_AT(buffer), .group = 1 },
	{ .word = "class-map", .help = "No filter", NO_AT(map), .group = 1 },
	{ .word = "control-plane",
		.help = "Not what this host receives and sends",
		NO_AT(plane),
		.group = 1,
		.sub = no_direction_kw },
	{ .word = "file", .help = "No files", NO_AT(file), .group = 1 },
	{ .word = "interface",
		.help = "Not from this interface",
		.type = &kw_ifname,
		NO_AT(interface),
		.group = 1,
		.sub = no_direction_kw },
	{ .word = "limit", .help = "The limits as by default", NO_AT(limit), .group = 1 },
	{ .word = "match", .help = "No filter", NO_AT(match), .group = 1 },
	{ .word = "trigger",
		.help = "Not at this moment, or at none",
		NO_AT(trigger),
		.group = 1,
		.sub = trigger_name_kw,
		.sub_size = sizeof(struct trigger_args) },
	KW_END,
};

static void
undefine(struct capture_point *p, const struct no_args *a)
{
	static const struct kw_int unset = { false, 0 };

	if (a->match.set || a->list.set || a->map.set)
		point_no_filter(p);
	if (a->file.set)
		p->file = (struct capture_file){ 0 };
	if (a->buffer.set) {
		p->buffer_mb = unset;
		p->circular = p->has_buffer_kind = false;
	}
	if (a->limit.set)
		p->duration = p->every = p->packet_len = p->packets = p->pps = unset;
}

static enum cmd_result
no_monitor(struct session *s, const void *args, struct err *err)
{
	const struct no_args *a = args;
	struct captures *c = session_engine(s)->captures;
	struct capture_point *p = captures_find(c, a->name.s);
	const char *interface = a->plane.set ? "" : a->interface.set ? a->interface.s : NULL;

	if (p == NULL)
		return err_set(err, ERR_NOT_FOUND, "Capture %s does not exist", a->name.s), CMD_REFUSED;
	if (interface == NULL && !a->match.set && !a->buffer.set && !a->limit.set && !a->list.set &&
		!a->map.set && !a->file.set && !a->trigger.set)
		return capture_delete(s, c, p, err);
	if (p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", p->name), CMD_REFUSED;
	if (interface != NULL && !point_no_interface(c->engine, p, interface))
		return err_set(err, ERR_NOT_FOUND, "Capture %s has no such interface", p->name), CMD_REFUSED;
	if (a->trigger.set && !trigger_remove(p, a->trigger.args))
		return err_set(err, ERR_NOT_FOUND, "Capture %s has no such trigger", p->name), CMD_REFUSED;
	undefine(p, a);
	return CMD_DONE;
}

/* ---- the forms of IOS before IOS XE ---- */

struct old_args {
	struct kw_str rest;
};

static const struct kw old_kw[] = {
	{ .help = "Not here", .type = &kw_line, .at = offsetof(struct old_args, rest) },
	KW_END,
};

static enum cmd_result
old_buffer(struct session *s, const void *args, struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "a capture has its buffer: 'monitor capture NAME buffer circular size MB', then "
		       "'interface' and 'match'"),
	       CMD_REFUSED;
}

static enum cmd_result
old_point(struct session *s, const void *args, struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "points and buffers are one: 'monitor capture NAME interface IF both match any', then "
		       "'start'"),
	       CMD_REFUSED;
}

/* ---- registration ---- */

#define OLD(words_, run_)                                \
	{                                                \
		.cmd = { .words = (words_),              \
			.help = "Not here",              \
			.kw = old_kw,                    \
			.size = sizeof(struct old_args), \
			.level = 15,                     \
			.hidden = true },                \
		.flags = EXEC_EXEC, .run = (run_)        \
	}

static const struct exec_cmd cmds[] = {
	OLD("monitor capture buffer", old_buffer),
	OLD("monitor capture point", old_point),
	{ .cmd = { .words = "monitor capture",
		  .help = "Capture packets",
		  .kw = monitor_kw,
		  .size = sizeof(struct monitor_args),
		  .level = 15 },
		.flags = EXEC_EXEC,
		.run = monitor },
	{ .cmd = { .words = "no monitor capture",
		  .help = "Remove a capture, or a part of it",
		  .kw = no_kw,
		  .size = sizeof(struct no_args),
		  .level = 15 },
		.flags = EXEC_EXEC,
		.run = no_monitor },
};

void
capture_commands(struct cli *cli)
{
	cli_word(cli, "monitor", "Watch what happens");
	cli_word(cli, "no", "Take something back");
	cli_word(cli, "no monitor", "Watch what happens no more");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	capture_show_commands(cli);
}
