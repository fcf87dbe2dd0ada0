/* show ip sla configuration, application, reaction-configuration, reaction-trigger, group schedule. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/session.h"
#include "core/machine.h"
#include "core/writer.h"
#include "probe/show.h"
#include "probe/voice.h"

/* ---- show ip sla configuration ---- */

static const char *
next_start(const struct operation *o, char *room, size_t size)
{
	const struct sla_schedule *s = &o->schedule;

	if (!s->is_set || s->start == SLA_PENDING)
		return "Pending trigger";
	if (o->state == SLA_IS_WAITING && s->start == SLA_AT && s->month != 0)
		snprintf(room, size, "%02d:%02d:%02d %d/%d", s->hour, s->minute, s->second, s->month, s->day);
	else if (o->state == SLA_IS_WAITING && s->start == SLA_AT)
		snprintf(room, size, "%02d:%02d:%02d", s->hour, s->minute, s->second);
	else
		return o->state == SLA_IS_WAITING ? "Pending" : "Start Time already passed";
	return room;
}

static void
seconds(usec time, const char *none, char *out, size_t size)
{
	if (time == 0)
		snprintf(out, size, "%s", none);
	else
		snprintf(out, size, "%lld", (long long)(time / USEC_PER_SEC));
}

static const char *
filter_name(enum sla_filter f)
{
	static const char *const names[] = { "None", "All", "OverThreshold",
		"Failures" }; /* ORDER: enum sla_filter */

	return names[f];
}

static bool
has_port(enum probe_kind k)
{
	return k == PROBE_TCP_CONNECT || k == PROBE_UDP_ECHO || k == PROBE_UDP_JITTER;
}

/* The request as it was typed: a line each, its ends as escapes. */
static void
raw_strings(struct writer *w, const char *request)
{
	w_text(w, "Raw String(s):\n");
	for (const char *s = request == NULL ? "" : request; *s != '\0';) {
		size_t n = strcspn(s, "\r\n"), end = strspn(s + n, "\r") > 0 ? 1 : 0;

		end += s[n + end] == '\n';
		w_text(w, "%.*s%s\n", (int)n, s, end == 2 ? "\\r\\n" : end == 1 ? "\\n" : "");
		s += n + end;
	}
}

static void
http(struct writer *w, const struct sla_config *c, const char *source)
{
	w_text(w, "Target address/Source address: 0.0.0.0/%s\nTarget port/Source port: 0/%u\n", source,
		c->source_port);
	w_text(w, "Type Of Service parameter: 0x%X\nHTTP Operation: %s\nHTTP Server Version: %s\nURL: %s\n",
		c->tos, c->is_raw ? "raw" : "get", c->http_version == 10 ? "1.0" : "1.1", c->target);
	w_text(w, "Name Server: %s\nProxy: %s\n", c->server == NULL ? "" : c->server,
		c->proxy == NULL ? "" : c->proxy);
	raw_strings(w, c->request);
	w_text(w, "Cache Control: %s\n", c->no_cache ? "disabled" : "enabled");
}

static void
target(struct writer *w, const struct sla_config *c)
{
	const char *source = c->source_address != NULL     ? c->source_address
			     : c->source_interface != NULL ? c->source_interface
							   : "0.0.0.0";

	if (c->has_kind && c->kind == PROBE_HTTP) {
		http(w, c, source);
		return;
	}
	if (c->has_kind && c->kind == PROBE_DNS)
		w_text(w, "Target Address/Name server: %s/%s\n", c->target, c->server);
	w_text(w, "Target address/Source address: %s/%s\n", c->target == NULL ? "" : c->target, source);
	if (c->has_kind && has_port(c->kind))
		w_text(w, "Target port/Source port: %u/%u\n", c->port, c->source_port);
	w_text(w, "Type Of Service parameter: 0x%X\n", c->tos);
}

static void
payload(struct writer *w, const struct sla_config *c)
{
	bool train = c->kind == PROBE_UDP_JITTER || c->kind == PROBE_ICMP_JITTER;

	if (!c->has_kind)
		return;
	if (c->kind == PROBE_ICMP_ECHO || c->kind == PROBE_UDP_ECHO || c->kind == PROBE_UDP_JITTER)
		w_text(w, "Request size (ARR data portion): %u\nData pattern: 0x%08X\nVerify data: %s\n",
			c->size, c->pattern, c->verify ? "Yes" : "No");
	if (c->codec != CODEC_NONE)
		w_text(w,
			"Codec Type: %s\nCodec Number Of Packets: %u\nCodec Packet Size: %u\n"
			"Codec Interval (milliseconds): %u\nAdvantage Factor: %u\n",
			codec_defaults((enum codec)c->codec)->name, c->packets, c->size, c->interval,
			c->advantage);
	else if (train)
		w_text(w, "Packet Interval (milliseconds)/Number of packets: %u/%u\n", c->interval,
			c->packets);
	if (c->kind == PROBE_UDP_JITTER)
		w_text(w, "Operation precision: %s\n", c->microseconds ? "microseconds" : "milliseconds");
	if (has_port(c->kind))
		w_text(w, "Control Packets: %s\n", c->control ? "enabled" : "disabled");
}

static void
schedule(struct writer *w, const struct operation *o, const char *next, const char *life, const char *ageout)
{
	w_text(w,
		"Schedule:\n   Operation frequency (seconds): %u  (not considered if randomly scheduled)\n"
		"   Next Scheduled Start Time: %s\n   Group Scheduled : %s\n   Randomly Scheduled : %s\n"
		"   Life (seconds): %s\n   Entry Ageout (seconds): %s\n   Recurring (Starting Everyday): %s\n"
		"   Status of entry (SNMP RowStatus): %s\n",
		operation_frequency(o), next, o->schedule.group != 0 ? "TRUE" : "FALSE",
		o->schedule.start == SLA_RANDOM && o->schedule.is_set ? "TRUE" : "FALSE", life, ageout,
		o->schedule.recurring ? "TRUE" : "FALSE", o->schedule.is_set ? "Active" : "notInService");
}

static void
history(struct writer *w, const struct sla_keep *k)
{
	w_text(w,
		"Distribution Statistics:\n   Number of statistic hours kept: %u\n"
		"   Number of statistic distribution buckets kept: %u\n"
		"   Statistic distribution interval (milliseconds): %u\n",
		k->hours, k->distributions, k->width_ms);
	w_text(w, "Enhanced History:\n");
	if (k->enhanced_interval != 0)
		w_text(w, "   Aggregation Interval: %u Buckets: %u\n", k->enhanced_interval,
			k->enhanced_buckets);
	w_text(w,
		"History Statistics:\n   Number of history Lives kept: %u\n"
		"   Number of history Buckets kept: %u\n   History Filter Type: %s\n\n",
		k->lives, k->buckets, filter_name(k->filter));
}

static void
in_json(struct writer *w, const struct operation *o, const char *next, const char *life, const char *ageout)
{
	const struct sla_config *c = &o->config;

	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "owner", c->owner);
	w_str(w, "tag", c->tag);
	w_str(w, "type", sla_kind_name(o));
	w_str(w, "target", c->target);
	w_int(w, "port", c->port);
	w_str(w, "source_address", c->source_address);
	w_str(w, "source_interface", c->source_interface);
	w_int(w, "source_port", c->source_port);
	w_str(w, "vrf", c->vrf);
	w_str(w, "name_server", c->server);
	w_int(w, "tos", c->tos);
	w_str(w, "raw_request", c->request);
	w_bool(w, "control", c->control);
	w_int(w, "packets", c->packets);
	w_int(w, "interval", c->interval);
	w_str(w, "codec", c->codec == CODEC_NONE ? NULL : codec_defaults((enum codec)c->codec)->name);
	w_int(w, "request_data_size", c->size);
	w_int(w, "frequency", operation_frequency(o));
	w_int(w, "timeout", c->timeout);
	w_int(w, "threshold", c->threshold);
	w_str(w, "next_start", next);
	w_str(w, "life", life);
	w_str(w, "ageout", ageout);
	w_bool(w, "recurring", o->schedule.recurring);
	w_int(w, "group", o->schedule.group);
	w_str(w, "history_filter", filter_name(c->history.filter));
	w_end(w);
}

static void
configuration(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	const struct sla_config *c = &o->config;
	char next[48], life[32], ageout[32];
	const char *when = next_start(o, next, sizeof next);

	seconds(o->schedule.is_set ? o->schedule.life : 3600 * USEC_PER_SEC, "Forever", life, sizeof life);
	seconds(o->schedule.ageout, "never", ageout, sizeof ageout);
	w_text(w, "Entry number: %u\nOwner: %s\nTag: %s\n", o->number, c->owner, c->tag);
	w_text(w, "Operation timeout (milliseconds): %u\nType of operation to perform: %s\n", c->timeout,
		sla_kind_name(o));
	target(w, c);
	payload(w, c);
	w_text(w, "Vrf Name: %s\n", c->vrf == NULL ? "" : c->vrf);
	schedule(w, o, when, life, ageout);
	w_text(w, "Threshold (milliseconds): %u\n", c->threshold);
	history(w, &c->history);
	in_json(w, o, when, life, ageout);
}

static enum cmd_result
show_configuration(struct session *s, const void *args, struct err *err)
{
	if (!sla_is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "IP SLAs Infrastructure Engine-III\n");
	return sla_each(s, args, "operations", configuration, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla application ---- */

/* An estimate from what one operation with its texts takes. */
enum { OPERATION_BYTES = 4096 };

/* How many more there is room for. */
static int64_t
room_for(const struct slas_world *all)
{
	struct machine_memory memory;

	if (!machine_memory(&memory, NULL) || memory.available <= all->low_memory)
		return 0;
	return (int64_t)((memory.available - all->low_memory) / 2 / OPERATION_BYTES);
}

static enum cmd_result
show_application(struct session *s, const void *args, struct err *err)
{
	const struct slas_world *all = session_engine(s)->sla_world;
	struct writer *w = session_writer(s);
	int64_t configured = 0, active = 0, pending = 0, inactive = 0, room = room_for(all);
	char when[64];

	for (const struct operation *o = all->first; o != NULL; o = o->next) {
		configured += o->configured;
		active += o->configured && o->state == SLA_IS_ACTIVE;
		pending += o->configured && (o->state == SLA_IS_PENDING || o->state == SLA_IS_WAITING);
		inactive += o->configured && o->state == SLA_IS_INACTIVE;
	}
	sla_date_ms(all->changed_wall, when, sizeof when);
	w_text(w, "\tIP Service Level Agreements\nVersion: Round Trip Time MIB 2.2.0, Infrastructure "
		  "Engine-III\n\n");
	w_text(w, "Supported Operation Types:\n\ticmpEcho, udpEcho, tcpConnect, http\n"
		  "\tdns, udpJitter, icmpJitter\n\n");
	w_text(w, "Supported Features:\n\tIPSLAs Event Publisher\n\n");
	w_text(w,
		"IP SLAs low memory water mark: %" PRIu64 "\nEstimated system max number of entries: %" PRId64
		"\n\n",
		all->low_memory, room + configured);
	w_text(w, "Estimated number of configurable operations: %" PRId64 "\n", room);
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
	w_int(w, "configurable", room);
	w_int(w, "low_memory", (int64_t)all->low_memory);
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
limits(struct writer *w, const struct reaction *r)
{
	const char *unit = reaction_kind(r->type)->unit;

	if (unit == NULL)
		return;
	if (r->type == REACT_MOS || r->type == REACT_ICPIF)
		w_text(w, "Rising: %" PRId64 "\nFalling: %" PRId64 "\n", r->upper, r->lower);
	else
		w_text(w, "Rising (%s): %" PRId64 "\nFalling (%s): %" PRId64 "\n", unit, r->upper, unit,
			r->lower);
}

static void
reactions(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	unsigned index = 1;
	char title[24];

	if (o->reactions == NULL)
		w_text(w, "Entry number: %u\nReaction Configuration not configured\n\n", o->number);
	for (const struct reaction *r = o->reactions; r != NULL; r = r->next, index++) {
		threshold_title(r, title, sizeof title);
		w_text(w, "Entry number: %u\nIndex: %u\nReaction: %s\nThreshold Type: %s\n", o->number, index,
			react_type_name(r->type), title);
		limits(w, r);
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
	return sla_each(s, args, "reactions", reactions, err) ? CMD_DONE : CMD_REFUSED;
}

static void
triggers(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	for (size_t i = 0; i < o->trigger_count; i++) {
		const struct operation *target = slas_find(o->all, o->triggers[i]);
		const char *state =
			target == NULL || !target->configured ? "absent" : sla_state_name(target->state);

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
	return sla_each(s, args, "triggers", triggers, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla group schedule ---- */

static unsigned
members(const struct slas_world *all, uint32_t group, const struct operation **first)
{
	unsigned n = 0;

	*first = NULL;
	for (const struct operation *o = all->first; o != NULL; o = o->next) {
		if (o->schedule.group != group)
			continue;
		if (*first == NULL)
			*first = o;
		n++;
	}
	return n;
}

static void
group(struct writer *w, const struct slas_world *all, const struct sla_group *g)
{
	const struct operation *o;
	unsigned count = members(all, g->number, &o);
	char next[48], life[32] = "", ageout[32] = "";
	const char *when = o == NULL ? "" : next_start(o, next, sizeof next);

	if (o != NULL) {
		seconds(o->schedule.life, "Forever", life, sizeof life);
		seconds(o->schedule.ageout, "never", ageout, sizeof ageout);
	}
	w_text(w, "Group Entry Number: %u\nProbes to be scheduled: %s\nTotal number of probes: %u\n",
		g->number, g->ids, count);
	w_text(w, "Schedule period: %u\nMode: even\n", g->period);
	if (g->frequency == 0)
		w_text(w, "Group operation frequency: Equals schedule period\n");
	else
		w_text(w, "Group operation frequency: %u\n", g->frequency);
	w_text(w,
		"Status of entry (SNMP RowStatus): Active\nNext Scheduled Start Time: %s\n"
		"Life (seconds): %s\nEntry Ageout (seconds): %s\n\n",
		when, life, ageout);
	w_object(w, NULL);
	w_int(w, "group", g->number);
	w_str(w, "operations", g->ids);
	w_int(w, "count", count);
	w_int(w, "schedule_period", g->period);
	w_int(w, "frequency", g->frequency == 0 ? g->period : g->frequency);
	w_str(w, "next_start", when);
	w_str(w, "life", life);
	w_str(w, "ageout", ageout);
	w_end(w);
}

static enum cmd_result
show_groups(struct session *s, const void *args, struct err *err)
{
	const struct slas_world *all = session_engine(s)->sla_world;
	const struct sla_show_args *a = args;
	struct writer *w = session_writer(s);
	bool any = false;

	w_list(w, "groups");
	for (const struct sla_group *g = all->groups; g != NULL; g = g->next)
		if (!a->number.set || a->number.v == g->number) {
			group(w, all, g);
			any = true;
		}
	w_end(w);
	if (any || !a->number.set)
		return CMD_DONE;
	err_set(err, ERR_NOT_FOUND, "Group %u does not exist", (unsigned)a->number.v);
	return CMD_REFUSED;
}

static const struct exec_cmd cmds[] = {
	SLA_SHOW("show ip sla configuration", "Configuration of operations", sla_show_number_kw,
		show_configuration),
	SLA_SHOW("show ip sla application", "What IP SLAs can do here", NULL, show_application),
	SLA_SHOW("show ip sla reaction-configuration", "Reactions of operations", sla_show_number_kw,
		show_reactions),
	SLA_SHOW("show ip sla reaction-trigger", "Operations that others start", sla_show_number_kw,
		show_triggers),
	SLA_SHOW("show ip sla group schedule", "Groups of operations", sla_show_number_kw, show_groups),
};

void
sla_show_configuration_commands(struct cli *cli)
{
	cli_word(cli, "show ip sla group", "Groups of operations");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
