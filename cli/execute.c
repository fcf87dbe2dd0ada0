/* A typed line on its way: comment, help, parse, hook, run, filters, outcome. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "bus/recent.h"
#include "cli/alias.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/writer.h"

/* ---- history ---- */

/* The password of a word like user:password@host, whether the engine knows it or not. */
static void
mask_word(struct text *t, const char *word, size_t n)
{
	const char *at = memrchr(word, '@', n);
	const char *colon = at != NULL ? memchr(word, ':', (size_t)(at - word)) : NULL;

	if (colon != NULL && strncmp(colon, "://", 3) == 0)
		colon = memchr(colon + 1, ':', (size_t)(at - colon - 1));
	if (colon == NULL) {
		text_addn(t, word, n);
		return;
	}
	text_addn(t, word, (size_t)(colon - word) + 1);
	text_add(t, "********");
	text_addn(t, at, n - (size_t)(at - word));
}

char *
session_masked(const struct session *s, const void *ctx, const char *line)
{
	struct text t;
	size_t n;

	text_init(&t, ctx);
	while (*line != '\0') {
		n = strspn(line, " \t");
		text_addn(&t, line, n);
		line += n;
		n = strcspn(line, " \t");
		mask_word(&t, line, n);
		line += n;
	}
	if (s->cli->engine->redact != NULL)
		redact_text(s->cli->engine->redact, &t, 0);
	return t.s;
}

static void
session_history_add(struct session *s, const char *line)
{
	char *masked = session_masked(s, s, line);

	if (s->cli->engine->commands != NULL)
		recent_add(s->cli->engine->commands, clock_wall(s->cli->engine->clock), masked);
	if (s->history_n == HISTORY_MAX) {
		mem_free(s->history[0]);
		memmove(s->history, s->history + 1, (HISTORY_MAX - 1) * sizeof s->history[0]);
		s->history_n--;
	}
	s->history[s->history_n++] = masked;
}

/* ---- the end of a command ---- */

static void
add_json_lines(struct command *c)
{
	json_t *doc = json_object(), *lines = json_array();
	const char *s = c->filtered.s;
	char *out;

	while (*s != '\0') {
		size_t n = strcspn(s, "\n");

		json_array_append_new(lines, frame_string(s, n));
		s += n + (s[n] != '\0');
	}
	json_object_set_new(doc, "schema_version", json_integer(1));
	json_object_set_new(doc, "lines", lines);
	out = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	if (out == NULL)
		return;
	session_emit(c->session, true, out, strlen(out));
	session_emit(c->session, true, "\n", 1);
	free(out);
}

/* What a filtered show leaves, in pieces; as JSON it becomes one list of lines. */
static void
filtered(void *arg, const char *s, size_t n)
{
	struct command *c = arg;

	if (c->session->json)
		text_addn(&c->filtered, s, n);
	else
		session_emit(c->session, false, s, n);
}

static bool
finish_output(struct command *c, struct err *err)
{
	struct session *s = c->session;
	/* What was asked for with the word `json` in a session of text is text there, and may be filtered. */
	bool is_json = s->json && c->writer != NULL && writer_is_json(c->writer);
	bool ok = true;

	if (c->writer != NULL)
		writer_finish(c->writer);
	if (c->pipe != NULL) {
		if (c->writer != NULL)
			pipe_feed(c->pipe, c->written.s, c->written.len);
		ok = pipe_end(c->pipe, err);
		if (ok && s->json)
			add_json_lines(c);
	} else if (c->writer != NULL) {
		session_emit(s, is_json, c->written.s, c->written.len);
	}
	return ok;
}

/* A key is no command: nothing is said but to whoever pressed it. */
static void
key_end(struct command *c, const char *text)
{
	struct session *s = c->session;
	session_key_f *answer = c->answer;
	void *arg = c->answer_arg;
	char *copy = mem_strdup(s, text);

	question_drop(c);
	s->cmd = NULL;
	mem_free(c);
	answer(arg, copy);
	mem_free(copy);
}

void
command_end(struct command *c, bool accepted, const struct err *why)
{
	struct session *s = c->session;
	struct err err = ERR_INIT;
	struct outcome out = { .accepted = accepted, .interrupted = !accepted && why == NULL, .err = &err };

	if (c->answer != NULL) {
		key_end(c, "");
		return;
	}
	if (why != NULL)
		err = *why;
	question_drop(c);
	if (!accepted && c->writer != NULL && !writer_is_json(c->writer))
		session_write(s, "", 0);
	if (accepted && !finish_output(c, &err))
		out.accepted = false;
	if (!out.accepted && err.code != ERR_NONE && !s->json)
		report_refusal(s, c, &err);
	if (c->row == NULL || (c->row->flags & EXEC_SECRET) == 0)
		session_history_add(s, c->as_typed);
	s->cmd = NULL;
	mem_free(c);
	s->ops->ready(s->arg, &out);
}

/* ---- finding what was meant ---- */

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

static const struct exec_cmd *
row_of(const struct kw_parsed *p)
{
	return (const struct exec_cmd *)p->cmd;
}

/* A '|' that is no filter: what stands behind it is wrong, or missing. */
static void
blame_filter(const char *line, struct err *err)
{
	const char *word;

	if (err->column < 2 || (size_t)err->column > strlen(line) || line[err->column - 1] != '|')
		return;
	word = skip_blanks(line + err->column);
	if (word[strcspn(word, " \t")] == '\0') {
		err_set(err, ERR_INCOMPLETE, "Incomplete command.");
		return;
	}
	err->column = (int)(word - line) + 1;
	err->hint[0] = '\0';
	err_hint(err, "a filter is append, begin, count, exclude, include, redirect, section or tee, with an "
		      "expression or a file");
}

static bool
parse_filtered(struct command *c, struct kw_tree *tree, long bar, struct kw_parsed *p, struct err *err)
{
	struct session *s = c->session;
	char *head = mem_strndup(c, c->line, (size_t)bar);
	struct pipe_env env = {
		.files = s->level >= 15 ? s->cli->engine->files : NULL,
		.how = s->level >= 15 ? FILES_ABSOLUTE : 0,
		.out = filtered,
		.arg = c,
	};

	if (!kw_parse(c, tree, head, s->level, 0, p, err))
		return false;
	if ((row_of(p)->flags & EXEC_SHOW) == 0)
		return kw_parse(c, tree, c->line, s->level, 0, p, err);
	text_init(&c->filtered, c);
	c->pipe = pipe_new(c, c->line + bar, &env, err);
	if (c->pipe == NULL && err->column > 0)
		err->column += (int)bar;
	return c->pipe != NULL;
}

static bool
parse_exec(struct command *c, struct kw_tree *tree, struct err *err)
{
	struct kw_parsed p = { 0 };
	long bar = pipe_find(c->line);
	bool ok;

	if (bar > 0)
		ok = parse_filtered(c, tree, bar, &p, err);
	else
		ok = kw_parse(c, tree, c->line, c->session->level, 0, &p, err);
	if (!ok) {
		blame_filter(c->line, err);
		return false;
	}
	c->row = row_of(&p);
	c->args = p.args;
	c->expanded = p.expanded;
	return true;
}

/* The word before the place where parsing stopped decides between two trees: further is better. */
static long
progress(const struct err *err)
{
	if (err->code == ERR_INCOMPLETE)
		return 1L << 20;
	/* Understood and refused for a reason: nobody read further. */
	return err->column > 0 ? err->column : 1L << 21;
}

static bool
is_do(const char *line)
{
	return strncasecmp(line, "do", 2) == 0 && (line[2] == ' ' || line[2] == '\t') &&
	       *skip_blanks(line + 2) != '\0';
}

/* A line of configuration mode that is one of ours, else left to the configuration. */
static bool
parse_config_command(struct command *c, struct err *err)
{
	struct session *s = c->session;
	const char *start = c->line;

	if (is_do(start)) {
		c->line = skip_blanks(start + 2);
		c->column += (size_t)(c->line - start);
		c->is_do = true;
		if (!parse_exec(c, s->cli->exec, err))
			return false;
		c->expanded = mem_printf(c, "do %s", c->expanded);
		return true;
	}
	return parse_exec(c, s->cli->config, err);
}

/* Keywords of a tree that the first word may mean; *exact: one of them is that word. */
static size_t
count_words(struct command *c, const struct kw_tree *tree, const char *word, const char **first, bool *exact)
{
	struct kw_offer *offers = NULL;
	size_t n = 0, count = 0, i;

	kw_offers(c, tree, word, c->session->level, &offers, &n, NULL);
	for (i = 0; i < n; i++) {
		if (offers[i].is_value || (*first != NULL && strcmp(*first, offers[i].word) == 0))
			continue;
		*first = offers[i].word;
		*exact = *exact || strcasecmp(word, offers[i].word) == 0;
		count++;
	}
	return count;
}

/* An abbreviation of one of ours (`end`, `exit`) that may also begin a line of this mode. */
static bool
is_ambiguous(struct command *c)
{
	struct session *s = c->session;
	char *word = mem_strndup(c, c->line, strcspn(c->line, " \t"));
	const struct kw_tree *tree = conf_tree(s->cli->engine->conf, conf_edit_mode(s->edit));
	const char *first = NULL;
	bool exact = false;
	size_t ours = count_words(c, s->cli->config, word, &first, &exact);
	size_t theirs = count_words(c, tree, word, &first, &exact);

	return !exact && ours > 0 && ours + theirs > 1;
}

/* ---- carrying it out ---- */

static void
config_confirmed(struct session *s, const struct answer *answer, void *arg)
{
	struct command *c = s->cmd;
	struct err err = ERR_INIT;
	const char *question = NULL;

	if (answer->yes && !mode_line(s, c->line, true, &question, &err)) {
		command_end(c, false, &err);
		return;
	}
	if (question != NULL)
		session_print(s, "%s", question);
	command_settle(c);
}

static void
config_line(struct command *c)
{
	struct session *s = c->session;
	struct err err = ERR_INIT;
	const char *question = NULL;

	if (!mode_line(s, c->line, false, &question, &err)) {
		/* Without a column the line was understood, and refused for what it says. */
		if (c->other.code != ERR_NONE && (err.column > 0 || err.code == ERR_INCOMPLETE) &&
			progress(&c->other) > progress(&err))
			err = c->other;
		blame_device(c, &err);
		if (err.column > 0)
			err.column += (int)c->column;
		command_end(c, false, &err);
	} else if (question != NULL) {
		session_ask(s, ASK_YESNO, question, config_confirmed, NULL);
	} else {
		command_settle(c);
	}
}

static void
exec_line(struct command *c)
{
	struct session *s = c->session;
	uint64_t serial = c->serial;
	struct err err = ERR_INIT;
	enum cmd_result r;

	if (s->edit != NULL && !c->is_do && (c->row->flags & EXEC_KEEP_MODE) == 0 &&
		!mode_to_global(s, &err)) {
		command_end(c, false, &err);
		return;
	}
	timestamp_show(s);
	r = c->row->run(s, c->args, &err);
	if (!session_command_is(s, serial) || r == CMD_WAIT)
		return;
	c->bare = r == CMD_REFUSED_BARE;
	command_end(c, r == CMD_DONE, &err);
}

void
command_help(struct command *c, struct text *out)
{
	size_t n = strlen(c->typed) - (c->answer == NULL); /* a line ends in its `?` */

	if (c->help == NULL) {
		session_help(c->session, mem_strndup(c, c->typed, n), out);
		return;
	}
	text_add(out, c->help);
	if (out->len > 0 && out->s[out->len - 1] != '\n')
		text_addc(out, '\n');
}

/* A line that ended in `?`, or a key by itself: what there is to say, or to add. */
static void
key_line(struct command *c)
{
	struct session *s = c->session;
	struct text t;

	text_init(&t, c);
	if (c->key == CLI_TAB)
		session_complete(s, c->typed, &t);
	else
		command_help(c, &t);
	if (c->answer != NULL) {
		key_end(c, t.s);
		return;
	}
	session_emit(s, false, t.s, t.len);
	command_end(c, true, NULL);
}

void
command_go(struct command *c)
{
	if (c->key != CLI_ENTER)
		key_line(c);
	else if (c->row != NULL)
		exec_line(c);
	else
		config_line(c);
}

static bool
wants_help(const struct session *s, const char *line)
{
	return s->help_by_line && line[strlen(line) - 1] == '?';
}

static void
refuse(struct command *c, struct err *err)
{
	blame_device(c, err);
	if (err->column > 0)
		err->column += (int)c->column;
	command_end(c, false, err);
}

struct command *
command_new(struct session *s, const char *line)
{
	struct command *c = mem_new(s, struct command);
	size_t n = strlen(line);

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	c->session = s;
	c->serial = ++s->serial;
	c->typed = mem_strndup(c, line, n);
	c->as_typed = c->typed;
	if (s->edit == NULL || !conf_edit_is_raw(s->edit))
		c->typed = alias_expand(c, s, c->typed);
	c->line = skip_blanks(c->typed);
	c->column = (size_t)(c->line - c->typed);
	s->cmd = c;
	if (s->cli->engine->loop != NULL)
		s->active = loop_mono(s->cli->engine->loop);
	return c;
}

static void
exec_typed(struct command *c)
{
	struct err err = ERR_INIT;

	if (parse_exec(c, c->session->cli->exec, &err))
		hook_ask(c);
	else
		refuse(c, &err);
}

/* In configuration: `do X`, a command of ours such as `end`, else a line of the configuration. */
static void
config_typed(struct command *c)
{
	struct err err = ERR_INIT;
	bool ours = parse_config_command(c, &err);

	if (!ours && c->is_do) {
		refuse(c, &err);
		return;
	}
	if (!c->is_do && (ours || err.code == ERR_AMBIGUOUS) && is_ambiguous(c)) {
		err_set(&err, ERR_AMBIGUOUS, "Ambiguous command:  \"%s\"", c->line);
		command_end(c, false, &err);
		return;
	}
	if (!ours)
		c->other = err;
	hook_ask(c);
}

void
session_line(struct session *s, const char *typed)
{
	struct command *c;

	if (!session_is_ready(s))
		return;
	c = command_new(s, typed);
	if (c->line[0] == '\0' || c->line[0] == '!') {
		command_end(c, true, NULL);
		return;
	}
	if (s->edit != NULL && conf_edit_is_raw(s->edit)) {
		config_line(c);
		return;
	}
	if (wants_help(s, c->line)) {
		c->key = CLI_QUESTIONMARK;
		hook_ask(c);
		return;
	}
	if (s->edit != NULL)
		config_typed(c);
	else
		exec_typed(c);
}
