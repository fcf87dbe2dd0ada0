/*
 * What the files of the validator share: channels (a libunbound context with the servers it asks),
 * look-ups, and the probes that tell which resolver passes DNSSEC.
 */
#ifndef ACTIONS_MAIL_DNS_VALIDATOR_PRIVATE_H
#define ACTIONS_MAIL_DNS_VALIDATOR_PRIVATE_H

#include <sys/queue.h>

#include "actions/mail/dns/validator.h"

struct ub_ctx;

/* A libunbound context with its servers. Its configuration is fixed once it was asked anything. */
struct channel {
	SLIST_ENTRY(channel) link;
	struct ub_ctx *ub;
	unsigned lookups; /* under way */
	bool retired;     /* freed when they are over */
};

struct lookup {
	TAILQ_ENTRY(lookup) link;
	struct validator *validator;
	struct channel *channel; /* NULL while it waits for the probes */
	char *name;
	int type, ub_id;
	int64_t deadline; /* of this channel */
	int64_t last;     /* of all of it */
	lookup_f *done;
	void *arg;
};

struct server {
	char *address;
	enum validator_passes passes;
	char *why;
	bool is_last;
	struct lookup *probe;
};

struct validator {
	struct validator_setup setup;
	char **anchors;
	size_t anchor_count;
	struct server servers[VALIDATOR_SERVER_MAX];
	size_t server_count;
	SLIST_HEAD(, channel) channels;
	struct channel *first, *second; /* second: the resolvers that are used last, or NULL */
	TAILQ_HEAD(, lookup) lookups;
	bool probing, first_probe_over, unsafe_clock;
	unsigned probes; /* under way */
	int64_t probe_at, anchor_at;
	void (*probed)(void *arg);
	void *probed_arg;
	char *server_name;
};

int64_t validator_in_seconds(int64_t s); /* from now */

/* ---- validator_channel.c ---- */

/* Both channels anew, by the rank of the servers; the old ones end with their look-ups. */
bool validator_open(struct validator *, struct err *);
/* One for a single server and question: retired from the start. NULL when it cannot be made. */
struct channel *validator_single(struct validator *, const char *address);
/* Frees what nobody needs any more; never from inside a callback of libunbound. */
void validator_reap(struct validator *);
/* The clock may have been set since: what is signed is believed again. */
void validator_look_at_clock(struct validator *);

/* ---- validator.c ---- */

struct lookup *validator_lookup_new(
	const void *ctx, struct validator *, const char *name, int type, lookup_f *done, void *arg);
void validator_start(struct lookup *, struct channel *, int64_t deadline);
void validator_start_first(struct lookup *);

/* ---- validator_probe.c ---- */

void validator_probes_over(struct validator *);

#endif
