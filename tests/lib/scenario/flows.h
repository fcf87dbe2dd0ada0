/* The flows that flow monitors see in a scenario. */
#ifndef SCENARIO_FLOWS_H
#define SCENARIO_FLOWS_H

#include "script.h"
#include "world.h"

/* Monitors open nothing. */
void flows_of_scenario(struct world *);

/*
 * flow M seen tcp 10.0.0.1:1024 10.0.0.2:80 bytes=100 packets=2 app=http tos=0 flags=2 in=1 out=2
 * A record of a flow for the monitor M; `total`: its counters are those since it began; `ended` instead of
 * `seen`: the last record.
 */
bool verb_flow(struct world *, const struct statement *);

#endif
