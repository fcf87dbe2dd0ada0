/* show track [N | brief]. */
#include <inttypes.h>
#include <stdio.h>

#include "bus/detector.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/writer.h"
#include "sched/policy.h"
#include "track/object.h"
#include "track/track.h"

struct show_args {
	struct kw_int number;
	struct kw_flag brief;
};

static const struct kw show_kw[] = {
	{ .help = "Tracked object",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.min = 1,
		.max = TRACKED_MAX,
		.group = 1 },
	{ .word = "brief", .help = "Brief information", KW_AT(struct show_args, brief), .group = 1 },
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
shown(const struct track_object *o)
{
	return o->state == TRACKED_UP ? "Up" : "Down";
}

/* ---- who tracks it ---- */

struct users {
	struct writer *w;
	uint32_t number;
	bool any;
};

static void
add_user(void *arg, struct policy *p)
{
	struct users *u = arg;
	const struct spec *s = policy_spec(p, "track");

	if (s == NULL || ((const struct track_spec *)s->args)->number.v != u->number)
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

static void
show_object(struct writer *w, const struct tracks *all, const struct track_object *o)
{
	struct users users = { .w = w, .number = o->number };
	char when[32];

	w_text(w, "Track %u\n  Stub-object\n  State is %s\n    %u change%s, last change %s\n", o->number,
		shown(o), o->changes, o->changes == 1 ? "" : "s", last_change(all, o, when));
	w_object(w, NULL);
	w_int(w, "number", o->number);
	w_str(w, "type", "stub-object");
	w_str(w, "state", shown(o));
	w_str(w, "default_state", tracked_name(o->dflt));
	w_int(w, "changes", o->changes);
	w_str(w, "last_change", last_change(all, o, when));
	w_list(w, "tracked_by");
	policies_each(tracks_engine(all)->policies, add_user, &users);
	w_end(w);
	w_end(w);
}

static void
show_brief(struct writer *w, const struct tracks *all)
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
		w_cell_int(w, o->number);
		w_cell(w, "stub-object");
		w_cell(w, "");
		w_cell(w, "");
		w_cell(w, shown(o));
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

	if (a->brief.set) {
		show_brief(w, all);
		return CMD_DONE;
	}
	w_list(w, "tracks");
	for (const struct track_object *o = tracks_first(all); o != NULL; o = o->next) {
		if (a->number.set && a->number.v != o->number)
			continue;
		if (any)
			w_text(w, "\n");
		any = true;
		show_object(w, all, o);
	}
	w_end(w);
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
};

void
tracks_commands(struct cli *cli, struct tracks *all)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
