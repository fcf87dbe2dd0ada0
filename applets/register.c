/* From an applet's configuration to a registered policy (eem-language.md 3.4). */
#include <string.h>

#include "applets/action.h"
#include "applets/expand.h"
#include "applets/join.h"
#include "applets/rows.h"
#include "applets/trigger.h"
#include "bus/bus.h"
#include "bus/detector.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/policy.h"

enum { STEP_ROOM = 160 /* what a usual step takes, with its templates */ };

/* ---- the program ---- */

/* A copy of what stands in the configuration: the policy outlives the line. */
static void *
reparse(const void *ctx, struct engine *engine, const struct conf_node *n)
{
	struct text line;
	struct kw_parsed parsed;
	struct err err = ERR_INIT;

	text_init(&line, ctx);
	kw_print(&n->row->cmd, n->args, &line);
	if (!kw_parse(ctx, conf_tree(engine->conf, n->row->mode), line.s, 15, 0, &parsed, &err))
		parsed.args = NULL; /* the property test of the tables says that this cannot be */
	mem_free(line.s);
	mem_free((void *)(uintptr_t)parsed.expanded);
	return parsed.args;
}

/* `set LABEL _exit_status N` is `action LABEL set _exit_status "N"`. */
static void *
old_set_as_action(const void *ctx, struct engine *engine, const struct conf_node *n)
{
	const struct old_set_args *a = n->args;
	struct kw_parsed parsed;
	struct text line;

	text_init(&line, ctx);
	text_add(&line, "action \"");
	text_add(&line, a->label.s);
	text_printf(&line, "\" set _exit_status \"%lld\"", (long long)a->status.v);
	if (!kw_parse(ctx, conf_tree(engine->conf, n->row->mode), line.s, 15, 0, &parsed, NULL))
		parsed.args = NULL;
	mem_free(line.s);
	mem_free((void *)(uintptr_t)parsed.expanded);
	return parsed.args;
}

size_t
applet_lines(
	struct engine *engine, const struct conf_node *applet, struct program *p, struct compile_line **out)
{
	struct compile_line *lines;
	size_t n = 0, cap = 0;

	for (const struct conf_node *at = applet->first; at; at = at->next)
		cap++;
	lines = mem_array(p, struct compile_line, cap);
	mem_reserve(p, cap * STEP_ROOM);
	for (const struct conf_node *at = applet->first; at; at = at->next) {
		struct action_args *a = is_action_node(at)    ? reparse(p, engine, at)
					: is_old_set_node(at) ? old_set_as_action(p, engine, at)
							      : NULL;
		if (a == NULL)
			continue;
		lines[n++] = (struct compile_line){ .label = mem_pack_str(p, a->label.s),
			.action = a->what.row->owner,
			.args = mem_steal(p, a->what.args),
			.node = at };
		mem_free(a);
	}
	*out = lines;
	return n;
}

/* ---- the event ---- */

static bool
is_text(const struct kw *row)
{
	return row->type && row->type != &kw_number && row->type != &kw_seconds && row->type != &kw_choice;
}

/* What a variable brought in is as good as what is typed: an address is one, a prefix is one. */
static bool
is_taken(const void *ctx, const struct kw *row, const char *value, struct err *err)
{
	const struct kw_token t = { .text = value, .quoted = true };
	void *scratch = mem_array(ctx, char, row->type->size);
	struct err why = ERR_INIT;
	bool fine = row->type->parse(scratch, row, &t, scratch, &why);

	mem_free(scratch);
	if (fine)
		return true;
	if (why.code != ERR_RANGE)
		return err_set(err, ERR_REFUSED, "'%s': %s", value, why.text);
	return err_set(err, ERR_REFUSED, "'%s' takes %s, which '%s' is not",
		row->word != NULL ? row->word : row->help, why.text, value);
}

/* 3.5: $name in the statement is replaced by the environment's value, now. */
static bool
replace_variables(struct engine *engine, const void *ctx, const struct kw *rows, void *args, struct err *err)
{
	for (const struct kw *row = rows; row && (row->word || row->help); row++) {
		void *at = (char *)args + row->at;

		if (!*(const bool *)at)
			continue;
		if (is_text(row)) {
			struct kw_str *v = at;
			char *replaced;

			if (strchr(v->s, '$') == NULL)
				continue;
			if (!expand_environment(ctx, engine, v->s, &replaced, err))
				return false;
			if (!is_taken(ctx, row, replaced, err))
				return false;
			v->s = replaced;
		}
		void *below = args;
		if (row->sub_size > 0)
			below = ((const struct kw_sub *)at)->row == row ? ((const struct kw_sub *)at)->args
									: NULL;
		if (row->sub && below && !replace_variables(engine, ctx, row->sub, below, err))
			return false;
	}
	return true;
}

/* ---- registration ---- */

static void
tell(struct engine *engine, const char *policy, const struct err *err)
{
	if (strcmp(err->class, "FH_EMEMORY") == 0)
		log_msg(engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_UNKNOWN_ENV", "%s", err->text);
	else
		log_msg(engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_EEM_CONFIG", "%s: %s", policy,
			err->text);
}

/* Most statements have no variable: then what stands in the configuration is good as it is, and shared. */
static bool
has_variables(const struct kw *rows, const void *args)
{
	for (const struct kw *row = rows; row && (row->word || row->help); row++) {
		const void *at = (const char *)args + row->at, *below = args;

		if (!*(const bool *)at)
			continue;
		if (is_text(row) && strchr(((const struct kw_str *)at)->s, '$') != NULL)
			return true;
		if (row->sub_size > 0)
			below = ((const struct kw_sub *)at)->row == row ? ((const struct kw_sub *)at)->args
									: NULL;
		if (row->sub && below && has_variables(row->sub, below))
			return true;
	}
	return false;
}

/* The statement as it is watched: with the environment's values, now. */
static void *
final_args(struct engine *engine, struct policy *p, const struct conf_node *n, struct err *err)
{
	const struct event_args *written = n->args;
	const struct detector *d = written->what.row->owner;
	struct event_args *a;
	void *args;

	if (!has_variables(d->kw, written->what.args)) {
		conf_node_keep(p, n);
		return written->what.args;
	}
	a = reparse(p, engine, n);
	args = mem_steal(p, a->what.args);
	mem_free(a);
	if (d->normalise)
		d->normalise(args);
	return replace_variables(engine, p, d->kw, args, err) ? args : NULL;
}

static bool
add_event(struct engine *engine, struct policy *p, const struct conf_node *n, struct err *err)
{
	const struct event_args *written = n->args;
	const struct detector *d = written->what.row->owner;
	void *args = final_args(engine, p, n, err);

	if (args == NULL || !spec_check(engine, d, args, true, err))
		return false;
	p->specs[p->nspecs++] = spec_new(
		p, engine, d, p->name, written->tag.set ? written->tag.s : NULL, args, policy_raised, p);
	return true;
}

static bool
add_events(struct engine *engine, struct policy *p, const struct conf_node *applet, struct err *err)
{
	for (const struct conf_node *n = applet->first; n; n = n->next) {
		if (!is_event_node(n))
			continue;
		if (p->nspecs == POLICY_EVENTS_MAX)
			return err_set(err, ERR_CONFIG, "An applet has at most %d events", POLICY_EVENTS_MAX);
		if (!add_event(engine, p, n, err))
			return false;
	}
	return true;
}

/* Several events, or a `trigger`: what they say together becomes one event. */
static bool
join_events(struct engine *engine, struct policy *p, const struct conf_node *applet, struct err *err)
{
	struct trigger_spec want;
	bool found;

	return trigger_read(p, engine, applet, &found, &want, err) && policy_join(p, found, &want, err);
}

static void
read_options(struct policy *p, const struct conf_node *applet)
{
	const struct applet_args *a = applet->args;

	p->bypass = a->bypass.set;
	p->trap = a->trap.set;
	p->class = a->class.set ? (char)a->class.v : 0;
	for (const struct conf_node *n = applet->first; n; n = n->next)
		if (is_description_node(n))
			p->description = mem_strdup(p, ((const struct kw_str *)n->args)->s);
}

/* The policy that the lines describe, not armed yet; NULL with err. */
static struct policy *
build(struct engine *engine, const struct conf_node *applet, struct err *err)
{
	const struct applet_args *a = applet->args;
	struct policy *p = policy_new(engine, a->name.s, POLICY_APPLET);
	struct compile_line *lines;
	size_t n;

	p->order = applet->seq;
	read_options(p, applet);
	p->program = program_new(p->name);
	n = applet_lines(engine, applet, p->program, &lines);
	if (!compile_program(engine, p->program, lines, n, err) || !add_events(engine, p, applet, err) ||
		!join_events(engine, p, applet, err)) {
		mem_free(p);
		return NULL;
	}
	if (n == 0)
		log_msg(engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_NO_ACTION",
			"No action configured for applet %s", p->name);
	mem_free(lines);
	return p;
}

bool
applet_events_check(
	struct engine *engine, const struct conf_node *applet, const struct conf_node **at, struct err *err)
{
	struct policy *p =
		policy_new(engine, ((const struct applet_args *)applet->args)->name.s, POLICY_APPLET);
	bool good = add_events(engine, p, applet, err);
	size_t event = 0;

	*at = applet;
	for (const struct conf_node *n = applet->first; n && !good; n = n->next)
		if (is_event_node(n) && event++ == p->nspecs)
			*at = n;
	if (good && p->nspecs > 0)
		good = join_events(engine, p, applet, err);
	mem_free(p);
	return good;
}

/* Names are shared with scripts; the one that was first keeps it. */
static bool
check_name(const struct engine *engine, const char *name, struct err *err)
{
	const struct policy *there = policies_find(engine->policies, name);

	return there == NULL || there->kind == POLICY_APPLET ||
	       err_set(err, ERR_EXISTS, "a script policy has this name");
}

static bool
has_event(const struct conf_node *applet)
{
	for (const struct conf_node *n = applet->first; n; n = n->next)
		if (is_event_node(n))
			return true;
	return false;
}

/*
 * The old registration ends in the moment in which the new one begins; when the new one is wrong, the
 * applet stays in the configuration and is not registered.
 */
bool
applet_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct applet_args *a = (new ? new : old)->args;
	struct err why = ERR_INIT;

	if (!check_name(engine, a->name.s, &why)) {
		if (new)
			tell(engine, a->name.s, &why);
		return true;
	}
	if (new == NULL || !has_event(new)) {
		policies_remove(engine->policies, a->name.s);
		if (new)
			log_msg(engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_NO_EVENT",
				"No event configured for applet %s", a->name.s);
		return true;
	}

	struct policy *p = build(engine, new, &why);
	policies_remove(engine->policies, a->name.s);
	if (p && policy_arm(p, &why)) {
		policies_add(engine->policies, p);
		return true;
	}
	tell(engine, a->name.s, &why);
	mem_free(p);
	return true;
}
