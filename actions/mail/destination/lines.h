/*
 * The configuration lines about destinations as they are parsed: `mail destination`, `mail route`,
 * `mail relay`, `mail bounce-profile`. They are the only state: profile.c reads them anew whenever one
 * of them has changed. Private to this folder. Engine thread.
 */
#ifndef ACTIONS_MAIL_DESTINATION_LINES_H
#define ACTIONS_MAIL_DESTINATION_LINES_H

#include "actions/mail/destination/profile.h"
#include "cli/kw/kw.h"
#include "conf/conf.h"

/* mail destination DOMAIN ...: what is not set is taken from the line of `default`. */
struct destination_line {
	struct kw_str domain; /* "example.com", ".example.com", "default" */
	struct kw_enum tls, dane;
	struct kw_flag legacy_cn;
	struct kw_enum mta_sts;
	struct kw_str bounce;
	struct kw_int connections, messages;
};

/* mail route DOMAIN HOST[:PORT] */
struct route_line {
	struct kw_str domain; /* "example.com", ".example.com", "ALL" */
	struct kw_str to;     /* "smtp.example.net:2525", "[2001:db8::1]", "USEDNS" */
};

/* mail relay HOST ... */
struct relay_line {
	struct kw_str host;
	struct kw_enum dane;
	struct kw_str bounce;
};

/* mail bounce-profile NAME ... */
struct bounce_line {
	struct kw_str name;
	struct kw_time first_wait, max_wait, lifetime, warn_after;
	struct kw_int max_tries;
	struct kw_flag no_bounces;
};

extern const struct conf_row destination_row, route_row, relay_row, bounce_row;

/* A domain, or one with a dot before it. */
bool destination_is_domain(const char *);

/* The next line of this row at or behind n, or NULL. */
const struct conf_node *destination_next(const struct conf_node *n, const struct conf_row *);

/* The bounce profile that a line names, or NULL: of destination_row and relay_row. */
const char *destination_bounce_of(const struct conf_node *);
/* Is there such a line below root? `default` always is. */
bool destination_has_bounce(const struct conf_node *root, const char *name);

/*
 * The parts of a route's or relay's target. NULL and err when it is none. `use_dns` is true for USEDNS,
 * which has no host.
 */
const char *destination_target(
	const void *ctx, const char *text, bool *use_dns, unsigned *port, struct err *);

#endif
