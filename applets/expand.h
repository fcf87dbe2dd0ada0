/*
 * Templates: action arguments that are substituted. At commit an argument becomes a list of pieces,
 * literals with their escapes worked off (rulings 1: \\ \" \$ \n \t \r) and variables by symbol; at
 * run time run_expand() joins them once, left to right. What a variable brings in is never processed
 * again.
 *
 * An action declares such an argument with the types below; the compiler finds them by their type and
 * compiles them, so that exec() just calls run_expand():
 *
 *   struct puts_args { struct kw_flag nonewline; struct kw_template text; };
 *   { .help = "Text to print", .type = &kw_template, KW_AT(struct puts_args, text), .flags = KW_REQ }
 */
#ifndef APPLETS_EXPAND_H
#define APPLETS_EXPAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/vars.h"
#include "cli/kw/kw.h"
#include "sched/run.h"

struct template_piece {
	const char *s; /* literal bytes, or the variable's name */
	size_t n;
	uint32_t symbol;
	bool is_variable;
};

struct template
{
	struct template_piece *pieces;
	uint32_t n;
	bool is_literal;  /* no variable in it: `text` is the whole */
	bool is_number;   /* a literal integer */
	bool is_variable; /* one variable, and nothing else */
	union {
		struct {
			const char *text;
			size_t len;
			int64_t number;
		};
		struct variable variable;
	};
};

/* Values. Both begin as struct kw_str does, and print as it does. */
struct kw_template {
	bool set;
	bool quoted;
	const char *s;
	const struct template *t; /* NULL until compiled */
};
struct kw_variable {
	bool set;
	bool quoted;
	const char *s;
	struct variable v;
};

/* The types have the names of their values. */
extern const struct kw_type kw_template;       /* one argument; prints quoted */
extern const struct kw_type kw_template_regex; /* as it, a regular expression */
extern const struct kw_type kw_operand;        /* struct kw_template: one argument; prints as typed */
extern const struct kw_type kw_variable; /* a target; a leading `$` is dropped; prints as typed, without it */
/* struct kw_template: the rest of the line; unquoted words joined by single blanks; prints quoted. */
extern const struct kw_type kw_template_rest;

/* The typed text (escapes untouched) as a template, packed in ctx. `symbol_of(arg, name, n)` numbers the variables. */
struct template *template_new(const void *ctx, const char *typed,
	uint32_t (*symbol_of)(void *arg, const char *name, size_t n), void *arg);

/* A text without escapes and variables (it may hold NULs): the arguments of scripts. */
struct template *template_literal(const void *ctx, const char *s, size_t n);

/*
 * The text, NUL-terminated, valid until the action returns. NULL when a variable does not exist: the
 * step has failed (FH_EMEMORY, %HA_EM-3-FMPD_UNKNOWN_ENV), so `return STEP_FAIL`. With len NULL a NUL in a value
 * reads \x00, for the caller takes it as a string.
 */
const char *run_expand(struct run *, const struct kw_template *, size_t *len);
/* As it, but an argument that was not given, and a variable that does not exist, read as "". */
const char *run_expand_or_empty(struct run *, const struct kw_template *, size_t *len);
/* IS_MISSING: as run_expand() NULL, the step has failed. */
enum number run_expand_read_int(struct run *, const struct kw_template *, int64_t *out);

static inline enum number
run_expand_int(struct run *r, const struct kw_template *arg, int64_t *out)
{
	const struct template *t = arg->t;

	if (t != NULL && t->is_number) {
		*out = t->number;
		return IS_NUMBER;
	}
	if (t != NULL && t->is_variable && value_own(r, t->variable.symbol) != NULL)
		return run_var_int(r, &t->variable, out);
	return run_expand_read_int(r, arg, out);
}

/*
 * Piece by piece, for those who treat literal and foreign text differently (`cli command`, rulings 3).
 * False as run_expand() NULL.
 */
bool run_expand_pieces(struct run *, const struct kw_template *,
	void (*f)(void *arg, const char *s, size_t n, bool is_variable), void *arg);

/* Replaces $name by environment variables, escapes untouched (registration, 3.5). False: unknown name. */
bool expand_environment(const void *ctx, struct engine *, const char *s, char **out, struct err *);

/* An operand of an arithmetic action or a comparison. */
bool parse_integer(const char *s, size_t n, int64_t *out);

#endif
