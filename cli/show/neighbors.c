/* What the commands on neighbours share. */
#include "cli/show/neighbors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "cli/pieces.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "net/links.h"

const char *
neighbor_mac(const unsigned char *mac, size_t n, char room[NEIGHBOR_MAC])
{
	size_t at = 0;

	room[0] = '\0';
	for (size_t i = 0; i < n && at + 4 < NEIGHBOR_MAC; i++)
		at += (size_t)snprintf(
			room + at, NEIGHBOR_MAC - at, "%s%02x", i > 0 && i % 2 == 0 ? "." : "", mac[i]);
	return room;
}

const char *
neighbor_interface(const struct engine *e, int index, char room[16])
{
	const struct link *l = e->links == NULL ? NULL : links_by_index(e->links, index);

	if (l != NULL)
		return ifname_ios(e->settings, l->name);
	snprintf(room, 16, "if%d", index);
	return room;
}

unsigned
neighbor_vlan(const struct neighbor *n)
{
	return n->vlan == 0 ? 1 : n->vlan;
}

/* ---- choosing ---- */

bool
neighbor_is_chosen(const struct neighbor_choice *c, const struct neighbor *n)
{
	return (!c->learnt_only || neighbor_is_learnt(n)) &&
	       (c->interface == 0 || c->interface == n->interface) &&
	       (c->vlan == 0 || c->vlan == neighbor_vlan(n)) &&
	       (!c->has_address || memcmp(c->address, n->address, c->family == AF_INET ? 4 : 16) == 0) &&
	       (!c->has_mac || (n->mac_len == 6 && memcmp(c->mac, n->mac, 6) == 0));
}

bool
neighbor_choose_interface(
	struct neighbor_choice *c, const struct engine *e, const struct kw_str *typed, struct err *err)
{
	const struct link *l = NULL;

	if (!typed->set)
		return true;
	if (e->links != NULL)
		l = links_find(e->links, ifname_kernel(e->settings, typed->s));
	if (l == NULL)
		return err_set(err, ERR_NOT_FOUND, "There is no interface %s", typed->s);
	c->interface = l->index;
	return true;
}

bool
neighbor_choose_address(struct neighbor_choice *c, const struct kw_str *typed, struct err *err)
{
	if (!typed->set)
		return true;
	c->has_address = inet_pton(c->family, typed->s, c->address) == 1;
	return c->has_address || err_set(err, ERR_REFUSED, "%s is no %s address", typed->s,
					 c->family == AF_INET ? "IPv4" : "IPv6");
}

void
neighbor_choose_mac(struct neighbor_choice *c, const struct kw_str *typed)
{
	unsigned long long bits = 0;

	if (!typed->set)
		return;
	c->has_mac = true;
	for (const char *s = typed->s; *s != '\0'; s++)
		if (*s != '.')
			bits = bits << 4 | (unsigned)strtoul((char[2]){ *s, '\0' }, NULL, 16);
	for (int i = 5; i >= 0; i--, bits >>= 8)
		c->mac[i] = (unsigned char)bits;
}

/* ---- forgetting ---- */

static void *
forget_chosen(void *arg)
{
	const struct neighbor_choice *c = arg;
	struct neighbors *all = neighbors_read(c->family);

	for (size_t i = 0; all->ok && i < all->n; i++)
		if (neighbor_is_chosen(c, &all->v[i]) && neighbor_is_learnt(&all->v[i]))
			all->ok = neighbor_forget(&all->v[i], &all->err);
	return all;
}

static void
free_neighbors(void *data)
{
	neighbors_free(data);
}

static bool
tell_outcome(struct session *s, void *arg, void *data, struct err *err)
{
	const struct neighbors *all = data;

	if (!all->ok)
		*err = all->err;
	return false;
}

enum cmd_result
neighbors_clear(struct session *s, struct neighbor_choice *c)
{
	static const struct pieces pieces = {
		.read = forget_chosen, .free_data = free_neighbors, .write = tell_outcome
	};

	return pieces_begin(s, &pieces, c, sizeof *c);
}
