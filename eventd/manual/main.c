/*
 * Writes the reference manuals from the tables of the program itself: eventd-applet(5) (events, their
 * variables, actions), eventd-commands(7) (configuration and EXEC commands), eventd-lint(7) (findings of
 * --check), eventd.yaml(5) (settings).
 * A tool of the build: `manual PAGE` prints mdoc.
 */
#include <stdio.h>
#include <string.h>

#include "actions/action.h"
#include "applets/action.h"
#include "applets/check/check.h"
#include "bus/detector.h"
#include "bus/event.h"
#include "cli/cli.h"
#include "cli/kw/syntax.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "core/settings.h"
#include "detect/detector.h"
#include "setup.h"

/* Text that mdoc must not read as its own: backslashes, and a dot or quote that begins a line. */
static void
say(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s != '\0'; s++)
		fputs(*s == '\\' ? "\\e" : (const char[]){ *s, '\0' }, stdout);
}

static void
line(const char *s)
{
	say(s);
	putchar('\n');
}

/* Each on a line of its own, as mdoc wants them. */
static void
sentences(const char *s)
{
	for (const char *end; (end = strstr(s, ". ")) != NULL; s = end + 2) {
		char *one = mem_strndup(NULL, s, (size_t)(end - s) + 1);

		line(one);
		mem_free(one);
	}
	line(s);
}

static void
heading(const char *name, const char *section, const char *what)
{
	printf(".Dd November 22, 2026\n.Dt %s %s\n.Os eventd\n.Sh NAME\n.Nm %s\n.Nd %s\n", name, section,
		name, what);
}

enum { SYNTAX_MAX = 2500 };

/* A line of syntax, unfilled, so that it reads as it is typed. One that nobody would read is told elsewhere. */
static void
syntax(const char *head, const struct kw *kw)
{
	struct text *t = text_new(NULL);

	kw_syntax(kw, t);
	if (t->len > SYNTAX_MAX) {
		printf(".Pp\nHow these words follow each other is in\n.Xr eventctl 1 .\n");
		mem_free(t);
		return;
	}
	printf(".Bd -ragged -offset indent\n");
	say(head);
	line(t->s);
	printf(".Ed\n");
	mem_free(t);
}

static bool
has_rows(const struct kw *kw)
{
	for (; kw != NULL && (kw->word != NULL || kw->help != NULL); kw++)
		if ((kw->flags & KW_HIDDEN) == 0)
			return true;
	return false;
}

static void
item(const struct kw *row)
{
	struct text *t = text_new(NULL);

	if (row->word != NULL)
		text_add(t, row->word);
	if (row->type != NULL) {
		text_add(t, t->len > 0 ? " " : "");
		kw_syntax_value(row, t);
	}
	printf(".It ");
	line(t->s);
	say(row->help);
	text_clear(t);
	if (kw_syntax_default(row, t)) {
		printf(" (default ");
		say(t->s);
		putchar(')');
	}
	printf(".\n");
	mem_free(t);
}

/* Tables whose rows were listed: several rows may lead to one. */
struct listed {
	const struct kw *tables[256];
	size_t n;
};

static bool
is_listed(struct listed *listed, const struct kw *kw)
{
	for (size_t i = 0; i < listed->n; i++)
		if (listed->tables[i] == kw)
			return true;
	if (listed->n < sizeof listed->tables / sizeof *listed->tables)
		listed->tables[listed->n++] = kw;
	return false;
}

static void
items(const struct kw *kw, struct listed *listed)
{
	if (kw == NULL || is_listed(listed, kw))
		return;
	for (; kw->word != NULL || kw->help != NULL; kw++) {
		if ((kw->flags & KW_HIDDEN) != 0)
			continue;
		item(kw);
		items(kw->sub, listed);
	}
}

static void
options(const struct kw *kw)
{
	if (!has_rows(kw))
		return;
	struct listed listed = { .n = 0 };

	printf(".Bl -tag -width Ds\n");
	items(kw, &listed);
	printf(".El\n");
}

static void
variables(const struct event_field *f)
{
	if (f == NULL || f->name == NULL)
		return;
	printf(".Pp\nVariables:\n.Bl -tag -width Ds -compact\n");
	for (; f->name != NULL; f++) {
		printf(".It $");
		line(f->name);
		line(f->help);
	}
	printf(".El\n");
}

static void
results(const char *const *names)
{
	if (names == NULL || *names == NULL)
		return;
	printf(".Pp\nSets");
	for (; *names != NULL; names++)
		printf(" $%s%s", *names, names[1] != NULL ? "," : ".\n");
}

/* ---- eventd-applet(5) ---- */

/* The rows of a statement; what `damping` and `digest` may have behind them is told once for all. */
static struct kw *
without_common(const struct kw *rows)
{
	size_t n = 0;

	while (rows[n].word != NULL || rows[n].help != NULL)
		n++;
	struct kw *kw = mem_dup(NULL, rows, (n + 1) * sizeof *rows);
	for (size_t i = 0; i < n; i++)
		if (kw[i].sub == damping_kw || kw[i].sub == digest_kw)
			kw[i].sub = NULL;
	return kw;
}

static void
names(const char *const *v)
{
	for (; *v != NULL; v++)
		printf(" $%s%s", *v, v[1] != NULL ? "," : "");
}

static void
common_options(void)
{
	printf(".Sh DAMPING AND DIGESTS\nAny event may end with these; they are this program's own.\n");
	printf(".Ss damping\nWhat repeats too often is held, thing by thing, as BGP damps a route.\nEach "
	       "event "
	       "adds %d to the penalty of its key, which falls to its half in each half-life.\n"
	       "Above the value of suppress events are held; when the penalty has fallen to reuse, the "
	       "policy "
	       "runs with the last one that was held, so that it knows how things stand.\n"
	       "What is damped by itself is told apart by a key.\nWithout the word key each detector has its "
	       "own: the interface, the prefix, the number of the tracked object; of a message its source "
	       "and "
	       "its text without time stamp and sequence number, such as \"udp 192.0.2.1: %%LINK-3-UPDOWN: "
	       "...\", 200 bytes at most.\nWith key it is the values of these variables, blanks between, and "
	       "nothing else.\nkey-pattern is sought in that key, of either kind: what its first parentheses "
	       "find, or all that it finds when it has none, becomes the key; when it finds nothing the key "
	       "stays whole.\nInterfaces of two devices may have the same name, so what it finds in the "
	       "detector's own key goes behind the device, $_syslog_host or $_snmp_notif_src_ip_addr: "
	       "\"192.0.2.1 Gi0/1\", and \"eth0\" alone for what this device says itself.\nIn a key of named "
	       "variables nothing is added, so key _syslog_msg key-pattern damps an interface's name for all "
	       "devices together.\n"
	       "The log tells the beginning and the end (%%HA_EM-5-FMPD_DAMPED, FMPD_RELEASED); show event "
	       "manager damping lists what is held.\n",
		DAMPING_PENALTY);
	syntax("damping", damping_kw);
	options(damping_kw);
	printf(".Pp\nVariables:");
	names(damping_variables);
	printf(", the number of events that were held before this run.\n");
	printf(".Ss digest\nThe first event opens a window; at its end the policy runs once for all that "
	       "came, with the variables of the last one.\n");
	syntax("digest", digest_kw);
	options(digest_kw);
	printf(".Pp\nVariables:");
	names(digest_variables);
	printf(": a line for each event, how many there were, when the first and the last one came.\n");
}

static void
applet_page(struct engine *e)
{
	heading("eventd-applet", "5", "the applet language of eventd: events and actions");
	printf(".Sh DESCRIPTION\nAn applet has one event, or several with tags, and actions that run in the "
	       "order of their labels, "
	       "compared as byte strings: 10 comes before 2.\nIn every quoted argument $name is replaced "
	       "once by the variable's "
	       "value; \\e\\e, \\e\", \\e$, \\en, \\et and \\er stand for themselves and the control "
	       "characters.\nThe words are "
	       "those of IOS; any unambiguous abbreviation is accepted.\n");
	printf(".Sh EVENTS\nEvery event sets these variables:\n.Bl -tag -width Ds -compact\n");
	for (const struct event_field *f = event_common_fields; f->name != NULL; f++) {
		printf(".It $");
		line(f->name);
		line(f->help);
	}
	printf(".El\n");
	for (const struct detector *const *d = detectors; *d != NULL; d++) {
		char head[80];

		if ((*d)->of_scripts)
			continue;
		printf(".Ss event %s\n", (*d)->name);
		say((*d)->help);
		printf(".\n");
		if ((*d)->note != NULL)
			sentences((*d)->note);
		snprintf(head, sizeof head, "event %s", (*d)->name);
		struct kw *kw = without_common((*d)->kw);
		syntax(head, kw);
		options(kw);
		mem_free(kw);
		variables((*d)->fields);
	}
	common_options();
	printf(".Sh ACTIONS\n");
	for (const struct action *const *a = actions; *a != NULL; a++) {
		char head[80];

		printf(".Ss action %s\n", (*a)->name);
		say((*a)->help);
		printf(".\n");
		snprintf(head, sizeof head, "action LABEL %s", (*a)->name);
		syntax(head, (*a)->kw);
		options((*a)->kw);
		results((*a)->sets);
	}
	printf(".Sh SEE ALSO\n.Xr eventctl 1 ,\n.Xr eventd.yaml 5 ,\n.Xr eventd-commands 7 ,\n.Xr eventd "
	       "8\n");
	(void)e;
}

/* ---- eventd-commands(7) ---- */

static void
command(void *arg, const struct kw_cmd *cmd)
{
	const char *mode = arg;

	if (cmd->hidden ||
		(strcmp(mode, "config-applet") == 0 &&
			(strncmp(cmd->words, "event", 5) == 0 || strncmp(cmd->words, "action", 6) == 0)))
		return; /* their many forms are in eventd-applet(5) */
	printf(".Ss ");
	line(cmd->words[0] != '\0' ? cmd->words : cmd->help);
	say(cmd->help);
	printf(".\n");
	syntax(cmd->words, cmd->kw);
	options(cmd->kw);
}

static void
mode_section(void *arg, const char *mode, const struct kw_tree *tree)
{
	printf(".Sh CONFIGURATION MODE %s\n", mode);
	kw_tree_each(tree, command, (void *)(uintptr_t)mode);
	(void)arg;
}

static void
commands_page(struct engine *e)
{
	heading("eventd-commands", "7", "commands and configuration lines of eventd");
	printf(".Sh DESCRIPTION\nEvery command of the daemon, as its own tables have it.\nAny unambiguous "
	       "abbreviation is accepted; "
	       "'?' after a word shows what may follow.\n");
	printf(".Sh EXEC COMMANDS\n");
	kw_tree_each(cli_exec_tree(e->cli), command, (void *)(uintptr_t) "exec");
	printf(".Sh COMMANDS OF CONFIGURATION MODE THAT ARE NOT KEPT\n");
	kw_tree_each(cli_config_tree(e->cli), command, (void *)(uintptr_t) "exec");
	conf_each_tree(e->conf, mode_section, NULL);
	printf(".Sh SEE ALSO\n.Xr eventctl 1 ,\n.Xr eventd-applet 5 ,\n.Xr eventd.yaml 5 ,\n.Xr eventd 8\n");
}

/* ---- eventd-lint(7) ---- */

static void
lint_page(struct engine *e)
{
	heading("eventd-lint", "7", "findings of eventd --check and event manager check");
	printf(".Sh DESCRIPTION\n.Nm eventd Fl -check\nand the command\n.Ic event manager check Op Ar NAME\n"
	       "look for what is allowed and probably wrong in a configuration.\nEach finding has a code, a "
	       "place, a reason and a fix.\nWarnings never stop a start; an applet with an error stays in "
	       "the configuration and is not registered.\n");
	printf(".Sh FINDINGS\n.Bl -tag -width Ds\n");
	for (const struct lint *l = lints; l->code != NULL; l++) {
		printf(".It ");
		say(l->code);
		printf(" (%s)\n", l->is_error ? "error" : "warning");
		sentences(l->what);
		printf(".br\nFix: ");
		say(l->fix);
		printf(".\n");
	}
	printf(".El\n.Sh SEE ALSO\n.Xr eventctl 1 ,\n.Xr eventd-applet 5 ,\n.Xr eventd-commands 7 ,\n.Xr "
	       "eventd 8\n");
	(void)e;
}

/* ---- eventd.yaml(5) ---- */

static void
settings_page(struct engine *e)
{
	struct text *t = text_new(NULL);
	char *at, *next;

	heading("eventd.yaml", "5", "settings of the event manager daemon");
	printf(".Sh DESCRIPTION\nWhat eventd must know before it reads its configuration, as YAML.\nA dot in "
	       "a name below is a level of "
	       "nesting.\nUnknown keys are errors; every key has a default.\nWhere the running configuration "
	       "says something else, it "
	       "wins.\n.Bl -tag -width Ds\n");
	settings_describe(t);
	for (at = t->s; *at != '\0'; at = next) {
		char *dflt = strchr(at, '\t'), *what = strchr(dflt + 1, '\t');

		next = strchr(what, '\n') + 1;
		*dflt = *what = next[-1] = '\0';
		printf(".It ");
		line(at);
		say(what + 1);
		printf(" (default ");
		say(dflt + 1);
		printf(").\n");
	}
	printf(".El\n.Sh SEE ALSO\n.Xr eventd 8\n");
	mem_free(t);
	(void)e;
}

static const struct {
	const char *name;
	void (*write)(struct engine *);
} pages[] = {
	{ "eventd-applet.5", applet_page },
	{ "eventd-commands.7", commands_page },
	{ "eventd-lint.7", lint_page },
	{ "eventd.yaml.5", settings_page },
};

int
main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "manual");
	struct setup setup = { .is_check = true, .clock = clock_new_real(ctx) };
	struct err err = ERR_INIT;
	struct engine *e = engine_new(ctx, &setup, &err);

	for (size_t i = 0; e != NULL && argc == 2 && i < sizeof pages / sizeof *pages; i++) {
		if (strcmp(pages[i].name, argv[1]) != 0)
			continue;
		pages[i].write(e);
		mem_free(ctx);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	fprintf(stderr, "usage: manual PAGE\n%s%s", err.text, err.code != ERR_NONE ? "\n" : "");
	mem_free(ctx);
	return 2;
}
