/*
 * Inside applets/check/: the configuration as the lints see it, and how they tell. Each family of lints
 * is one file with one function, named in check.c. They read the tables of actions and detectors, and
 * know few of them by name.
 */
#ifndef APPLETS_CHECK_PRIVATE_H
#define APPLETS_CHECK_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "applets/action.h"
#include "applets/check/check.h"
#include "applets/compile.h"
#include "applets/rows.h"
#include "bus/detector.h"
#include "conf/conf.h"

/* ORDER: lints[] */
enum lint_id {
	LINT_ACL_UNKNOWN,
	LINT_APPLET_EMPTY,
	LINT_BLOCK_OPEN,
	LINT_BLOCK_STRAY,
	LINT_BREAK_NO_LOOP,
	LINT_CAPTURE_UNKNOWN,
	LINT_CLASS_MAP_UNKNOWN,
	LINT_CLASS_THREADS,
	LINT_CLI_ANYWHERE,
	LINT_CLI_DEVICE,
	LINT_CLI_SHOWN,
	LINT_DANE_ROUTE,
	LINT_DEFAULT_NOBODY,
	LINT_ENV_UNUSED,
	LINT_EVENT_INVALID,
	LINT_FLOW_UNKNOWN,
	LINT_GOTO_LABEL,
	LINT_IPSLA_ALERTS,
	LINT_IPSLA_UNKNOWN,
	LINT_LABEL_ORDER,
	LINT_LOOP_ENDLESS,
	LINT_MAIL_465,
	LINT_MAIL_CLEAR,
	LINT_MAIL_CREDENTIAL,
	LINT_MAIL_QUOTES,
	LINT_MAIL_UNDEFINED,
	LINT_MAIL_USEDNS,
	LINT_MAXRUN_SHORT,
	LINT_PATTERN_GREEDY,
	LINT_PATTERN_LONGEST,
	LINT_PATTERN_NEVER,
	LINT_PATTERN_RUNAWAY,
	LINT_POLICY_UNKNOWN,
	LINT_QUOTES,
	LINT_RESOURCE_UNKNOWN,
	LINT_SHADOWED,
	LINT_STS_DEFAULT,
	LINT_STS_ROUTE,
	LINT_TIMER_NEVER,
	LINT_TRACK_UNKNOWN,
	LINT_TRUST_NONE,
	LINT_TRUST_UNKNOWN,
	LINT_UNREACHABLE,
	LINT_VAR_OTHER_EVENT,
	LINT_VAR_READ_ONLY,
	LINT_VAR_UNKNOWN,
	LINT_VAR_UNSET,
	LINTS
};

struct check_event {
	const struct conf_node *node;
	const struct detector *detector;
	const void *args; /* as typed: $variables are not replaced */
	const char *tag;  /* "" without one */
};

/* An applet; its lines are in the order in which they run, as the steps of its program. */
struct check_applet {
	const struct conf_node *node;
	const char *name;
	struct check_event *events;
	size_t nevents;
	struct compile_line *lines;
	size_t n;
	struct program *program;
	bool has_structure; /* blocks and labels are good: steps[] have their targets */
};

/* `event manager environment NAME`. */
struct check_variable {
	const char *name, *value; /* a password in it is sealed */
	const struct conf_node *node;
	bool is_used;
	UT_hash_handle hh;
};

struct check {
	struct engine *engine;
	const struct conf_node *root;
	struct check_applet *applets;
	size_t n;
	struct check_variable *environment; /* by name, in order of definition */
	struct check_variable *made;        /* that some applet makes through its CLI session */
	bool makes_any;                     /* ... under a name that is not known before it runs */
	void *findings;                     /* check.c */
};

/* ---- telling ---- */
/* As the word of a finding: the label of its line. */
extern const char check_label[];
/*
 * `word` is the argument (as typed, without quotes), or "$name", that the finding is about; NULL: the line.
 * `fix` NULL: the table's. The applet may be NULL.
 */
void check_tell(struct check *, enum lint_id, const struct check_applet *, const struct conf_node *,
	const char *word, const char *fix, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* As it, of a place in the settings; `text` is shown for it, and `word` is the part of it that is meant. */
void check_tell_setting(struct check *, enum lint_id, const struct setting_place *, const char *text,
	const char *word, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ---- place.c ---- */
/* The column of the word in the line, 1-based; that of the first word when it is not found. */
int place_column(const char *line, const char *word, bool has_label);

/* ---- arguments.c: what a table of arguments holds, whatever it is a table of ---- */
typedef void argument_f(void *arg, const struct kw *row, const void *value);
void arguments_each(const struct kw *, const void *args, argument_f *, void *arg);
/* The value of the row with this word, where it is set; NULL else. */
const void *argument(const struct kw *, const void *args, const char *word);
/* The word that was chosen there; NULL when the row is not set. */
const char *argument_choice(const struct kw *, const void *args, const char *word);
/* The text of a value that has one, as typed; NULL else. */
const char *argument_text(const struct kw *row, const void *value);
/* The arguments of a line outside of applets that hold a list; NULL when it has none. */
const struct kw_list *argument_list(const struct kw *, const void *args);
/* Calls `f` for each identifier in the text. */
void identifiers_each(const char *text, void (*f)(void *arg, const char *name, size_t n), void *arg);

/* ---- flow.c: which step may follow which ---- */
enum { ARRIVALS = ARRIVE_GOTO + 1 };
struct flow {
	const struct check_applet *applet;
	bool *seen; /* ARRIVALS for each step, and for the end behind the last one */
};
struct flow *flow_new(const void *ctx, const struct check_applet *);
/* Marks all that may run when control comes to this step so. */
void flow_from(struct flow *, uint32_t step, enum arrival);
/* As it, with what follows the step, however control came there. */
void flow_behind(struct flow *, uint32_t step);
bool flow_reaches(const struct flow *, uint32_t step);
bool flow_opens(const struct compile_line *);

/* ---- the families ---- */
void check_blocks(struct check *, const struct check_applet *);
void check_labels(struct check *, const struct check_applet *);
void check_flow(struct check *, const struct check_applet *);
void check_variables(struct check *, const struct check_applet *);
void check_patterns(struct check *, const struct check_applet *);
void check_mail(struct check *, const struct check_applet *);
void check_names(struct check *, const struct check_applet *);
void check_outside(struct check *, const struct check_applet *);
void check_shadows(struct check *, const char *applet); /* NULL: all */
void check_line_names(struct check *);
void check_destinations(struct check *);
void check_settings(struct check *);
void check_listeners(struct check *);
void check_class_maps(struct check *);

/* ---- commands of `action L cli` ---- */
/* As typed, up to its first variable or line end, in ctx; NULL: the line types none. */
const char *check_command(const void *ctx, const struct compile_line *);
/* Is it the word, or an abbreviation of two letters or more? */
bool check_is_word(const char *typed, const char *word);
void check_capture_command(
	struct check *, const struct check_applet *, const struct conf_node *, const char *command);
void check_run_command(
	struct check *, const struct check_applet *, const struct conf_node *, const char *command);
/* Does some applet type `monitor capture NAME ...`? */
bool check_makes_capture(const struct check *, const char *name);

/* ---- names.c ---- */
/* Is there a line "WORDS NAME" at the top of the configuration? */
bool check_is_configured(const struct check *, const char *words, const char *name);

/* ---- environment.c ---- */
void check_environment(struct check *);
void forget_environment(struct check *); /* what it lent to the engine */
const struct check_variable *check_variable(const struct check *, const char *name);
/* The value of a template under the configured environment; NULL where it cannot be told. In ctx. */
char *check_expand(const struct check *, const void *ctx, const struct template *);

#endif
