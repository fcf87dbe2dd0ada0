/* Reading the neighbours once, and making the kernel forget some. */
#include "net/neighbor_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "net/dump.h"

/* ---- reading ---- */

struct told {
	struct neighbor is;
	bool has_address;
};

/* In ticks since the entry was confirmed, and since it was written. */
static unsigned
age_of(const struct nda_cacheinfo *c)
{
	uint32_t ticks = c->ndm_confirmed < c->ndm_updated ? c->ndm_confirmed : c->ndm_updated;

	return ticks / (unsigned)sysconf(_SC_CLK_TCK);
}

static int
attribute(const struct nlattr *attr, void *arg)
{
	struct told *t = arg;
	size_t n = mnl_attr_get_payload_len(attr);
	const void *payload = mnl_attr_get_payload(attr);

	switch (mnl_attr_get_type(attr)) {
	case NDA_DST:
		t->has_address = n == 4 || n == sizeof t->is.address;
		if (t->has_address)
			memcpy(t->is.address, payload, n);
		break;
	case NDA_LLADDR:
		t->is.mac_len = n <= sizeof t->is.mac ? n : 0;
		memcpy(t->is.mac, payload, t->is.mac_len);
		break;
	case NDA_CACHEINFO:
		if (n >= sizeof(struct nda_cacheinfo))
			t->is.age = age_of(payload);
		break;
	case NDA_VLAN:
		t->is.vlan = n >= sizeof(uint16_t) ? mnl_attr_get_u16(attr) : 0;
		break;
	case NDA_MASTER:
		t->is.bridge = n >= sizeof(uint32_t) ? (int)mnl_attr_get_u32(attr) : 0;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool
is_listed(const struct told *t)
{
	if (t->is.family == AF_BRIDGE)
		return t->is.bridge != 0 && t->is.mac_len == 6 && (t->is.mac[0] & 1) == 0;
	return t->has_address && (t->is.state & NUD_NOARP) == 0 && t->is.state != NUD_NONE;
}

static void
on_neighbor(void *arg, const struct nlmsghdr *h)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(h);
	struct neighbors *all = arg;
	struct told t = {
		.is = { .family = info->ndm_family, .interface = info->ndm_ifindex, .state = info->ndm_state }
	};

	mnl_attr_parse(h, sizeof *info, attribute, &t);
	if (!is_listed(&t))
		return;
	if ((all->n & (all->n - 1)) == 0) /* doubles at powers of two */
		all->v = reallocarray(all->v, all->n == 0 ? 1 : 2 * all->n, sizeof *all->v);
	if (all->v == NULL)
		abort();
	all->v[all->n++] = t.is;
}

static void
forget_all(void *arg)
{
	((struct neighbors *)arg)->n = 0;
	free(((struct neighbors *)arg)->v);
	((struct neighbors *)arg)->v = NULL;
}

static int
compare(const void *x, const void *y)
{
	const struct neighbor *a = x, *b = y;
	int sign = (a->vlan > b->vlan) - (a->vlan < b->vlan);

	if (sign == 0)
		sign = memcmp(a->address, b->address, sizeof a->address);
	if (sign == 0 && a->family == AF_BRIDGE)
		sign = memcmp(a->mac, b->mac, sizeof a->mac);
	return sign != 0 ? sign : (a->interface > b->interface) - (a->interface < b->interface);
}

struct neighbors *
neighbors_read(int family)
{
	const struct dump dump = { .type = RTM_GETNEIGH,
		.family = (unsigned char)family,
		.header = sizeof(struct ndmsg),
		.row = on_neighbor,
		.again = forget_all };
	struct neighbors *all = calloc(1, sizeof *all);

	if (all == NULL)
		abort();
	all->ok = dump_read(&dump, all, &all->err);
	if (all->n > 0)
		qsort(all->v, all->n, sizeof *all->v, compare);
	return all;
}

void
neighbors_free(struct neighbors *all)
{
	if (all != NULL)
		free(all->v);
	free(all);
}

/* ---- forgetting ---- */

bool
neighbor_is_learnt(const struct neighbor *n)
{
	return (n->state & (NUD_PERMANENT | NUD_NOARP)) == 0;
}

bool
neighbor_forget(const struct neighbor *n, struct err *err)
{
	char request[256] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(request);
	struct ndmsg *info;

	h->nlmsg_type = RTM_DELNEIGH;
	info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ndm_family = (unsigned char)n->family;
	info->ndm_ifindex = n->interface;
	if (n->family == AF_BRIDGE) {
		info->ndm_flags = NTF_MASTER;
		mnl_attr_put(h, NDA_LLADDR, n->mac_len, n->mac);
		if (n->vlan != 0)
			mnl_attr_put_u16(h, NDA_VLAN, n->vlan);
	} else {
		mnl_attr_put(h, NDA_DST, n->family == AF_INET ? 4 : 16, n->address);
	}
	return dump_request(h, err) || errno == ENOENT;
}
