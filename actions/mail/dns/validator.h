/*
 * Look-ups with DNSSEC validation of our own: libunbound behind an interface of single questions, many
 * at once, each with its own deadline. What other resolvers say about validation (the AD bit) counts for
 * nothing. The only place that includes unbound.h. One thread; blocks nowhere: the owner polls
 * validator_fds() and calls validator_work().
 */
#ifndef ACTIONS_MAIL_DNS_VALIDATOR_H
#define ACTIONS_MAIL_DNS_VALIDATOR_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail/dns/answer.h"
#include "core/err.h"

#define VALIDATOR_DEADLINE   10 /* seconds for one look-up (mail-security 7) */
#define VALIDATOR_BOGUS_TTL  60 /* seconds that a bogus answer is kept */
#define VALIDATOR_SERVER_MAX 16

struct validator;
struct lookup;

struct validator_setup {
	const char **servers; /* "192.0.2.1", "::1@5353": asked with DO and CD; none: iterate */
	size_t server_count;
	bool iterate;            /* from the root servers on, servers are not asked */
	const char *anchor;      /* text of a trust anchor file: replaces the root's keys */
	const char *anchor_file; /* kept by RFC 5011; NULL: the system's file, as it is */
};

/* One record's data, as it came. */
struct lookup_data {
	const uint8_t *octets;
	size_t len;
};

/* Borrowed for the call of lookup_f. */
struct lookup_result {
	const char *name;
	int type; /* RDATA_... */
	struct dns_status status;
	const char *canonical; /* the name at the end of a chain of CNAMEs; NULL: there was none */
	const struct lookup_data *data;
	size_t count;
};
typedef void lookup_f(void *arg, const struct lookup_result *);

struct validator *validator_new(const void *ctx, const struct validator_setup *, struct err *);

/* `done` is called once, from validator_work(). Freeing the look-up cancels it. */
struct lookup *validator_ask(
	const void *ctx, struct validator *, const char *name, int type, lookup_f *done, void *arg);

/* Fills at most `max`; answers how many. */
size_t validator_fds(const struct validator *, struct pollfd *, size_t max);
/* Milliseconds until validator_work() has to be called in any case; -1: never. */
int validator_patience(const struct validator *);
void validator_work(struct validator *);

/* Which resolver a look-up goes to first, for the log: "192.0.2.1", or "root" when we iterate. */
const char *validator_server(const struct validator *);

/* ---- do the resolvers pass DNSSEC? ---- */

enum validator_passes {
	RESOLVER_UNKNOWN, /* not asked yet */
	RESOLVER_PASSES,  /* `. DNSKEY` came with signatures that validate */
	RESOLVER_STRIPS,  /* it came without, or with bad ones */
	RESOLVER_SILENT   /* no usable answer */
};

struct validator_server {
	const char *address;
	enum validator_passes passes;
	const char *why; /* of STRIPS and SILENT */
	bool is_last;    /* only used when the others fail */
};
size_t validator_servers(const struct validator *, struct validator_server *, size_t max);
/* Asks them all again; `done` is called from validator_work() when that is over. */
void validator_probe(struct validator *, void (*done)(void *arg), void *arg);

/* Why nothing is validated now, so that every answer is INSECURE; NULL: all is well. */
const char *validator_weakness(const struct validator *);

/* Is the wall clock later than the moment at which this program was built? */
bool validator_clock_is_sane(int64_t now, int64_t built);

#endif
