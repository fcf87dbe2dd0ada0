/*
 * The last things that were said: commands that were typed, messages of the own log. What policies ask
 * for with `info type cli history` and `info type syslog history`. Engine thread only.
 */
#ifndef BUS_RECENT_H
#define BUS_RECENT_H

#include <stddef.h>

#include "core/clock.h"

enum { RECENT_MAX = 64 };

struct recent;

struct recent *recent_new(const void *ctx);
void recent_add(struct recent *, usec wall, const char *text); /* the oldest makes room */
size_t recent_count(const struct recent *);
/* i from 0, oldest first. */
const char *recent_at(const struct recent *, size_t i, usec *wall);

#endif
