/* The configuration of interfaces: `interface NAME` and what can be set there (IOS config-if). */
#ifndef DETECT_INTERFACE_ROWS_H
#define DETECT_INTERFACE_ROWS_H

#include "core/engine.h"

/* Needs conf of the engine; makes its load_intervals. */
void interface_rows(struct engine *);

#endif
