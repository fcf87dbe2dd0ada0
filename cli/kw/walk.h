/*
 * Private to cli/kw: the lexer, the tree of command words, and the walker that parser, `?` and
 * completion share. A walk reads a line word by word; its place is a node of the tree, or a stack
 * of frames, one for each keyword table it is inside of.
 */
#ifndef CLI_KW_WALK_H
#define CLI_KW_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/kw/kw.h"

/* ---- lex.c ---- */
/* The next word at *pos; moves *pos behind it. The text of `t` is not set. False at the end. */
bool lex_next(const char *line, size_t *pos, struct kw_token *t);
/* Copies the text of a word into `out`, of at least (end - start) + 2 bytes. */
void lex_copy(const char *line, const struct kw_token *t, char *out);
/* Does the word begin with a quotation mark of a word processor? */
bool lex_is_typographic(const char *word);
/* Must this text stand in quotes to be read back as one word? */
bool lex_needs_quotes(const char *text);
/* The text of an unquoted word as it stands between quotes. */
char *lex_as_quoted(const void *ctx, const char *word);
bool word_is(const char *word, const char *s, size_t n); /* equal but for case */

/* ---- tree.c ---- */
struct kw_node {
	const char *word;
	const char *help;
	const struct kw_cmd *cmd; /* of the command that ends here, or NULL */
	unsigned level;           /* the least level of the commands from here on */
	bool hidden;              /* all commands from here on are hidden */
	const char *absent;       /* why there is no such command; NULL: there is */
	struct kw_node **child;   /* sorted by word */
	size_t n, cap;
};

struct kw_tree {
	const char *name;
	struct kw_node root;
	const struct kw_cmd **cmd; /* in order of registration */
	size_t n, cap;
	const char *twice; /* words of a command that was added twice */
};

/* First child whose word is not before the n bytes of s, ignoring case. */
size_t node_seek(const struct kw_node *, const char *s, size_t n);

/* ---- rows ---- */
static inline bool
row_is_end(const struct kw *row)
{
	return row->word == NULL && row->help == NULL;
}

static inline bool
row_is_seq(const struct kw *row)
{
	return row->word == NULL || (row->flags & KW_SEQ) != 0;
}

/* Every value begins with its presence mark. */
static inline bool
row_is_set(const struct kw *row, const void *args)
{
	return args != NULL && *(const bool *)((const char *)args + row->at);
}

size_t row_size(const struct kw *row); /* of its value */
/* Is this row the one that is set? Rows of sub-tables of their own may share a place. */
bool row_is_mine(const struct kw *row, const void *args);
/* Is this row, or one of its group, set? */
bool row_is_satisfied(const struct kw *rows, const struct kw *row, const void *args);
/* The first KW_REQ row that is missing, or NULL. */
const struct kw *rows_missing(const struct kw *rows, const void *args);

/* An option of any order, with nothing behind its value. */
static inline bool
row_is_loose(const struct kw *row)
{
	return !row_is_seq(row) && row->sub == NULL && row->sub_size == 0;
}

/* ---- walk.c ---- */
enum { WALK_DEPTH = 16 };

struct frame {
	const struct kw *rows;
	char *args;   /* NULL until a row was read */
	void *owner;  /* of the values in them: the args of the command, or of a sub-table of its own */
	size_t seq;   /* first row with a place that may still come */
	bool options; /* a row without a place was read: those with one are over */
};

struct walk {
	const struct kw_tree *tree;
	const char *line;
	size_t pos, word; /* behind what was read; where the word under the hand begins */
	unsigned level;
	const struct kw_node *node; /* of the last fixed word */
	bool in_tree;               /* no row was read yet: words of the tree may follow */
	struct frame frame[WALK_DEPTH];
	size_t depth; /* 0: no command ends at the node */
	void *ctx;    /* of the values */
	void *args;
	const struct kw *pending; /* a keyword was read and its value is missing */
	const struct kw *rest;    /* the last value took the rest of the line */
	const struct kw *refused; /* the row whose value was wrong */
	struct text *expanded;    /* may be NULL */
	char small[512], *text;   /* of the word under the hand */
};

/* What a word may be here. */
struct choice {
	const struct kw_node *node; /* a word of the tree, or */
	const struct kw *row;       /* a row of this frame */
	size_t frame;
};

/* Everything acceptable that a word could be. */
enum { LOOK_BARE = 8 };

struct look {
	const char *s;
	size_t n;
	bool quoted;
	struct choice exact, prefix, legacy; /* legacy: a hidden one that begins so */
	bool is_exact, is_prefix, is_legacy, is_ambiguous;
	struct choice bare[LOOK_BARE], hidden_bare[LOOK_BARE];
	size_t nbare, nhidden;
};

enum walk_result { WALK_READ, WALK_END, WALK_ERROR };

void walk_start(struct walk *, void *ctx, const struct kw_tree *, const char *line, unsigned level);
enum walk_result walk_step(struct walk *, struct err *);
/* Makes the args exist, once a command is known. */
void walk_args(struct walk *);
/* Everything read so far could end here. */
bool walk_is_complete(const struct walk *);
/* False with IOS's sentence when it could not. */
bool walk_finish(struct walk *, struct err *);

/* ---- accept.c ---- */
/* Calls f for everything acceptable here, innermost frame first. */
void walk_each(const struct walk *, void (*f)(void *arg, const struct choice *), void *arg);
void walk_look(const struct walk *, const char *s, size_t n, bool quoted, struct look *);
const char *choice_word(const struct choice *); /* NULL: a bare value */
bool choice_is_hidden(const struct choice *);
/* Is a KW_KEY row still to come? `required`: one that must. */
bool walk_wants_key(const struct walk *, bool required);

/* ---- word_list.c: words in a hint; those that do not fit are counted ---- */
struct word_list {
	struct text out;
	size_t more; /* words left out */
};
void word_list_init(struct word_list *, const void *ctx);
void word_list_add(struct word_list *, const char *word);
const char *word_list_end(struct word_list *); /* "a, b and 3 more" */

/* ---- refuse.c: all return false ---- */
/* Turns what the type said of a value into IOS's sentence and a hint. */
bool refuse_value(struct walk *, const struct kw *row, const struct kw_token *, struct err *);
bool refuse_absent(const struct kw_node *, const struct kw_token *, struct err *);
bool refuse_word(const struct walk *, const struct kw_token *, struct err *);
bool refuse_ambiguous(const struct walk *, const struct look *, const struct kw_token *, struct err *);

#endif
