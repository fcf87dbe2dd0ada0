/*
 * Puts an engine together: every module in order, every table of commands and configuration rows. The
 * daemon, the check of a configuration, the scenarios and the property tests all begin here.
 */
#ifndef EVENTD_SETUP_H
#define EVENTD_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/err.h"

struct secrets;
struct settings;

struct setup {
	struct clock *clock;             /* real or virtual; owned by the caller's ctx */
	const struct settings *settings; /* NULL: the defaults */
	const char *state_dir;           /* NULL: nothing is kept (checks, scenarios) */
	const char *program_dir;         /* NULL: where this program stands */
	const char *startup;             /* path of the startup configuration; NULL: none */
	uint64_t seed;                   /* of random numbers; 0: from the kernel */
	bool is_check;                   /* no effects outside */
	struct secrets *secrets;         /* of a check; taken. NULL: the state directory's, or made */
};

/* The whole engine, its configuration still empty. Freeing it ends everything it started. */
struct engine *engine_new(const void *ctx, const struct setup *, struct err *);

/* Its settings are others (SIGHUP): whoever had taken something of them takes it anew. */
void engine_settings(struct engine *);

#endif
