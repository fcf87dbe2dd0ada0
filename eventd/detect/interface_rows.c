/* `interface NAME`, `load-interval SECONDS`: over what an interface's rates and loads are averaged. */
#include "detect/interface_rows.h"

#include <string.h>

#include "conf/conf.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "net/load_intervals.h"

static const char mode[] = "config-if";

enum { ORDER_INTERFACE = 6800, STEP = 30, SHORTEST = 30, LONGEST = 600 };

struct interface_args {
	struct kw_str name;
};

struct load_args {
	struct kw_int seconds;
};

static const struct kw interface_kw[] = {
	{ .help = "Interface name",
		.type = &kw_ifname,
		KW_AT(struct interface_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static const struct kw load_kw[] = {
	{ .help = "Seconds, in steps of 30",
		.type = &kw_number,
		KW_AT(struct load_args, seconds),
		.flags = KW_REQ,
		.min = SHORTEST,
		.max = LONGEST },
	KW_END,
};

/* An abbreviated name is the line of the whole one. */
static bool
interface_adopt(struct engine *e, void *args, struct err *err)
{
	struct interface_args *a = args;

	if (e->settings != NULL)
		a->name.s = mem_strdup(args, ifname_ios(e->settings, ifname_kernel(e->settings, a->name.s)));
	return true;
}

static bool
load_adopt(struct engine *e, void *args, struct err *err)
{
	const struct load_args *a = args;

	if (a->seconds.v % STEP == 0)
		return true;
	return err_set(err, ERR_REFUSED, "a load interval is a multiple of %d seconds, from %d to %d", STEP,
		SHORTEST, LONGEST);
}

static bool interface_apply(
	struct engine *, const struct conf_node *old, const struct conf_node *new, struct err *);

static const struct conf_row rows[] = {
	{ .cmd = { .words = "interface",
		  .help = "Select an interface to configure",
		  .kw = interface_kw,
		  .size = sizeof(struct interface_args),
		  .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_INTERFACE,
		.adopt = interface_adopt,
		.apply = interface_apply },
	{ .cmd = { .words = "load-interval",
		  .help = "Interval over which rates and loads are averaged",
		  .kw = load_kw,
		  .size = sizeof(struct load_args),
		  .level = 15 },
		.mode = mode,
		.order = 1,
		.adopt = load_adopt },
};

static int64_t
seconds_of(const struct conf_node *interface)
{
	for (const struct conf_node *n = interface->first; n != NULL; n = n->next)
		if (n->row == &rows[1])
			return ((const struct load_args *)n->args)->seconds.v;
	return 0;
}

static bool
interface_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct interface_args *a = (new != NULL ? new : old)->args;

	load_interval_set(
		e->load_intervals, ifname_kernel(e->settings, a->name.s), new != NULL ? seconds_of(new) : 0);
	return true;
}

static const char *
known_elsewhere(const char *line)
{
	if (strncmp(line, "load-interval", strlen("load-interval")) == 0)
		return NULL;
	return "addresses, states and all else of an interface are the kernel's: ip-link(8), ip-address(8) "
	       "and the "
	       "system's network service configure it; only 'load-interval' is of this program";
}

void
interface_rows(struct engine *e)
{
	static const struct conf_mode modes[] = { { .name = mode, .parent = "config" } };

	load_intervals_new(e, e);
	conf_modes(e->conf, modes, 1);
	conf_hints(e->conf, mode, known_elsewhere);
	conf_rows(e->conf, rows, sizeof rows / sizeof rows[0]);
}
