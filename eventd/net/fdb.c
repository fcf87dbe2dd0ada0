/* The table of MAC addresses. */
#include "net/fdb.h"

#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "core/mem.h"
#include "net/netlink.h"
#include "net/subscribers.h"

struct fdb {
	struct netlink *netlink;
	struct fdb_entry *by_key;
	struct subscribers subscribers;
};

static void
tell(struct fdb *f, bool added, const struct fdb_entry *e)
{
	struct subscriber *s, *next;

	SUBSCRIBERS_EACH (s, next, &f->subscribers)
		((fdb_f *)s->f)(s->arg, added, e);
}

static void
forget(struct fdb *f, struct fdb_entry *e)
{
	HASH_DEL(f->by_key, e);
	tell(f, false, e);
	mem_free(e);
}

struct told {
	struct fdb_key key;
	bool has_mac;
};

static int
attribute(const struct nlattr *attr, void *arg)
{
	struct told *t = arg;
	size_t n = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case NDA_LLADDR:
		t->has_mac = n == sizeof t->key.mac;
		if (t->has_mac)
			memcpy(t->key.mac, mnl_attr_get_payload(attr), n);
		break;
	case NDA_VLAN:
		t->key.vlan = n >= sizeof(uint16_t) ? mnl_attr_get_u16(attr) : 0;
		break;
	case NDA_MASTER:
		t->key.bridge = n >= sizeof(uint32_t) ? (int)mnl_attr_get_u32(attr) : 0;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static void
entry_told(void *arg, const struct nlmsghdr *h, bool removed, unsigned round)
{
	struct fdb *f = arg;
	const struct ndmsg *info = mnl_nlmsg_get_payload(h);
	struct fdb_entry *e;
	struct told t;

	if (info->ndm_family != AF_BRIDGE)
		return;
	memset(&t, 0, sizeof t);
	mnl_attr_parse(h, sizeof *info, attribute, &t);
	/* Group addresses and the ports' own ones are not learnt. */
	if (!t.has_mac || t.key.bridge == 0 || (t.key.mac[0] & 1) != 0 ||
		(info->ndm_state & NUD_PERMANENT) != 0)
		return;
	HASH_FIND(hh, f->by_key, &t.key, sizeof t.key, e);
	if (removed) {
		if (e != NULL)
			forget(f, e);
		return;
	}
	if (e != NULL && e->port == info->ndm_ifindex) {
		e->round = round;
		return;
	}
	if (e != NULL)
		forget(f, e);
	e = mem_new(f, struct fdb_entry);
	e->key = t.key;
	e->port = info->ndm_ifindex;
	e->round = round;
	HASH_ADD(hh, f->by_key, key, sizeof e->key, e);
	tell(f, true, e);
}

static void
complete(void *arg, unsigned round, bool first)
{
	struct fdb *f = arg;
	struct fdb_entry *e, *next;

	HASH_ITER (hh, f->by_key, e, next)
		if (e->round != round)
			forget(f, e);
}

static const struct netlink_table table = {
	.what = "MAC addresses",
	.dump = RTM_GETNEIGH,
	.added = RTM_NEWNEIGH,
	.removed = RTM_DELNEIGH,
	.groups = { RTNLGRP_NEIGH },
	.family = AF_BRIDGE,
	.header = sizeof(struct ndmsg),
	.told = entry_told,
	.complete = complete,
};

static int
fdb_free(void *ptr)
{
	struct fdb *f = ptr;

	subscribers_end(&f->subscribers);
	HASH_CLEAR(hh, f->by_key);
	return 0;
}

struct fdb *
fdb_of(struct engine *engine, struct err *err)
{
	struct fdb *f = engine->fdb;

	if (f != NULL)
		return f;
	f = mem_new(engine, struct fdb);
	subscribers_begin(&f->subscribers);
	mem_on_free(f, fdb_free);
	f->netlink = netlink_follow(f, engine, &table, f, err);
	if (f->netlink == NULL) {
		mem_free(f);
		return NULL;
	}
	engine->fdb = f;
	return f;
}

void
fdb_on_change(const void *ctx, struct fdb *f, fdb_f *fn, void *arg)
{
	subscribe(ctx, &f->subscribers, (void (*)(void))fn, arg);
}
