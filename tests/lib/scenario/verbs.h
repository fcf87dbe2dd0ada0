/* What a statement does: the table of its first words. */
#ifndef SCENARIO_VERBS_H
#define SCENARIO_VERBS_H

#include "script.h"
#include "world.h"

/* False: the scenario has failed, and why was printed. */
bool verb_run(struct world *, const struct statement *);

/* expect ...; expect.c */
bool expect_run(struct world *, const struct statement *);

/* At the end of every scenario: what is configured prints, loads and prints the same. */
bool expect_round_trip(struct world *);

#endif
