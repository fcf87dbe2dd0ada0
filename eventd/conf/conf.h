/*
 * The configuration as an object. The running configuration is a tree of nodes, one a line; a
 * change is parsed and checked into a candidate, then committed or thrown away, so that refused
 * input leaves everything as it was. Engine thread only.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/row.h"
#include "core/clock.h"
#include "core/err.h"

struct conf_node {
	const struct conf_row *row;
	void *args;      /* of row->cmd.size bytes, owned by the node */
	const char *key; /* canonical words and key values: unique among its siblings */
	bool no;         /* the line is `no LINE` (rows with keep_no) */
	struct conf_node *parent;
	struct conf_node *first, *last, *next, *prev; /* children and siblings in canonical order */
	uint64_t seq;                                 /* order of definition */
};

struct conf *conf_new(const void *ctx, struct engine *);
void conf_modes(struct conf *, const struct conf_mode *, size_t n);
void conf_rows(struct conf *, const struct conf_row *, size_t n); /* rows must outlive conf */
/*
 * What is known of lines that a mode refuses (other dialects): the hint to give for this one, or NULL.
 * Several of one mode are asked in turn (at most 7).
 */
typedef const char *conf_hint_f(const char *line);
void conf_hints(struct conf *, const char *mode, conf_hint_f *);
/* Lines of IOS that a mode does not have, and why. */
void conf_absent(struct conf *, const char *mode, const struct kw_absent *, size_t n);
/* Help of words in the middle of rows, of one mode. */
void conf_word(struct conf *, const char *mode, const char *path, const char *help);

/* Every mode's tree, for self-checks and manuals. */
void conf_each_tree(
	const struct conf *, void (*f)(void *arg, const char *mode, const struct kw_tree *), void *arg);

const struct conf_mode *conf_mode_find(const struct conf *, const char *name);
struct kw_tree *conf_tree(const struct conf *, const char *mode);

/* ---- typing: one session's place in the configuration ---- */
struct conf_edit; /* owned by a session; holds the open mode and its uncommitted edits; dies before conf */

struct conf_edit *conf_edit_new(const void *ctx, struct conf *, const char *who);
const char *conf_edit_mode(const struct conf_edit *);  /* "config", "config-applet", ... */
const char *conf_edit_shown(const struct conf_edit *); /* as the prompt shows it */
/* Is a line of the open mode that begins with this word one for `?` to list there? */
bool conf_edit_offers(const struct conf_edit *, const char *word);
bool conf_edit_is_raw(const struct conf_edit *); /* inside a body: the next line is no command */
/*
 * One line in the current mode. A line of global configuration typed in a submode leaves the
 * submode (committing it) and is carried out. `no` and `default` are understood.
 * Result: true, and *mode changed perhaps; false with err (the configuration is unchanged).
 * *question (may be NULL) receives a question that must be answered yes before calling again with
 * confirmed = true; then it receives what is to be said when all is done, or NULL.
 */
bool conf_edit_line(
	struct conf_edit *, const char *line, bool confirmed, const char **question, struct err *);
/*
 * One level up, and to EXEC. Both commit what is open; when that is refused (false), the edits of the
 * mode are dropped and it is left all the same.
 */
bool conf_edit_exit(struct conf_edit *, bool *left_config, struct err *);
bool conf_edit_end(struct conf_edit *, struct err *);
void conf_edit_abandon(struct conf_edit *);
bool conf_edit_changed(const struct conf_edit *); /* anything since it was opened? for %SYS-5-CONFIG_I */

/* ---- whole configurations ---- */
/* A finding in a file: place, sentence, code. */
typedef void conf_finding_f(void *arg, const char *file, const struct err *, bool is_error);

/*
 * Loads text over the running configuration. replace: lines that are not in the text are removed.
 * all_or_nothing: one bad line refuses everything (reload, --strict); else good lines count and bad
 * ones are reported (boot), and the answer is true. Accepts what `show running-config` prints around the lines,
 * comments, `no`, `default`, `exit` and `end`.
 */
bool conf_load(struct conf *, const char *file, const char *text, bool replace, bool all_or_nothing,
	conf_finding_f *, void *arg, struct err *);
/* Parses and checks only. */
bool conf_check(struct conf *, const char *file, const char *text, conf_finding_f *, void *arg);
/* As it, and shows `inspect` the configuration that text makes, without the lines that were refused. */
typedef void conf_inspect_f(void *arg, const struct conf_node *root);
bool conf_inspect(
	struct conf *, const char *file, const char *text, conf_finding_f *, conf_inspect_f *, void *arg);
int conf_node_line(const struct conf_node *); /* the line of the file it was read from; 0: typed */

/* From `version` to `end`, `!` between blocks; without "Building configuration..." and the byte count. */
void conf_print_running(struct conf *, struct text *);
void conf_print_node(struct conf *, const struct conf_node *, unsigned indent, struct text *);
bool conf_save(struct conf *, const char *path, struct err *); /* write memory: atomic replace */
const char *conf_startup_path(const struct conf *);
void conf_set_startup_path(struct conf *, const char *);
/* Has anything changed since the startup configuration was read, or saved? */
bool conf_is_unsaved(const struct conf *);
/*
 * Are lines being taken in of which the refused ones are left out (a start, a paste)? Then a check() had
 * better keep a line that names what is missing, and say so, when losing the line would be worse.
 */
bool conf_is_lenient(const struct conf *);

const struct conf_node *conf_root(const struct conf *);
const struct conf_node *conf_find(const struct conf *, const char *key); /* among the global lines */
/* The node's args live as long as ctx, at least: for whoever works with them after the line is gone. */
void conf_node_keep(const void *ctx, const struct conf_node *);
const struct conf_node *conf_child(const struct conf_node *, const char *key);

/* Revision of the running configuration: bumped by every commit. */
struct conf_revision {
	uint64_t number;
	usec wall; /* 0: nothing but the startup configuration was read */
	const char *who;
};
const struct conf_revision *conf_revision(const struct conf *);

#endif
