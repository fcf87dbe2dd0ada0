/* Whole configurations: a file at boot, a reload, a paste. */
#include "conf/conf.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "conf/private.h"
#include "core/mem.h"

struct loader {
	struct candidate *candidate;
	const char *file;
	conf_finding_f *finding;
	void *arg;
	struct err first; /* error, for whoever wants one only */
	size_t errors;
	bool indented; /* the open mode's lines are */
	bool spoiled;  /* a body was refused: its lines are passed over, to its `quit` */
};

static void
find_fault(struct loader *l, struct err *err, int number, int column)
{
	err_at(err, number, err->column > 0 ? err->column : column);
	if (l->errors++ == 0)
		l->first = *err;
	if (l->finding != NULL)
		l->finding(l->arg, l->file, err, true);
}

static bool
is_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncasecmp(line, word, n) == 0 && line[n + strspn(line + n, " \t")] == '\0';
}

/* What `show running-config` prints around the lines, and comments. */
static bool
is_noise(const char *line)
{
	static const char *const heads[] = { "Building configuration...",
		"Current configuration :", "Current configuration:", "Using " };

	if (*line == '\0' || *line == '!')
		return true;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (strncmp(line, heads[i], strlen(heads[i])) == 0)
			return true;
	return strncasecmp(line, "version ", 8) == 0 && isdigit((unsigned char)line[8]);
}

static void
load_body(struct loader *l, const char *text, int number)
{
	const char *line = text + strspn(text, " \t");
	struct err err = ERR_INIT;

	if (l->spoiled) {
		l->spoiled = !is_word(line, "quit");
		return;
	}
	if (candidate_body(l->candidate, text, &err))
		return;
	l->spoiled = !is_word(line, "quit");
	find_fault(l, &err, number, (int)(line - text) + 1);
}

static void
load_line(struct loader *l, const char *text, int number)
{
	struct candidate *c = l->candidate;
	const char *line = text + strspn(text, " \t");
	struct err err = ERR_INIT;
	struct meaning m;

	c->file_line = number;
	if (c->body != NULL || l->spoiled) {
		load_body(l, text, number);
		return;
	}
	if (is_noise(line))
		return;
	if (is_word(line, "end")) {
		c->at = c->root;
	} else if (is_word(line, "exit")) {
		candidate_up(c);
	} else if (!candidate_read(c, text, line == text && l->indented, &m, &err) ||
		   !candidate_do(c, &m, &err)) {
		find_fault(l, &err, number, (int)(line - text) + 1);
		return;
	}
	l->indented = c->at != c->root && (l->indented || line != text);
}

static void
load_lines(struct loader *l, const char *text)
{
	char *copy = mem_strdup(NULL, text), *line = copy, *end;
	int number = 1;

	for (; line != NULL; line = end == NULL ? NULL : end + 1, number++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		load_line(l, line, number);
	}
	mem_free(copy);
	if (l->candidate->body != NULL) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_INCOMPLETE, "the text behind '%s' does not end",
			l->candidate->body->row->cmd.words);
		find_fault(l, &err, number - 1, 1);
		candidate_up(l->candidate);
	}
}

/* A start is no change of the configuration. */
static void
startup_was_read(struct conf *conf, bool is_first)
{
	conf->is_unsaved = false;
	if (is_first)
		conf->revision.wall = 0;
}

bool
conf_load(struct conf *conf, const char *file, const char *text, bool replace, bool all_or_nothing,
	conf_finding_f *finding, void *arg, struct err *err)
{
	struct loader l = { candidate_new(conf, replace), file, finding, arg, ERR_INIT, 0, false, false };
	/* A file is nobody: `show running-config` names people. */
	struct commit how = { .flags = all_or_nothing ? 0 : COMMIT_LENIENT,
		.who = "",
		.file = file,
		.finding = finding,
		.arg = arg };
	struct err ignored = ERR_INIT;
	bool is_first = conf->revision.number == 0, fine;

	load_lines(&l, text);
	fine = !all_or_nothing || l.errors == 0;
	if (!fine && err != NULL)
		*err = l.first;
	fine = fine && commit_candidate(l.candidate, &how, err == NULL ? &ignored : err);
	candidate_free(l.candidate);
	if (fine && replace && conf->startup != NULL && strcmp(file, conf->startup) == 0)
		startup_was_read(conf, is_first);
	return fine;
}

/* ---- checking only ---- */

struct looking {
	conf_finding_f *finding;
	conf_inspect_f *inspect;
	void *arg;
	size_t errors;
};

static void
pass_finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	struct looking *looking = arg;

	looking->errors += is_error;
	if (looking->finding != NULL)
		looking->finding(looking->arg, file, err, is_error);
}

static void
pass_root(void *arg, const struct conf_node *root)
{
	struct looking *looking = arg;

	if (looking->inspect != NULL)
		looking->inspect(looking->arg, root);
}

bool
conf_inspect(struct conf *conf, const char *file, const char *text, conf_finding_f *finding,
	conf_inspect_f *inspect, void *arg)
{
	struct looking looking = { finding, inspect, arg, 0 };
	struct loader l = { candidate_new(conf, true), file, pass_finding, &looking, ERR_INIT, 0, false,
		false };
	struct commit how = { .flags = COMMIT_DRY | COMMIT_LENIENT,
		.who = file,
		.file = file,
		.finding = pass_finding,
		.arg = &looking,
		.inspect = pass_root };
	struct err err = ERR_INIT;

	load_lines(&l, text);
	commit_candidate(l.candidate, &how, &err);
	candidate_free(l.candidate);
	return looking.errors == 0;
}

bool
conf_check(struct conf *conf, const char *file, const char *text, conf_finding_f *finding, void *arg)
{
	return conf_inspect(conf, file, text, finding, NULL, arg);
}

int
conf_node_line(const struct conf_node *n)
{
	return node_of(n)->file_line;
}
