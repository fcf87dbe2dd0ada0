/*
 * What matching costs: nanoseconds a line for N patterns, through the match set and through PCRE2 in
 * turn, on made-up router messages of which one in a hundred matches (workload.h). `match --json` for programs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bus/matchset.h"
#include "core/mem.h"
#include "syslog/message.h"
#include "tests/bench/workload.h"

#define LINES 100000u

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long
resident_kib(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL && fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (f != NULL)
		fclose(f);
	return resident * 4;
}

struct lines {
	char *text;
	struct slice *subject;
	struct slice *raw;
};

static void
nothing(void *arg, void *owner, const struct regex_captures *c)
{
}

static struct lines
make_lines(void *ctx, unsigned patterns)
{
	struct lines l = { .text = mem_alloc(ctx, (size_t)LINES * 320),
		.subject = mem_array(ctx, struct slice, LINES),
		.raw = mem_array(ctx, struct slice, LINES) };
	char *at = l.text, room[SYSLOG_SUBJECT_ROOM];

	for (unsigned i = 0; i < LINES; i++) {
		struct syslog_message m;

		l.raw[i] = (struct slice){ at, workload_line(at, 320, i, patterns) };
		syslog_message_parse(&m, at, l.raw[i].n);
		l.subject[i] = syslog_message_subject(&m, room);
		at += l.raw[i].n + 1;
	}
	return l;
}

/* In turn: as many lines as a second allows. */
static double
in_turn(struct regex **re, unsigned n, struct regex_scratch *sc, const struct lines *l, unsigned *matched,
	unsigned *done)
{
	double from = cpu_ns(), now = from;

	*matched = 0;
	for (*done = 0; *done < LINES && now - from < 1e9; ++*done) {
		struct slice s = l->subject[*done];

		for (unsigned i = 0; i < n; i++)
			*matched += regex_match(re[i], sc, s.s, s.n, NULL) == REGEX_YES;
		if (*done % 16 == 0)
			now = cpu_ns();
	}
	return (cpu_ns() - from) / *done;
}

static bool
run(unsigned n, bool json)
{
	void *ctx = mem_ctx(NULL, "bench");
	struct lines l = make_lines(ctx, n);
	long before = resident_kib();
	struct matchset *set = matchset_new(ctx);
	struct matchset_caller *caller = matchset_caller_new(ctx, REGEX_JIT);
	struct regex_scratch *sc = regex_scratch_new(ctx, REGEX_JIT);
	struct regex **re = mem_array(ctx, struct regex *, n);
	struct matchset_rule *extra;
	double load, parse, scan, turn, change, t;
	unsigned hits = 0, first = 0, turn_hits, turn_lines;
	char pattern[WORKLOAD_ROOM];
	long memory;

	t = cpu_ns();
	for (unsigned i = 0; i < n; i++) {
		workload_pattern(pattern, sizeof pattern, i);
		matchset_add(set, NULL, pattern, NULL);
	}
	matchset_commit(set);
	load = cpu_ns() - t;
	for (unsigned i = 0; i < LINES; i++) /* the first round also makes machine code */
		matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	memory = resident_kib() - before;
	t = cpu_ns();
	for (unsigned i = 0; i < LINES; i++)
		hits += matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	scan = (cpu_ns() - t) / LINES;
	t = cpu_ns();
	for (unsigned i = 0; i < LINES; i++) {
		struct syslog_message m;

		syslog_message_parse(&m, l.raw[i].s, l.raw[i].n);
		first += m.mnemonic.n > 0;
	}
	parse = (cpu_ns() - t) / LINES;
	for (unsigned i = 0; i < n; i++) {
		workload_pattern(pattern, sizeof pattern, i);
		re[i] = regex_new(ctx, pattern, REGEX_EVENT, NULL);
	}
	turn = in_turn(re, n, sc, &l, &turn_hits, &turn_lines);
	first = 0;
	for (unsigned i = 0; i < turn_lines; i++)
		first += matchset_scan(set, caller, l.subject[i].s, l.subject[i].n, nothing, NULL);
	t = cpu_ns();
	extra = matchset_add(set, NULL, "%LINK-3-UPDOWN: Interface Serial0/0/0, changed", NULL);
	matchset_commit(set);
	matchset_remove(set, extra);
	matchset_commit(set);
	change = (cpu_ns() - t) / 2;
	if (json)
		printf("{\"patterns\":%u,\"scan_ns\":%.1f,\"parse_ns\":%.1f,\"in_turn_ns\":%.1f,\"ratio\":%."
		       "1f,"
		       "\"load_ms\":%.2f,\"change_ms\":%.3f,\"memory_kib\":%ld,\"matched\":%u}\n",
			n, scan, parse, turn, turn / scan, load / 1e6, change / 1e6, memory, hits);
	else
		printf("%8u %9.0f %9.0f %12.0f %9.1f %9.1f %9.3f %9.1f\n", n, scan, parse, turn, turn / scan,
			load / 1e6, change / 1e6, (double)memory / 1024);
	mem_free(ctx);
	if (first != turn_hits)
		fprintf(stderr, "match: %u patterns: %u matches in turn, %u through the set\n", n, turn_hits,
			first);
	return first == turn_hits && hits > 0;
}

int
main(int argc, char **argv)
{
	static const unsigned sizes[] = { 1, 10, 100, 1000, 10000 };
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0, good = true;

	if (!json)
		printf("%8s %9s %9s %12s %9s %9s %9s %9s\n", "patterns", "scan ns", "parse ns", "in turn ns",
			"ratio", "load ms", "change ms", "MiB");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		workload_seed = 1;
		good = run(sizes[i], json) && good;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
