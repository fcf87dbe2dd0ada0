/* Events that nothing makes, actions on what is not configured, and commands that nobody understands. */
#include <stdlib.h>
#include <string.h>

#include "applets/check/private.h"
#include "core/cron.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/tty.h"

struct place {
	struct check *check;
	const struct check_applet *applet;
	const struct conf_node *node;
};

/* ---- IP SLA ---- */

static void
check_ipsla(const struct place *p, const struct check_event *e)
{
	if (conf_child(p->check->root, "ip sla enable reaction-alerts") == NULL)
		check_tell(p->check, LINT_IPSLA_ALERTS, p->applet, p->node, "ipsla", NULL,
			"the event never comes: `ip sla enable reaction-alerts` is not configured");
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

const char *
check_command(const void *ctx, const struct compile_line *l)
{
	const struct kw_template *command;

	if (strcmp(l->action->name, "cli") != 0)
		return NULL;
	command = argument(l->action->kw, l->args, "command");
	return command != NULL ? typed_part(ctx, command->t) : NULL;
}

static void
check_commands(struct check *c, const struct check_applet *a)
{
	const struct cli_port_ops *port = c->engine->cli_port;
	bool is_answer = false;

	for (size_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];
		const char *command = check_command(c, l);

		if (command == NULL)
			continue;
		check_capture_command(c, a, l->node, command);
		check_run_command(c, a, l->node, command);
		if (!is_answer && port != NULL && port->knows != NULL && !port->knows(c->engine, command))
			check_tell(c, LINT_CLI_DEVICE, a, l->node,
				((const struct kw_template *)argument(l->action->kw, l->args, "command"))->s,
				NULL,
				"eventd does not know this command, and no device is configured that would "
				"get it");
		/* What is typed behind `pattern` may answer a question. */
		is_answer = argument(l->action->kw, l->args, "pattern") != NULL;
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

		for (size_t k = 0; k < sizeof events / sizeof *events; k++)
			if (strcmp(e->detector->name, events[k].detector) == 0)
				events[k].check(&p, e);
	}
	check_commands(c, a);
}
