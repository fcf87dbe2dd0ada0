/* Counts and tells who is not believed. */
#include "snmp/refused.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

enum { HOSTS = 32, HOST_MAX = 64, QUIET_MS = 10000, COUNT_MS = 1000 };

struct refused {
	refused_f *f;
	void *arg;
	uint64_t counts[REFUSED_KINDS]; /* that were not told yet */
	int64_t said_at;
	struct {
		char name[HOST_MAX]; /* "": nobody */
		int64_t at;
	} hosts[HOSTS]; /* that were told of */
};

struct refused *
refused_new(const void *ctx, refused_f *f, void *arg)
{
	struct refused *r = mem_new(ctx, struct refused);

	r->f = f;
	r->arg = arg;
	return r;
}

static void
say(struct refused *r, const char *host, int64_t now)
{
	json_t *j = json_pack("{s:s, s:I, s:I, s:s*}", "event", "refused", "communities",
		(json_int_t)r->counts[REFUSED_COMMUNITY], "users", (json_int_t)r->counts[REFUSED_USER],
		"source", host);

	memset(r->counts, 0, sizeof r->counts);
	r->said_at = now;
	r->f(r->arg, j);
}

/* Once in a while each; when too many of them are new in that time, the others are only counted. */
static bool
may_tell_of(struct refused *r, const char *host, int64_t now)
{
	size_t free = HOSTS;

	for (size_t i = 0; i < HOSTS; i++) {
		bool is_old = r->hosts[i].name[0] == '\0' || now - r->hosts[i].at >= QUIET_MS;

		if (!is_old && strcmp(r->hosts[i].name, host) == 0)
			return false;
		if (is_old)
			free = i;
	}
	if (free == HOSTS)
		return false;
	snprintf(r->hosts[free].name, HOST_MAX, "%s", host);
	r->hosts[free].at = now;
	return true;
}

void
refused_add(struct refused *r, const char *host, enum refused_for why, int64_t now)
{
	r->counts[why]++;
	if (host[0] != '\0' && strlen(host) < HOST_MAX && may_tell_of(r, host, now))
		say(r, host, now);
	else
		refused_turn(r, now);
}

int
refused_patience(const struct refused *r, int64_t now)
{
	int64_t left = r->said_at + COUNT_MS - now;

	if (r->counts[REFUSED_COMMUNITY] == 0 && r->counts[REFUSED_USER] == 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

void
refused_turn(struct refused *r, int64_t now)
{
	if (refused_patience(r, now) == 0)
		say(r, NULL, now);
}
