/* The rows of history, session, scheduler and loop-limit: what holds for all policies. */
#include <string.h>

#include "applets/rows.h"
#include "bus/bus.h"
#include "bus/history.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "sched/sched.h"

struct number_args {
	struct kw_int n;
};

/* ---- event manager history size ---- */

static const struct kw history_kw[] = {
	{ .help = "Number of entries",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.flags = KW_REQ,
		.min = 0,
		.max = HISTORY_MAX },
	KW_END,
};

static bool
history_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	history_resize(engine->history,
		new ? (size_t)((const struct number_args *)new->args)->n.v : HISTORY_DEFAULT);
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

/* ---- event manager scheduler ---- */

struct thread_args {
	struct kw_list classes; /* `default`, letters, `range A-D` */
	struct kw_int number;
};

static const char script_words[] = "event manager scheduler script thread class";

static const struct kw thread_kw[] = {
	{ .help = "Class of policies: default, A to Z, or range A-D",
		.type = &kw_word,
		KW_AT(struct thread_args, classes),
		.flags = KW_REQ | KW_KEY | KW_MANY },
	{ .word = "number",
		.help = "Number of scheduler threads",
		.type = &kw_number,
		KW_AT(struct thread_args, number),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 65535 },
	KW_END,
};

static bool
is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The classes from *from to *to that the i-th word names (a `range` names none by itself). */
static bool
read_classes(const struct kw_list *l, size_t i, char *from, char *to)
{
	const char *word = l->v[i];

	*from = *to = -1;
	if (strcmp(word, "range") == 0)
		return i + 1 < l->n && strlen(l->v[i + 1]) == 3;
	if (strcmp(word, "default") == 0)
		*from = *to = 0;
	else if (is_letter(word[0]) && word[1] == '\0')
		*from = *to = word[0];
	else if (i > 0 && strcmp(l->v[i - 1], "range") == 0 && is_letter(word[0]) && word[1] == '-' &&
		 is_letter(word[2]) && word[3] == '\0' && word[0] <= word[2]) {
		*from = word[0];
		*to = word[2];
	} else
		return false;
	return true;
}

static bool
thread_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct thread_args *a = args;
	char from, to;

	for (size_t i = 0; i < a->classes.n; i++)
		if (!read_classes(&a->classes, i, &from, &to))
			return err_set(err, ERR_REFUSED, "'%s' is no class: default, A to Z, or range A-D",
				a->classes.v[i]);
	return true;
}

static void
set_threads(struct engine *engine, enum policy_kind kind, const struct thread_args *a, unsigned slots)
{
	char from, to;

	for (size_t i = 0; i < a->classes.n; i++) {
		read_classes(&a->classes, i, &from, &to);
		for (char c = from; from >= 0 && c <= to; c++)
			sched_set_slots(engine->sched, kind, c, slots);
	}
}

static bool
thread_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct conf_node *n = new ? new : old;
	enum policy_kind kind = strcmp(n->row->cmd.words, script_words) == 0 ? POLICY_SCRIPT : POLICY_APPLET;
	const struct thread_args *a = n->args;

	set_threads(engine, kind, a, new ? (unsigned)a->number.v : 0);
	return true;
}

static bool
suspend_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	sched_suspend(engine->sched, new != NULL);
	return true;
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

/* ---- */

#define ROW(words_, help_, kw_, type_, ...)                                                       \
	{                                                                                         \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = type_, .level = 15 }, \
		.mode = "config", .order = ORDER_EEM_SETTINGS, __VA_ARGS__                        \
	}

static const struct conf_row rows[] = {
	ROW("event manager history size events", "Size of the event history", history_kw,
		sizeof(struct number_args), .apply = history_apply),
	ROW("event manager history size traps", "Size of the trap history", history_kw,
		sizeof(struct number_args)),
	ROW("event manager loop-limit", "Longest chain of policies that cause each other", loop_kw,
		sizeof(struct number_args), .apply = loop_apply),
	ROW("event manager scheduler applet thread class", "Class of policies", thread_kw,
		sizeof(struct thread_args), .adopt = thread_adopt, .apply = thread_apply),
	ROW(script_words, "Class of policies", thread_kw, sizeof(struct thread_args), .adopt = thread_adopt,
		.apply = thread_apply),
	ROW("event manager scheduler suspend", "Suspend policy scheduling", NULL, 0, .apply = suspend_apply),
	ROW(session_words, "User name of the CLI sessions of policies", session_kw,
		sizeof(struct session_args), .adopt = session_adopt),
};

void
settings_rows(struct engine *engine)
{
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
}
