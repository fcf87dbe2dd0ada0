/* The configuration mode of applets: its rows, made from the tables of detectors and actions. */
#include "applets/applet.h"

#include <string.h>

#include "applets/action.h"
#include "applets/context.h"
#include "applets/dialect.h"
#include "applets/env.h"
#include "applets/lua/scripts.h"
#include "applets/rows.h"
#include "applets/seal.h"
#include "applets/trigger.h"
#include "bus/bus.h"
#include "bus/counter.h"
#include "bus/detector.h"
#include "bus/history.h"
#include "bus/recent.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/policy.h"
#include "sched/sched.h"

static const char mode[] = "config-applet";

/* ---- event manager applet NAME ---- */

#define CLASS(letter_)                                                 \
	{                                                              \
#letter_, "Policy class " #letter_, #letter_[0], false \
	}
const struct kw_alternative class_choices[] = {
	CLASS(A),
	CLASS(B),
	CLASS(C),
	CLASS(D),
	CLASS(E),
	CLASS(F),
	CLASS(G),
	CLASS(H),
	CLASS(I),
	CLASS(J),
	CLASS(K),
	CLASS(L),
	CLASS(M),
	CLASS(N),
	CLASS(O),
	CLASS(P),
	CLASS(Q),
	CLASS(R),
	CLASS(S),
	CLASS(T),
	CLASS(U),
	CLASS(V),
	CLASS(W),
	CLASS(X),
	CLASS(Y),
	CLASS(Z),
	{ "default", "Default policy class", 0, false },
	{ NULL, NULL, 0, false },
};

static const struct kw authorization_kw[] = {
	{ .word = "bypass",
		.help = "EEM AAA authorization type bypass",
		KW_AT(struct applet_args, bypass),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw applet_kw[] = {
	{ .help = "Name of the Event Manager applet",
		.type = &kw_word,
		KW_AT(struct applet_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .word = "authorization",
		.help = "Specify an authorization type for policy",
		KW_AT(struct applet_args, authorization),
		.sub = authorization_kw },
	{ .word = "class",
		.help = "Specify a class for policy, default class will be set when this is not specified",
		.type = &kw_choice,
		KW_AT(struct applet_args, class),
		.choices = class_choices,
		.dflt = 0,
		.has_dflt = true },
	{ .word = "trap",
		.help = "Generate an SNMP trap when this applet runs",
		KW_AT(struct applet_args, trap) },
	KW_END,
};

enum { NAME_MAX_BYTES = 256 };

static bool
applet_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct applet_args *a = args;

	if (strlen(a->name.s) > NAME_MAX_BYTES || strchr(a->name.s, '/'))
		return err_set(err, ERR_REFUSED, "Applet names have at most %d characters and no '/'",
			NAME_MAX_BYTES);
	return true;
}

/* ---- lines inside ---- */

struct text_args {
	struct kw_str text;
};

static const struct kw description_kw[] = {
	{ .help = "Policy description text",
		.type = &kw_text,
		KW_AT(struct text_args, text),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw old_set_kw[] = {
	{ .help = "Label", .type = &kw_word, KW_AT(struct old_set_args, label), .flags = KW_REQ | KW_KEY },
	{ .word = "_exit_status",
		.help = "Exit status of the policy",
		.type = &kw_number,
		KW_AT(struct old_set_args, status),
		.flags = KW_REQ,
		.min = INT32_MIN,
		.max = INT32_MAX },
	KW_END,
};

static bool
event_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct event_args *a = args;
	const struct detector *d = a->what.row->owner;

	if (d->normalise)
		d->normalise(a->what.args);
	if (!spec_check(engine, d, a->what.args, false, err))
		return false;
	seal_args(engine, d->kw, a->what.args);
	return true;
}

/* Rulings 11: the ninth event, and a mixture of tagged and untagged ones, are refused when typed. */
static bool
event_place(struct engine *engine, const struct conf_node *applet, const void *args, struct err *err)
{
	const struct event_args *a = args;
	size_t others = 0;

	for (const struct conf_node *n = applet->first; n; n = n->next) {
		const struct event_args *other = n->args;

		if (!is_event_node(n))
			continue;
		if (other->tag.set != a->tag.set)
			return err_set(
				err, ERR_REFUSED, "Use \"event tag\" when an applet has several events");
		others += a->tag.set && strcmp(other->tag.s, a->tag.s) != 0;
	}
	if (others < POLICY_EVENTS_MAX)
		return true;
	return err_set(err, ERR_REFUSED, "An applet has at most %d events", POLICY_EVENTS_MAX);
}

static bool
action_adopt(struct engine *engine, void *args, struct err *err)
{
	struct action_args *a = args;
	const struct action *action = a->what.row->owner;

	if (action->typed != NULL && !action->typed(engine, a->what.args, err))
		return false;
	if (a->what.args != NULL &&
		!compile_line_check(engine,
			&(struct compile_line){ .label = a->label.s, .action = action, .args = a->what.args },
			err))
		return false;
	seal_args(engine, action->kw, a->what.args);
	return true;
}

/* A block word may stand on its own in a row: a table to parse nothing with. */
static const struct kw no_kw[] = { KW_END };

static unsigned
depth_change(const struct conf_node *n, bool *closes)
{
	const struct action_args *a = n->args;
	const struct action *action = is_action_node(n) ? a->what.row->owner : NULL;

	*closes = action && (action->flags & (ACTION_CLOSES | ACTION_MIDDLE));
	if (action == NULL)
		return 0;
	if (action->flags & ACTION_MIDDLE)
		return 1;
	return action->opens ? action->opens(a->what.args) : (action->flags & ACTION_OPENS) != 0;
}

/* How many blocks are open around this line, as the lines stand now (3.2: one blank for each). */
static unsigned
nesting(const struct conf_node *node)
{
	unsigned depth = 0;

	for (const struct conf_node *n = node->parent ? node->parent->first : node; n; n = n->next) {
		bool closes;
		unsigned opens = depth_change(n, &closes);

		if (closes && depth > 0)
			depth--;
		if (n == node)
			break;
		depth += opens;
	}
	return depth;
}

static void
action_line(struct engine *engine, const struct conf_node *node, struct text *out)
{
	const struct action_args *a = node->args;

	kw_print_key(&node->row->cmd, a, out);
	for (unsigned i = nesting(node); i > 0; i--)
		text_addc(out, ' ');
	text_printf(out, " %s", a->what.row->word);
	kw_print_rows(a->what.row->sub, a->what.args, out);
}

/* ---- the rows ---- */

enum { ROW_APPLET, ROW_DESCRIPTION, ROW_EVENT, ROW_ACTION, ROW_OLD_SET, ROWS };

static const struct conf_row rows_template[ROWS] = {
	[ROW_APPLET] = { .cmd = { .words = "event manager applet",
				 .help = "Register an Event Manager applet",
				 .kw = applet_kw,
				 .size = sizeof(struct applet_args),
				 .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_APPLET,
		.adopt = applet_adopt,
		.apply = applet_apply },
	[ROW_DESCRIPTION] = { .cmd = { .words = "description",
				      .help = "Add or modify an applet description",
				      .kw = description_kw,
				      .size = sizeof(struct text_args),
				      .level = 15 },
		.mode = mode,
		.order = ORDER_DESCRIPTION },
	[ROW_EVENT] = { .cmd = { .words = "event",
				.help = "Specify the event criteria for an applet",
				.size = sizeof(struct event_args),
				.level = 15 },
		.mode = mode,
		.order = ORDER_EVENT,
		.adopt = event_adopt,
		.place = event_place },
	[ROW_ACTION] = { .cmd = { .words = "action",
				 .help = "Add or modify an action statement",
				 .size = sizeof(struct action_args),
				 .level = 15 },
		.mode = mode,
		.order = ORDER_ACTION,
		.sorted = true,
		.missing = "Action label not found",
		.adopt = action_adopt,
		.line = action_line },
	[ROW_OLD_SET] = { .cmd = { .words = "set",
				  .help = "Set the exit status of the applet",
				  .kw = old_set_kw,
				  .size = sizeof(struct old_set_args),
				  .level = 15 },
		.mode = mode,
		.order = ORDER_ACTION,
		.sorted = true,
		.missing = "Action label not found" },
};

static bool
is_row(const struct conf_node *n, unsigned row)
{
	return n->row->mode == mode && n->row->cmd.words == rows_template[row].cmd.words;
}

bool
is_applet_node(const struct conf_node *n)
{
	return strcmp(n->row->cmd.words, rows_template[ROW_APPLET].cmd.words) == 0;
}

bool
is_event_node(const struct conf_node *n)
{
	return is_row(n, ROW_EVENT);
}

bool
is_action_node(const struct conf_node *n)
{
	return is_row(n, ROW_ACTION);
}

bool
is_old_set_node(const struct conf_node *n)
{
	return is_row(n, ROW_OLD_SET);
}

bool
is_description_node(const struct conf_node *n)
{
	return is_row(n, ROW_DESCRIPTION);
}

static const struct kw *
event_table(const void *ctx, const struct detector *const *detectors)
{
	size_t n = 0, rows = 1;

	while (detectors[n])
		n++;
	struct kw *kw = mem_array(ctx, struct kw, 2 * n + 2);
	kw[0] = (struct kw){ .word = "tag",
		.help = "event tag identifier",
		.type = &kw_word,
		KW_AT(struct event_args, tag),
		.flags = KW_SEQ | KW_KEY };
	for (size_t i = 0; i < n; i++) {
		const struct detector *d = detectors[i];
		struct kw *row = &kw[rows];

		if (d->of_scripts)
			continue;
		rows++;
		*row = (struct kw){ .word = d->name,
			.help = d->help,
			KW_AT(struct event_args, what),
			.flags = KW_REQ,
			.group = 1,
			.sub = d->kw,
			.sub_size = d->spec_size,
			.owner = d };
		if (d->alias == NULL)
			continue;
		kw[rows] = *row;
		kw[rows].word = d->alias;
		kw[rows++].flags |= KW_HIDDEN;
	}
	return kw;
}

static const struct kw *
action_table(const void *ctx, const struct action *const *actions)
{
	size_t n = 0;

	while (actions[n])
		n++;
	struct kw *kw = mem_array(ctx, struct kw, n + 2);
	kw[0] = (struct kw){
		.help = "Label", .type = &kw_word, KW_AT(struct action_args, label), .flags = KW_REQ | KW_KEY
	};
	for (size_t i = 0; i < n; i++)
		kw[i + 1] = (struct kw){ .word = actions[i]->name,
			.help = actions[i]->help,
			KW_AT(struct action_args, what),
			.flags = KW_REQ,
			.group = 1,
			.sub = actions[i]->kw ? actions[i]->kw : no_kw,
			.sub_size = actions[i]->args_size ? actions[i]->args_size : 1,
			.owner = actions[i] };
	return kw;
}

static const struct conf_mode applet_mode = { .name = mode, .parent = "config", .commit_on_exit = true };

static const char *const words[][3] = {
	{ "config", "event", "Event related configuration commands" },
	{ "config", "event manager", "Embedded event manager configuration commands" },
	{ "config", "event manager detector", "Event detectors" },
	{ "config", "event manager detector routing", "Detector of routes" },
	{ "config", "event manager detector rpc", "Detector of remote procedure calls" },
	{ "config", "event manager history", "Event Manager history configuration" },
	{ "config", "event manager history size", "Size of history tables" },
	{ "config", "event manager mail", "Mail of policies" },
	{ "config", "event manager scheduler", "Event Manager scheduler configuration" },
	{ "config", "event manager scheduler applet", "Scheduler of applets" },
	{ "config", "event manager scheduler applet thread", "Scheduler threads" },
	{ "config", "event manager scheduler script", "Scheduler of scripts" },
	{ "config", "event manager scheduler script thread", "Scheduler threads" },
	{ "config", "event manager session", "Event Manager sessions" },
	{ "config", "event manager session cli", "CLI sessions of policies" },
};

static void
applet_rows(struct engine *engine, const struct language *l)
{
	struct conf_row *rows = mem_dup(engine->conf, rows_template, sizeof rows_template);

	rows[ROW_EVENT].cmd.kw = event_table(engine->conf, l->detectors);
	rows[ROW_ACTION].cmd.kw = action_table(engine->conf, l->actions);
	conf_modes(engine->conf, &applet_mode, 1);
	conf_hints(engine->conf, mode, dialect_hint);
	conf_hints(engine->conf, "config", dialect_hint);
	conf_rows(engine->conf, rows, ROWS);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		conf_word(engine->conf, words[i][0], words[i][1], words[i][2]);
}

/* For `info type syslog history`. */
static void
remember_message(void *arg, const struct log_entry *e)
{
	if (!e->is_debug)
		recent_add(arg, e->wall, e->line);
}

bool
applets_start(const void *ctx, struct engine *engine, const struct language *l, struct err *err)
{
	engine->value_max = VALUE_MAX_DEFAULT;
	engine->env = environment_new(ctx, engine);
	engine->contexts = contexts_new(ctx, engine);
	engine->counters = counters_new(ctx);
	engine->bus = bus_new(ctx, engine);
	if (!bus_detectors(engine->bus, l->detectors, err))
		return false;
	engine->history = history_new(ctx);
	engine->traps = history_new(ctx);
	engine->commands = recent_new(ctx);
	engine->messages = recent_new(ctx);
	log_sink(ctx, engine->log, remember_message, engine->messages);
	engine->policies = policies_new(ctx, engine);
	engine->sched = sched_new(ctx, engine);

	settings_rows(engine);
	scheduler_rows(engine);
	environment_rows(engine);
	applet_rows(engine, l);
	trigger_rows(engine);
	scripts_start(ctx, engine, l);
	return true;
}

bool
applet_listing(const struct engine *engine, const char *name, struct text *out)
{
	struct text key;
	const struct conf_node *applet;

	text_init(&key, engine->conf);
	kw_print_key(&rows_template[ROW_APPLET].cmd,
		&(struct applet_args){ .name = { .set = true, .s = name } }, &key);
	applet = conf_find(engine->conf, key.s);
	mem_free(key.s);
	for (const struct conf_node *n = applet ? applet->first : NULL; n; n = n->next)
		if (is_action_node(n) || is_old_set_node(n))
			conf_print_node(engine->conf, n, 1, out);
	return applet != NULL;
}
