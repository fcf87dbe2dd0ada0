/* The table of addresses. */
#include "net/addresses.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "core/mem.h"
#include "net/netlink.h"
#include "net/subscribers.h"

struct addresses {
	struct netlink *netlink;
	struct subscribers subscribers;
	TAILQ_HEAD(, address) all;
};

static void
tell(struct addresses *as)
{
	struct subscriber *s, *next;

	SUBSCRIBERS_EACH (s, next, &as->subscribers)
		((addresses_f *)s->f)(s->arg);
}

static void
forget(struct addresses *as, struct address *a)
{
	TAILQ_REMOVE(&as->all, a, entry);
	mem_free(a);
	tell(as);
}

static struct address *
find(struct addresses *as, const struct address *like)
{
	struct address *a;

	TAILQ_FOREACH (a, &as->all, entry)
		if (a->index == like->index && a->family == like->family && a->prefix == like->prefix &&
			memcmp(a->raw, like->raw, sizeof a->raw) == 0)
			return a;
	return NULL;
}

struct parsed {
	struct address a;
	bool has_local;
};

/* IFA_LOCAL is the address itself; of a point-to-point link IFA_ADDRESS is the other end's. */
static int
address_attribute(const struct nlattr *attr, void *arg)
{
	struct parsed *p = arg;
	size_t want = p->a.family == AF_INET ? 4 : 16, n = mnl_attr_get_payload_len(attr);
	int type = mnl_attr_get_type(attr);

	if (type == IFA_FLAGS && n >= sizeof(uint32_t)) {
		p->a.permanent = (mnl_attr_get_u32(attr) & IFA_F_PERMANENT) != 0;
		p->a.secondary = p->a.family == AF_INET && (mnl_attr_get_u32(attr) & IFA_F_SECONDARY) != 0;
	}
	if (n < want || (type != IFA_LOCAL && (type != IFA_ADDRESS || p->has_local)))
		return MNL_CB_OK;
	memcpy(p->a.raw, mnl_attr_get_payload(attr), want);
	p->has_local = type == IFA_LOCAL;
	return MNL_CB_OK;
}

static void
address_told(void *arg, const struct nlmsghdr *h, bool removed, unsigned round)
{
	struct addresses *as = arg;
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(h);
	struct parsed p = { .a = { .index = (int)info->ifa_index,
				    .family = info->ifa_family,
				    .prefix = info->ifa_prefixlen,
				    .link_local = info->ifa_scope == RT_SCOPE_LINK } };
	struct address *a;
	bool is_new;

	if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
		return;
	mnl_attr_parse(h, sizeof *info, address_attribute, &p);
	a = find(as, &p.a);
	if (removed) {
		if (a != NULL)
			forget(as, a);
		return;
	}
	is_new = a == NULL;
	if (is_new) {
		a = mem_new(as, struct address);
		TAILQ_INSERT_TAIL(&as->all, a, entry);
	}
	p.a.entry = a->entry;
	*a = p.a;
	a->round = round;
	if (is_new)
		tell(as);
}

static void
address_complete(void *arg, unsigned round, bool first)
{
	struct addresses *as = arg;
	struct address *a, *next;

	for (a = TAILQ_FIRST(&as->all); a != NULL; a = next) {
		next = TAILQ_NEXT(a, entry);
		if (a->round != round)
			forget(as, a);
	}
}

static const struct netlink_table address_table = {
	.what = "addresses",
	.dump = RTM_GETADDR,
	.added = RTM_NEWADDR,
	.removed = RTM_DELADDR,
	.groups = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR },
	.header = sizeof(struct ifaddrmsg),
	.told = address_told,
	.complete = address_complete,
};

void
addresses_on_change(const void *ctx, struct addresses *as, addresses_f *f, void *arg)
{
	subscribe(ctx, &as->subscribers, (void (*)(void))f, arg);
}

static int
addresses_free(void *ptr)
{
	struct addresses *as = ptr;

	subscribers_end(&as->subscribers);
	return 0;
}

struct addresses *
addresses_new(const void *ctx, struct engine *engine, struct err *err)
{
	return addresses_new_in(ctx, engine, NULL, err);
}

struct addresses *
addresses_new_in(const void *ctx, struct engine *engine, const char *netns, struct err *err)
{
	struct addresses *as = mem_new(ctx, struct addresses);

	TAILQ_INIT(&as->all);
	subscribers_begin(&as->subscribers);
	mem_on_free(as, addresses_free);
	as->netlink = netlink_follow_in(as, engine, netns, &address_table, as, err);
	if (as->netlink != NULL)
		return as;
	mem_free(as);
	return NULL;
}

void
addresses_each(const struct addresses *as, int index, int family,
	void (*f)(void *arg, const struct address *), void *arg)
{
	const struct address *a;

	TAILQ_FOREACH (a, &as->all, entry)
		if ((index == 0 || a->index == index) && (family == 0 || a->family == family))
			f(arg, a);
}

const struct address *
addresses_primary(const struct addresses *as, int index)
{
	const struct address *a;

	TAILQ_FOREACH (a, &as->all, entry)
		if (a->index == index && a->family == AF_INET && !a->secondary)
			return a;
	return NULL;
}
