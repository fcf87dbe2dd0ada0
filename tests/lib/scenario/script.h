/*
 * Scenario files: one statement a line, words and quoted strings, `#` comments. A statement that ends
 * in `{` has a block: the raw lines up to the `}` under its first letter, with the block's own
 * indentation taken off.
 *
 *   title "Two link-downs within a minute run it once"
 *   config {
 *       event manager applet LINK
 *        event syslog pattern "UPDOWN.*down" occurs 2 period 60
 *        action 1.0 syslog msg "twice"
 *   }
 *   at 0s  syslog "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
 *   at 59s syslog "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
 *   expect log "%HA_EM-6-LOG: LINK: twice"
 */
#ifndef SCENARIO_SCRIPT_H
#define SCENARIO_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"
#include "core/err.h"

struct statement {
	int line;
	const char **word; /* quotes and escapes (\n \t \" \\) worked off */
	bool *quoted;
	size_t n;
	const char *block; /* NULL = none; else lines, each with its newline */
};

struct script {
	struct statement *v;
	size_t n;
};

/* False with err->line set. The script lives in ctx. */
bool script_parse(const void *ctx, const char *text, struct script *, struct err *);

/* "1m30s", "250ms", "2h", "1d"; a leading minus is allowed. */
bool script_time(const char *word, usec *out);

#endif
