/*
 * Checks of a configuration beyond what the parser and a commit refuse: what is allowed and still
 * wrong, with a code, a place, a reason and a fix. `eventd --check` shows the findings of a file,
 * `event manager check` those of the running configuration; the manual page eventd-lint(7) lists
 * them. Findings never stop a start. Engine thread only.
 */
#ifndef APPLETS_CHECK_CHECK_H
#define APPLETS_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"

struct conf_node;
struct setting_place;

/* One kind of finding. */
struct lint {
	const char *code; /* "LABEL-ORDER": never changes */
	bool is_error;    /* the applet is not registered; else a warning */
	const char *what; /* a sentence for the manual */
	const char *fix;  /* what to do about it, where a finding knows nothing better */
};

/* ORDER: as the manual lists them. Ends with a NULL code. */
extern const struct lint lints[];

/* Everything lives during the call only. */
struct check_finding {
	const struct lint *lint;
	const struct conf_node *node;
	const char *applet, *label; /* "" where it is about neither */
	const char *reason, *fix;
	const char *text; /* the line that it is about, as it stands in the file or prints */
	int line, column; /* line 0: not of a file; column is 1-based, of `text` */
	/* Where in the settings; NULL: it is about the configuration. Then `node` is NULL. */
	const struct setting_place *setting;
};
typedef void check_finding_f(void *arg, const struct check_finding *);

/*
 * Looks at the configuration below `root`, in the order of its lines. `source` is the text that it was
 * read from, for the places; NULL: it was typed. `applet`: only findings about this one; NULL: all.
 * False: there is no applet of that name.
 */
bool check_configuration(struct engine *, const struct conf_node *root, const char *source,
	const char *applet, check_finding_f *, void *arg);

#endif
