/* The halves of conversations, each with what it hides. */
#include "capture/credentials.h"

#include <string.h>

#include <uthash.h>

#include "capture/device_secret.h"
#include "capture/login.h"
#include "capture/mask.h"
#include "capture/segment.h"
#include "core/mem.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { TUNNELS_MAX = 8 }; /* one in the other */
enum { HALVES_MAX = 4096, OCTETS_MAX = 24 << 20 /* of all halves */ };

struct half {
	struct {
		struct segment_end from, to;
	} key;
	struct mask *mask;
	UT_hash_handle hh;
};

struct credentials {
	struct half *halves;
	size_t budget;
};

static int
forget(void *p)
{
	HASH_CLEAR(hh, ((struct credentials *)p)->halves);
	return 0;
}

struct credentials *
credentials_keep(const void *ctx)
{
	struct credentials *c = mem_new(ctx, struct credentials);

	c->budget = OCTETS_MAX;
	mem_on_free(c, forget);
	return c;
}

/* Who speaks to these ports says nothing but logins, commands and mail, or types what nobody can tell apart. */
static enum mask_rules
rules_of(const struct segment *s)
{
	switch (s->to.port) {
	case 25:
	case 465:
	case 587:
	case 2525:
		return MASK_SMTP;
	case 23:
	case 2323:
		return MASK_ALL;
	default:
		return MASK_LOGINS;
	}
}

static struct half *
half_of(struct credentials *c, const struct segment *s, bool make)
{
	struct half wanted = { 0 }, *h;

	wanted.key.from = s->from;
	wanted.key.to = s->to;
	HASH_FIND(hh, c->halves, &wanted.key, sizeof wanted.key, h);
	if (h != NULL || !make || HASH_COUNT(c->halves) >= HALVES_MAX)
		return h;
	h = mem_new(c, struct half);
	h->key = wanted.key;
	h->mask = mask_new(h, rules_of(s), &c->budget);
	HASH_ADD(hh, c->halves, key, sizeof h->key, h);
	return h;
}

static void
learn(struct credentials *c, int linktype, const unsigned char *data, size_t n)
{
	struct segment s;
	struct half *h;

	if (!segment_read(&s, linktype, data, n))
		return;
	h = half_of(c, &s, true);
	if (h != NULL)
		mask_learn(h->mask, s.seq, s.syn, data + s.at, s.len);
}

void
credentials_learn(struct credentials *c, int linktype, const unsigned char *data, size_t n)
{
	struct segment_inner in;

	learn(c, linktype, data, n);
	for (int i = 0; i < TUNNELS_MAX && segment_inner(&in, linktype, data, n) && !in.is_quoted; i++) {
		linktype = in.linktype;
		data += in.at;
		n -= in.at;
		learn(c, linktype, data, n);
	}
}

/* One message by itself, of an IP protocol and to a port, where they are known; 0 else. */
static void
star_message(unsigned protocol, unsigned port, unsigned char *message, size_t n)
{
	unsigned char *secret = mem_array(NULL, unsigned char, n + 1);

	memset(secret, 0, n);
	login_mark(message, n, secret);
	login_mark_ber(message, n, secret);
	device_secret_in_message(protocol, port, message, n, secret);
	for (size_t i = 0; i < n; i++)
		if (secret[i] != 0)
			message[i] = '*';
	mem_free(secret);
}

static bool
is_written(unsigned char c)
{
	return c >= ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * What speaks neither TCP nor UDP: what is written in it is searched, since nobody knows where its headers end. Pieces
 * of packets have no beginning.
 */
static void
star_other(int linktype, unsigned char *data, size_t n)
{
	struct segment_payload p;
	size_t at, end;

	if (segment_fragment(linktype, data, n, &at)) {
		memset(data + at, '*', n - at);
		return;
	}
	star_message(0, 0, data, n);
	if (segment_payload(&p, linktype, data, n))
		star_message(p.protocol, 0, data + p.at, p.len);
	for (at = 0; at < n; at = end + 1) {
		for (end = at; end < n && is_written(data[end]); end++)
			;
		star_message(0, 0, data + at, end - at);
	}
}

static void
star(struct credentials *c, int linktype, unsigned char *data, size_t n)
{
	struct segment s;
	struct half *h;

	if (segment_read_udp(&s, linktype, data, n)) {
		star_message(PROTOCOL_UDP, s.to.port, data + s.at, s.len);
		return;
	}
	if (!segment_read(&s, linktype, data, n)) {
		star_other(linktype, data, n);
		return;
	}
	h = half_of(c, &s, false);
	if (h != NULL)
		mask_apply(h->mask, s.seq, s.syn, data + s.at, s.len);
	star_message(PROTOCOL_TCP, s.to.port, data + s.at, s.len);
}

void
credentials_star(struct credentials *c, int linktype, unsigned char *data, size_t n)
{
	struct segment_inner in;

	star(c, linktype, data, n);
	for (int i = 0; i < TUNNELS_MAX && segment_inner(&in, linktype, data, n); i++) {
		linktype = in.linktype;
		data += in.at;
		n -= in.at;
		star(c, linktype, data, n);
	}
}
