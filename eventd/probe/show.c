/* show ip sla summary and statistics: in IOS's layouts (ios-surfaces 3.4 and 3.5). */
#include "probe/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/session.h"
#include "core/mem.h"
#include "core/writer.h"

const struct kw sla_show_number_kw[] = {
	SLA_SHOW_NUMBER,
	KW_END,
};

const struct kw sla_show_details_kw[] = {
	SLA_SHOW_NUMBER,
	{ .word = "details", .help = "Detailed output", KW_AT(struct sla_show_args, details) },
	KW_END,
};

static const struct operation *
first(struct session *s)
{
	return session_engine(s)->sla_world->first;
}

bool
sla_each(struct session *s, const struct sla_show_args *a, const char *key, sla_each_f *f, struct err *err)
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

const char *
sla_state_name(enum sla_state s)
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

void
sla_date(usec wall, char *out, size_t size)
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(out, size, "%H:%M:%S UTC %a %b %-d %Y", &tm);
}

void
sla_date_ms(usec wall, char *out, size_t size)
{
	char rest[64];

	sla_date(wall, rest, sizeof rest);
	snprintf(out, size, "%.8s.%03d%s", rest, (int)(wall % USEC_PER_SEC / USEC_PER_MSEC), rest + 8);
}

const char *
sla_destination(const struct operation *o)
{
	if (o->config.kind == PROBE_DNS && o->config.server != NULL)
		return o->config.server;
	return o->config.target == NULL ? "-" : o->config.target;
}

const char *
sla_kind_name(const struct operation *o)
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
summary_row(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	char id[24], stats[32] = "-", last[80];

	snprintf(id, sizeof id, "%c%u", state_mark(o->state), o->number);
	if (o->has_run && o->rtt_us >= 0 && o->config.microseconds)
		snprintf(stats, sizeof stats, "RTT=%" PRId64 "u", o->rtt_us);
	else if (o->has_run && o->rtt_us >= 0)
		snprintf(stats, sizeof stats, "RTT=%" PRId64, ms(o->rtt_us));
	ago(o, last, sizeof last);
	/* A column that is too wide moves the rest by a blank, as on a router. */
	w_text(w, "%-12s %-11s %-17s %-11s %-11s %s\n", id, sla_kind_name(o), sla_destination(o), stats,
		code_of(o), last);
	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "state", sla_state_name(o->state));
	w_str(w, "type", sla_kind_name(o));
	w_str(w, "destination", sla_destination(o));
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
	static const struct sla_show_args all = { .details = { .set = false } };

	w_text(session_writer(s),
		"IPSLAs Latest Operation Summary\n"
		"Codes: * active, ^ inactive, ~ pending\n"
		"All Stats are in milliseconds. Stats with u are in microseconds\n\n"
		"ID           Type        Destination       Stats       ReturnCode  LastRun\n"
		"-----------------------------------------------------------------------\n");
	return sla_each(s, &all, "operations", summary_row, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla statistics ---- */

/* `precision microseconds` shows them. */
static int64_t
shown(const struct operation *o, int64_t us)
{
	return us < 0 ? 0 : o->config.microseconds ? us : us / 1000;
}

static const char *
unit_of(const struct operation *o)
{
	return o->config.microseconds ? "microseconds" : "milliseconds";
}

static void
spread(struct writer *w, const struct operation *o, const char *what, int64_t min, int64_t sum, int64_t count,
	int64_t max)
{
	w_text(w, "%s Min/Avg/Max: %" PRId64 "/%" PRId64 "/%" PRId64 " %s\n", what, shown(o, min),
		shown(o, count == 0 ? 0 : sum / count), shown(o, max), unit_of(o));
}

static void
loss_text(struct writer *w, const char *from_to, const char *loss, int64_t lost, int64_t periods,
	int64_t length_min, int64_t length_max, int64_t gap_min, int64_t gap_max)
{
	w_text(w, "        Loss %s: %" PRId64 "\n        %s Loss Periods Number: %" PRId64 "\n", loss, lost,
		from_to, periods);
	w_text(w,
		"        %s Loss Period Length Min/Max: %" PRId64 "/%" PRId64
		"\n        %s Inter Loss Period Length Min/Max: %" PRId64 "/%" PRId64 "\n",
		from_to, length_min, length_max, from_to, gap_min, gap_max);
}

/* The train of the latest run, as IOS 15 and later have it. */
static void
jitter_text(struct writer *w, const struct operation *o)
{
	static const struct jitter_result none;
	const struct jitter_result *r = o->jitter == NULL ? &none : o->jitter;

	w_text(w, "RTT Values:\n        Number Of RTT: %" PRId64 "               ", r->rtt_count);
	spread(w, o, "RTT", r->rtt_min, r->rtt_sum, r->rtt_count, r->rtt_max);
	w_text(w, "Latency one-way time:\n        Number of Latency one-way Samples: %" PRId64 "\n",
		r->latency_count);
	spread(w, o, "        Source to Destination Latency one way", r->latency_sd_min, r->latency_sd_sum,
		r->latency_count, r->latency_sd_max);
	spread(w, o, "        Destination to Source Latency one way", r->latency_ds_min, r->latency_ds_sum,
		r->latency_count, r->latency_ds_max);
	w_text(w,
		"Jitter Time:\n        Number of SD Jitter Samples: %" PRId64
		"\n        Number of DS Jitter Samples: %" PRId64 "\n",
		r->jitter_sd_count, r->jitter_ds_count);
	spread(w, o, "        Source to Destination Jitter", r->jitter_sd_min, r->jitter_sd_sum,
		r->jitter_sd_count, r->jitter_sd_max);
	spread(w, o, "        Destination to Source Jitter", r->jitter_ds_min, r->jitter_ds_sum,
		r->jitter_ds_count, r->jitter_ds_max);
	w_text(w, "Over Threshold:\n        Number Of RTT Over Threshold: %" PRId64 " (%" PRId64 "%%)\n",
		r->over_threshold, r->rtt_count == 0 ? 0 : r->over_threshold * 100 / r->rtt_count);
	if (o->config.kind == PROBE_ICMP_JITTER) {
		w_text(w,
			"Packet Late Arrival: %" PRId64 "\nOut Of Sequence: %" PRId64
			"\n        Source to Destination: %" PRId64 "        Destination to Source %" PRId64
			"\nPacket Skipped: %" PRId64 "\nPacket Loss: %" PRId64 "\n",
			r->late, r->out_of_sequence, r->out_of_sequence_sd, r->out_of_sequence_ds, r->skipped,
			r->loss);
		return;
	}
	w_text(w, "Packet Loss Values:\n");
	loss_text(w, "Source to Destination", "Source to Destination", r->loss_sd, r->loss_sd_periods,
		r->loss_sd_length_min, r->loss_sd_length_max, r->loss_sd_gap_min, r->loss_sd_gap_max);
	loss_text(w, "Destination to Source", "Destination to Source", r->loss_ds, r->loss_ds_periods,
		r->loss_ds_length_min, r->loss_ds_length_max, r->loss_ds_gap_min, r->loss_ds_gap_max);
	w_text(w,
		"        Out Of Sequence: %" PRId64 "      Tail Drop: %" PRId64
		"\n        Packet Late Arrival: %" PRId64 "  Packet Skipped: %" PRId64 "\n",
		r->out_of_sequence, r->mia, r->late, r->skipped);
	w_text(w,
		"Voice Score Values:\n        Calculated Planning Impairment Factor (ICPIF): %d\n"
		"        Mean Opinion Score (MOS): ",
		o->icpif);
	if (o->mos == 0)
		w_text(w, "0\n");
	else
		w_text(w, "%d.%02d\n", o->mos / 100, o->mos % 100);
}

static bool
is_train(const struct operation *o)
{
	return o->config.has_kind &&
	       (o->config.kind == PROBE_UDP_JITTER || o->config.kind == PROBE_ICMP_JITTER);
}

static void
jitter_field(void *arg, const char *name, int64_t value)
{
	w_int(arg, name, value);
}

static void
jitter_json(struct writer *w, const struct operation *o)
{
	if (o->jitter == NULL)
		return;
	w_object(w, "jitter"); /* times in microseconds */
	jitter_each(o->jitter, jitter_field, w);
	w_int(w, "icpif", o->icpif);
	w_real(w, "mos", o->mos / 100.0);
	w_end(w);
}

static void
statistics_text(struct writer *w, const struct operation *o, bool details)
{
	char start[64], life[32];

	life_left(o, life, sizeof life);
	sla_date(o->last_wall, start, sizeof start);
	w_text(w, "IPSLA operation id: %u\n", o->number);
	if (is_train(o))
		w_text(w, "Type of operation: %s\n", sla_kind_name(o));
	if (o->has_run && o->rtt_us >= 0)
		w_text(w, "        Latest RTT: %" PRId64 " %s\n", shown(o, o->rtt_us), unit_of(o));
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
	if (is_train(o) && o->has_run)
		jitter_text(w, o);
	if (details && o->detail[0] != '\0')
		w_text(w, "Latest failure reason: %s\n", o->detail);
	if (details)
		w_text(w, "Over thresholds occurred: %s\n", o->over > 0 ? "TRUE" : "FALSE");
	w_text(w, "Number of successes: %" PRIu64 "\nNumber of failures: %" PRIu64 "\n", o->successes,
		o->failures);
	w_text(w, "Operation time to live: %s\n", life);
	if (!details)
		return;
	sla_date(o->reset_wall, start, sizeof start);
	w_text(w, "Operational state of entry: %s\nLast time this entry was reset: %s\n",
		o->state == SLA_IS_ACTIVE     ? "Active"
		: o->state == SLA_IS_INACTIVE ? "Inactive"
					      : "Pending",
		o->reset_wall == 0 ? "Never" : start);
}

static void
statistics(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	char life[32], start[64];

	if (!o->schedule.is_set && !o->has_run) /* as a router has one that was never scheduled */
		w_text(w,
			"IPSLA operation id: %u\nNumber of successes: Unknown\nNumber of failures: Unknown\n"
			"Operation time to live: 0\n",
			o->number);
	else
		statistics_text(w, o, a->details.set);
	w_text(w, "\n\n\n");
	life_left(o, life, sizeof life);
	sla_date(o->last_wall, start, sizeof start);
	w_object(w, NULL);
	w_int(w, "id", o->number);
	w_str(w, "type", sla_kind_name(o));
	w_str(w, "state", sla_state_name(o->state));
	if (o->has_run && o->rtt_us >= 0)
		w_int(w, "latest_rtt", ms(o->rtt_us));
	else
		w_str(w, "latest_rtt", NULL);
	w_str(w, "latest_start_time", o->has_run ? start : NULL);
	w_str(w, "latest_return_code", code_of(o));
	w_str(w, "reason", o->detail[0] != '\0' ? o->detail : NULL);
	w_str(w, "address", o->address[0] != '\0' ? o->address : NULL);
	w_int(w, "successes", (int64_t)o->successes);
	w_int(w, "failures", (int64_t)o->failures);
	w_int(w, "over_threshold", (int64_t)o->over);
	w_int(w, "rtt_min", ms(o->rtt_min));
	w_int(w, "rtt_avg", o->successes == 0 ? 0 : ms(o->rtt_sum / (int64_t)o->successes));
	w_int(w, "rtt_max", ms(o->rtt_max));
	w_str(w, "time_to_live", life);
	jitter_json(w, o);
	w_end(w);
}

bool
sla_is_known(struct session *s, const struct sla_show_args *a, struct err *err)
{
	const struct operation *o =
		a->number.set ? slas_find(session_engine(s)->sla_world, (uint32_t)a->number.v) : NULL;

	return !a->number.set || (o != NULL && o->configured) ||
	       err_set(err, ERR_NOT_FOUND, "Entry %u does not exist", (unsigned)a->number.v);
}

static enum cmd_result
show_statistics(struct session *s, const void *args, struct err *err)
{
	if (!sla_is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "IPSLAs Latest Operation Statistics\n\n");
	return sla_each(s, args, "operations", statistics, err) ? CMD_DONE : CMD_REFUSED;
}

static const struct exec_cmd cmds[] = {
	SLA_SHOW("show ip sla summary", "Latest run of every operation", NULL, show_summary),
	SLA_SHOW("show ip sla statistics", "Statistics of operations", sla_show_details_kw, show_statistics),
};

void
sla_show_commands(struct cli *cli)
{
	cli_word(cli, "show ip", "IP information");
	cli_word(cli, "show ip sla", "IP Service Level Agreements");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
