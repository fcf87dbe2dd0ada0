/*
 * Who is not believed: messages with an unknown community, an unknown user or wrong keys, counted for `show snmp`
 * and told for %SNMP-3-AUTHFAIL. A stranger may send as many as he likes, under as many addresses: each host is
 * told of once in some seconds, not more than so many hosts in that time, and counts go once in a second.
 * Helper only, one thread.
 */
#ifndef SNMP_REFUSED_H
#define SNMP_REFUSED_H

#include <stdint.h>

#include <jansson.h>

enum refused_for { REFUSED_COMMUNITY, REFUSED_USER, REFUSED_KINDS };

struct refused;

/* {"event":"refused","source":HOST,"communities":N,"users":N}: since the last one; without a host it counts only. */
typedef void refused_f(void *arg, json_t *event); /* owns it */
struct refused *refused_new(const void *ctx, refused_f *, void *arg);

/* Times are milliseconds of a clock that only goes forward. */
void refused_add(struct refused *, const char *host, enum refused_for, int64_t now);
void refused_turn(struct refused *, int64_t now);          /* tells what is due */
int refused_patience(const struct refused *, int64_t now); /* milliseconds until then, or -1 */

#endif
