/*
 * `event manager detector interface load-interval NAME SECONDS`: over what an interface's rates and loads are
 * averaged. IOS has it below `interface NAME`, which stays the device's own: `cli command` passes it on.
 */
#include "detect/interface_rows.h"

#include "conf/conf.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "net/load_intervals.h"

enum { ORDER_INTERFACE = 650, STEP = 30, SHORTEST = 30, LONGEST = 600 };

struct interval_args {
	struct kw_str name;
	struct kw_int seconds;
};

static const struct kw interval_kw[] = {
	/* A word of its own: as a name of IOS, `lo 30` would be Loopback 30. */
	{ .help = "Interface name",
		.type = &kw_word,
		KW_AT(struct interval_args, name),
		.flags = KW_REQ | KW_KEY,
		.param = "INTERFACE" },
	{ .help = "Seconds, in steps of 30",
		.type = &kw_number,
		KW_AT(struct interval_args, seconds),
		.flags = KW_REQ,
		.min = SHORTEST,
		.max = LONGEST },
	KW_END,
};

/* An abbreviated name is the line of the whole one. */
static bool
interval_adopt(struct engine *e, void *args, struct err *err)
{
	struct interval_args *a = args;

	if (a->seconds.set && a->seconds.v % STEP != 0)
		return err_set(err, ERR_REFUSED, "a load interval is a multiple of %d seconds, from %d to %d",
			STEP, SHORTEST, LONGEST);
	if (e->settings != NULL)
		a->name.s = mem_strdup(args, ifname_ios(e->settings, ifname_kernel(e->settings, a->name.s)));
	return true;
}

static bool
interval_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct interval_args *a = (new != NULL ? new : old)->args;

	(void)err;
	load_interval_set(
		e->load_intervals, ifname_kernel(e->settings, a->name.s), new != NULL ? a->seconds.v : 0);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "event manager detector interface load-interval",
		  .help = "Interval over which an interface's rates and loads are averaged",
		  .kw = interval_kw,
		  .size = sizeof(struct interval_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_INTERFACE,
		.adopt = interval_adopt,
		.adopt_no = true,
		.apply = interval_apply },
};

void
interface_rows(struct engine *e)
{
	load_intervals_new(e, e);
	conf_word(e->conf, "config", "event manager detector interface", "Interface event detector");
	conf_rows(e->conf, rows, sizeof rows / sizeof rows[0]);
}
