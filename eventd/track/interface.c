/* track N interface IF {line-protocol | ip routing | ipv6 routing}. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ifname.h"
#include "core/mem.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"
#include "track/object.h"

struct watched {
	struct track_object *object;
};

/* The alias is asked for each time: the settings may have others since. */
static const char *
kernel_name(const struct track_object *o)
{
	return ifname_kernel(tracks_engine(o->all)->settings, o->args->interface.s);
}

static bool
is_interface(const struct track_args *a)
{
	return a->interface.set;
}

static bool
is_up(const struct link *l)
{
	return l != NULL && (l->flags & IFF_UP) != 0 && (l->flags & IFF_RUNNING) != 0;
}

static void
found_address(void *arg, const struct address *a)
{
	if (a->family == AF_INET || !a->link_local)
		*(bool *)arg = true;
}

/* IP routing: the interface is up, and its address is known. */
static bool
has_address(const struct engine *e, const struct link *l, int family)
{
	bool any = false;

	if (e->addresses != NULL)
		addresses_each(e->addresses, l->index, family, found_address, &any);
	return any;
}

static void
look(struct watched *w)
{
	const struct track_args *a = w->object->args;
	const struct engine *e = tracks_engine(w->object->all);
	const struct link *l = e->links == NULL ? NULL : links_find(e->links, kernel_name(w->object));

	track_sense(w->object,
		is_up(l) &&
			(a->line_protocol.set || has_address(e, l, a->ipv6_routing.set ? AF_INET6 : AF_INET)),
		NULL);
}

static void
look_again(struct track_object *o)
{
	look(o->private);
}

static void
on_link(void *arg, enum link_event what, const struct link *l, unsigned before)
{
	struct watched *w = arg;

	if (strcmp(l->name, kernel_name(w->object)) != 0)
		return;
	if (what == LINK_GONE)
		track_sense(w->object, false, NULL); /* it is still in the table during this call */
	else
		look(w);
}

static void
on_address(void *arg)
{
	look(arg);
}

static void
start(struct track_object *o, const struct conf_node *n)
{
	struct engine *e = tracks_engine(o->all);
	struct watched *w = mem_new(o, struct watched);

	w->object = o;
	o->private = w;
	if (e->links != NULL)
		links_on_change(w, e->links, on_link, w);
	if (e->addresses != NULL && !o->args->line_protocol.set)
		addresses_on_change(w, e->addresses, on_address, w);
	look(w);
}

/* GigabitEthernet0/1 is Gi0/1 in messages; what the kernel calls eth0 stays so. */
static const char *
abbreviated(const void *ctx, const char *name)
{
	size_t letters = 0;

	while (isalpha((unsigned char)name[letters]))
		letters++;
	if (!isupper((unsigned char)name[0]) || letters <= 2)
		return name;
	return mem_printf(ctx, "%.2s%s", name, name + letters);
}

static const char *
parameter_of(const struct track_args *a)
{
	return a->line_protocol.set ? "line-protocol" : a->ipv6_routing.set ? "ipv6 routing" : "ip routing";
}

/* As people call it: with the alias of what was typed. */
static const char *
name_of(const struct engine *e, const struct track_args *a)
{
	return ifname_ios(e->settings, ifname_kernel(e->settings, a->interface.s));
}

static const char *
describe(const void *ctx, const struct engine *e, const struct track_args *a)
{
	return mem_printf(ctx, "interface %s %s", abbreviated(ctx, name_of(e, a)), parameter_of(a));
}

static void
columns(const struct track_object *o, const char **instance, const char **parameter)
{
	*instance = name_of(tracks_engine(o->all), o->args);
	*parameter = parameter_of(o->args);
}

/* Why it is down, in IOS's brackets. */
static const char *
reason(const struct track_object *o)
{
	const struct engine *e = tracks_engine(o->all);
	const struct link *l = e->links == NULL ? NULL : links_find(e->links, kernel_name(o));

	if (o->sensed)
		return "";
	if (l == NULL)
		return " (no such interface)";
	if ((l->flags & IFF_UP) == 0)
		return " (hw admin-down)";
	if (!is_up(l))
		return " (hw down)";
	return o->args->line_protocol.set ? "" : " (ip address is not known)";
}

static void
show(const struct track_object *o, struct writer *w, const char *state)
{
	const struct track_args *a = o->args;
	const char *name = name_of(tracks_engine(o->all), a);

	w_text(w, "  Interface %s %s\n  %s is %s%s\n", name, parameter_of(a),
		a->line_protocol.set  ? "Line protocol"
		: a->ipv6_routing.set ? "IPv6 routing"
				      : "IP routing",
		state, reason(o));
	w_str(w, "interface", name);
	w_str(w, "parameter", parameter_of(a));
}

const struct track_kind track_interface = {
	.type = "interface",
	.is = is_interface,
	.start = start,
	.describe = describe,
	.columns = columns,
	.show = show,
	.look = look_again,
};
