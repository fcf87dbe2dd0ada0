/*
 * What is kept: one kind of configuration line. Parser, `?`, running-config, `no`, `default`, reload
 * comparison and rollback all come from this row. Modules hand in tables of rows with conf_rows().
 */
#ifndef CONF_ROW_H
#define CONF_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/kw/kw.h"
#include "core/err.h"

struct engine;
struct conf_node;
struct candidate;

/* A configuration mode: where a line may stand, and what the prompt shows. */
struct conf_mode {
	const char *name;    /* "config-applet": prompt HOST(config-applet)#, and `event cli mode` */
	const char *parent;  /* name of the mode it is entered from; NULL for "config" */
	bool commit_on_exit; /* edits wait until the mode is left (applets); else each line commits at once */
};

struct conf_row {
	struct kw_cmd cmd;   /* words, help, kw, size; KW_KEY values tell lines of this row apart */
	const char *mode;    /* name of the mode in which it is typed */
	const char *enters;  /* mode that the line opens, or NULL */
	unsigned order;      /* place in running-config among the rows of its mode; equal: as defined */
	bool sorted;         /* lines of this row are listed (and run) by their key, strcmp order */
	bool whole_line_key; /* every different line stands beside the others (no KW_KEY needed) */
	bool not_saved;      /* shown and saved by somebody else (certificate bodies) */

	/* Once, behind the parser: normalises args (encrypts a secret). May refuse. */
	bool (*adopt)(struct engine *, void *args, struct err *);
	/* Against the whole candidate, before anything is applied. */
	bool (*check)(struct engine *, const struct conf_node *, struct err *);
	/* Makes it so. old NULL: new line; new NULL: line removed. A row that opens a mode gets its
	 * whole subtree once. Must not fail for what check() could have seen. */
	bool (*apply)(
		struct engine *, const struct conf_node *old, const struct conf_node *new, struct err *);
	/* Prints more below the line than its children, or instead of the usual form. Optional. */
	void (*print)(struct engine *, const struct conf_node *, struct text *);
	/* Before `no LINE` is carried out in a session: a question to confirm, or NULL for none. */
	const char *(*confirm_no)(struct engine *, const struct conf_node *);
};

#endif
