/* The channels of the validator: libunbound contexts, their options, anchors and servers. */
#include <time.h>
#include <unbound.h>
#include <unistd.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/validator_private.h"
#include "core/mem.h"

/* Seconds since 1970; the Makefile says it. */
#ifndef BUILD_TIME
#define BUILD_TIME 0
#endif

bool
validator_clock_is_sane(int64_t now, int64_t built)
{
	return now >= built;
}

static int
channel_free(void *p)
{
	struct channel *c = p;

	ub_ctx_delete(c->ub);
	return 0;
}

/* Options that a libunbound does not know are its defaults then. */
static void
set_options(struct ub_ctx *ub)
{
	static const char *const options[][2] = {
		{ "verbosity:", "0" },
		{ "val-log-level:", "2" }, /* why_bogus in words */
		{ "val-bogus-ttl:", "60" },
		{ "edns-buffer-size:", "1232" }, /* no fragments */
		{ "do-not-query-localhost:", "no" },
		{ "harden-dnssec-stripped:", "yes" },
		{ "trust-anchor-signaling:", "no" },
		{ "infra-keep-probing:", "yes" }, /* a resolver that was down is found again at once */
		{ "infra-host-ttl:", "60" },
		{ "outgoing-range:", "256" },
		{ "msg-cache-size:", "4m" },
		{ "rrset-cache-size:", "8m" },
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		ub_ctx_set_option(ub, options[i][0], options[i][1]);
}

static int
add_anchors(const struct validator *v, struct ub_ctx *ub)
{
	int rc = 0;

	if (v->unsafe_clock)
		return 0;
	for (size_t i = 0; i < v->anchor_count && rc == 0; i++)
		rc = ub_ctx_add_ta(ub, v->anchors[i]);
	if (v->anchor_count > 0)
		return rc;
	if (v->setup.anchor_file != NULL)
		return ub_ctx_add_ta_autr(ub, v->setup.anchor_file);
	return access(ANCHOR_SYSTEM, R_OK) == 0 ? ub_ctx_add_ta_file(ub, ANCHOR_SYSTEM) : 0;
}

/* One whose servers are still to be said. */
static struct channel *
channel_new(struct validator *v, struct err *err)
{
	struct ub_ctx *ub = ub_ctx_create();
	struct channel *c;
	int rc;

	if (ub == NULL) {
		err_set(err, ERR_INTERNAL, "libunbound cannot be started");
		return NULL;
	}
	c = mem_new(v, struct channel);
	c->ub = ub;
	mem_on_free(c, channel_free);
	ub_ctx_debugout(ub, NULL);
	set_options(ub);
	rc = ub_ctx_async(ub, 1);
	if (rc == 0)
		rc = add_anchors(v, ub);
	if (rc != 0) {
		err_set(err, ERR_CONFIG, "libunbound: %s", ub_strerror(rc));
		mem_free(c);
		return NULL;
	}
	SLIST_INSERT_HEAD(&v->channels, c, link);
	return c;
}

static bool
add_server(struct channel *c, const char *address, struct err *err)
{
	int rc = ub_ctx_set_fwd(c->ub, address);

	return rc == 0 || err_set(err, ERR_CONFIG, "name server %s: %s", address, ub_strerror(rc));
}

static void
retire(struct channel *c)
{
	if (c != NULL)
		c->retired = true;
}

void
validator_reap(struct validator *v)
{
	struct channel *c = SLIST_FIRST(&v->channels), *next;

	for (; c != NULL; c = next) {
		next = SLIST_NEXT(c, link);
		if (!c->retired || c->lookups > 0)
			continue;
		SLIST_REMOVE(&v->channels, c, channel, link);
		mem_free(c);
	}
}

/*
 * Names that libunbound answers by itself: a private root may have them, and the answer of the root is
 * proof enough. With this its configuration is fixed, and what is wrong with it shows.
 */
static bool
ask_for_all(struct channel *c, struct err *err)
{
	static const char *const names[] = { "test.", "invalid.", "home.arpa." };
	int rc = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names && rc == 0; i++)
		rc = ub_ctx_zone_remove(c->ub, names[i]);
	return rc == 0 || err_set(err, ERR_CONFIG, "libunbound: %s", ub_strerror(rc));
}

/* The servers with this mark; all of the root's when we iterate. */
static struct channel *
channel_of(struct validator *v, bool is_last, struct err *err)
{
	struct channel *c = channel_new(v, err);

	for (size_t i = 0; c != NULL && i < v->server_count; i++) {
		if (v->servers[i].is_last == is_last && !add_server(c, v->servers[i].address, err)) {
			retire(c);
			return NULL;
		}
	}
	if (c != NULL && !ask_for_all(c, err)) {
		retire(c);
		return NULL;
	}
	return c;
}

static size_t
count_last(const struct validator *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->server_count; i++)
		n += v->servers[i].is_last;
	return n;
}

bool
validator_open(struct validator *v, struct err *err)
{
	retire(v->first);
	retire(v->second);
	v->first = channel_of(v, false, err);
	v->second = count_last(v) == 0 ? NULL : channel_of(v, true, err);
	return v->first != NULL;
}

void
validator_look_at_clock(struct validator *v)
{
	bool unsafe = !validator_clock_is_sane(time(NULL), BUILD_TIME);

	if (unsafe == v->unsafe_clock)
		return;
	v->unsafe_clock = unsafe;
	validator_open(v, NULL);
}

struct channel *
validator_single(struct validator *v, const char *address)
{
	struct channel *c = channel_new(v, NULL);

	retire(c);
	return c != NULL && add_server(c, address, NULL) ? c : NULL;
}

const char *
validator_weakness(const struct validator *v)
{
	if (v->unsafe_clock)
		return "the clock is before the day this program was built";
	if (v->anchor_count == 0 && v->setup.anchor_file == NULL && access(ANCHOR_SYSTEM, R_OK) != 0)
		return "there is no trust anchor: install dns-root-data";
	return NULL;
}
