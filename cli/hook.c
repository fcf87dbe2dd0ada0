/* What is shown to `event cli`: commands with every keyword written out, `?` and Tab. */
#include "cli/hook.h"

#include <string.h>
#include <strings.h>

#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* ---- what a line of configuration is in full ---- */

/* The rest of a line that begins with `word`, or at least three letters of it; NULL: it does not. */
static const char *
behind(const char *line, const char *word)
{
	size_t n = strcspn(line, " \t");

	if (n < 2 || (n < 3 && n < strlen(word)) || n > strlen(word) || strncasecmp(line, word, n) != 0)
		return NULL;
	return skip_blanks(line + n);
}

/* In the mode that is open, then in those above it; NULL: it parses in none. */
static const char *
expand_in_modes(struct command *c, const char *line, unsigned flags)
{
	const struct session *s = c->session;
	const struct conf *conf = s->cli->engine->conf;

	for (const char *name = conf_edit_mode(s->edit); name != NULL;) {
		const struct conf_mode *mode = conf_mode_find(conf, name);
		struct kw_parsed p;

		if (kw_parse(c, conf_tree(conf, name), line, s->level, flags, &p, NULL))
			return p.expanded;
		name = mode != NULL ? mode->parent : NULL;
	}
	return NULL;
}

static const char *
expand_negated(struct command *c, const char *word, const char *rest)
{
	const char *expanded = expand_in_modes(c, rest, 0);

	if (expanded == NULL)
		expanded = expand_in_modes(c, rest, KW_PARSE_KEY);
	return expanded != NULL ? mem_printf(c, "%s %s", word, expanded) : NULL;
}

static const char *
expand_config(struct command *c)
{
	const char *rest;

	if ((rest = behind(c->line, "no")) != NULL)
		return expand_negated(c, "no", rest);
	if ((rest = behind(c->line, "default")) != NULL)
		return expand_negated(c, "default", rest);
	return expand_in_modes(c, c->line, 0);
}

/* The filters belong to the command. */
static const char *
expand_exec(struct command *c)
{
	long bar = c->pipe != NULL ? pipe_find(c->line) : 0;

	return bar > 0 ? mem_printf(c, "%s %s", c->expanded, skip_blanks(c->line + bar)) : c->expanded;
}

/* ---- what is in front of a key ---- */

/* As far as it can be understood; what cannot stays as typed. */
static const char *
expand_to_key(struct command *c)
{
	const struct session *s = c->session;
	const char *rest = s->edit != NULL ? behind(c->line, "do") : NULL;
	struct text t;

	text_init(&t, c);
	if (rest != NULL) {
		text_add(&t, "do ");
		kw_expand(s->cli->exec, rest, s->level, &t);
	} else if (s->edit != NULL) {
		kw_expand(conf_tree(s->cli->engine->conf, conf_edit_mode(s->edit)), c->line, s->level, &t);
	} else {
		kw_expand(s->cli->exec, c->line, s->level, &t);
	}
	return t.s;
}

/* ---- asking ---- */

static const char *
expand(struct command *c)
{
	if (c->key != CLI_ENTER)
		return expand_to_key(c);
	return c->row != NULL ? expand_exec(c) : expand_config(c);
}

void
hook_ask(struct command *c)
{
	struct session *s = c->session;
	struct cli *cli = s->cli;
	uint64_t serial = c->serial;
	struct cli_line line = { .typed = c->typed, .mode = mode_parser_name(s), .key = c->key };
	enum cli_verdict v;

	if (cli->hook == NULL || s->is_policy || (line.expanded = expand(c)) == NULL) {
		command_go(c);
		return;
	}
	v = cli->hook(cli->hook_arg, s, &line);
	if (!session_command_is(s, serial) || v == CLI_HOLD)
		return;
	if (v == CLI_SKIP)
		command_end(c, true, NULL);
	else
		command_go(c);
}

void
session_release(struct session *s, bool run)
{
	struct command *c = s->cmd;

	if (c == NULL)
		return;
	question_drop(c);
	mem_free(c->deadline);
	c->deadline = NULL;
	c->waiting = false;
	c->over = NULL;
	if (run)
		command_go(c);
	else
		command_end(c, true, NULL);
}

void
session_key(struct session *s, enum cli_key key, const char *line, session_key_f *answer, void *arg)
{
	struct command *c;

	if (!session_is_ready(s)) {
		answer(arg, "");
		return;
	}
	c = command_new(s, line);
	c->key = key;
	c->answer = answer;
	c->answer_arg = arg;
	hook_ask(c);
}
