/*
 * The keyword table: one declaration per command. A table of rows says how the words behind a
 * command are read, helped with, completed, printed canonically, compared and sampled at random.
 * EXEC commands, configuration lines, event specifications, action arguments: all are such tables.
 *
 *   struct wait_args { struct kw_str seconds; };
 *   static const struct kw wait_kw[] = {
 *       { .help = "Seconds to wait", .type = &kw_string, KW_AT(struct wait_args, seconds), .flags = KW_REQ },
 *       KW_END
 *   };
 *
 * How a table is read. Rows stand in canonical order.
 *  - A row with a word is an option: the word, then its value when it has a type, then its sub-table.
 *  - A row without a word is a bare value.
 *  - KW_SEQ rows have a fixed place: all KW_SEQ rows and bare values are read in the order of the
 *    table, each at most once; one that is not KW_REQ may be left out. Rows without KW_SEQ come
 *    behind them in any order, each at most once.
 *  - Rows with the same `.group` (> 0) exclude each other; when one of them is KW_REQ, one must come.
 *  - After a row's sub-table is complete, rows of the parent are accepted again (and offered by `?`);
 *    the parent's options without a sub-table already when the placed rows of the sub-table are there.
 *  - An exact keyword beats a bare value, an abbreviation does not (but that of a KW_HIDDEN row), a
 *    quoted word is never a keyword.
 *  - An optional bare value that cannot be read as its type is passed over.
 *  - Rows may share one place in the args: synonyms that set the same value, of which all but one
 *    are KW_HIDDEN, or alternatives with sub-tables of their own (struct kw_sub tells which; of
 *    synonyms with one sub-table, the one that is printed).
 *  - Abbreviations: any prefix that only one acceptable keyword has; case does not matter.
 *
 * Values are small structs that begin with `bool set` (the presence mark: "configured and equal to
 * the default" differs from "not configured"). Strings hold the text between the quotes as typed,
 * escapes untouched (they are worked off where the text is used), so that printing it between
 * quotes gives the same text back.
 */
#ifndef CLI_KW_KW_H
#define CLI_KW_KW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/text.h"

struct rng;
struct kw;

/* ---- values ---- */
struct kw_flag {
	bool set;
};
struct kw_int {
	bool set;
	int64_t v;
};
struct kw_time {
	bool set;
	usec v;
}; /* sec[.msec] */
struct kw_str {
	bool set;
	bool quoted;
	const char *s;
}; /* NUL-terminated, owned by the args */
struct kw_enum {
	bool set;
	int v;
}; /* of kw_choice.value */
struct kw_sub {
	bool set;
	const struct kw *row;
	void *args;
}; /* see kw.sub_size */

/* One word of a line. `text` is what stands between quotes, or the word. */
struct kw_token {
	const char *text;
	size_t start, end; /* byte offsets in the line, quotes included */
	bool quoted;
	bool guard; /* quoted, and a keyword here if it were not */
};

struct kw_type {
	const char *param; /* how `?` shows it: "WORD", "A.B.C.D|X:X:X:X::X"; NULL: made by help() */
	const char *name;  /* for manuals */
	size_t size;       /* of the value struct */
	bool rest;         /* takes the rest of the line as one token, quotes and all */
	bool join;         /* takes one quoted argument, or all words to the end joined with single blanks */
	bool glue;         /* letters and a word behind them that begins with a digit are one: "Gi 0/1" */
	/*
	 * Allocates in ctx. When it refuses, err says why: ERR_RANGE with a noun phrase of what is
	 * taken ("a number from 1 to 32"), ERR_INVALID with a whole sentence; both become the hint
	 * behind IOS's sentence. Any other code keeps its text.
	 */
	bool (*parse)(
		const void *ctx, const struct kw *row, const struct kw_token *, void *dst, struct err *);
	void (*print)(const struct kw *row, const void *src, struct text *);
	bool (*equal)(const void *a, const void *b);
	void (*help)(const struct kw *row, struct text *);                 /* "<1-65535>" */
	void (*sample)(const struct kw *row, struct rng *, struct text *); /* a valid value as typed */
};

/* Built-in types. Others may be declared beside the commands that need them. */
extern const struct kw_type kw_number;  /* struct kw_int, min..max */
extern const struct kw_type kw_seconds; /* struct kw_time, min..max in usec; prints S or S.mmm (rulings 7) */
extern const struct kw_type kw_word;    /* struct kw_str; prints bare, quoted when it must be */
extern const struct kw_type kw_string;  /* struct kw_str; one argument, prints quoted always */
extern const struct kw_type kw_line;    /* struct kw_str; rest of the line verbatim */
extern const struct kw_type
	kw_text; /* struct kw_str; rest of the line, quotes around all of it stripped; prints as typed */
extern const struct kw_type
	kw_words; /* struct kw_str; one quoted argument, or unquoted words to the end; prints quoted always */
extern const struct kw_type kw_choice;  /* struct kw_enum; one of .choices */
extern const struct kw_type kw_ip;      /* struct kw_str; IPv4 or IPv6 address */
extern const struct kw_type kw_prefix;  /* struct kw_str; PREFIX/LEN, IPv4 or IPv6 */
extern const struct kw_type kw_ifname;  /* struct kw_str; interface name, any case kept, "Gi 0/1" too */
extern const struct kw_type kw_pattern; /* struct kw_str; regular expression, checked; prints quoted */

/* Of kw_word and kw_string, for types that take a struct kw_str in a way of their own. */
bool kw_word_parse(const void *ctx, const struct kw *, const struct kw_token *, void *dst, struct err *);
void kw_word_print(const struct kw *, const void *src, struct text *);
bool kw_string_parse(const void *ctx, const struct kw *, const struct kw_token *, void *dst, struct err *);
void kw_string_print(const struct kw *, const void *src, struct text *);
void kw_string_sample(const struct kw *, struct rng *, struct text *);
bool kw_str_equal(const void *a, const void *b); /* the same text */

struct kw_alternative {
	const char *word, *help; /* ends with a NULL word */
	int value;
	bool hidden; /* accepted, not offered, printed as the first visible one of its value */
};

/* ---- rows ---- */
enum {
	KW_REQ = 1 << 0,        /* must be there */
	KW_SEQ = 1 << 1,        /* has its place (implied for bare values) */
	KW_HIDDEN = 1 << 2,     /* legacy input: accepted, never offered or printed */
	KW_KEY = 1 << 3,        /* part of what identifies a configuration line (conf/row.h) */
	KW_SECRET = 1 << 4,     /* never printed in help, traces or history of commands */
	KW_MANY = 1 << 5,       /* a bare value that may repeat: struct kw_list at .at */
	KW_PRINT_DFLT = 1 << 6, /* print although equal to the default */
};

struct kw_list {
	bool set;
	size_t n;
	const char **v;
	bool *quoted;
};

struct kw {
	const char *word; /* NULL: a bare value */
	const char *help;
	const struct kw_type *type; /* NULL: a flag (struct kw_flag) */
	size_t at;                  /* offset of the value in the args */
	unsigned flags;
	unsigned group;
	int64_t min, max; /* of numbers and times; 0,0 = no limits */
	int64_t dflt;     /* a value equal to it is not printed when has_dflt */
	bool has_dflt;
	const struct kw_alternative *choices;
	const struct kw *sub; /* rows that follow this row's word and value */
	size_t sub_size;      /* > 0: the sub-table's values live in an object of their own of
	                                this size; at .at stands a struct kw_sub that points to it */
	const char *param;    /* how `?` shows the value, instead of the type's */
	const void *owner;    /* whatever the module wants to find again (a detector, an action) */
};

#define KW_AT(type_, field_) .at = offsetof(type_, field_)
#define KW_END                             \
	{                                  \
		.word = NULL, .help = NULL \
	}

/* ---- commands and trees ---- */
struct kw_cmd {
	const char *words;   /* "show event manager policy registered"; the path of fixed words; "": the
	                        line begins with the table (entries of access lists) */
	const char *help;    /* of the last word */
	const struct kw *kw; /* what follows; NULL = nothing */
	size_t size;         /* of the args struct */
	unsigned level;      /* privilege 0-15 needed; unknown below it */
	bool hidden;
	const void *owner;
};

struct kw_tree;

struct kw_tree *kw_tree_new(const void *ctx, const char *name);
void kw_tree_add(struct kw_tree *, const struct kw_cmd *);
/* Help of a word that no command ends at: kw_tree_word(t, "show event", "Embedded event manager"). */
void kw_tree_word(struct kw_tree *, const char *path, const char *help);
/* A command of IOS that is not here: `words`, and all behind them, are refused with the reason. */
struct kw_absent {
	const char *words;
	const char *why; /* a sentence */
};
void kw_tree_absent(struct kw_tree *, const struct kw_absent *, size_t n); /* rows outlive the tree */
void kw_tree_each(const struct kw_tree *, void (*f)(void *arg, const struct kw_cmd *), void *arg);

struct kw_parsed {
	const struct kw_cmd *cmd;
	void *args;           /* cmd->size bytes, zeroed then filled; owned by ctx */
	const char *expanded; /* the line with every keyword written out, for `event cli` */
};

enum {
	KW_PARSE_KEY = 1 << 0, /* for `no`: stop after the KW_KEY values, ignore the rest */
};

/*
 * On failure err->code is ERR_INVALID, ERR_AMBIGUOUS or ERR_INCOMPLETE (or ERR_RANGE for a value),
 * err->column the 1-based byte of the offending word, err->text IOS's sentence without "% ", and
 * err->hint what would be right ("'occurs' takes a number from 1 to 32", "did you mean ...").
 */
bool kw_parse(const void *ctx, const struct kw_tree *, const char *line, unsigned level, unsigned flags,
	struct kw_parsed *, struct err *);

/* Appends the line with every keyword that can be understood written out, the rest as typed. */
void kw_expand(const struct kw_tree *, const char *line, unsigned level, struct text *out);

/*
 * `?` at the end of `line` (the '?' itself not included). Behind a blank: the words and values that
 * may come next, with help, `<cr>` last when the line is complete. Else: the words that begin so.
 * False when the words before do not parse (err as kw_parse()).
 */
struct kw_offer {
	const char *word;
	const char *help;
	bool is_value;
};
bool kw_offers(const void *ctx, const struct kw_tree *, const char *line, unsigned level,
	struct kw_offer **offers, size_t *n, struct err *);
/* How kw_help() shows offers: one a line with help, or the words alone in columns. */
void kw_print_offers(const struct kw_offer *, size_t n, bool columns, struct text *out);
void kw_help(const struct kw_tree *, const char *line, unsigned level, struct text *out);

/* Tab: the rest of the last word and a blank when it is unique, else nothing. */
void kw_complete(const struct kw_tree *, const char *line, unsigned level, struct text *out);

/* The canonical line of parsed args, without a newline. */
void kw_print(const struct kw_cmd *, const void *args, struct text *);
void kw_print_rows(const struct kw *, const void *args, struct text *); /* each row with a blank before it */
/* The same as `show event manager` has it: times always with three decimals (rulings 7). */
void kw_print_shown(const struct kw *, const void *args, struct text *);
/* The words and KW_KEY values only: what identifies the line. */
void kw_print_key(const struct kw_cmd *, const void *args, struct text *);
bool kw_equal(const struct kw *, const void *a, const void *b);
/* Values that are set in `from` and not in `args` are taken over; texts stay owned by `from`. */
void kw_keep(const struct kw *, void *args, const void *from);

/* Static self-checks of every command: unique words, help everywhere, defaults inside limits, ... */
bool kw_check(const struct kw_tree *, struct err *);

/* A random valid line of the command, as a user might type it (any order, abbreviations). */
void kw_sample(const struct kw_cmd *, struct rng *, struct text *);

/* Splits a line as the parser does; for those few who need raw words. */
size_t kw_split(const void *ctx, const char *line, struct kw_token **tokens);

#endif
