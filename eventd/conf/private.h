/*
 * Private to conf/: lines, nodes, modes, candidates. A line is what was typed, parsed once and then
 * shared by every version of the configuration that holds it; a node is its place in one version.
 */
#ifndef CONF_PRIVATE_H
#define CONF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/text.h"

struct line {
	unsigned refs;
	const struct conf_row *row;
	void *args;
	const char *key;
	const char *text;  /* canonical, `no ` included */
	const char *place; /* of sorted rows: what they are sorted by */
	struct text *raw;  /* the raw lines behind it, blanks around them left out; NULL: none */
	struct line *base; /* owner of values that were kept when the line was entered again */
	bool no;
};

struct index;

struct node {
	struct conf_node pub; /* first: the two are cast into each other */
	struct line *line;
	size_t count;        /* of the children */
	struct index *index; /* children by key, once they are many */
	struct node *recent; /* child added last: the next one often stands behind it */
	int file_line;       /* where it was read, for findings; 0: typed */
};

struct mode {
	const char *name;
	const struct conf_mode *def;
	struct kw_tree *tree;
	conf_hint_f *hints[8]; /* what is known of lines it refuses; NULL ends */
};

struct conf {
	struct engine *engine;
	struct mode **mode;
	size_t modes;
	struct node *root;
	uint64_t seq;
	struct conf_revision revision;
	const char *startup;
	bool is_unsaved; /* changed since it was read from there, or saved there */
	bool is_lenient; /* during a commit: refused lines are left out */
};

/* ---- line.c ---- */
/* A parsed line with one reference, not yet adopted. `no`: for a keep_no row, its kept negation. */
struct line *line_new(struct conf *, const struct kw_parsed *, bool no);
/* Calls adopt() and fixes key and canonical text. */
bool line_finish(struct conf *, struct line *, struct err *);
/* One more raw line behind it. */
void line_add_raw(struct line *, const char *text);
bool line_equal(const struct line *, const struct line *);
struct line *line_ref(struct line *);
void line_unref(struct line *);
/* Options of `old` that `line` does not repeat are kept: gives back `line`, or `old` if nothing changed. */
struct line *line_merge(struct conf *, struct line *line, struct line *old);

/* ---- node.c ---- */
struct node *node_new(struct conf *, struct line *line); /* takes the reference; NULL: a root */
void node_free(struct node *);                           /* with its children; not linked */
struct node *node_copy(struct conf *, const struct node *);
void node_add(struct node *parent, struct node *);
void node_remove(struct node *);
struct node *node_find(const struct node *parent, const char *key);
bool node_equal(const struct node *, const struct node *);
/* Gives `node` another line, keeping its children and its place among lines without order. */
void node_set_line(struct node *, struct line *);

static inline struct node *
node_of(const struct conf_node *n)
{
	return (struct node *)(uintptr_t)n;
}
static inline struct node *
first_of(const struct node *n)
{
	return node_of(n->pub.first);
}
static inline struct node *
next_of(const struct node *n)
{
	return node_of(n->pub.next);
}

/* ---- conf.c ---- */
/* The mode that a node's lines are typed in. */
struct mode *mode_below(struct conf *, const struct node *);

/* ---- candidate.c: lines typed over the running configuration, not yet committed ---- */
struct candidate {
	struct conf *conf;
	bool replace;      /* nothing of the running configuration is carried over */
	struct node *root; /* global lines touched, each with its whole subtree */
	struct node *gone; /* global lines to be removed */
	struct node *at;   /* of the open mode; root in global configuration */
	struct line *body; /* a line whose raw lines are being read */
	int file_line;     /* of the line being typed; 0: none */
};

/* What a line means, and where. */
struct meaning {
	struct line *line; /* key and args; of a removal only the key counts */
	struct node *at;   /* where it belongs: the open mode, or one above */
	bool remove;
	bool some; /* it removes the lines that its row's covers() says */
};

struct candidate *candidate_new(struct conf *, bool replace);
void candidate_free(struct candidate *);
void candidate_clear(struct candidate *); /* drops all edits and goes to global configuration */
/*
 * Understands a line (not a body line) without changing anything. `global_first`: a line that is
 * good in global configuration is meant there, whatever mode is open.
 */
bool candidate_read(struct candidate *, const char *text, bool global_first, struct meaning *, struct err *);
/* The line that a removal would take away, or NULL. */
const struct node *candidate_victim(const struct candidate *, const struct meaning *);
/* Carries it out; takes the meaning's line. */
bool candidate_do(struct candidate *, struct meaning *, struct err *);
bool candidate_body(struct candidate *, const char *text, struct err *);
void candidate_up(struct candidate *); /* one mode up */
/* The global line with this key, brought in from the running configuration; NULL: there is none. */
struct node *candidate_top(struct candidate *, const char *key);

/* ---- companion.c ---- */
/* Brings in and takes away what rows name as their companions: the last thing before a commit. */
void candidate_companions(struct candidate *);

/* ---- commit.c ---- */
enum {
	COMMIT_DRY = 1,     /* check only */
	COMMIT_LENIENT = 2, /* what is refused is left out and reported, the rest counts */
};

struct commit {
	unsigned flags;
	const char *who, *file;
	conf_finding_f *finding; /* may be NULL */
	void *arg;
	conf_inspect_f *inspect; /* with COMMIT_DRY: sees what was checked; may be NULL */
	size_t changes;          /* carried out */
};

/*
 * Commits all of the candidate and empties it; its open mode is closed. Without COMMIT_LENIENT it
 * is all or nothing.
 */
bool commit_candidate(struct candidate *, struct commit *, struct err *);

#endif
