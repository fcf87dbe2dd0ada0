/*
 * The last messages received from elsewhere, for `show logging received [last N]` (rulings 20). A ring
 * of bytes, fixed in size; the oldest give way. Engine thread only.
 */
#ifndef SYSLOG_RECEIVED_H
#define SYSLOG_RECEIVED_H

#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/slice.h"

struct received;

struct received *received_new(const void *ctx, size_t bytes);

/* Keeps a copy; what is longer than half the ring is cut. */
void received_add(struct received *, usec wall, const char *source, struct slice raw);
void received_clear(struct received *);

size_t received_count(const struct received *);   /* kept now */
uint64_t received_total(const struct received *); /* ever added */

/* The last `last` (0 = all), oldest first; views that are valid during the call. */
typedef void received_f(void *arg, usec wall, struct slice source, struct slice raw);
void received_each(const struct received *, size_t last, received_f *, void *arg);

#endif
