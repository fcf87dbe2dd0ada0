/*
 * Prints the made-up traffic of the benchmarks (workload.h):
 *
 *   lines patterns N           one pattern a line
 *   lines messages N COUNT     COUNT messages for N patterns, one in a hundred of them matched
 *   lines expect N COUNT       how many of those messages are matched
 */
#include <stdlib.h>

#include "tests/bench/workload.h"

static int
usage(void)
{
	fputs("usage: lines patterns N | messages N COUNT | expect N COUNT\n", stderr);
	return 2;
}

static void
print_patterns(unsigned n)
{
	char pattern[WORKLOAD_ROOM];

	for (unsigned i = 0; i < n; i++) {
		workload_pattern(pattern, sizeof pattern, i);
		puts(pattern);
	}
}

/* The same numbers as when they are printed. */
static unsigned
messages(unsigned patterns, unsigned count, bool print)
{
	char line[WORKLOAD_ROOM];
	unsigned hits = 0;

	for (unsigned i = 0; i < count; i++) {
		bool hit = workload_below(100) == 0;

		workload_message(line, sizeof line, i, hit ? workload_below(patterns) : WORKLOAD_NONE);
		hits += hit;
		if (print)
			puts(line);
	}
	return hits;
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	unsigned count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;

	if (n == 0)
		return usage();
	if (argc == 3 && strcmp(argv[1], "patterns") == 0)
		print_patterns(n);
	else if (argc == 4 && strcmp(argv[1], "messages") == 0)
		messages(n, count, true);
	else if (argc == 4 && strcmp(argv[1], "expect") == 0)
		printf("%u\n", messages(n, count, false));
	else
		return usage();
	return 0;
}
