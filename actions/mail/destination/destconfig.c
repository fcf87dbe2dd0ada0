/*
 * `destconfig`: the dialogue in which destinations are configured on an ESA (mail-security 11.1). Its
 * answers become `mail destination` lines, and nothing else: what it changes stands in the running
 * configuration like any line that was typed.
 */
#include "actions/mail/destination/destination.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/destination/lines.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The entry that is being asked for. */
struct entry {
	const char *domain;   /* NULL: to be asked */
	unsigned tls;         /* 0: not said; else as the menu counts: 1 No ... */
	bool legacy_cn;       /* kept: the dialogue does not ask */
	unsigned dane;        /* 0: not said; else as the menu counts: 1 None ... */
	unsigned sts;         /* 0: not said; 1 Off, 2 On */
	const char *bounce;   /* or NULL */
	unsigned connections; /* 0: not said */
	unsigned messages;
};

enum purpose { FOR_NEW, FOR_EDIT, FOR_DELETE };

struct dialogue {
	struct engine *engine;
	enum purpose purpose;
	struct entry entry;
	size_t question; /* of questions[] */
};

static void menu(struct session *, struct dialogue *);
static void ask_question(struct session *, struct dialogue *);

/* ---- the configuration ---- */

static const struct destination_line *
find_line(const struct dialogue *d, const char *domain)
{
	const struct conf_node *n = conf_root(d->engine->conf)->first;

	for (; (n = destination_next(n, &destination_row)) != NULL; n = n->next) {
		const struct destination_line *l = n->args;

		if (strcasecmp(l->domain.s, domain) == 0)
			return l;
	}
	return NULL;
}

static unsigned
count_entries(const struct dialogue *d)
{
	const struct conf_node *n = conf_root(d->engine->conf)->first;
	unsigned count = 0;

	for (; (n = destination_next(n, &destination_row)) != NULL; n = n->next)
		count += strcmp(((const struct destination_line *)n->args)->domain.s, "default") != 0;
	return count;
}

/* Carries out lines as if they were typed; what is refused is said. */
static void
configure(struct session *s, const struct dialogue *d, const char *lines)
{
	struct err err = ERR_INIT;

	if (conf_load(d->engine->conf, session_who(s), lines, false, true, NULL, NULL, &err))
		return;
	session_print(s, "%% %s\n", err.text);
	if (err.hint[0] != '\0')
		session_print(s, "%% %s\n", err.hint);
}

static void
take_line(struct dialogue *d, const struct destination_line *l)
{
	struct entry *e = &d->entry;

	e->domain = mem_strdup(d, l->domain.s);
	e->tls = l->tls.set ? (unsigned)l->tls.v + 1 : 0;
	e->legacy_cn = l->legacy_cn.set;
	e->dane = l->dane.set ? (unsigned)l->dane.v + 1 : 0;
	e->sts = l->mta_sts.set ? (unsigned)l->mta_sts.v + 1 : 0;
	e->bounce = l->bounce.set ? mem_strdup(d, l->bounce.s) : NULL;
	e->connections = l->connections.set ? (unsigned)l->connections.v : 0;
	e->messages = l->messages.set ? (unsigned)l->messages.v : 0;
}

static void
save(struct session *s, const struct dialogue *d)
{
	/* ORDER: enum mail_tls_setting, enum mail_dane */
	static const char *const tls[] = { "no", "preferred", "required", "preferred-verify",
		"required-verify", "required-verify-hosted" };
	const struct entry *e = &d->entry;
	struct text *line = text_new(session_cmd_ctx(s));

	text_printf(line, "mail destination %s", e->domain);
	if (e->tls != 0)
		text_printf(line, " tls %s%s", tls[e->tls - 1], e->legacy_cn ? " legacy-cn" : "");
	if (e->dane != 0)
		text_printf(line, " dane %s", mail_dane_name((enum mail_dane)(e->dane - 1)));
	if (e->sts != 0)
		text_printf(line, " mta-sts %s", e->sts == 2 ? "on" : "off");
	if (e->bounce != NULL)
		text_printf(line, " bounce-profile \"%s\"", e->bounce);
	if (e->connections != 0)
		text_printf(line, " connections %u", e->connections);
	if (e->messages != 0)
		text_printf(line, " messages %u", e->messages);
	text_addc(line, '\n');
	configure(s, d, line->s);
}

/* ---- answers ---- */

static bool
answered_yes(const char *text, bool otherwise, bool *yes)
{
	*yes = otherwise;
	if (text[0] == '\0')
		return true;
	*yes = strcasecmp(text, "y") == 0 || strcasecmp(text, "yes") == 0;
	return *yes || strcasecmp(text, "n") == 0 || strcasecmp(text, "no") == 0;
}

static bool
answered_number(const char *text, unsigned otherwise, unsigned max, unsigned *n)
{
	char *end;
	long v;

	*n = otherwise;
	if (text[0] == '\0')
		return true;
	v = strtol(text, &end, 10);
	if (*end != '\0' || v < 1 || v > (long)max)
		return false;
	*n = (unsigned)v;
	return true;
}

/* ---- the questions of one entry ---- */

/* Is there any TLS that DANE and MTA-STS could build upon? */
static bool
has_tls(const struct dialogue *d)
{
	const struct destination_line *l = find_line(d, "default");

	if (d->entry.tls != 0)
		return d->entry.tls != MAIL_TLS_NO + 1;
	return l == NULL || !l->tls.set || l->tls.v != MAIL_TLS_NO;
}

static void
tls_chosen(struct session *s, struct dialogue *d)
{
	if (d->entry.tls == MAIL_TLS_NO + 1)
		d->entry.dane = d->entry.sts = 0;
	else
		session_print(s,
			"\nYou have chosen to enable TLS. Please use the 'certconfig' command to ensure that "
			"there is a valid certificate configured.\n"
			"Here: 'crypto pki authenticate NAME' imports a CA, 'mail trustpoint NAME' trusts "
			"only it for mail.\n");
}

static void
sts_chosen(struct session *s, struct dialogue *d)
{
	if (d->entry.sts == 2)
		session_print(
			s, "\nMTA STS will not be applied for domains that have SMTP routes configured.\n");
}

/*
 * In the order in which they are asked, each about one number of the entry, where 0 says that the default
 * profile counts. A question without `max` is answered with Yes or No: Yes makes it `yes` unless it has a value; a
 * question with `max` is asked when the number has one.
 */
static const struct {
	size_t at; /* in struct entry */
	unsigned yes, max;
	bool needs_tls;
	void (*chosen)(struct session *, struct dialogue *);
	const char *text;
} questions[] = {
#define AT(field_) offsetof(struct entry, field_)
	{ AT(tls), MAIL_TLS_PREFERRED + 1, 0, false, NULL,
		"\nDo you wish to apply a specific TLS setting for this domain? " },
	{ AT(tls), 0, MAIL_TLS_SETTING_COUNT, false, tls_chosen,
		"\nDo you want to use TLS support?\n"
		"1. No\n2. Preferred\n3. Required\n4. Preferred - Verify\n5. Required - Verify\n"
		"6. Required - Verify Hosted Domains\n" },
	{ AT(dane), MAIL_DANE_NONE + 1, 0, true, NULL, "\nDo you wish to configure DANE support? " },
	{ AT(dane), 0, MAIL_DANE_MANDATORY + 1, true, NULL,
		"\nDo you want to use DANE support?\n1. None\n2. Opportunistic\n3. Mandatory\n" },
	{ AT(sts), 1, 0, true, NULL, "\nDo you wish to configure MTA STS support? " },
	{ AT(sts), 0, 2, true, sts_chosen, "\nDo you want to use MTA STS support?\n1. Off\n2. On\n" },
	{ AT(connections), 2, 0, false, NULL,
		"\nDo you wish to configure a concurrency limit for this domain? " },
	{ AT(connections), 0, 64, false, NULL, "\nEnter the maximum number of simultaneous connections.\n" },
	{ AT(messages), 50, 0, false, NULL,
		"\nDo you wish to apply a messages-per-connection limit to this domain? " },
	{ AT(messages), 0, 1000, false, NULL, "\nEnter the maximum number of messages of one connection.\n" },
#undef AT
};

static unsigned *
value_of(struct dialogue *d)
{
	return (unsigned *)(void *)((char *)&d->entry + questions[d->question].at);
}

static bool
is_asked(struct dialogue *d)
{
	if (questions[d->question].needs_tls && !has_tls(d))
		return false;
	return questions[d->question].max == 0 || *value_of(d) != 0;
}

static bool
take_answer(struct session *s, struct dialogue *d, const char *text)
{
	unsigned *value = value_of(d), max = questions[d->question].max;
	bool yes;

	if (max != 0 && !answered_number(text, *value, max, value)) {
		session_print(s, "\nThe value must be an integer from 1 to %u.\n", max);
		return false;
	}
	if (max == 0 && !answered_yes(text, *value != 0, &yes)) {
		session_print(s, "\nPlease answer Yes or No.\n");
		return false;
	}
	if (max == 0)
		*value = !yes ? 0 : *value != 0 ? *value : questions[d->question].yes;
	if (questions[d->question].chosen != NULL)
		questions[d->question].chosen(s, d);
	return true;
}

static void
on_answer(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;

	if (take_answer(s, d, a->text))
		d->question++;
	ask_question(s, d);
}

/* The last one: a name, or Return for none of its own. */
static void
on_bounce(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;

	if (a->text[0] != '\0')
		d->entry.bounce = strcasecmp(a->text, "default") == 0 ? NULL : mem_strdup(d, a->text);
	save(s, d);
	menu(s, d);
}

static void
on_has_bounce(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;
	bool yes;

	if (!answered_yes(a->text, d->entry.bounce != NULL, &yes)) {
		session_print(s, "\nPlease answer Yes or No.\n");
		ask_question(s, d);
		return;
	}
	if (yes) {
		session_ask(s, ASK_LINE,
			mem_printf(session_cmd_ctx(s), "\nEnter the name of the bounce profile.\n[%s]> ",
				d->entry.bounce != NULL ? d->entry.bounce : "default"),
			on_bounce, d);
		return;
	}
	d->entry.bounce = NULL;
	save(s, d);
	menu(s, d);
}

static void
ask_question(struct session *s, struct dialogue *d)
{
	const void *ctx = session_cmd_ctx(s);
	unsigned value;

	while (d->question < COUNT(questions) && !is_asked(d))
		d->question++;
	if (d->question == COUNT(questions)) {
		session_ask(s, ASK_LINE,
			mem_printf(ctx,
				"\nDo you wish to apply a specific bounce profile to this domain? [%s]> ",
				d->entry.bounce != NULL ? "Y" : "N"),
			on_has_bounce, d);
		return;
	}
	value = *value_of(d);
	session_ask(s, ASK_LINE,
		questions[d->question].max == 0
			? mem_printf(ctx, "%s[%s]> ", questions[d->question].text, value != 0 ? "Y" : "N")
			: mem_printf(ctx, "%s[%u]> ", questions[d->question].text, value),
		on_answer, d);
}

/* ---- whose entry ---- */

static void ask_domain(struct session *, struct dialogue *, enum purpose);

/* A wrong one is asked for again; Return goes back to the menu. */
static void
on_domain(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;
	const struct destination_line *l = find_line(d, a->text);
	bool is_default = strcasecmp(a->text, "default") == 0;

	d->entry = (struct entry){ 0 };
	d->question = 0;
	if (a->text[0] == '\0') {
		menu(s, d);
	} else if (d->purpose == FOR_NEW && (l != NULL || is_default)) {
		session_print(s, "\nThere is an entry for %s already.\n", a->text);
		ask_domain(s, d, d->purpose);
	} else if (d->purpose != FOR_NEW && l == NULL) {
		session_print(s, "\nThere is no entry for %s.\n", a->text);
		ask_domain(s, d, d->purpose);
	} else if (d->purpose == FOR_DELETE) {
		configure(s, d, mem_printf(session_cmd_ctx(s), "no mail destination %s\n", l->domain.s));
		menu(s, d);
	} else if (!destination_is_domain(a->text)) {
		session_print(s, "\n\"%s\" is no domain, or .domain.\n", a->text);
		ask_domain(s, d, d->purpose);
	} else {
		d->entry.domain = mem_strdup(d, a->text);
		if (l != NULL)
			take_line(d, l);
		ask_question(s, d);
	}
}

static void
ask_domain(struct session *s, struct dialogue *d, enum purpose purpose)
{
	/* ORDER: enum purpose */
	static const char *const prompts[] = { "\nEnter the domain you wish to configure.\n[]> ",
		"\nEnter the domain you wish to edit.\n[]> ",
		"\nEnter the domain you wish to delete.\n[]> " };

	d->purpose = purpose;
	session_ask(s, ASK_LINE, prompts[purpose], on_domain, d);
}

static void
edit_default(struct session *s, struct dialogue *d)
{
	const struct destination_line *l = find_line(d, "default");

	d->entry = (struct entry){ .domain = "default" };
	d->question = 0;
	if (l != NULL)
		take_line(d, l);
	ask_question(s, d);
}

/* ---- the menu ---- */

static void
print_profile(void *arg, const struct mail_profile *p)
{
	struct text *t = arg;

	text_add(t, p->domain);
	text_pad(t, 26);
	text_add(t, mail_tls_setting_name(p->tls));
	text_pad(t, 61);
	text_add(t, mail_dane_name(p->dane));
	text_pad(t, 76);
	text_add(t, p->mta_sts ? "on" : "off");
	text_pad(t, 85);
	text_printf(t, "%s\n", p->bounce->name);
}

static void
list(struct session *s, struct dialogue *d)
{
	const struct destinations *all = d->engine->destinations;
	struct text *t = text_new(session_cmd_ctx(s));

	text_add(t, "\nDomain                    TLS                                DANE           MTA STS  "
		    "Bounce "
		    "Profile\n"
		    "------------------------  ---------------------------------  -------------  -------  "
		    "--------------\n");
	destination_each(all, print_profile, t);
	if (find_line(d, "default") == NULL)
		print_profile(t, destination_for(all, ""));
	session_write(s, t->s, t->len);
	menu(s, d);
}

static void
on_clear(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;
	struct text *lines = text_new(session_cmd_ctx(s));
	const struct conf_node *n = conf_root(d->engine->conf)->first;
	bool yes;

	if (answered_yes(a->text, false, &yes) && yes) {
		for (; (n = destination_next(n, &destination_row)) != NULL; n = n->next)
			text_printf(lines, "no mail destination %s\n",
				((const struct destination_line *)n->args)->domain.s);
		configure(s, d, lines->s);
	}
	menu(s, d);
}

static void
clear(struct session *s, struct dialogue *d)
{
	session_ask(s, ASK_LINE, "\nAre you sure you want to clear all the entries? [N]> ", on_clear, d);
}

static void
new_entry(struct session *s, struct dialogue *d)
{
	ask_domain(s, d, FOR_NEW);
}

static void
edit_entry(struct session *s, struct dialogue *d)
{
	ask_domain(s, d, FOR_EDIT);
}

static void
delete_entry(struct session *s, struct dialogue *d)
{
	ask_domain(s, d, FOR_DELETE);
}

/* Those that need an entry are offered when there is one. */
static const struct {
	const char *word, *help;
	bool needs_entry;
	void (*run)(struct session *, struct dialogue *);
} operations[] = {
	{ "NEW", "Create a new entry.", false, new_entry },
	{ "EDIT", "Modify an entry.", true, edit_entry },
	{ "DELETE", "Remove an entry.", true, delete_entry },
	{ "DEFAULT", "Change the default.", false, edit_default },
	{ "LIST", "Display a summary list of all entries.", false, list },
	{ "CLEAR", "Remove all entries.", true, clear },
};

static void
on_operation(struct session *s, const struct answer *a, void *arg)
{
	struct dialogue *d = arg;

	if (a->text[0] == '\0') {
		session_done(s);
		return;
	}
	for (size_t i = 0; i < COUNT(operations); i++)
		if (strcasecmp(a->text, operations[i].word) == 0) {
			operations[i].run(s, d);
			return;
		}
	session_print(s, "\n\"%s\" is no operation.\n", a->text);
	menu(s, d);
}

static void
menu(struct session *s, struct dialogue *d)
{
	unsigned n = count_entries(d);
	struct text *t = text_new(session_cmd_ctx(s));

	text_printf(t,
		n == 1 ? "\nThere is currently %u entry configured.\n\nChoose the operation you want to "
			 "perform:\n"
		       : "\nThere are currently %u entries configured.\n\nChoose the operation you want to "
			 "perform:\n",
		n);
	for (size_t i = 0; i < COUNT(operations); i++)
		if (!operations[i].needs_entry || n > 0)
			text_printf(t, "- %s - %s\n", operations[i].word, operations[i].help);
	text_add(t, "[]> ");
	session_ask(s, ASK_LINE, t->s, on_operation, d);
}

static enum cmd_result
destconfig(struct session *s, const void *args, struct err *err)
{
	struct dialogue *d = mem_new(session_cmd_ctx(s), struct dialogue);

	(void)args, (void)err;
	d->engine = session_engine(s);
	menu(s, d);
	return CMD_WAIT;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "destconfig",
		  .help = "Configure controls for mail to domains in a dialogue",
		  .level = 15 },
		.run = destconfig },
};

void
destconfig_command(struct cli *cli)
{
	cli_commands(cli, cmds, COUNT(cmds));
}
