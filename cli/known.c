/* Which typed lines are ours: asked before a line goes to the device's own CLI. */
#include <string.h>
#include <strings.h>

#include "cli/alias.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/settings.h"

enum { ALL_LEVELS = 15 };

static const char *
skip_word(const char *s)
{
	s += strcspn(s, " \t");
	return s + strspn(s, " \t");
}

/* True when the first word of `line` is one of these, which stand before what is meant. */
static bool
begins_with(const char *line, const char *const *words, size_t n)
{
	size_t len = strcspn(line, " \t");

	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && strncasecmp(line, words[i], len) == 0)
			return true;
	return false;
}

/* `event manager ...` in whatever form is nobody else's. */
bool
line_is_of_eem(const char *line)
{
	static const char *const before[] = { "do", "no", "default", "show", "clear", "debug", "undebug" };
	size_t n;

	line += strspn(line, " \t");
	while (begins_with(line, before, sizeof before / sizeof *before))
		line = skip_word(line);
	n = strcspn(line, " \t");
	return n >= 2 && starts_with_nocase("event", line, n);
}

/* How far a tree understands the line: nothing of it, some words, or all (or it says what is missing). */
enum understanding { NOTHING, SOME_WORDS, ALL };

static enum understanding
understand(const void *ctx, const struct kw_tree *tree, const char *line, unsigned flags)
{
	struct kw_parsed parsed = { 0 };
	struct err err = ERR_INIT;

	if (kw_parse(ctx, tree, line, ALL_LEVELS, flags, &parsed, &err))
		return ALL;
	/* A first word that is no value, where a value may come first (entries of access lists), is nothing of ours. */
	if (err.code != ERR_INVALID && !(err.code == ERR_RANGE && err.column == 1))
		return ALL;
	return err.column > 1 ? SOME_WORDS : NOTHING;
}

static bool
exec_knows(const void *ctx, const struct cli *cli, const char *line)
{
	long bar = pipe_find(line);

	if (bar > 0)
		line = mem_strndup(ctx, line, (size_t)bar);
	return understand(ctx, cli->exec, line, 0) == ALL;
}

/* Something about the device that its own CLI answers as well, and better: it may be another box. */
static bool
device_answers(const void *ctx, const struct cli *cli, const char *line)
{
	const struct settings *settings = cli->engine->settings;
	struct kw_parsed parsed = { 0 };
	struct err err = ERR_INIT;
	long bar = pipe_find(line);
	unsigned flags;

	if (settings == NULL || settings->cli_device == DEVICE_NONE)
		return false;
	if (bar > 0)
		line = mem_strndup(ctx, line, (size_t)bar);
	if (!kw_parse(ctx, cli->exec, line, ALL_LEVELS, 0, &parsed, &err))
		return false;
	flags = ((const struct exec_cmd *)parsed.cmd)->flags;
	return (flags & EXEC_DEVICE) != 0 &&
	       (settings->cli_device == DEVICE_PROGRAM ||
		       (settings->cli_device == DEVICE_VTYSH && (flags & EXEC_ROUTING) != 0));
}

static bool
exec_is_ours(const void *ctx, const struct cli *cli, const char *line)
{
	return exec_knows(ctx, cli, line) && !device_answers(ctx, cli, line);
}

/* In a mode of ours (an applet's, a trustpoint's) a known first word is enough: its mistakes are told by us. */
static bool
config_knows(const void *ctx, struct session *s, const char *line)
{
	static const char *const negations[] = { "no", "default" };
	const struct conf *conf = s->cli->engine->conf;
	const char *mode = mode_parser_name(s);
	unsigned flags = 0;

	if (understand(ctx, s->cli->config, line, 0) == ALL)
		return true;
	if (begins_with(line, negations, 2) && *skip_word(line) != '\0') {
		line = skip_word(line);
		flags = KW_PARSE_KEY;
	}
	while (mode != NULL) {
		const struct conf_mode *def = conf_mode_find(conf, mode);
		enum understanding u = understand(ctx, conf_tree(conf, mode), line, flags);

		if (u == ALL || (u == SOME_WORDS && def != NULL && def->parent != NULL))
			return true;
		mode = def != NULL ? def->parent : NULL;
	}
	return false;
}

bool
session_knows(struct session *s, const char *typed)
{
	static const char *const exec_words[] = { "do" };
	void *ctx;
	bool knows;

	typed += strspn(typed, " \t");
	if (*typed == '\0' || *typed == '!' || line_is_of_eem(typed) ||
		(s->edit != NULL && conf_edit_is_raw(s->edit)))
		return true;
	ctx = mem_ctx(s, "known");
	typed = alias_expand(ctx, s, typed);
	if (s->edit == NULL)
		knows = exec_is_ours(ctx, s->cli, typed);
	else if (begins_with(typed, exec_words, 1))
		knows = exec_is_ours(ctx, s->cli, skip_word(typed));
	else
		knows = config_knows(ctx, s, typed);
	mem_free(ctx);
	return knows;
}

struct somewhere {
	const void *ctx;
	const char *line;
	unsigned flags;
	bool knows;
};

static void
ask_mode(void *arg, const char *mode, const struct kw_tree *tree)
{
	struct somewhere *w = arg;

	w->knows = w->knows || understand(w->ctx, tree, w->line, w->flags) == ALL;
}

bool
cli_knows(const struct cli *cli, const char *typed)
{
	static const char *const do_words[] = { "do" }, *const negations[] = { "no", "default" };
	struct somewhere w = { .line = typed + strspn(typed, " \t") };
	void *ctx;

	if (*w.line == '\0' || *w.line == '!' || line_is_of_eem(w.line))
		return true;
	w.ctx = ctx = mem_ctx(NULL, "known");
	if (begins_with(w.line, do_words, 1))
		w.line = skip_word(w.line);
	w.knows = exec_knows(ctx, cli, w.line) || understand(ctx, cli->config, w.line, 0) == ALL;
	if (begins_with(w.line, negations, 2) && *skip_word(w.line) != '\0') {
		w.line = skip_word(w.line);
		w.flags = KW_PARSE_KEY;
	}
	conf_each_tree(cli->engine->conf, ask_mode, &w);
	mem_free(ctx);
	return w.knows;
}
