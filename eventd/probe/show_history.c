/* show ip sla history, enhanced-history, statistics aggregated. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/session.h"
#include "core/text.h"
#include "core/writer.h"
#include "probe/history.h"
#include "probe/show.h"

static const struct kw history_kw[] = {
	SLA_SHOW_NUMBER,
	{ .word = "full", .help = "One value a line", KW_AT(struct sla_show_args, full), .group = 1 },
	{ .word = "tabular", .help = "One run a line", KW_AT(struct sla_show_args, tabular), .group = 1 },
	KW_END,
};

static const struct kw enhanced_kw[] = {
	SLA_SHOW_NUMBER,
	{ .word = "interval",
		.help = "Seconds that a bucket covers",
		.type = &kw_number,
		KW_AT(struct sla_show_args, interval),
		.min = 1,
		.max = 3600 },
	KW_END,
};

/* ---- show ip sla history ---- */

/* RttResponseSense of CISCO-RTTMON-TC-MIB. ORDER: enum probe_code. */
static const int senses[PROBE_CODE_COUNT] = { 0, 1, 3, 4, 6, 5, 9, 16, 14, 11, 12, 13, 15 };

/* "AB 45 A0 16" */
static void
hexadecimal(const char *address, char *out, size_t size)
{
	unsigned char raw[16];
	size_t n = inet_pton(AF_INET, address, raw) == 1    ? 4
		   : inet_pton(AF_INET6, address, raw) == 1 ? 16
							    : 0;

	out[0] = '\0';
	for (size_t i = 0, at = 0; i < n; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%02X", i > 0 ? " " : "", raw[i]);
}

static void
sample_text(struct writer *w, const struct operation *o, const struct sla_life *l, const struct sla_sample *s,
	bool full)
{
	char address[64];
	int64_t rtt = s->rtt_us < 0 ? 0 : s->rtt_us / 1000;

	hexadecimal(o->address, address, sizeof address);
	if (full)
		w_text(w,
			"Entry number: %u\nLife index: %u\nBucket index: %u\nSample time: %" PRId64
			"\nRTT (milliseconds): %" PRId64 "\nResponse return code: %s\nTarget Address: %s\n\n",
			o->number, l->number, s->bucket, s->mono / 10000, rtt, probe_code_text(s->code),
			o->address);
	else
		w_text(w, "%-6u%-7u%-9u%-9u%-14" PRId64 "%-11" PRId64 "%-8d%s\n", o->number, l->number,
			s->bucket, 1u, s->mono / 10000, rtt, senses[s->code], address);
}

static void
history(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	const struct sla_sample *s;
	char when[64];

	for (int l = HISTORY_LIVES - 1; o->history != NULL && l >= 0; l--) {
		const struct sla_life *life = o->history->lives[l];

		for (unsigned i = 0; life != NULL && (s = history_sample(life, i)) != NULL; i++) {
			sample_text(w, o, life, s, a->full.set);
			sla_date(s->wall, when, sizeof when);
			w_object(w, NULL);
			w_int(w, "id", o->number);
			w_int(w, "life", life->number);
			w_int(w, "bucket", s->bucket);
			w_str(w, "time", when);
			if (s->rtt_us >= 0)
				w_int(w, "rtt", s->rtt_us / 1000);
			else
				w_str(w, "rtt", NULL);
			w_str(w, "return_code", probe_code_text(s->code));
			w_int(w, "sense", senses[s->code]);
			w_end(w);
		}
	}
}

static enum cmd_result
show_history(struct session *s, const void *args, struct err *err)
{
	if (!sla_is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "        Point by point History\n");
	if (!((const struct sla_show_args *)args)->full.set)
		w_text(session_writer(s),
			"Entry    = Entry number\nLifeI    = Life index\nBucketI  = Bucket index\n"
			"SampleI  = Sample index\nSampleT  = Sample start time\nCompT    = RTT "
			"(milliseconds)\n"
			"Sense    = Response return code\n\n"
			"Entry LifeI  BucketI  SampleI  SampleT       CompT      Sense   TargetAddr\n");
	return sla_each(s, args, "history", history, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- buckets ---- */

/* What a failure was, as rttMonStatsCollectTable counts it. */
static const struct {
	const char *text, *key;
	unsigned codes; /* 1 << enum probe_code */
} failures[] = {
	{ "a Disconnect", "disconnects", 0 },
	{ "a Timeout", "timeouts",
		1u << PROBE_TIMEOUT | 1u << PROBE_DNS_TIMEOUT | 1u << PROBE_TCP_TIMEOUT |
			1u << PROBE_HTTP_TIMEOUT },
	{ "a Busy", "busies", 1u << PROBE_BUSY },
	{ "a No Connection", "no_connections", 1u << PROBE_NO_CONNECTION | 1u << PROBE_SOCKET_ERROR },
	{ "an Internal Error", "internal_errors",
		1u << PROBE_UNKNOWN | 1u << PROBE_DNS_QUERY_ERROR | 1u << PROBE_HTTP_ERROR },
	{ "a Sequence Error", "sequence_errors", 0 },
	{ "a Verify Error", "verify_errors", 1u << PROBE_VERIFY_ERROR },
};

static void
bucket_failures(struct writer *w, const struct sla_bucket *b)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		uint32_t n = 0;

		for (unsigned c = 0; c < PROBE_CODE_COUNT; c++)
			n += (failures[i].codes & 1u << c) != 0 ? b->by_code[c] : 0;
		w_text(w, "Number of failed operations due to %s: %u\n", failures[i].text, n);
		w_int(w, failures[i].key, n);
	}
}

static int64_t
deviation_ms(const struct sla_bucket *b)
{
	double n = b->successes, mean = n == 0 ? 0 : (double)b->rtt_sum / n,
	       square = n == 0 ? 0 : b->rtt_sum2 / n - mean * mean;

	return square <= 0 ? 0 : (int64_t)(sqrt(square) / 1000);
}

static void
bucket_rtt(struct writer *w, const struct sla_bucket *b)
{
	int64_t average = b->successes == 0 ? 0 : b->rtt_sum / (int64_t)b->successes;

	w_text(w, "RTT Min/Avg/Max: %" PRId64 "/%" PRId64 "/%" PRId64 " milliseconds\n", b->rtt_min / 1000,
		average / 1000, b->rtt_max / 1000);
	w_int(w, "rtt_min", b->rtt_min / 1000);
	w_int(w, "rtt_avg", average / 1000);
	w_int(w, "rtt_max", b->rtt_max / 1000);
	w_int(w, "rtt_deviation", deviation_ms(b));
}

static void
bucket_distribution(struct writer *w, const struct sla_keep *k, const struct sla_bucket *b)
{
	w_list(w, "distribution");
	for (unsigned i = 0; i < k->distributions; i++) {
		if (i + 1 < k->distributions)
			w_text(w, "Distribution %u (%u-%u ms): %u\n", i + 1, i * k->width_ms,
				(i + 1) * k->width_ms - 1, b->distribution[i]);
		else
			w_text(w, "Distribution %u (%u ms and more): %u\n", i + 1, i * k->width_ms,
				b->distribution[i]);
		w_int(w, NULL, b->distribution[i]);
	}
	w_end(w);
}

/* ---- show ip sla enhanced-history ---- */

static void
enhanced(struct writer *w, const struct operation *o, const struct sla_show_args *a, bool distribution)
{
	const struct sla_keep *k = &o->config.history;
	const struct sla_bucket *b;
	char when[64];

	if (k->enhanced_interval == 0 || (a->interval.set && a->interval.v != k->enhanced_interval))
		return;
	w_text(w, "Entry number: %u\nAggregation Interval: %u\n\n", o->number, k->enhanced_interval);
	for (unsigned i = 0; o->history != NULL && (b = history_bucket(&o->history->enhanced, i)) != NULL;
		i++) {
		sla_date(b->wall, when, sizeof when);
		w_text(w, "Bucket Index: %u\nAggregation start time %s\nTarget Address: %s\n", b->index, when,
			o->address);
		w_object(w, NULL);
		w_int(w, "id", o->number);
		w_int(w, "interval", k->enhanced_interval);
		w_int(w, "bucket", b->index);
		w_str(w, "start_time", when);
		w_int(w, "operations", b->runs);
		w_int(w, "successes", b->successes);
		w_int(w, "over_threshold", b->over);
		w_text(w, "Number of operations: %u\nNumber of operations over threshold: %u\n", b->runs,
			b->over);
		if (distribution)
			bucket_distribution(w, k, b);
		else
			bucket_failures(w, b);
		bucket_rtt(w, b);
		w_end(w);
		w_text(w, "\n");
	}
}

static void
collection(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	enhanced(w, o, a, false);
}

static void
distribution(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	enhanced(w, o, a, true);
}

static enum cmd_result
show_collection(struct session *s, const void *args, struct err *err)
{
	return sla_each(s, args, "buckets", collection, err) ? CMD_DONE : CMD_REFUSED;
}

static enum cmd_result
show_distribution(struct session *s, const void *args, struct err *err)
{
	return sla_each(s, args, "buckets", distribution, err) ? CMD_DONE : CMD_REFUSED;
}

/* ---- show ip sla statistics aggregated ---- */

static void
aggregated(struct writer *w, const struct operation *o, const struct sla_show_args *a)
{
	const struct sla_bucket *b;
	char when[64];

	if (o->history == NULL || o->history->hours.count == 0)
		return;
	w_text(w, "IPSLA operation id: %u\nType of operation: %s\n", o->number, sla_kind_name(o));
	for (unsigned i = 0; (b = history_bucket(&o->history->hours, i)) != NULL; i++) {
		sla_date(b->wall, when, sizeof when);
		w_text(w, "Start Time Index: %s\n", when);
		w_object(w, NULL);
		w_int(w, "id", o->number);
		w_str(w, "type", sla_kind_name(o));
		w_str(w, "start_time", when);
		w_int(w, "operations", b->runs);
		w_int(w, "successes", b->successes);
		w_int(w, "failures", b->runs - b->successes);
		w_int(w, "over_threshold", b->over);
		w_text(w, "Number of successful operations: %u\nNumber of operations over threshold: %u\n",
			b->successes, b->over);
		bucket_failures(w, b);
		bucket_rtt(w, b);
		if (a->details.set)
			bucket_distribution(w, &o->config.history, b);
		w_end(w);
		w_text(w, "\n");
	}
}

static enum cmd_result
show_aggregated(struct session *s, const void *args, struct err *err)
{
	if (!sla_is_known(s, args, err))
		return CMD_REFUSED;
	w_text(session_writer(s), "IPSLAs aggregated statistics\n\n");
	return sla_each(s, args, "hours", aggregated, err) ? CMD_DONE : CMD_REFUSED;
}

static const struct exec_cmd cmds[] = {
	SLA_SHOW("show ip sla history", "Runs, point by point", history_kw, show_history),
	SLA_SHOW("show ip sla enhanced-history collection-statistics", "Runs and failures by bucket",
		enhanced_kw, show_collection),
	SLA_SHOW("show ip sla enhanced-history distribution-statistics", "Round trip times by bucket",
		enhanced_kw, show_distribution),
	SLA_SHOW("show ip sla statistics aggregated", "Statistics by the hour", sla_show_details_kw,
		show_aggregated),
};

void
sla_show_history_commands(struct cli *cli)
{
	cli_word(cli, "show ip sla enhanced-history", "Buckets of history enhanced");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
