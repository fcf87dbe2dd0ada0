/* The files of a scenario: flash: and bootflash: in a directory of its own, removed at its end. */
#ifndef SCENARIO_DISK_H
#define SCENARIO_DISK_H

#include "script.h"
#include "world.h"

/* Gives the engine its prefixes; everything goes when the world is freed. */
void disk_new(struct world *);

/* file "flash:x" { text } */
bool verb_file(struct world *, const struct statement *);
bool verb_kernel(struct world *, const struct statement *);
/* expect file "flash:x" [{ text }], expect no file "flash:x" */
bool expect_file(struct world *, const struct statement *, bool no);

#endif
