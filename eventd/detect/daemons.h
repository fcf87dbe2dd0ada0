/* The detectors that read what other daemons of this device tell. Engine thread. */
#ifndef DETECT_DAEMONS_H
#define DETECT_DAEMONS_H

#include <stdbool.h>

struct engine;

/*
 * Those that have something to read without any statement begin with it. Once more when the settings are others: what
 * is read elsewhere now is left, and what has not changed goes on.
 */
void daemon_detectors_come(struct engine *);

/* Is this a daemon itself? Checks and scenarios touch no sockets of the machine. */
bool daemons_are_read(const struct engine *);

/* ---- for daemons.c ---- */
void rf_come(struct engine *);
void routing_neighbor_come(struct engine *);
void neighbor_discovery_come(struct engine *);
void identity_come(struct engine *);

#endif
