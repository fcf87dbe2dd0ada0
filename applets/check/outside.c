/* Events that nothing makes, actions on what is not configured, and commands that nobody understands. */
#include <stdlib.h>
#include <string.h>

#include "applets/check/private.h"
#include "core/cron.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/tty.h"

static bool
is_configured(const struct check *c, const char *words, const char *number)
{
	char *key = mem_printf(NULL, "%s %s", words, number);
	bool found = conf_child(c->root, key) != NULL;

	mem_free(key);
	return found;
}

/* ---- tracked objects ---- */

struct place {
	struct check *check;
	const struct check_applet *applet;
	const struct conf_node *node;
};

static void
check_object(const struct place *p, const char *number)
{
	if (strspn(number, "0123456789") == strlen(number) && !is_configured(p->check, "track", number))
		check_tell(p->check, LINT_TRACK_UNKNOWN, p->applet, p->node, number, NULL,
			"there is no `track %s`", number);
}

static void
check_number(const struct place *p, const void *value)
{
	char number[32];

	snprintf(number, sizeof number, "%lld", (long long)((const struct kw_int *)value)->v);
	check_object(p, number);
}

/* `event track N`, whose number has no word. */
static void
look_at_track_event(void *arg, const struct kw *row, const void *value)
{
	if (row->word == NULL && row->type == &kw_number)
		check_number(arg, value);
}

/* `action L track read N`. */
static void
look_at_track_action(void *arg, const struct kw *row, const void *value)
{
	const char *text = row->word == NULL ? argument_text(row, value) : NULL;

	if (text != NULL)
		check_object(arg, text);
}

/* `correlate event A and track N`. */
static void
look_at_operand(void *arg, const struct kw *row, const void *value)
{
	if (row->word != NULL && strcmp(row->word, "track") == 0 && row->type == &kw_number)
		check_number(arg, value);
}

static void
check_correlate(struct check *c, const struct check_applet *a)
{
	for (const struct conf_node *n = a->node->first; n != NULL; n = n->next)
		for (const struct conf_node *m = n->first; m != NULL; m = m->next)
			if (strcmp(m->row->cmd.words, "correlate") == 0)
				arguments_each(
					m->row->cmd.kw, m->args, look_at_operand, &(struct place){ c, a, m });
}

/* ---- IP SLA ---- */

static void
check_ipsla(const struct place *p, const struct check_event *e)
{
	const struct kw_int *operation = argument(e->detector->kw, e->args, "operation-id");
	char number[32];

	if (conf_child(p->check->root, "ip sla enable reaction-alerts") == NULL)
		check_tell(p->check, LINT_IPSLA_ALERTS, p->applet, p->node, "ipsla", NULL,
			"the event never comes: `ip sla enable reaction-alerts` is not configured");
	if (operation == NULL)
		return;
	snprintf(number, sizeof number, "%lld", (long long)operation->v);
	if (!is_configured(p->check, "ip sla", number))
		check_tell(p->check, LINT_IPSLA_UNKNOWN, p->applet, p->node, number, NULL,
			"there is no `ip sla %s`", number);
}

/* ---- timers ---- */

static void
check_timer(const struct place *p, const struct check_event *e)
{
	const struct kw_str *entry = argument(e->detector->kw, e->args, "cron-entry");
	struct clock *clock = p->check->engine->clock;
	struct cron cron;
	usec next;

	if (entry == NULL || clock == NULL || strchr(entry->s, '$') != NULL ||
		!cron_parse(entry->s, &cron, NULL) || cron.at_reboot ||
		cron_next(&cron, clock_wall(clock), &next))
		return;
	check_tell(p->check, LINT_TIMER_NEVER, p->applet, p->node, entry->s, NULL,
		"no time within eight years fits this cron entry");
}

/* ---- commands that are kept from running ---- */

static bool
is_chosen(const struct check_event *e, const char *word)
{
	const char *choice = argument_choice(e->detector->kw, e->args, word);

	return choice != NULL && strcmp(choice, "yes") == 0;
}

static void
check_cli(const struct place *p, const struct check_event *e)
{
	const struct kw *kw = e->detector->kw;
	const struct kw_str *pattern = argument(kw, e->args, "pattern");
	bool is_enter =
		argument(kw, e->args, "enter") != NULL ||
		(argument(kw, e->args, "questionmark") == NULL && argument(kw, e->args, "tab") == NULL);

	if (pattern == NULL || pattern->s[0] == '^' || pattern->s[0] == '$' || !is_enter ||
		argument(kw, e->args, "mode") != NULL || (!is_chosen(e, "sync") && !is_chosen(e, "skip")))
		return;
	check_tell(p->check, LINT_CLI_ANYWHERE, p->applet, p->node, pattern->s, NULL,
		"the pattern also fits in the middle of a line of configuration that is typed or pasted");
}

/* `event cli` holds none of these (detect/cli.c). */
static void
check_shown(const struct place *p, const struct check_event *e)
{
	static const char *const commands[] = { "show event manager", "show history", "show running-config" };
	const struct kw_str *pattern = argument(e->detector->kw, e->args, "pattern");
	const char *s;

	if (pattern == NULL || (!is_chosen(e, "sync") && !is_chosen(e, "skip")))
		return;
	s = pattern->s + (pattern->s[0] == '^');
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strncmp(s, commands[i], strlen(commands[i])) == 0)
			check_tell(p->check, LINT_CLI_SHOWN, p->applet, p->node, pattern->s, NULL,
				"`%s` is always carried out, and shows what there is", commands[i]);
}

static void
check_default(const struct place *p, const struct check_event *e)
{
	if (argument(e->detector->kw, e->args, "default") != NULL && !is_chosen(e, "sync"))
		check_tell(p->check, LINT_DEFAULT_NOBODY, p->applet, p->node, "default", NULL,
			"nobody waits for this policy");
}

/* ---- commands that nobody understands ---- */

/* The command up to its first variable or line end; "" when nothing can be told of it. */
static const char *
typed_part(const void *ctx, const struct template *t)
{
	const char *s;

	if (t == NULL || t->n == 0)
		return "";
	s = t->is_literal              ? t->text
	    : t->pieces[0].is_variable ? ""
				       : mem_strndup(ctx, t->pieces[0].s, t->pieces[0].n);
	return mem_strndup(ctx, s, strcspn(s, "\r\n"));
}

static void
check_commands(struct check *c, const struct check_applet *a)
{
	const struct cli_port_ops *port = c->engine->cli_port;
	bool is_answer = false;

	for (size_t i = 0; i < a->n && port != NULL && port->knows != NULL; i++) {
		const struct compile_line *l = &a->lines[i];
		const struct kw_template *command;

		if (strcmp(l->action->name, "cli") != 0)
			continue;
		command = argument(l->action->kw, l->args, "command");
		if (command != NULL && !is_answer && !port->knows(c->engine, typed_part(c, command->t)))
			check_tell(c, LINT_CLI_DEVICE, a, l->node, command->s, NULL,
				"eventd does not know this command, and no device is configured that would "
				"get it");
		/* What is typed behind `pattern` may answer a question. */
		is_answer = argument(l->action->kw, l->args, "pattern") != NULL;
	}
}

static void
check_capture_commands(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];
		const struct kw_template *command = strcmp(l->action->name, "cli") == 0
							    ? argument(l->action->kw, l->args, "command")
							    : NULL;

		if (command != NULL)
			check_capture_command(c, a, l->node, typed_part(c, command->t));
	}
}

/* ---- */

static const struct {
	const char *detector;
	void (*check)(const struct place *, const struct check_event *);
} events[] = {
	{ "cli", check_cli },
	{ "cli", check_default },
	{ "cli", check_shown },
	{ "none", check_default },
	{ "snmp-object", check_default },
	{ "ipsla", check_ipsla },
	{ "timer", check_timer },
};

void
check_outside(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->nevents; i++) {
		const struct check_event *e = &a->events[i];
		struct place p = { c, a, e->node };

		if (strcmp(e->detector->name, "track") == 0)
			arguments_each(e->detector->kw, e->args, look_at_track_event, &p);
		for (size_t k = 0; k < sizeof events / sizeof *events; k++)
			if (strcmp(e->detector->name, events[k].detector) == 0)
				events[k].check(&p, e);
	}
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->lines[i].action->name, "track") == 0)
			arguments_each(a->lines[i].action->kw, a->lines[i].args, look_at_track_action,
				&(struct place){ c, a, a->lines[i].node });
	check_correlate(c, a);
	check_commands(c, a);
	check_capture_commands(c, a);
}
