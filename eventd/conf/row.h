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
	/* The name that the prompt shows for the mode that this line opened. Optional; not with commit_on_exit. */
	const char *(*shown)(const struct conf_node *);
	/* Does `?` list lines that begin with this word, below the line that opened the mode? Optional, as shown(). */
	bool (*offers)(const struct conf_node *, const char *word);
};

struct conf_row {
	struct kw_cmd cmd;   /* words, help, kw, size; KW_KEY values tell lines of this row apart */
	const char *mode;    /* name of the mode in which it is typed */
	const char *enters;  /* mode that the line opens, or NULL; entered again, options that the line
	                        does not repeat are kept */
	unsigned order;      /* place in running-config among the rows of its mode; equal: as defined */
	bool sorted;         /* lines of this row are listed (and run) by their key value, strcmp order */
	bool whole_line_key; /* every different line stands beside the others (no KW_KEY needed) */
	/*
	 * Of whole_line_key rows: `no` with the KW_KEY values alone removes every line that this says yes
	 * to; `args` has these values only (`no access-list 101`).
	 */
	bool (*covers)(const struct conf_node *line, const void *args);
	bool not_saved; /* neither shown in running-config nor saved */
	bool keep_no;   /* on by default: `no LINE` is kept as a line (node->no), `default LINE` removes it */
	const char
		*missing; /* `no LINE` of a line that is not there: the sentence; NULL: accepted silently */
	/* Words of another global row with the same key value: its line is there whenever this one is,
	 * comes with it and goes with it. */
	const char *companion;
	const struct conf_row *alias_of; /* an old spelling, with the same kw: becomes a line of that row */

	/* Once, behind the parser: normalises args (encrypts a secret). May refuse. */
	bool (*adopt)(struct engine *, void *args, struct err *);
	bool adopt_no; /* it is called for `no LINE`, too: what it makes of a value is part of the key */
	/* When a line is typed below `parent`, before it takes its place among the lines there: may refuse
	 * it for what they say. The parent's check() sees the whole. */
	bool (*place)(struct engine *, const struct conf_node *parent, const void *args, struct err *);
	/*
	 * The line is followed by raw lines (certificate ca: hex until `quit`): called for each, sets
	 * *done with the last. Texts for args are allocated in args. Such a row enters a mode without
	 * rows of its own, whose name the prompt shows meanwhile. adopt() follows the last line.
	 */
	bool (*body)(struct engine *, void *args, const char *line, bool *done, struct err *);
	/* Against the whole candidate (node->parent... is its root), before anything is applied. */
	bool (*check)(struct engine *, const struct conf_node *, struct err *);
	/*
	 * Of rows of global configuration: may this line go? `root` is the whole as it is then, without the
	 * line: what still names it there is the reason to refuse. Optional.
	 */
	bool (*may_go)(
		struct engine *, const struct conf_node *gone, const struct conf_node *root, struct err *);
	/*
	 * Makes it so. old NULL: new line; new NULL: line removed. A row that opens a mode gets its
	 * whole subtree once, and then the rows below it are not called; without an apply() of its own
	 * they are, line by line. Must not fail for what check() could have seen. Both nodes are valid
	 * during the call only; new (the subtree and its args) until it is replaced or removed.
	 */
	bool (*apply)(
		struct engine *, const struct conf_node *old, const struct conf_node *new, struct err *);
	/* The line as running-config shows it, instead of the canonical form (nested actions). Optional. */
	void (*line)(struct engine *, const struct conf_node *, struct text *);
	/* Lines below it, before its children; each is indented one blank more than the line. Optional. */
	void (*print)(struct engine *, const struct conf_node *, struct text *);
	/*
	 * Typed in a session although the line is there, word for word: nothing changes, but this may
	 * refuse it or do something once more. Optional.
	 */
	bool (*again)(struct engine *, const struct conf_node *, struct err *);
	/* Before `no LINE` is carried out in a session: a question to confirm, or NULL for none. */
	const char *(*confirm_no)(struct engine *, const struct conf_node *);
	const char *farewell; /* what is said behind a `no LINE` that was asked about; NULL: nothing */
};

#endif
