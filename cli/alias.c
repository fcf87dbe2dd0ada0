/* Aliases: the configuration lines, what they mean, show aliases. */
#include "cli/alias.h"

#include <string.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

enum { ORDER_ALIAS = 9000 };

struct alias {
	char *name, *text;
	TAILQ_ENTRY(alias) entry;
};

struct alias_args {
	struct kw_str name, text;
};

/* Those of IOS whose commands are here. */
static const struct {
	const char *name, *text;
} defaults[] = { { "lo", "logout" }, { "p", "ping" }, { "s", "show" }, { "u", "undebug" },
	{ "un", "undebug" } };

/* ---- what they mean ---- */

static struct alias *
find(const struct cli *cli, const char *name, size_t n)
{
	struct alias *a;

	TAILQ_FOREACH (a, &cli->aliases, entry)
		if (strlen(a->name) == n && strncmp(a->name, name, n) == 0)
			return a;
	return NULL;
}

static const char *
text_of(const struct cli *cli, const char *name, size_t n)
{
	const struct alias *own = find(cli, name, n);

	if (own != NULL)
		return own->text;
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (strlen(defaults[i].name) == n && strncmp(defaults[i].name, name, n) == 0)
			return defaults[i].text;
	return NULL;
}

const char *
alias_expand(const void *ctx, const struct session *s, const char *line)
{
	static const char do_word[] = "do";
	const char *start = line + strspn(line, " \t"), *text;
	size_t n = strcspn(start, " \t");

	if (s->edit != NULL && (n != strlen(do_word) || !starts_with_nocase(do_word, start, n)))
		return line;
	if (s->edit != NULL) {
		start += n;
		start += strspn(start, " \t");
		n = strcspn(start, " \t");
	}
	text = n == 0 ? NULL : text_of(s->cli, start, n);
	if (text == NULL)
		return line;
	return mem_printf(ctx, "%.*s%s%s", (int)(start - line), line, text, start + n);
}

/* ---- configuration ---- */

static bool
alias_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct alias_args *args = (new != NULL ? new : old)->args;
	struct alias *a;

	if (e->cli == NULL)
		return true;
	a = find(e->cli, args->name.s, strlen(args->name.s));
	if (a != NULL && new == NULL) {
		TAILQ_REMOVE(&e->cli->aliases, a, entry);
		mem_free(a);
	}
	if (new == NULL)
		return true;
	if (a == NULL) {
		a = mem_new(e->cli, struct alias);
		a->name = mem_strdup(a, args->name.s);
		TAILQ_INSERT_TAIL(&e->cli->aliases, a, entry);
	}
	mem_free(a->text);
	a->text = mem_strdup(a, args->text.s);
	return true;
}

static const struct kw alias_kw[] = {
	{ .help = "Alias name", .type = &kw_word, KW_AT(struct alias_args, name), .flags = KW_REQ | KW_KEY },
	{ .help = "Alias text", .type = &kw_line, KW_AT(struct alias_args, text), .flags = KW_REQ },
	KW_END,
};

static const struct conf_row rows[] = {
	{ .cmd = { .words = "alias exec",
		  .help = "Another name of a command of EXEC",
		  .kw = alias_kw,
		  .size = sizeof(struct alias_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_ALIAS,
		.apply = alias_apply },
};

#define EXEC_ONLY "aliases are of EXEC: 'alias exec NAME TEXT'"

static const struct kw_absent absent[] = {
	{ "alias configure", EXEC_ONLY },
	{ "alias interface", EXEC_ONLY },
	{ "alias router", EXEC_ONLY },
};

void
alias_conf_rows(struct conf *conf)
{
	conf_word(conf, "config", "alias", "Create command alias");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_absent(conf, "config", absent, sizeof absent / sizeof *absent);
}

/* ---- show aliases ---- */

static void
show_one(struct writer *w, const char *name, const char *text)
{
	w_text(w, "  ");
	w_foreign(w, name, strlen(name));
	w_text(w, "%*s", strlen(name) < 22 ? 22 - (int)strlen(name) : 1, "");
	w_foreign(w, text, strlen(text));
	w_text(w, "\n");
	w_object(w, NULL);
	w_str(w, "name", name);
	w_str(w, "text", text);
	w_end(w);
}

static enum cmd_result
show_aliases(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);
	const struct alias *a;

	w_text(w, "Exec mode aliases:\n");
	w_list(w, "aliases");
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (find(s->cli, defaults[i].name, strlen(defaults[i].name)) == NULL)
			show_one(w, defaults[i].name, defaults[i].text);
	TAILQ_FOREACH (a, &s->cli->aliases, entry)
		show_one(w, a->name, a->text);
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show aliases", .help = "Display alias commands", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_aliases },
};

void
alias_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
