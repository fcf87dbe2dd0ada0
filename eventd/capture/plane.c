/* Knows the host's addresses. */
#include "capture/plane.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <uthash.h>

#include "capture/segment.h"
#include "core/mem.h"

struct address {
	struct segment_end end;
	UT_hash_handle hh;
};

struct plane {
	struct address *addresses;
	void *owner; /* of them */
};

static int
forget(void *p)
{
	HASH_CLEAR(hh, ((struct plane *)p)->addresses);
	return 0;
}

static bool
has(const struct plane *p, const struct segment_end *end)
{
	struct address *found;

	HASH_FIND(hh, p->addresses, end, sizeof *end, found);
	return found != NULL;
}

static bool
end_of(struct segment_end *end, const struct sockaddr *sa)
{
	*end = (struct segment_end){ 0 };
	if (sa != NULL && sa->sa_family == AF_INET) {
		end->family = 4;
		memcpy(end->address, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		end->family = 6;
		memcpy(end->address, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	}
	return end->family != 0;
}

static void
add(struct plane *p, const struct sockaddr *sa)
{
	struct segment_end end;
	struct address *a;

	if (!end_of(&end, sa) || has(p, &end))
		return;
	a = mem_new(p->owner, struct address);
	a->end = end;
	HASH_ADD(hh, p->addresses, end, sizeof a->end, a);
}

/* The last address of an IPv4 prefix is everybody's, whether somebody has said so or not. */
static void
add_broadcast(struct plane *p, const struct ifaddrs *i)
{
	struct sockaddr_in all;
	uint32_t mask;

	if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || i->ifa_netmask == NULL)
		return;
	memcpy(&all, i->ifa_addr, sizeof all);
	mask = ((const struct sockaddr_in *)(const void *)i->ifa_netmask)->sin_addr.s_addr;
	if (~ntohl(mask) <= 1)
		return; /* hosts, and links of two (RFC 3021) */
	all.sin_addr.s_addr |= ~mask;
	add(p, (const struct sockaddr *)(const void *)&all);
}

void
plane_look(struct plane *p)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) != 0)
		return;
	HASH_CLEAR(hh, p->addresses);
	mem_free(p->owner);
	p->owner = mem_ctx(p, "addresses");
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		add(p, i->ifa_addr);
		add_broadcast(p, i);
	}
	freeifaddrs(all);
}

struct plane *
plane_new(const void *ctx)
{
	struct plane *p = mem_new(ctx, struct plane);

	mem_on_free(p, forget);
	plane_look(p);
	return p;
}

/* 127.0.0.0/8 as a whole, and what goes to many. */
static bool
is_here(const struct plane *p, const struct segment_end *end)
{
	const uint8_t *a = end->address;

	if (end->family == 4 && (a[0] == 127 || a[0] >> 4 == 14 || (a[0] & a[1] & a[2] & a[3]) == 255))
		return true;
	return (end->family == 6 && a[0] == 255) || has(p, end);
}

bool
plane_wants(const struct plane *p, int linktype, const unsigned char *data, size_t n)
{
	struct segment_end from, to;

	return !segment_ends(linktype, data, n, &from, &to) || is_here(p, &to) || is_here(p, &from);
}
