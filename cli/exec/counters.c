/* clear counters: what `show interfaces` counts begins anew; the kernel's counters, and detectors, do not. */
#include <string.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/log.h"
#include "core/mem.h"
#include "net/links.h"

struct clear_args {
	struct kw_str name;
};

static const struct kw name_kw[] = {
	{ .help = "Interface name", .type = &kw_ifname, KW_AT(struct clear_args, name) },
	KW_END,
};

struct clearing {
	struct session *session;
	struct link *link; /* NULL: all */
	const char *name;
};

static void
clear_one(void *arg, struct link *l)
{
	const struct clearing *c = arg;
	const struct engine *e = session_engine(c->session);

	if (c->name != NULL && strcmp(l->name, c->name) != 0)
		return;
	l->cleared = l->counters;
	l->cleared_at = clock_wall(e->clock);
	if (c->name != NULL)
		log_msg(e->log, session_cause(c->session), "CLEAR", SEV_NOTIFICATIONS, "COUNTERS",
			"Clear counter on interface %s by %s", ifname_ios(e->settings, l->name),
			session_who(c->session));
}

static void
clear_polled(void *arg)
{
	const struct clearing *c = arg;
	const struct engine *e = session_engine(c->session);

	links_each(e->links, clear_one, arg);
	if (c->name == NULL)
		log_msg(e->log, session_cause(c->session), "CLEAR", SEV_NOTIFICATIONS, "COUNTERS",
			"Clear counter on all interfaces by %s", session_who(c->session));
	session_done(c->session);
}

static void
waited(void *arg, enum session_end end)
{
}

static void
clear_confirmed(struct session *s, const struct answer *answer, void *arg)
{
	if (!answer->yes) {
		session_done(s);
		return;
	}
	links_poll(session_cmd_ctx(s), session_engine(s)->links, clear_polled, arg);
	session_wait(s, 0, waited, NULL);
}

static enum cmd_result
clear_counters(struct session *s, const void *args, struct err *err)
{
	const struct clear_args *a = args;
	struct engine *e = session_engine(s);
	struct clearing *c = mem_new(session_cmd_ctx(s), struct clearing);
	const struct answer yes = { .yes = true };

	if (e->links == NULL) {
		err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
		return CMD_REFUSED;
	}
	c->session = s;
	c->name = a->name.set ? ifname_kernel(e->settings, a->name.s) : NULL;
	if (c->name != NULL && links_find(e->links, c->name) == NULL) {
		err_set(err, ERR_NOT_FOUND, "There is no interface %s", c->name);
		return CMD_REFUSED;
	}
	if (session_is_quiet(s)) {
		clear_confirmed(s, &yes, c);
		return CMD_WAIT;
	}
	return session_ask(s, ASK_CONFIRM,
		c->name == NULL ? "Clear \"show interface\" counters on all interfaces [confirm]"
				: "Clear \"show interface\" counters on this interface [confirm]",
		clear_confirmed, c);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "clear counters",
		  .help = "Begin the counters of `show interfaces` anew",
		  .kw = name_kw,
		  .size = sizeof(struct clear_args),
		  .level = 15 },
		.run = clear_counters },
};

void
exec_counters_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
