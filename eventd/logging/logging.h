/*
 * Where this device's own messages go: `logging ...` (IOS XE 17, System Message Logging). Console, terminals and
 * buffer are core/log.h's; hosts get them over UDP, TCP or TLS by a process of their own each, eventd-forward.
 * Engine thread only.
 */
#ifndef LOGGING_LOGGING_H
#define LOGGING_LOGGING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/log.h"

struct helper;
struct text;
struct logging;

enum logging_transport { LOGGING_UDP, LOGGING_TCP, LOGGING_TLS };

struct logging *logging_new(const void *ctx, struct engine *); /* with the rows */

/* The configuration has changed, or the settings. */
void logging_reconfigure(struct logging *);
void logging_settings(struct logging *);

void logging_each_helper(const struct logging *, void (*f)(void *arg, const struct helper *), void *arg);

/* ---- for `show logging` ---- */
struct logging_trap {
	bool on;
	enum severity level;
	uint64_t lines;     /* that were of a level for hosts */
	const char *source; /* the interface they come from, or NULL */
};
struct logging_trap logging_trap(const struct logging *);

struct logging_host {
	const char *name, *vrf;    /* vrf: or NULL */
	const char *discriminator; /* or NULL */
	enum logging_transport transport;
	unsigned port;
	bool up;
	const char *trouble; /* why it is not, or NULL */
	uint64_t lines, dropped, by_discriminator;
};
void logging_each_host(const struct logging *, void (*f)(void *arg, const struct logging_host *), void *arg);

/* Their lines as they are configured: those that a destination uses, and the others. */
void logging_discriminators(const struct logging *, struct text *active, struct text *idle);

struct logging_count {
	const char *facility, *mnemonic;
	enum severity severity;
	uint64_t n;
	const char *last; /* time stamp */
};
bool logging_counts(const struct logging *); /* `logging count` is there */
/* By facility, then by mnemonic. */
void logging_each_count(
	const struct logging *, void (*f)(void *arg, const struct logging_count *), void *arg);

#endif
