/* Who sends us messages. */
#include "syslog/source.h"

#include <netinet/in.h>
#include <string.h>

#include "core/mem.h"

struct sources {
	struct source *by_key;
	TAILQ_HEAD(source_rows, source) rows; /* the one that was quiet longest first */
	TAILQ_HEAD(, source) held;            /* those with connections */
	size_t count;
	usec every; /* time that one message takes of a lane; 0 = no limit */
	uint64_t limited;
};

static int
sources_free(void *ptr)
{
	HASH_CLEAR(hh, ((struct sources *)ptr)->by_key);
	return 0;
}

struct sources *
sources_new(const void *ctx)
{
	struct sources *t = mem_new(ctx, struct sources);

	TAILQ_INIT(&t->rows);
	TAILQ_INIT(&t->held);
	mem_on_free(t, sources_free);
	return t;
}

void
sources_limit(struct sources *t, unsigned per_second)
{
	t->every = per_second > 0 ? USEC_PER_SEC / per_second : 0;
}

void
source_key_of_address(
	struct source_key *key, enum syslog_transport transport, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	*key = (struct source_key){ .transport = (uint8_t)transport };
	if (address->ss_family == AF_INET) {
		key->address[10] = key->address[11] = 0xff;
		memcpy(key->address + 12, &v4->sin_addr, 4);
	} else if (address->ss_family == AF_INET6) {
		memcpy(key->address, &v6->sin6_addr, 16);
		key->number = v6->sin6_scope_id; /* of a link: on another there may be the same */
	}
}

/* A row that a connection holds never gives way: when there is no other, the table grows. */
static struct source *
make_row(struct sources *t)
{
	struct source *s;

	if (t->count < SOURCES_MAX || TAILQ_EMPTY(&t->rows)) {
		t->count++;
		return mem_new(t, struct source);
	}
	s = TAILQ_FIRST(&t->rows);
	HASH_DEL(t->by_key, s);
	TAILQ_REMOVE(&t->rows, s, entry);
	memset(s, 0, sizeof *s);
	return s;
}

struct source *
sources_find(struct sources *t, const struct source_key *key, bool *is_new)
{
	struct source *s = TAILQ_LAST(&t->rows, source_rows); /* mostly the same as before */

	*is_new = false;
	if (s != NULL && memcmp(&s->key, key, sizeof *key) == 0)
		return s;
	HASH_FIND(hh, t->by_key, key, sizeof *key, s);
	if (s != NULL && s->holds > 0)
		return s;
	if (s != NULL) {
		TAILQ_REMOVE(&t->rows, s, entry);
	} else {
		s = make_row(t);
		s->key = *key;
		HASH_ADD(hh, t->by_key, key, sizeof s->key, s);
		*is_new = true;
	}
	TAILQ_INSERT_TAIL(&t->rows, s, entry);
	return s;
}

/* A bucket as the moment at which it would be empty: a burst of a second's worth fits in (GCRA). */
bool
sources_admit(struct sources *t, struct source *s, enum severity severity, usec mono)
{
	usec *full_at = &s->full_at[severity <= SEV_ERRORS];

	s->messages++;
	if (t->every == 0 || s->patient)
		return true;
	if (*full_at < mono)
		*full_at = mono;
	if (*full_at + t->every - mono > USEC_PER_SEC) {
		s->limited++;
		t->limited++;
		return false;
	}
	*full_at += t->every;
	return true;
}

void
sources_hold(struct sources *t, struct source *s)
{
	if (s->holds++ > 0)
		return;
	TAILQ_REMOVE(&t->rows, s, entry);
	TAILQ_INSERT_TAIL(&t->held, s, entry);
}

void
sources_release(struct sources *t, struct source *s)
{
	if (--s->holds > 0)
		return;
	TAILQ_REMOVE(&t->held, s, entry);
	TAILQ_INSERT_TAIL(&t->rows, s, entry);
}

struct source *
sources_greediest(const struct sources *t, enum syslog_transport transport)
{
	struct source *s, *most = NULL;

	TAILQ_FOREACH (s, &t->held, entry)
		if (s->key.transport == transport && (most == NULL || s->holds > most->holds))
			most = s;
	return most;
}

uint64_t
sources_limited(const struct sources *t)
{
	return t->limited;
}

void
sources_each(const struct sources *t, void (*f)(void *arg, const struct source *), void *arg)
{
	const struct source *s;

	TAILQ_FOREACH (s, &t->held, entry)
		f(arg, s);
	TAILQ_FOREACH (s, &t->rows, entry)
		f(arg, s);
}
