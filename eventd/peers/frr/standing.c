/* Adjacencies by neighbor. */
#include "peers/frr/standing.h"

#include <stdio.h>
#include <string.h>

#include <uthash.h>

#include "core/mem.h"

#define NEIGHBORS_MAX 8192u

struct neighbor {
	char key[224];
	const char *source;
	bool up, seen;
	int64_t dropped; /* times that it went down, as bgpd counts them */
	struct adjacency last;
	UT_hash_handle hh;
};

struct standing {
	struct neighbor *all;
	unsigned n;
};

/* An unnumbered BGP neighbor is known by its interface, before its address is. */
static const char *
name_of(const struct adjacency *a)
{
	return a->protocol == ADJACENCY_BGP && a->interface[0] != '\0' ? a->interface : a->neighbor;
}

static struct neighbor *
neighbor_of(struct standing *all, const char *source, const struct adjacency *a)
{
	char key[sizeof((struct neighbor *)NULL)->key];
	struct neighbor *n;

	snprintf(key, sizeof key, "%s|%.60s|%.79s|%.60s|%s", source, a->vrf, name_of(a),
		a->protocol == ADJACENCY_BGP ? "" : a->interface, a->level);
	HASH_FIND_STR(all->all, key, n);
	if (n != NULL || all->n == NEIGHBORS_MAX)
		return n;
	n = mem_new(all, struct neighbor);
	strcpy(n->key, key);
	n->source = source;
	HASH_ADD_STR(all->all, key, n);
	all->n++;
	return n;
}

static void
forget(struct standing *all, struct neighbor *n)
{
	HASH_DEL(all->all, n);
	mem_free(n);
	all->n--;
}

/* What it does not say and was said before, and the other way around. */
static void
learn(struct neighbor *n, struct adjacency *a)
{
	const struct adjacency *was = &n->last;

	if (a->as == 0)
		a->as = was->as;
	if (a->local_as == 0)
		a->local_as = was->local_as;
	if (a->router_id[0] == '\0')
		memcpy(a->router_id, was->router_id, sizeof a->router_id);
	if (a->hostname[0] == '\0')
		memcpy(a->hostname, was->hostname, sizeof a->hostname);
	if (a->kind != ADJACENCY_NOTIFICATION) {
		n->dropped += a->kind == ADJACENCY_DOWN;
		n->up = a->kind == ADJACENCY_UP;
		n->last = *a;
		return;
	}
	n->last.as = a->as;
	n->last.local_as = a->local_as;
	memcpy(n->last.router_id, a->router_id, sizeof a->router_id);
	memcpy(n->last.hostname, a->hostname, sizeof a->hostname);
}

bool
standing_take(struct standing *all, const char *source, struct adjacency *a)
{
	struct neighbor *n = neighbor_of(all, source, a);
	bool was_known, was_up;

	if (n == NULL)
		return true;
	was_known = n->last.to[0] != '\0';
	was_up = n->up;
	learn(n, a);
	/* bgpd speaks of a neighbor that comes to Established, and of one that leaves it. */
	return a->protocol != ADJACENCY_BGP || a->kind == ADJACENCY_NOTIFICATION || !was_known ||
	       n->up != was_up;
}

/* ---- what nobody has said ---- */

static void
go_up(struct neighbor *n, struct adjacency *a)
{
	a->kind = ADJACENCY_UP;
	a->reason[0] = '\0';
	strcpy(a->from, "OpenConfirm");
	strcpy(a->to, "Established");
	n->up = true;
}

static void
go_down(struct neighbor *n, struct adjacency *a, const char *reason)
{
	static const char *const lowest[] = { "DOWN", "Idle", "Down", "DOWN",
		"DOWN" }; /* ORDER: enum adjacency_protocol */

	*a = n->last;
	a->kind = ADJACENCY_DOWN;
	memcpy(a->from, n->last.to, sizeof a->from);
	strcpy(a->to, lowest[a->protocol]);
	snprintf(a->reason, sizeof a->reason, "%s", reason);
	n->up = false;
	n->last = *a;
}

void
standing_end(struct standing *all, const char *source, standing_f *f, void *arg)
{
	struct neighbor *n, *next;
	struct adjacency a;
	char reason[48];

	snprintf(reason, sizeof reason, "%s ended", source);
	HASH_ITER (hh, all->all, n, next) {
		if (n->source != source || !n->up)
			continue;
		go_down(n, &a, reason);
		f(arg, &a);
	}
}

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static void
take_peer(struct standing *all, const char *source, const struct adjacency *named, const json_t *peer,
	bool known, standing_f *f, void *arg)
{
	struct neighbor *n = neighbor_of(all, source, named);
	bool up = strcmp(text_of(peer, "state"), "Established") == 0, was_new;
	json_int_t dropped = json_integer_value(json_object_get(peer, "connectionsDropped"));
	struct adjacency a = *named;

	if (n == NULL)
		return;
	was_new = n->last.to[0] == '\0';
	n->seen = true;
	a.as = json_integer_value(json_object_get(peer, "remoteAs"));
	a.local_as = json_integer_value(json_object_get(peer, "localAs"));
	snprintf(a.hostname, sizeof a.hostname, "%s", text_of(peer, "hostname"));
	if (was_new || up != n->up) {
		bool tells = known && (up || n->up);

		if (up) {
			go_up(n, &a);
			learn(n, &a);
		} else if (n->up) {
			go_down(n, &a, "");
		} else {
			strcpy(a.to, "Idle");
			a.kind = ADJACENCY_DOWN;
			learn(n, &a);
		}
		n->dropped = dropped;
		if (tells)
			f(arg, &a);
		return;
	}
	n->last.as = a.as != 0 ? a.as : n->last.as;
	n->last.local_as = a.local_as != 0 ? a.local_as : n->last.local_as;
	if (up && dropped > n->dropped && known) { /* down and up again */
		go_down(n, &a, "");
		f(arg, &a);
		go_up(n, &a);
		n->last = a;
		f(arg, &a);
	}
	n->dropped = dropped;
}

/* {"default":{"ipv4Unicast":{"peers":{"10.0.0.2":{"remoteAs":65002,"state":"Established"}}}}} */
static void
take_vrf(struct standing *all, const char *source, const char *name, const json_t *families, bool known,
	standing_f *f, void *arg)
{
	const char *family, *peer;
	json_t *is, *about;

	json_object_foreach((json_t *)(uintptr_t)families, family, is)
		json_object_foreach(json_object_get(is, "peers"), peer, about)
	{
		struct adjacency a = { .protocol = ADJACENCY_BGP };

		if (!adjacency_is_name(peer) || !adjacency_is_name(name))
			continue;
		snprintf(a.vrf, sizeof a.vrf, "%s", name);
		snprintf(a.neighbor, sizeof a.neighbor, "%s", peer);
		adjacency_set_afi(&a);
		take_peer(all, source, &a, about, known, f, arg);
	}
}

void
standing_bgp(
	struct standing *all, const char *source, const json_t *summary, bool known, standing_f *f, void *arg)
{
	struct neighbor *n, *next;
	struct adjacency a;
	const char *vrf;
	json_t *families;

	if (!json_is_object(summary))
		return;
	HASH_ITER (hh, all->all, n, next)
		n->seen = false;
	json_object_foreach((json_t *)(uintptr_t)summary, vrf, families)
		take_vrf(all, source, vrf, families, known, f, arg);
	HASH_ITER (hh, all->all, n, next) {
		if (n->source != source || n->seen)
			continue;
		if (n->up) {
			go_down(n, &a, "Neighbor deleted");
			f(arg, &a);
		}
		forget(all, n);
	}
}

static int
standing_free(void *p)
{
	struct standing *all = p;

	HASH_CLEAR(hh, all->all); /* the table; its entries are ours */
	return 0;
}

struct standing *
standing_new(const void *ctx)
{
	struct standing *all = mem_new(ctx, struct standing);

	mem_on_free(all, standing_free);
	return all;
}
