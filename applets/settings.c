/* The rows of history, session and loop-limit: what holds for all policies. */
#include <string.h>

#include "applets/rows.h"
#include "bus/bus.h"
#include "bus/history.h"
#include "conf/conf.h"
#include "core/mem.h"

struct number_args {
	struct kw_int n;
};

/* ---- event manager history size ---- */

static const struct kw history_kw[] = {
	{ .help = "Number of entries",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.min = 0,
		.max = HISTORY_MAX,
		.dflt = HISTORY_DEFAULT,
		.has_dflt = true },
	KW_END,
};

static void
resize(struct history *h, const struct conf_node *new)
{
	const struct number_args *a = new ? new->args : NULL;

	history_resize(h, a && a->n.set ? (size_t)a->n.v : HISTORY_DEFAULT);
}

static bool
history_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	resize(engine->history, new);
	return true;
}

static bool
traps_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	resize(engine->traps, new);
	return true;
}

/* ---- event manager session cli username ---- */

struct session_args {
	struct kw_str user;
	struct kw_int privilege;
};

static const struct kw session_kw[] = {
	{ .help = "User name of the CLI sessions",
		.type = &kw_word,
		KW_AT(struct session_args, user),
		.flags = KW_REQ },
	{ .word = "privilege",
		.help = "Privilege level of the sessions",
		.type = &kw_number,
		KW_AT(struct session_args, privilege),
		.min = 0,
		.max = 15,
		.dflt = 1,
		.has_dflt = true },
	KW_END,
};

static const char session_words[] = "event manager session cli username";

static bool
session_adopt(struct engine *engine, void *args, struct err *err)
{
	if (strlen(((const struct session_args *)args)->user.s) > 64)
		return err_set(err, ERR_REFUSED, "A user name has at most 64 characters");
	return true;
}

const char *
session_cli_username(const struct engine *engine)
{
	const struct conf_node *n = conf_find(engine->conf, session_words);

	return n ? ((const struct session_args *)n->args)->user.s : "";
}

unsigned
session_cli_privilege(const struct engine *engine)
{
	const struct conf_node *n = conf_find(engine->conf, session_words);
	const struct session_args *a = n ? n->args : NULL;

	return a && a->privilege.set ? (unsigned)a->privilege.v : 1;
}

/* ---- event manager loop-limit ---- */

static const struct kw loop_kw[] = {
	{ .help = "Runs in a chain of causes",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.flags = KW_REQ,
		.min = 1,
		.max = 65535 },
	KW_END,
};

static bool
loop_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	bus_set_loop_limit(engine->bus,
		new ? (unsigned)((const struct number_args *)new->args)->n.v : LOOP_LIMIT_DEFAULT);
	return true;
}

/* ---- event manager detector ---- */

static const struct kw sessions_kw[] = {
	{ .help = "Number of sessions",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.flags = KW_REQ,
		.min = 4,
		.max = 16 },
	KW_END,
};

struct seconds_args {
	struct kw_time time;
};

static const struct kw bootup_kw[] = {
	{ .help = "Seconds",
		.type = &kw_seconds,
		KW_AT(struct seconds_args, time),
		.flags = KW_REQ,
		.min = 0,
		.max = INT64_C(31536000) * USEC_PER_SEC + 999 * USEC_PER_MSEC },
	KW_END,
};

static const char sessions_words[] = "event manager detector rpc max-sessions";
static const char bootup_words[] = "event manager detector routing bootup-delay";

unsigned
rpc_sessions_max(const struct engine *engine)
{
	const struct conf_node *n = conf_find(engine->conf, sessions_words);

	return n != NULL ? (unsigned)((const struct number_args *)n->args)->n.v : RPC_SESSIONS_DEFAULT;
}

usec
routing_bootup_delay(const struct engine *engine)
{
	const struct conf_node *n = conf_find(engine->conf, bootup_words);

	return n != NULL ? ((const struct seconds_args *)n->args)->time.v : 0;
}

/* ---- event manager mail legacy-at-split ---- */

static const char split_words[] = "event manager mail legacy-at-split";

bool
mail_splits_at_first(const struct engine *engine)
{
	return conf_find(engine->conf, split_words) != NULL;
}

/* ---- */

#define ROW(words_, help_, kw_, type_, ...)                                                       \
	{                                                                                         \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = type_, .level = 15 }, \
		.mode = "config", .order = ORDER_EEM_SETTINGS, __VA_ARGS__                        \
	}

static const struct conf_row rows[] = {
	ROW(bootup_words, "Time behind the start before routing events are published", bootup_kw,
		sizeof(struct seconds_args)),
	ROW(sessions_words, "RPC sessions at the same time", sessions_kw, sizeof(struct number_args)),
	ROW("event manager history size events", "Size of the event history", history_kw,
		sizeof(struct number_args), .apply = history_apply),
	ROW("event manager history size traps", "Size of the trap history", history_kw,
		sizeof(struct number_args), .apply = traps_apply),
	ROW("event manager loop-limit", "Longest chain of policies that cause each other", loop_kw,
		sizeof(struct number_args), .apply = loop_apply),
	ROW(split_words, "Split mail servers at their first @, as IOS does (CSCwe75439)", NULL, 0),
	ROW(session_words, "User name of the CLI sessions of policies", session_kw,
		sizeof(struct session_args), .adopt = session_adopt),
};

void
settings_rows(struct engine *engine)
{
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
}
