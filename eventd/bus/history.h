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

enum { HISTORY_MAX = 50, HISTORY_DEFAULT = 10 };

struct history_entry {
	uint64_t no; /* counted since boot */
	uint64_t job_id;
	const char *status; /* "success", "abort", "failure" */
	usec wall;          /* of the event */
	const char *type;   /* "syslog" */
	const char *kind;   /* "applet", "script" */
	const char *name;
	const char *detail; /* "name=value ..." of the event's variables */
};

struct history;

struct history *history_new(const void *ctx);
void history_resize(struct history *, size_t entries); /* drops the oldest */
size_t history_size(const struct history *);
void history_add(struct history *, const struct history_entry *); /* copies; gives it its number */
size_t history_count(const struct history *);
const struct history_entry *history_at(const struct history *, size_t i); /* 0 = oldest kept */

#endif
