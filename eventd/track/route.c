/* track N {ip | ipv6} route PREFIX {reachability | metric threshold}: a route of the kernel's table. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/rtnetlink.h>

#include "core/ifname.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "net/links.h"
#include "net/routes.h"
#include "track/object.h"

enum { UNREACHABLE = 255, METRIC_UP = 254 };

#define NAMESPACE_LOOK (5 * USEC_PER_SEC)

struct watched {
	struct track_object *object;
	int family;
	unsigned char raw[16];
	unsigned prefix;
	const char *vrf;       /* NULL: the default one */
	struct routes *routes; /* ours, or of the namespace; NULL: there are none yet */
	bool is_namespace;     /* the VRF is a network namespace */
	struct timer *again;   /* looks whether the namespace is there (still) */
	dev_t device;          /* of the namespace */
	ino_t inode;
	void *followed; /* subscription, and the namespace's routes */
	unsigned up, down;
	int interface, was; /* index of the first hop's, now and before */
	char was_name[IFNAMSIZ];
	char shown[INET6_ADDRSTRLEN + INET_ADDRSTRLEN]; /* an IPv4 network with its mask, as IOS writes it */
	char protocol[16];                              /* "" while there is no route */
	char reason[48]; /* what stands in the brackets, and what did when the state was reported last */
	char was_reason[48];
	unsigned metric; /* scaled, 255: no route */
	uint32_t raw_metric;
};

static bool
is_route(const struct track_args *a)
{
	return a->network.set;
}

/* IOS scales metrics to 0-255 so that one threshold fits every protocol (`track resolution ip route`). */
static unsigned
scaled(const struct tracks *all, const struct route *r)
{
	char room[16];
	const char *protocol = route_protocol(r, room);
	unsigned resolution = 1;

	for (int i = 0; i < RESOLUTION_COUNT; i++)
		if (strcmp(track_resolution_name((enum track_resolution)i), protocol) == 0)
			resolution = tracks_resolution(all, (enum track_resolution)i);
	return r->metric / resolution >= UNREACHABLE ? UNREACHABLE - 1 : r->metric / resolution;
}

/* "OSPF" and its like in capitals, "static" and "connected" not: as IOS shows them here. */
static void
shown_protocol(const char *protocol, char out[16])
{
	bool plain = strcmp(protocol, "static") == 0 || strcmp(protocol, "connected") == 0;
	size_t i = 0;

	for (; i < 15 && protocol[i] != '\0'; i++)
		out[i] = (char)(plain ? protocol[i] : toupper((unsigned char)protocol[i]));
	out[i] = '\0';
}

static void
reason_now(struct watched *w)
{
	char protocol[16];

	shown_protocol(w->protocol, protocol);
	if (w->protocol[0] == '\0' && w->object->args->reachability.set)
		snprintf(w->reason, sizeof w->reason, "no %s route", w->family == AF_INET6 ? "ipv6" : "ip");
	else if (w->protocol[0] == '\0')
		snprintf(w->reason, sizeof w->reason, "no route");
	else if (w->object->args->reachability.set)
		snprintf(w->reason, sizeof w->reason, "%s", protocol);
	else
		snprintf(w->reason, sizeof w->reason, "%s/%u/%u", protocol, w->raw_metric, w->metric);
}

static void
remember(struct watched *w, const struct engine *e, const struct route *r)
{
	int now = r == NULL ? 0 : r->hop.interface;
	const struct link *l;
	char room[16];

	if (now != w->interface && w->interface != 0) {
		l = links_by_index(routes_links(w->routes), w->interface);
		w->was = w->interface;
		if (l != NULL)
			memcpy(w->was_name, l->name, sizeof w->was_name);
	}
	w->interface = now;
	w->metric = r == NULL ? UNREACHABLE : scaled(w->object->all, r);
	w->raw_metric = r == NULL ? 0 : r->metric;
	w->protocol[0] = '\0';
	if (r != NULL)
		strncpy(w->protocol, route_protocol(r, room), sizeof w->protocol - 1);
	if (w->object->delayed == NULL) /* what was reported has been true until now */
		memcpy(w->was_reason, w->reason, sizeof w->was_reason);
	reason_now(w);
}

static void
look(struct watched *w)
{
	struct track_object *o = w->object;
	const struct engine *e = tracks_engine(o->all);
	uint32_t table = w->is_namespace ? RT_TABLE_MAIN : routes_vrf_table(e, w->vrf);
	const struct route *r = w->routes == NULL || table == 0
					? NULL
					: routes_find(w->routes, w->family, table, w->raw, w->prefix);

	remember(w, e, r);
	if (o->args->reachability.set)
		track_sense(o, r != NULL, NULL);
	else if (w->metric <= w->up)
		track_sense(o, true, NULL);
	else if (w->metric >= w->down || o->state == TRACKED_ABSENT)
		track_sense(o, false, NULL);
}

static void
on_route(void *arg, enum route_event what, const struct route *r)
{
	struct watched *w = arg;

	if (r->key.family == w->family && r->key.prefix == w->prefix &&
		memcmp(r->key.raw, w->raw, sizeof w->raw) == 0)
		look(w);
}

/* ---- VRFs and namespaces ---- */

static void
unfollow(struct watched *w)
{
	mem_free(w->followed);
	w->followed = NULL;
	w->routes = NULL;
	w->is_namespace = false;
}

static void
follow(struct watched *w, struct routes *routes)
{
	w->routes = routes;
	routes_on_change(w->followed, routes, on_route, w);
}

/* A VRF of the kernel, or a network namespace of that name. */
static void
find_routes(struct watched *w)
{
	struct engine *e = tracks_engine(w->object->all);
	bool is_vrf = w->vrf == NULL || routes_vrf_table(e, w->vrf) != 0;
	struct err err = ERR_INIT;
	struct stat st;
	char path[300];

	snprintf(path, sizeof path, "/run/netns/%s", w->vrf == NULL ? "" : w->vrf);
	if (!is_vrf && stat(path, &st) == 0) {
		if (w->is_namespace && w->device == st.st_dev && w->inode == st.st_ino)
			return;
		unfollow(w);
		w->followed = mem_ctx(w, "routes");
		w->device = st.st_dev;
		w->inode = st.st_ino;
		w->is_namespace = true;
		w->routes = routes_in(w->followed, e, w->vrf, &err);
		if (w->routes != NULL)
			follow(w, w->routes);
		else
			log_msg(e->log, NULL, "TRACK", SEV_WARNINGS, "VRF", "Track %u: %s", w->object->number,
				err.text);
	} else if (w->followed == NULL || w->is_namespace) {
		struct routes *ours = routes_of(e, &err);

		unfollow(w);
		if (ours == NULL)
			return;
		w->followed = mem_ctx(w, "routes");
		follow(w, ours);
	}
}

static void
on_again(void *arg)
{
	struct watched *w = arg;

	timer_set(w->again, NAMESPACE_LOOK);
	find_routes(w);
	look(w);
}

static void
start(struct track_object *o, const struct conf_node *n)
{
	struct engine *e = tracks_engine(o->all);
	struct watched *w = mem_new(o, struct watched);
	const struct track_threshold_args *t = track_line(n, "threshold");
	const struct track_vrf_args *vrf = track_line(n, "ip vrf");
	char *address = mem_strdup(w, o->args->network.s), *slash = strchr(address, '/');

	*slash = '\0';
	w->object = o;
	w->family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
	w->prefix = (unsigned)strtoul(slash + 1, NULL, 10);
	inet_pton(w->family, address, w->raw);
	w->vrf = vrf == NULL ? NULL : mem_strdup(w, vrf->name.s);
	w->up = t != NULL && t->up.set ? (unsigned)t->up.v : METRIC_UP;
	w->down = t != NULL && t->down.set ? (unsigned)t->down.v : UNREACHABLE;
	o->private = w;
	if (!e->is_check && e->links != NULL && e->addresses != NULL) {
		find_routes(w);
		/* A namespace comes and goes without a word. */
		if (w->vrf != NULL)
			w->again = timer_after(w, e->loop, NAMESPACE_LOOK, on_again, w);
	}
	look(w);
}

static void
look_again(struct track_object *o)
{
	look(o->private);
}

/* IOS shows an IPv4 network with its mask, and has its length in the message. */
static const char *
network_with_mask(const struct track_object *o)
{
	struct watched *w = o->private;
	struct in_addr mask = { .s_addr = w->prefix == 0 ? 0 : htonl(0xffffffffu << (32 - w->prefix)) };
	char address[INET6_ADDRSTRLEN] = "", text[INET_ADDRSTRLEN] = "";

	if (w->family == AF_INET6)
		return o->args->network.s;
	inet_ntop(AF_INET, w->raw, address, sizeof address);
	inet_ntop(AF_INET, &mask, text, sizeof text);
	snprintf(w->shown, sizeof w->shown, "%s %s", address, text);
	return w->shown;
}

static const char *
parameter_of(const struct track_args *a)
{
	return a->reachability.set ? "reachability" : "metric threshold";
}

static const char *
describe(const void *ctx, const struct engine *e, const struct track_args *a)
{
	return mem_printf(ctx, "%s route %s %s", strchr(a->network.s, ':') ? "ipv6" : "ip", a->network.s,
		parameter_of(a));
}

static void
columns(const struct track_object *o, const char **instance, const char **parameter)
{
	*instance = o->args->network.s;
	*parameter = parameter_of(o->args);
}

/* Neither a VRF of the kernel nor a namespace. */
static bool
vrf_is_absent(const struct engine *e, const struct watched *w)
{
	return w->vrf != NULL && !w->is_namespace && routes_vrf_table(e, w->vrf) == 0;
}

static void
show_absent(const struct engine *e, const struct watched *w, struct writer *out, const char *state)
{
	if (e->links != NULL && links_find(e->links, w->vrf) != NULL)
		w_text(out, "%s (%s is an interface, not a VRF)\n", state, w->vrf);
	else
		w_text(out, "%s (VRF %s does not exist)\n", state, w->vrf);
}

static void
show(const struct track_object *o, struct writer *w, const char *state)
{
	const struct watched *watched = o->private;
	const struct track_args *a = o->args;
	const struct engine *e = tracks_engine(o->all);
	char room[64];

	w_text(w, "  %s route %s %s\n", watched->family == AF_INET6 ? "IPv6" : "IP", network_with_mask(o),
		parameter_of(a));
	if (watched->vrf != NULL)
		w_text(w, "  VPN Routing/Forwarding table \"%s\"\n", watched->vrf);
	w_text(w, "  %s is ", a->reachability.set ? "Reachability" : "Metric threshold");
	if (vrf_is_absent(e, watched))
		show_absent(e, watched, w, state);
	else if (o->delayed != NULL && watched->was_reason[0] != '\0')
		w_text(w, "%s (%s)%s (%s)\n", track_shown(o->state), watched->was_reason,
			track_delayed(o, room), watched->reason);
	else
		w_text(w, "%s (%s)\n", state, watched->reason);
	w_str(w, "network", a->network.s);
	w_str(w, "parameter", parameter_of(a));
	w_str(w, "vrf", watched->vrf);
	w_str(w, "protocol", watched->protocol[0] == '\0' ? NULL : watched->protocol);
}

static void
show_more(const struct track_object *o, struct writer *w)
{
	const struct watched *watched = o->private;

	if (o->args->reachability.set)
		return;
	w_text(w, "  Metric threshold down %u up %u\n", watched->down, watched->up);
	w_int(w, "threshold_up", watched->up);
	w_int(w, "threshold_down", watched->down);
}

static void
show_last(const struct track_object *o, struct writer *w)
{
	const struct watched *watched = o->private;
	const struct engine *e = tracks_engine(o->all);
	const struct link *l = watched->routes == NULL
				       ? NULL
				       : links_by_index(routes_links(watched->routes), watched->interface);
	const char *name = l == NULL ? NULL : ifname_ios(e->settings, l->name);

	w_text(w, "  First-hop interface is %s", name == NULL ? "unknown" : name);
	if (watched->was != 0 && watched->was_name[0] != '\0')
		w_text(w, " (was %s)", ifname_ios(e->settings, watched->was_name));
	w_text(w, "\n");
	w_str(w, "first_hop_interface", name);
}

const struct track_kind track_route = {
	.type = "ip route",
	.is = is_route,
	.start = start,
	.describe = describe,
	.columns = columns,
	.show = show,
	.show_more = show_more,
	.show_last = show_last,
	.look = look_again,
};
