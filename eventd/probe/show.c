/* show ip sla ..., ip sla restart, ip sla reset: in IOS's layouts (ios-surfaces 3.4 to 3.8). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/mem.h"
#include "core/writer.h"
#include "probe/operation.h"

struct show_args {
	struct kw_int number;
	struct kw_flag details;
};

static const struct kw number_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

static const struct kw statistics_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.min = 1,
		.max = SLA_MAX },
	{ .word = "details", .help = "Detailed output", KW_AT(struct show_args, details) },
	KW_END,
};

static const struct kw restart_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct show_args, number),
		.flags = KW_REQ,
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

typedef void each_f(struct writer *, const struct operation *, const struct show_args *);

static const struct operation *
first(struct session *s)
{
	return session_engine(s)->sla_world->first;
}

/* The one that was asked for, or all; operations that are not configured are none. */
static bool
each(struct session *s, const struct show_args *a, const char *key, each_f *f, struct err *err)
{
	struct writer *w = session_writer(s);
	bool any = false;

	w_list(w, key);
	for (const struct operation *o = first(s); o != NULL; o = o->next) {
		if (!o->configured || (a->number.set && a->number.v != o->number))
			continue;
		any = true;
		f(w, o, a);
	}
	w_end(w);
	return any || !a->number.set ||
	       err_set(err, ERR_NOT_FOUND, "Entry %u does not exist", (unsigned)a->number.v);
}

/* ---- words ---- */

static const char *
state_name(enum sla_state s)
{
	static const char *const names[] = { "pending", "waiting", "active",
		"inactive" }; /* ORDER: enum sla_state */

	return names[s];
}

static char
state_mark(enum sla_state s)
{
	return s == SLA_IS_ACTIVE ? '*' : s == SLA_IS_INACTIVE ? '^' : '~';
}

/* "21 seconds ago", "1 hour, 2 minutes, 3 seconds ago" */
static void
ago(const struct operation *o, char *out, size_t size)
{
	static const struct {
		long long seconds;
		const char *name;
	} units[] = { { 604800, "week" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	long long left = (clock_mono(o->all->engine->clock) - o->last_mono) / USEC_PER_SEC;
	size_t at = 0;

	if (!o->has_run && o->run == NULL) {
		snprintf(out, size, "-");
		return;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		long long n = left / units[i].seconds;

		left %= units[i].seconds;
		if (n == 0 && (at == 0 ? i + 1 < sizeof units / sizeof *units : true))
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%lld %s%s", at > 0 ? ", " : "", n,
			units[i].name, n == 1 ? "" : "s");
	}
	snprintf(out + at, size - at, " ago");
}

/* "10:16:41 UTC Thu Feb 18 2016" */
static void
date(usec wall, char *out, size_t size)
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(out, size, "%H:%M:%S UTC %a %b %-d %Y", &tm);
}

static const char *
destination(const struct operation *o)
{
	if (o->config.kind == PROBE_DNS && o->config.server != NULL)
		return o->config.server;
	return o->config.target == NULL ? "-" : o->config.target;
}

static const char *
kind(const struct operation *o)
{
	return o->config.has_kind ? probe_kind_name(o->config.kind) : "-";
}

static int64_t
ms(int64_t us)
{
	return us < 0 ? 0 : us / 1000;
}

static const char *
code_of(const struct operation *o)
{
	return o->has_run ? probe_code_text(o->code) : "Unknown";
}

static void
life_left(const struct operation *o, char *out, size_t size)
{
	if (o->state == SLA_IS_INACTIVE)
		snprintf(out, size, "0");
	else if (o->ends != 0)
		snprintf(out, size, "%lld sec",
			(long long)((o->ends - clock_mono(o->all->engine->clock)) / USEC_PER_SEC));
	else if (o->schedule.is_set && o->schedule.life != 0)
		snprintf(out, size, "%lld sec", (long long)(o->schedule.life / USEC_PER_SEC));
	else
		snprintf(out, size, "Forever");
}

/* ---- show ip sla summary ---- */

static void
summary_row(struct writer *w, const struct operation *o, const struct show_args *a)
{
	char id[24], stats[32] = "-", last[80];

	snprintf(id, sizeof id, "%c%u", state_mark(o->state), o->number);
	if (o->has_run && o->rtt_us >= 0)
		snprintf(stats, sizeof stats, "RTT=%" PRId64, ms(o->rtt_us));
	ago(o, last, sizeof last);
	/* A column that is too wide moves the rest by a blank, as on a router. */
	w_text(w, "%-12s %-11s %-17s %-11s %-11s %s\n", id, kind(o), destination(o), stats, code_of(o), last);
	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "state", state_name(o->state));
	w_str(w, "type", kind(o));
	w_str(w, "destination", destination(o));
	if (o->has_run && o->rtt_us >= 0)
		w_int(w, "rtt", ms(o->rtt_us));
	else
		w_str(w, "rtt", NULL);
	w_str(w, "return_code", code_of(o));
	w_str(w, "last_run", o->has_run ? last : NULL);
	w_end(w);
}

static enum cmd_result
show_summary(struct session *s, const void *args, struct err *err)
{
	static const struct show_args all = { .details = { .set = false } };

	w_text(session_writer(s),
		"IPSLAs Latest Operation Summary\n"
		"Codes: * active, ^ inactive, ~ pending\n"
		"All Stats are in milliseconds. Stats with u are in microseconds\n\n"
		"ID           Type        Destination       Stats       ReturnCode  LastRun\n"
		"-----------------------------------------------------------------------\n");
	return each(s, &all, "operations", summary_row, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla statistics ---- */

static void
statistics_text(struct writer *w, const struct operation *o, bool details)
{
	char start[64], life[32];

	life_left(o, life, sizeof life);
	date(o->last_wall, start, sizeof start);
	w_text(w, "IPSLA operation id: %u\n", o->number);
	if (o->has_run && o->rtt_us >= 0)
		w_text(w, "        Latest RTT: %" PRId64 " milliseconds\n", ms(o->rtt_us));
	else if (o->has_run)
		w_text(w, "        Latest RTT: NoConnection/Busy/Timeout\n");
	if (o->has_run)
		w_text(w, "Latest operation start time: %s\n", start);
	w_text(w, "Latest operation return code: %s\n", code_of(o));
	if (o->has_run && o->config.kind == PROBE_HTTP)
		w_text(w,
			"Latest DNS RTT: %" PRId64 " ms\nLatest TCP Connection RTT: %" PRId64
			" ms\nLatest HTTP Transaction RTT: %" PRId64 " ms\n",
			ms(o->dns_us), ms(o->tcp_us), ms(o->http_us));
	if (details)
		w_text(w, "Over thresholds occurred: %s\n", o->over > 0 ? "TRUE" : "FALSE");
	w_text(w, "Number of successes: %" PRIu64 "\nNumber of failures: %" PRIu64 "\n", o->successes,
		o->failures);
	w_text(w, "Operation time to live: %s\n", life);
	if (!details)
		return;
	date(o->reset_wall, start, sizeof start);
	w_text(w, "Operational state of entry: %s\nLast time this entry was reset: %s\n",
		o->state == SLA_IS_ACTIVE     ? "Active"
		: o->state == SLA_IS_INACTIVE ? "Inactive"
					      : "Pending",
		o->reset_wall == 0 ? "Never" : start);
}

static void
statistics(struct writer *w, const struct operation *o, const struct show_args *a)
{
	char life[32], start[64];

	if (!o->schedule.is_set && !o->has_run && !a->number.set)
		return;
	statistics_text(w, o, a->details.set);
	w_text(w, "\n\n\n");
	life_left(o, life, sizeof life);
	date(o->last_wall, start, sizeof start);
	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "type", kind(o));
	w_str(w, "state", state_name(o->state));
	if (o->has_run && o->rtt_us >= 0)
		w_int(w, "latest_rtt", ms(o->rtt_us));
	else
		w_str(w, "latest_rtt", NULL);
	w_str(w, "latest_start_time", o->has_run ? start : NULL);
	w_str(w, "latest_return_code", code_of(o));
	w_str(w, "address", o->address[0] != '\0' ? o->address : NULL);
	w_int(w, "successes", (int64_t)o->successes);
	w_int(w, "failures", (int64_t)o->failures);
	w_int(w, "over_threshold", (int64_t)o->over);
	w_int(w, "rtt_min", ms(o->rtt_min));
	w_int(w, "rtt_avg", o->successes == 0 ? 0 : ms(o->rtt_sum / (int64_t)o->successes));
	w_int(w, "rtt_max", ms(o->rtt_max));
	w_str(w, "time_to_live", life);
	w_end(w);
}

/* Before a heading is printed. */
static bool
is_known(struct session *s, const struct show_args *a, struct err *err)
{
	const struct operation *o =
		a->number.set ? slas_find(session_engine(s)->sla_world, (uint32_t)a->number.v) : NULL;

	return !a->number.set || (o != NULL && o->configured) ||
	       err_set(err, ERR_NOT_FOUND, "Entry %u does not exist", (unsigned)a->number.v);
}

static enum cmd_result
show_statistics(struct session *s, const void *args, struct err *err)
{
	if (!is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "IPSLAs Latest Operation Statistics\n\n");
	return each(s, args, "operations", statistics, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla configuration ---- */

static const char *
next_start(const struct operation *o, char *room, size_t size)
{
	const struct sla_schedule *s = &o->schedule;

	if (!s->is_set || s->start == SLA_PENDING)
		return "Pending trigger";
	if (o->state == SLA_IS_WAITING && s->start == SLA_AT) {
		snprintf(room, size, "%02d:%02d:%02d", s->hour, s->minute, s->second);
		return room;
	}
	return o->state == SLA_IS_WAITING ? "Pending" : "Start Time already passed";
}

static void
configuration(struct writer *w, const struct operation *o, const struct show_args *a)
{
	const struct sla_config *c = &o->config;
	char room[32], life[32] = "Forever";

	if (o->schedule.life != 0 || !o->schedule.is_set)
		snprintf(life, sizeof life, "%lld",
			o->schedule.is_set ? (long long)(o->schedule.life / USEC_PER_SEC) : 3600);
	w_text(w, "Entry number: %u\nOwner: %s\nTag: %s\n", o->number, c->owner, c->tag);
	w_text(w, "Operation timeout (milliseconds): %u\nType of operation to perform: %s\n", c->timeout,
		kind(o));
	if (c->has_kind && c->kind == PROBE_HTTP)
		w_text(w, "URL: %s\n", destination(o));
	else
		w_text(w, "Target address/Source address: %s/%s\n", destination(o),
			c->source_address != NULL ? c->source_address : "0.0.0.0");
	if (c->port != 0)
		w_text(w, "Target port/Source port: %u/0\n", c->port);
	w_text(w, "Type Of Service parameter: 0x%x\n", c->tos);
	if (c->has_kind && (c->kind == PROBE_ICMP_ECHO || c->kind == PROBE_UDP_ECHO))
		w_text(w, "Request size (ARR data portion): %u\nData pattern: 0x%08X\n", c->size, c->pattern);
	w_text(w, "Verify data: %s\nVrf Name: %s\n", c->verify ? "Yes" : "No", c->vrf != NULL ? c->vrf : "");
	w_text(w,
		"Schedule:\n   Operation frequency (seconds): %u  (not considered if randomly scheduled)\n"
		"   Next Scheduled Start Time: %s\n   Group Scheduled : FALSE\n   Randomly Scheduled : "
		"FALSE\n"
		"   Life (seconds): %s\n   Entry Ageout (seconds): never\n   Recurring (Starting Everyday): "
		"%s\n"
		"   Status of entry (SNMP RowStatus): %s\n",
		c->frequency, next_start(o, room, sizeof room), life,
		o->schedule.recurring ? "TRUE" : "FALSE", o->schedule.is_set ? "Active" : "notInService");
	w_text(w, "Threshold (milliseconds): %u\n\n", c->threshold);
	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "owner", c->owner);
	w_str(w, "tag", c->tag);
	w_str(w, "type", kind(o));
	w_str(w, "target", c->target);
	w_int(w, "port", c->port);
	w_str(w, "source_address", c->source_address);
	w_str(w, "source_interface", c->source_interface);
	w_str(w, "vrf", c->vrf);
	w_int(w, "frequency", c->frequency);
	w_int(w, "timeout", c->timeout);
	w_int(w, "threshold", c->threshold);
	w_str(w, "next_start", next_start(o, room, sizeof room));
	w_str(w, "life", life);
	w_bool(w, "recurring", o->schedule.recurring);
	w_end(w);
}

static enum cmd_result
show_configuration(struct session *s, const void *args, struct err *err)
{
	if (!is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "IP SLAs Infrastructure Engine-III\n");
	return each(s, args, "operations", configuration, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla application ---- */

static enum cmd_result
show_application(struct session *s, const void *args, struct err *err)
{
	const struct slas_world *all = session_engine(s)->sla_world;
	struct writer *w = session_writer(s);
	int64_t configured = 0, active = 0, pending = 0, inactive = 0;
	char when[64];

	for (const struct operation *o = all->first; o != NULL; o = o->next) {
		configured += o->configured;
		active += o->configured && o->state == SLA_IS_ACTIVE;
		pending += o->configured && (o->state == SLA_IS_PENDING || o->state == SLA_IS_WAITING);
		inactive += o->configured && o->state == SLA_IS_INACTIVE;
	}
	date(all->changed_wall, when, sizeof when);
	w_text(w, "        IP Service Level Agreements\nVersion: Round Trip Time MIB 2.2.0, Infrastructure "
		  "Engine-III\n\n");
	w_text(w, "Supported Operation Types:\n        icmpEcho, udpEcho, tcpConnect, http, dns\n\n");
	w_text(w, "Supported Features:\n        IPSLAs Event Publisher\n\n");
	w_text(w,
		"Number of Entries configured  : %" PRId64 "\nNumber of active Entries      : %" PRId64
		"\nNumber of pending Entries     : %" PRId64 "\nNumber of inactive Entries    : %" PRId64
		"\n",
		configured, active, pending, inactive);
	w_text(w, "Time of last change in whole IP SLAs: %s\n", all->changed_wall == 0 ? "never" : when);
	w_int(w, "configured", configured);
	w_int(w, "active", active);
	w_int(w, "pending", pending);
	w_int(w, "inactive", inactive);
	return CMD_DONE;
}

/* ---- show ip sla reaction-configuration, reaction-trigger ---- */

static const char *
action_name(enum react_action a)
{
	static const char *const names[] = { "None", "Trap only", "Trigger only",
		"Trap and trigger" }; /* ORDER: enum react_action */

	return names[a];
}

static void
threshold_title(const struct reaction *r, char *out, size_t size)
{
	const char *name = react_threshold_name(r->threshold);

	snprintf(out, size, "%c%s", name[0] >= 'a' && name[0] != 'x' ? name[0] - 'a' + 'A' : name[0],
		name + 1);
}

static void
reactions(struct writer *w, const struct operation *o, const struct show_args *a)
{
	unsigned index = 1;
	char title[24];

	for (const struct reaction *r = o->reactions; r != NULL; r = r->next, index++) {
		threshold_title(r, title, sizeof title);
		w_text(w, "Entry number: %u\nIndex: %u\nReaction: %s\nThreshold Type: %s\n", o->number, index,
			react_type_name(r->type), title);
		if (r->type == REACT_RTT)
			w_text(w, "Rising (milliseconds): %" PRId64 "\nFalling (milliseconds): %" PRId64 "\n",
				r->upper, r->lower);
		w_text(w, "Threshold CountX: %u\nThreshold CountY: %u\nAction Type: %s\n\n", r->x, r->y,
			action_name(r->action));
		w_object(w, NULL);
		w_int(w, "id", o->number);
		w_str(w, "reaction", react_type_name(r->type));
		w_str(w, "threshold_type", react_threshold_name(r->threshold));
		w_int(w, "rising", r->upper);
		w_int(w, "falling", r->lower);
		w_int(w, "count_x", r->x);
		w_int(w, "count_y", r->y);
		w_str(w, "action", action_name(r->action));
		w_bool(w, "occurred", r->occurred);
		w_end(w);
	}
}

static enum cmd_result
show_reactions(struct session *s, const void *args, struct err *err)
{
	return each(s, args, "reactions", reactions, err) ? CMD_DONE : CMD_REFUSED;
}

static void
triggers(struct writer *w, const struct operation *o, const struct show_args *a)
{
	for (size_t i = 0; i < o->trigger_count; i++) {
		const struct operation *target = slas_find(o->all, o->triggers[i]);
		const char *state =
			target == NULL || !target->configured ? "absent" : state_name(target->state);

		w_text(w,
			"Entry number: %u\nTarget Entry Number: %u\nStatus of Entry (SNMP RowStatus): "
			"Active\n"
			"Operational State of Target: %s\n\n",
			o->number, o->triggers[i], state);
		w_object(w, NULL);
		w_int(w, "id", o->number);
		w_int(w, "target", o->triggers[i]);
		w_str(w, "target_state", state);
		w_end(w);
	}
}

static enum cmd_result
show_triggers(struct session *s, const void *args, struct err *err)
{
	return each(s, args, "triggers", triggers, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- ip sla restart, reset ---- */

static enum cmd_result
restart(struct session *s, const void *args, struct err *err)
{
	const struct show_args *a = args;
	struct operation *o = slas_find(session_engine(s)->sla_world, (uint32_t)a->number.v);

	if (o == NULL || !o->configured || !o->config.has_kind) {
		err_set(err, ERR_NOT_FOUND, "Entry %u does not exist", (unsigned)a->number.v);
		return CMD_REFUSED;
	}
	if (!o->schedule.is_set) {
		err_set(err, ERR_REFUSED, "Entry %u is not scheduled", o->number);
		err_hint(err, "ip sla schedule %u start-time now", o->number);
		return CMD_REFUSED;
	}
	operation_restart(o);
	return CMD_DONE;
}

static enum cmd_result
reset(struct session *s, const void *args, struct err *err)
{
	for (struct operation *o = session_engine(s)->sla_world->first; o != NULL; o = o->next)
		operation_reconfigured(o);
	return CMD_DONE;
}

#define SHOW(words_, help_, kw_, run_)                    \
	{                                                 \
		.cmd = { .words = words_,                 \
			.help = help_,                    \
			.kw = kw_,                        \
			.size = sizeof(struct show_args), \
			.level = 1 },                     \
		.flags = EXEC_SHOW, .run = run_           \
	}

static const struct exec_cmd cmds[] = {
	SHOW("show ip sla summary", "Latest run of every operation", NULL, show_summary),
	SHOW("show ip sla statistics", "Statistics of operations", statistics_kw, show_statistics),
	SHOW("show ip sla configuration", "Configuration of operations", number_kw, show_configuration),
	SHOW("show ip sla application", "What IP SLAs can do here", NULL, show_application),
	SHOW("show ip sla reaction-configuration", "Reactions of operations", number_kw, show_reactions),
	SHOW("show ip sla reaction-trigger", "Operations that others start", number_kw, show_triggers),
	{ .cmd = { .words = "ip sla restart",
		  .help = "Restart an active entry",
		  .kw = restart_kw,
		  .size = sizeof(struct show_args),
		  .level = 15 },
		.flags = EXEC_CONFIG,
		.run = restart },
	{ .cmd = { .words = "ip sla reset", .help = "Begin all entries anew", .level = 15 },
		.flags = EXEC_CONFIG,
		.run = reset },
};

void
sla_show_commands(struct cli *cli)
{
	cli_word(cli, "show ip", "IP information");
	cli_word(cli, "show ip sla", "IP Service Level Agreements");
	cli_word(cli, "ip", "Global IP configuration subcommands");
	cli_word(cli, "ip sla", "IP Service Level Agreements");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
