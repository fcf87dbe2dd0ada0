/*
 * The rows of runs and named counters: pieces of work for store_submit() (the store's thread). They know
 * nothing of policies.
 */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct db;

/*
 * {boot, keep, over: [job], done: [{no, job, status, wall, type, kind, name, detail}], running: [{job, wall, type,
 * kind, name, detail}], counters: {name: value}}: `over` are runs that were told as running and are no more; those
 * that are not among `done` are forgotten. Of the runs that have ended the newest `keep` stay.
 */
bool runs_record(struct db *, const json_t *in, json_t **out, struct err *);

/*
 * Once, at the start: runs of other boots that have no end were interrupted.
 * {boot, keep} -> {interrupted, runs: [{no, job, status, ...}], counters: {name: value}}, oldest first
 */
bool runs_load(struct db *, const json_t *in, json_t **out, struct err *);

#endif
