/* show track [N | brief]. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/correlate.h"
#include "bus/detector.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/loop.h"
#include "core/writer.h"
#include "sched/policy.h"
#include "track/object.h"
#include "track/rows.h"
#include "track/track.h"

struct show_args {
	struct kw_int number;
	struct kw_flag brief, interface, ip, route, sla, ipv6, route6, list, stub;
	struct kw_flag interface_brief, route_brief, sla_brief, route6_brief, list_brief, stub_brief;
};

#define WORD(word_, help_, field_, ...)                                                                \
	{                                                                                              \
		.word = word_, .help = help_, KW_AT(struct show_args, field_), .group = 1, __VA_ARGS__ \
	}
#define BRIEF(field_)                                                                                     \
	(const struct kw[])                                                                               \
	{                                                                                                 \
		{ .word = "brief", .help = "Brief information", KW_AT(struct show_args, field_) }, KW_END \
	}

static const struct kw ip_kw[] = {
	WORD("route", "Tracked IP routes", route, .flags = KW_REQ | KW_SEQ, .sub = BRIEF(route_brief)),
	WORD("sla", "Tracked IP SLA operations", sla, .flags = KW_REQ | KW_SEQ, .sub = BRIEF(sla_brief)),
	KW_END,
};

static const struct kw ipv6_kw[] = {
	WORD("route", "Tracked IPv6 routes", route6, .flags = KW_REQ | KW_SEQ, .sub = BRIEF(route6_brief)),
	KW_END,
};

static const struct kw show_kw[] = {
	{ .help = "Tracked object",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.min = 1,
		.max = TRACKED_MAX,
		.group = 1 },
	WORD("brief", "Brief information", brief),
	WORD("interface", "Tracked interfaces", interface, .sub = BRIEF(interface_brief)),
	WORD("ip", "Tracked IP objects", ip, .sub = ip_kw),
	WORD("ipv6", "Tracked IPv6 objects", ipv6, .sub = ipv6_kw),
	WORD("list", "Tracked lists", list, .sub = BRIEF(list_brief)),
	WORD("stub-object", "Stub objects", stub, .sub = BRIEF(stub_brief)),
	KW_END,
};

/* "00:00:27", "1d16h", "3w2d"; "never" before any change. */
static const char *
last_change(const struct tracks *all, const struct track_object *o, char out[32])
{
	int64_t s = (clock_mono(tracks_engine(all)->clock) - o->changed) / USEC_PER_SEC;
	int64_t hours = s / 3600, days = hours / 24;

	if (o->changes == 0)
		return "never";
	if (days >= 7)
		snprintf(out, 32, "%" PRId64 "w%" PRId64 "d", days / 7, days % 7);
	else if (days > 0)
		snprintf(out, 32, "%" PRId64 "d%02" PRId64 "h", days, hours % 24);
	else
		snprintf(out, 32, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, hours, s / 60 % 60, s % 60);
	return out;
}

static const char *
type_of(const struct track_object *o)
{
	return o->kind == &track_route && strchr(o->args->network.s, ':') != NULL ? "ipv6 route"
										  : o->kind->type;
}

const char *
track_delayed(const struct track_object *o, char room[64])
{
	int64_t left;

	if (o->delayed == NULL)
		return "";
	left = (timer_left(o->delayed) + USEC_PER_SEC - 1) / USEC_PER_SEC;
	snprintf(room, 64, ", delayed %s (%" PRId64 " sec%s remaining)", o->sensed ? "Up" : "Down", left,
		left == 1 ? "" : "s");
	return room;
}

/* ---- who tracks it ---- */

struct users {
	struct writer *w;
	uint32_t number;
	bool any;
};

static bool
uses(const struct policy *p, uint32_t number)
{
	for (size_t i = 0; i < p->nspecs; i++)
		if (strcmp(p->specs[i]->detector->name, "track") == 0 &&
			((const struct track_spec *)p->specs[i]->args)->number.v == number)
			return true;
	return p->trigger != NULL && trigger_has_track(p->trigger, number);
}

static void
add_user(void *arg, struct policy *p)
{
	struct users *u = arg;

	if (!uses(p, u->number))
		return;
	if (!u->any)
		w_text(u->w, "  Tracked by:\n");
	u->any = true;
	w_text(u->w, "    EEM %s %s\n", policy_kind_name(p->kind), p->name);
	w_object(u->w, NULL);
	w_str(u->w, "class", policy_kind_name(p->kind));
	w_str(u->w, "name", p->name);
	w_end(u->w);
}

/* Lists that it is a member of. */
static void
add_lists(struct users *u, const struct tracks *all)
{
	for (const struct track_object *o = tracks_first(all); o != NULL; o = o->next) {
		if (o->kind != &track_list || !track_list_has(o, u->number))
			continue;
		if (!u->any)
			w_text(u->w, "  Tracked by:\n");
		u->any = true;
		w_text(u->w, "    Track-list %u\n", o->number);
		w_object(u->w, NULL);
		w_str(u->w, "class", "track-list");
		w_int(u->w, "number", o->number);
		w_end(u->w);
	}
}

static void
show_delay(struct writer *w, const struct track_object *o)
{
	int64_t up = o->delay_up / USEC_PER_SEC, down = o->delay_down / USEC_PER_SEC;

	w_int(w, "delay_up", up);
	w_int(w, "delay_down", down);
	if (o->carrier_delay)
		w_text(w, "  Delay carrier\n");
	if (up == 0 && down == 0)
		return;
	w_text(w, "  Delay");
	if (up != 0)
		w_text(w, " up %" PRId64 " sec%s%s", up, up == 1 ? "" : "s", down != 0 ? "," : "");
	if (down != 0)
		w_text(w, " down %" PRId64 " sec%s", down, down == 1 ? "" : "s");
	w_text(w, "\n");
}

static void
show_object(struct writer *w, const struct tracks *all, const struct track_object *o)
{
	struct users users = { .w = w, .number = o->number };
	char when[32], state[80], room[64];

	w_text(w, "Track %u\n", o->number);
	w_object(w, NULL);
	w_int(w, "number", o->number);
	w_str(w, "type", type_of(o));
	w_str(w, "state", track_shown(o->state));
	snprintf(state, sizeof state, "%s%s", track_shown(o->state), track_delayed(o, room));
	o->kind->show(o, w, state);
	w_text(w, "    %u change%s, last change %s\n", o->changes, o->changes == 1 ? "" : "s",
		last_change(all, o, when));
	w_int(w, "changes", o->changes);
	w_str(w, "last_change", last_change(all, o, when));
	if (o->kind->show_more != NULL)
		o->kind->show_more(o, w);
	show_delay(w, o);
	if (o->kind->show_last != NULL)
		o->kind->show_last(o, w);
	w_list(w, "tracked_by");
	policies_each(tracks_engine(all)->policies, add_user, &users);
	add_lists(&users, all);
	w_end(w);
	w_end(w);
}

static bool
is_v6(const struct track_object *o)
{
	return strchr(o->args->network.s, ':') != NULL;
}

/* Is it one of those that were asked for? */
static bool
is_wanted(const struct track_object *o, const struct show_args *a)
{
	if (a->number.set)
		return a->number.v == o->number;
	return (!a->interface.set || o->kind == &track_interface) &&
	       (!a->route.set || (o->kind == &track_route && !is_v6(o))) &&
	       (!a->route6.set || (o->kind == &track_route && is_v6(o))) &&
	       (!a->sla.set || o->kind == &track_sla) && (!a->list.set || o->kind == &track_list) &&
	       (!a->stub.set || o->kind == &track_stub);
}

static void
show_brief(struct writer *w, const struct tracks *all, const struct show_args *a)
{
	static const struct w_column columns[] = {
		{ "track", "Track", 0, 0 },
		{ "type", "Type", 6, 0 },
		{ "instance", "Instance", 18, 0 },
		{ "parameter", "Parameter", 45, 0 },
		{ "state", "State", 62, 0 },
		{ "last_change", "Last Change", 68, 0 },
	};
	char when[32];

	w_table_begin(w, "tracks", columns, sizeof columns / sizeof *columns);
	for (const struct track_object *o = tracks_first(all); o != NULL; o = o->next) {
		const char *instance, *parameter;

		if (!is_wanted(o, a))
			continue;
		o->kind->columns(o, &instance, &parameter);
		w_cell_int(w, o->number);
		w_cell(w, type_of(o));
		w_cell(w, instance);
		w_cell(w, parameter);
		w_cell(w, track_shown(o->state));
		w_cell(w, last_change(all, o, when));
	}
	w_table_end(w);
}

static enum cmd_result
show_track(struct session *s, const void *args, struct err *err)
{
	const struct show_args *a = args;
	const struct tracks *all = session_engine(s)->tracks;
	struct writer *w = session_writer(s);
	bool any = false;

	if (a->brief.set || a->interface_brief.set || a->route_brief.set || a->sla_brief.set ||
		a->list_brief.set || a->route6_brief.set || a->stub_brief.set) {
		show_brief(w, all, a);
		return CMD_DONE;
	}
	if (a->number.set && tracks_find(all, (uint32_t)a->number.v) == NULL) {
		err_set(err, ERR_NOT_FOUND, "There is no tracked object %u", (unsigned)a->number.v);
		return CMD_REFUSED;
	}
	w_list(w, "tracks");
	for (const struct track_object *o = tracks_first(all); o != NULL; o = o->next) {
		if (!is_wanted(o, a))
			continue;
		if (any)
			w_text(w, "\n");
		any = true;
		show_object(w, all, o);
	}
	w_end(w);
	return CMD_DONE;
}

/* How many there are of each kind, and up. */
static enum cmd_result
show_summary(struct session *s, const void *args, struct err *err)
{
	static const struct track_kind *const kinds[] = { &track_interface, &track_route, &track_sla,
		&track_list, &track_stub };
	static const struct w_column columns[] = {
		{ "type", "Object type", 0, 0 },
		{ "objects", "Total", 18, 0 },
		{ "up", "Up", 25, 0 },
		{ "down", "Down", 32, 0 },
	};
	const struct tracks *all = session_engine(s)->tracks;
	struct writer *w = session_writer(s);

	w_table_begin(w, "types", columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		int64_t count = 0, up = 0;

		for (const struct track_object *o = tracks_first(all); o != NULL; o = o->next) {
			count += o->kind == kinds[i];
			up += o->kind == kinds[i] && o->state == TRACKED_UP;
		}
		w_cell(w, kinds[i]->type);
		w_cell_int(w, count);
		w_cell_int(w, up);
		w_cell_int(w, count - up);
	}
	w_table_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show track",
		  .help = "Tracking information",
		  .kw = show_kw,
		  .size = sizeof(struct show_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_track },
	{ .cmd = { .words = "show track summary", .help = "Number of tracked objects", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_summary },
};

void
tracks_commands(struct cli *cli, struct tracks *all)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	track_timer_commands(cli);
}
