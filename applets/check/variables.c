/* Variables that nothing sets, too late, or of another event. */
#include <ctype.h>
#include <string.h>

#include "applets/check/private.h"
#include "applets/dialect.h"
#include "applets/seal.h"
#include "bus/bus.h"
#include "core/glob.h"
#include "core/mem.h"

struct reader {
	struct check *check;
	const struct check_applet *applet;
	struct flow *all; /* what may run */
	struct flow *set; /* ... behind an action that sets the variable at hand */
	uint32_t at;      /* the line */
	bool is_optional; /* cc and bcc of a mail */
	bool is_handled;  /* `handle-error type ignore` stands above: asking whether it exists */
};

/* ---- events ---- */

static bool
has_field(const struct event_field *f, const char *name)
{
	for (; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

/* A varbind of a trap: "_1_3_6_1_2". */
static bool
is_object(const char *name)
{
	return name[0] == '_' && isdigit((unsigned char)name[1]) && name[strspn(name, "_0123456789")] == '\0';
}

static bool
is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* What `damping` and `digest` add to any event. */
static bool
is_of_options(const struct spec_common *c, const char *name)
{
	return (c->damping.set && is_listed(damping_variables, name)) ||
	       (c->digest.set && is_listed(digest_variables, name));
}

static bool
is_of_event(const struct check_applet *a, const char *name)
{
	if (has_field(event_common_fields, name) || strcmp(name, "_job_id") == 0)
		return true;
	for (size_t i = 0; i < a->nevents; i++)
		if (has_field(a->events[i].detector->fields, name) || is_object(name) ||
			is_of_options(a->events[i].args, name))
			return true;
	return false;
}

static const struct detector *
detector_of(const struct check *c, const char *name)
{
	const struct detector *const *d = bus_detector_table(c->engine->bus);

	for (; *d != NULL; d++)
		if (has_field((*d)->fields, name))
			return *d;
	return NULL;
}

/* ---- who sets it ---- */

struct setting {
	const char *name;
	bool found;
};

static void
look_for_target(void *arg, const struct kw *row, const void *value)
{
	struct setting *s = arg;

	if (row->type == &kw_variable && strcmp(((const struct kw_variable *)value)->s, s->name) == 0)
		s->found = true;
}

static bool
glob_fits(const char *glob, const char *name)
{
	return strchr(glob, '$') != NULL || glob_match(glob, strlen(glob), name, strlen(name), false);
}

static bool
sets(const struct compile_line *l, const char *name)
{
	const struct action *action = l->action;
	struct setting s = { .name = name };
	const char *named = action->sets_named ? action->sets_named(l->args) : NULL;

	for (const char *const *set = action->sets; set != NULL && *set != NULL; set++)
		if (glob_fits(*set, name))
			return true;
	if (named != NULL && glob_fits(named, name))
		return true;
	if ((action->flags & ACTION_COUNTS) == 0)
		arguments_each(action->kw, l->args, look_for_target, &s);
	return s.found;
}

/* Marks what runs behind those who set it; answers the first of them, or PROGRAM_NOWHERE. */
static uint32_t
find_setters(struct reader *r, const char *name)
{
	const struct check_applet *a = r->applet;
	uint32_t first = PROGRAM_NOWHERE;

	for (uint32_t i = 0; i < a->n; i++) {
		if (!sets(&a->lines[i], name))
			continue;
		if (first == PROGRAM_NOWHERE)
			first = i;
		if (a->has_structure) {
			if (r->set == NULL)
				r->set = flow_new(r->check, a);
			flow_behind(r->set, i);
		}
	}
	return first;
}

/* ---- telling ---- */

static void
tell_unknown(struct reader *r, const char *name, const char *word)
{
	const struct detector *d = detector_of(r->check, name);
	const struct conf_node *node = r->applet->lines[r->at].node;
	const char *known = dialect_variable(name);

	if (r->is_optional)
		check_tell(r->check, LINT_MAIL_UNDEFINED, r->applet, node, word, NULL,
			"nothing sets %s: it counts as empty", name);
	else if (d != NULL && r->applet->nevents > 0)
		check_tell(r->check, LINT_VAR_OTHER_EVENT, r->applet, node, word, NULL,
			"%s is a variable of `event %s`, and this applet has `event %s`", name, d->name,
			r->applet->events[0].detector->name);
	else if (d == NULL)
		check_tell(r->check, LINT_VAR_UNKNOWN, r->applet, node, word, known, "nothing sets %s", name);
}

static void
tell_unset(struct reader *r, const char *name, const char *word, uint32_t setter)
{
	const struct check_applet *a = r->applet;
	const struct conf_node *node = a->lines[r->at].node;

	if (setter == r->at)
		check_tell(r->check, LINT_VAR_UNSET, a, node, word, NULL,
			"nothing sets %s before this action", name);
	else
		check_tell(r->check, LINT_VAR_UNSET, a, node, word, NULL, "%s is set by action %s, %s", name,
			a->lines[setter].label,
			setter > r->at ? "which comes later" : "from which no way leads here");
}

static void
read_variable(struct reader *r, const char *name, const char *word)
{
	const struct check_applet *a = r->applet;
	uint32_t setter;

	if (is_of_event(a, name) || check_variable(r->check, name) != NULL || r->check->makes_any ||
		strcmp(name, "_exit_status") == 0 || strcmp(name, "_error") == 0 || r->is_handled)
		return;
	r->set = NULL;
	setter = find_setters(r, name);
	if (setter == PROGRAM_NOWHERE)
		tell_unknown(r, name, word);
	else if (r->set != NULL && flow_reaches(r->all, r->at) && !flow_reaches(r->set, r->at))
		tell_unset(r, name, word, setter);
	mem_free(r->set);
}

/* ---- who reads it ---- */

static void
read_argument(void *arg, const struct kw *row, const void *value)
{
	struct reader *r = arg;
	const struct action *action = r->applet->lines[r->at].action;
	const struct kw_template *v = value;

	if (row->type == &kw_variable) {
		const char *name = ((const struct kw_variable *)value)->s;

		if (action->flags & ACTION_COUNTS)
			read_variable(r, name, name);
		if (is_of_event(r->applet, name))
			check_tell(r->check, LINT_VAR_READ_ONLY, r->applet, r->applet->lines[r->at].node,
				name, NULL, "%s is a variable of the event: it is read-only", name);
		return;
	}
	if (!row_is_template(row))
		return;
	r->is_optional = row->word != NULL && (strcmp(row->word, "cc") == 0 || strcmp(row->word, "bcc") == 0);
	for (size_t i = 0; v->t != NULL && i < v->t->n; i++) {
		char *word;

		if (!v->t->pieces[i].is_variable)
			continue;
		word = mem_printf(r->check, "$%s", v->t->pieces[i].s);
		read_variable(r, v->t->pieces[i].s, word);
	}
	r->is_optional = false;
	if ((action->flags & ACTION_NAMES) && row->type == &kw_operand && v->t != NULL && v->t->is_literal &&
		!v->t->is_number && variable_name_valid(v->t->text, v->t->len))
		read_variable(r, v->t->text, v->t->text);
}

void
check_variables(struct check *c, const struct check_applet *a)
{
	struct reader r = { .check = c, .applet = a, .all = flow_new(c, a) };

	if (a->has_structure)
		flow_from(r.all, 0, ARRIVE_NEXT);
	for (r.at = 0; r.at < a->n; r.at++) {
		const struct action *action = a->lines[r.at].action;

		if (strcmp(action->name, "handle-error") == 0)
			r.is_handled =
				strcmp(argument_choice(action->kw, a->lines[r.at].args, "type"), "exit") != 0;
		arguments_each(action->kw, a->lines[r.at].args, read_argument, &r);
	}
	mem_free(r.all);
}
