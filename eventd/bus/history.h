/*
 * The last runs, for `show event manager history events`: a ring of 0 to 50 entries
 * (`event manager history size events N`, default 10). The last traps are kept in another one.
 * Engine thread only.
 */
#ifndef BUS_HISTORY_H
#define BUS_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

enum { HISTORY_MAX = 50, HISTORY_DEFAULT = 10, HISTORY_TYPES = 8 };

struct cause;
struct event;

struct history_entry {
	uint64_t no; /* counted, over restarts too */
	uint64_t job_id;
	const char *status; /* "success", "abort", "failure", "interrupted" */
	usec wall;          /* of the event */
	const char *type;   /* "syslog" */
	const char *kind;   /* "applet", "script" */
	const char *name;
	const char *detail; /* "name=value ..." of the event's variables */
	int exit_status;
	struct cause *cause;          /* for whoever is told of it; not kept */
	int64_t types[HISTORY_TYPES]; /* $_event_type of the event, or of those it is made of; 0 = none */
};

struct history;

struct history *history_new(const void *ctx);
void history_resize(struct history *, size_t entries); /* drops the oldest */
size_t history_size(const struct history *);
/* Copies the entry and gives it its number, which is the answer. */
uint64_t history_add(struct history *, const struct history_entry *);
void history_types(const struct event *, int64_t types[HISTORY_TYPES]);

/* Whoever wants to know of each entry, also of those that are not kept. One at most. */
typedef void history_added_f(void *arg, const struct history_entry *);
void history_on_add(struct history *, history_added_f *, void *arg);

uint64_t history_last(
	const struct history *); /* number of the newest entry, kept or not; 0: there was none */
/*
 * What was kept before this start, oldest first: it goes before everything that is there, whose numbers go on
 * behind it. Copied.
 */
void history_restore(struct history *, const struct history_entry *, size_t n);

size_t history_count(const struct history *);
const struct history_entry *history_at(const struct history *, size_t i); /* 0 = oldest kept */

#endif
