/* track timer, track resolution: how often kinds of objects are looked at, and how metrics are scaled; their shows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/writer.h"
#include "track/rows.h"
#include "track/track.h"

enum { ORDER_TIMER = 7890, MSEC_MIN = 500, MSEC_MAX = 5000, SECONDS_MAX = 3000 };

struct timer_args {
	struct kw_int seconds, msec;
};

struct resolution_args {
	struct kw_int n;
};

/* ORDER: enum track_timer */
static const char *const timer_names[TIMER_COUNT] = { "interface", "ip route", "ip sla", "ipv6 route", "list",
	"stub-object" };
/* ORDER: enum track_resolution */
static const char *const resolution_names[RESOLUTION_COUNT] = { "bgp", "eigrp", "isis", "ospf", "static" };

const char *
track_resolution_name(enum track_resolution r)
{
	return resolution_names[r];
}

enum track_timer
track_timer_of(const struct track_object *o)
{
	if (o->kind == &track_interface)
		return TIMER_INTERFACE;
	if (o->kind == &track_route)
		return strchr(o->args->network.s, ':') != NULL ? TIMER_IPV6_ROUTE : TIMER_IP_ROUTE;
	if (o->kind == &track_sla)
		return TIMER_IP_SLA;
	return o->kind == &track_list ? TIMER_LIST : TIMER_STUB;
}

/* ---- configuration ---- */

static const struct kw timer_kw[] = {
	{ .word = "msec",
		.help = "Milliseconds between two looks",
		.type = &kw_number,
		KW_AT(struct timer_args, msec),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.min = MSEC_MIN,
		.max = MSEC_MAX },
	{ .help = "Seconds between two looks",
		.type = &kw_number,
		KW_AT(struct timer_args, seconds),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.min = 1,
		.max = SECONDS_MAX },
	KW_END,
};

#define RESOLUTION(name_, min_, max_)                     \
	static const struct kw name_[] = {                \
		{ .help = "Metric that counts as one",    \
			.type = &kw_number,               \
			KW_AT(struct resolution_args, n), \
			.flags = KW_REQ,                  \
			.min = min_,                      \
			.max = max_ },                    \
		KW_END,                                   \
	}

RESOLUTION(bgp_kw, 256, 40000000);
RESOLUTION(eigrp_kw, 256, 40000000);
RESOLUTION(isis_kw, 1, 1000);
RESOLUTION(ospf_kw, 1, 1562);
RESOLUTION(static_kw, 1, 100000);

/* The last word of the row's command tells which. */
static int
which(const struct conf_node *n, const char *prefix, const char *const *names, int count)
{
	const char *words = n->row->cmd.words + strlen(prefix);

	for (int i = 0; i < count; i++)
		if (strcmp(words, names[i]) == 0)
			return i;
	return 0;
}

static bool
timer_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct timer_args *a = new == NULL ? NULL : new->args;
	int what = which(new != NULL ? new : old, "track timer ", timer_names, TIMER_COUNT);

	tracks_set_poll(e->tracks, (enum track_timer)what,
		a == NULL     ? 0
		: a->msec.set ? a->msec.v * USEC_PER_MSEC
			      : a->seconds.v * USEC_PER_SEC);
	return true;
}

static bool
resolution_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	int what = which(
		new != NULL ? new : old, "track resolution ip route ", resolution_names, RESOLUTION_COUNT);

	tracks_set_resolution(e->tracks, (enum track_resolution)what,
		new == NULL ? 0 : (unsigned)((const struct resolution_args *)new->args)->n.v);
	return true;
}

#define TIMER(name_, help_)                                                  \
	{                                                                    \
		.cmd = { .words = "track timer " name_,                      \
			.help = help_,                                       \
			.kw = timer_kw,                                      \
			.size = sizeof(struct timer_args),                   \
			.level = 15 },                                       \
		.mode = "config", .order = ORDER_TIMER, .apply = timer_apply \
	}
#define RESOLVE(name_, help_, kw_)                                                \
	{                                                                         \
		.cmd = { .words = "track resolution ip route " name_,             \
			.help = help_,                                            \
			.kw = kw_,                                                \
			.size = sizeof(struct resolution_args),                   \
			.level = 15 },                                            \
		.mode = "config", .order = ORDER_TIMER, .apply = resolution_apply \
	}

static const struct conf_row rows[] = {
	TIMER("interface", "Polling of interfaces"),
	TIMER("ip route", "Polling of IP routes"),
	TIMER("ip sla", "Polling of IP SLA operations"),
	TIMER("ipv6 route", "Polling of IPv6 routes"),
	TIMER("list", "Polling of lists"),
	TIMER("stub-object", "Polling of stub objects"),
	RESOLVE("bgp", "BGP routes", bgp_kw),
	RESOLVE("eigrp", "EIGRP routes", eigrp_kw),
	RESOLVE("isis", "IS-IS routes", isis_kw),
	RESOLVE("ospf", "OSPF routes", ospf_kw),
	RESOLVE("static", "Static routes", static_kw),
};

/* What IOS has, and is not there. */
static const char *
track_hint(const char *line)
{
	line += strspn(line, " ");
	if (strncmp(line, "track timer application", 23) == 0 ||
		(strncmp(line, "track ", 6) == 0 && strstr(line, " application ") != NULL))
		return "there are no tracked applications here: a stub object stands for whatever a policy "
		       "finds";
	if (strncmp(line, "track resolution ipv6", 21) == 0)
		return "IPv6 metrics are scaled as those of IP: 'track resolution ip route ...'";
	return NULL;
}

void
track_timer_rows(struct conf *conf)
{
	conf_word(conf, "config", "track timer", "How often states are looked at");
	conf_word(conf, "config", "track timer ip", "IP protocol");
	conf_word(conf, "config", "track timer ipv6", "IPv6 protocol");
	conf_word(conf, "config", "track resolution", "How metrics are scaled");
	conf_word(conf, "config", "track resolution ip", "IP protocol");
	conf_word(conf, "config", "track resolution ip route", "Metrics of routes");
	conf_hints(conf, "config", track_hint);
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}

/* ---- show track timers, show track resolution ---- */

static enum cmd_result
show_timers(struct session *s, const void *args, struct err *err)
{
	static const struct w_column columns[] = {
		{ "type", "Object type", 0, 0 },
		{ "poll_interval", "Poll Interval", 22, 0 },
		{ "time_to_next_poll", "Time to next poll", 38, 0 },
	};
	const struct tracks *all = session_engine(s)->tracks;
	struct writer *w = session_writer(s);
	char every[24], left[24];

	w_table_begin(w, "timers", columns, sizeof columns / sizeof *columns);
	for (int i = 0; i < TIMER_COUNT; i++) {
		usec poll = tracks_poll(all, (enum track_timer)i),
		     rest = tracks_poll_left(all, (enum track_timer)i);

		snprintf(every, sizeof every,
			poll % USEC_PER_SEC == 0 ? "%" PRId64 : "%" PRId64 ".%03" PRId64, poll / USEC_PER_SEC,
			poll / USEC_PER_MSEC % 1000);
		snprintf(left, sizeof left, "%" PRId64 ".%03" PRId64, rest / USEC_PER_SEC,
			rest / USEC_PER_MSEC % 1000);
		w_cell(w, timer_names[i]);
		/* The kernel tells of changes: nothing is polled unless it is asked for. */
		w_cell(w, poll == 0 ? "on change" : every);
		w_cell(w, poll == 0 ? NULL : left);
	}
	w_table_end(w);
	return CMD_DONE;
}

static enum cmd_result
show_resolution(struct session *s, const void *args, struct err *err)
{
	static const struct w_column columns[] = {
		{ "type", "Route type", 0, 0 },
		{ "resolution", "Metric Resolution", 22, 0 },
	};
	const struct tracks *all = session_engine(s)->tracks;
	struct writer *w = session_writer(s);

	w_table_begin(w, "resolutions", columns, sizeof columns / sizeof *columns);
	for (int i = 0; i < RESOLUTION_COUNT; i++) {
		w_cell(w, resolution_names[i]);
		w_cell_int(w, tracks_resolution(all, (enum track_resolution)i));
	}
	w_table_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show track timers", .help = "How often states are looked at", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_timers },
	{ .cmd = { .words = "show track resolution", .help = "How metrics are scaled", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_resolution },
};

void
track_timer_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
