/*
 * From the lines of an applet to a program: sorts by label, finds blocks and jump targets, compiles
 * templates, lets each action check itself.
 */
#ifndef APPLETS_COMPILE_H
#define APPLETS_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/vars.h"
#include "core/engine.h"
#include "core/err.h"
#include "sched/run.h"

struct action;
struct conf_node;

/* What an action's check() gets. */
struct compile {
	struct engine *engine;
	struct program *program; /* also the memory context for what check() makes */
	const char *applet;
	const char *label;
	uint32_t at;  /* index of the step */
	bool by_name; /* a script's call: variables have no symbols, PROGRAM_NOWHERE stands for them */
};

/* A variable that the action sets or reads by its own: "_result". The name is copied. */
struct variable compile_variable(struct compile *, const char *name);

/* One line: what compile_program() reads. Lines come in any order. */
struct compile_line {
	const char *label;
	const struct action *action;
	void *args;                   /* owned by program or something older */
	const struct conf_node *node; /* where it was configured, during the compilation */
};

/*
 * Sorts `lines` in place and fills the program. False: the structure is wrong; err->text is what
 * follows `%HA_EM-6-FMPD_EEM_CONFIG: NAME: `.
 */
bool compile_program(struct engine *, struct program *, struct compile_line *lines, size_t n, struct err *);

/*
 * Would this line compile by itself? For a line that is being typed: templates and the action's own
 * check(), on a copy of its args; blocks and jump targets are the business of the whole.
 */
bool compile_line_check(struct engine *, const struct compile_line *, struct err *);

/* Labels compare as byte strings (8.1). */
int label_compare(const char *a, const char *b);

#endif
