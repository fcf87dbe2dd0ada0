/* Reading settings and configuration. */
#include "boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "applets/check/check.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/settings.h"
#include "setup.h"
#include "store/secret.h"
#include "syslog/listen.h"
#include "syslog/url.h"

#define CONFIG_MAX   ((size_t)64 * 1024 * 1024)
#define SETTINGS_MAX ((size_t)1024 * 1024)

/* Where findings go, and how many there were. */
struct findings {
	FILE *out;        /* NULL: only counted and logged */
	json_t *list;     /* --json */
	struct log *log;  /* also to the log, or NULL */
	const char *file; /* that is looked at */
	const char *settings;
	const char *text; /* of the configuration, to quote words from */
	size_t errors, warnings;
	struct engine *engine; /* for the lints */
};

/* The word that a finding points at, in the file's own text. */
static char *
word_at(const void *ctx, const char *text, int line, int column)
{
	for (int i = 1; text != NULL && i < line; i++) {
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	if (text == NULL || column < 1 || strcspn(text, "\n") < (size_t)column)
		return mem_strdup(ctx, "");
	return mem_strndup(ctx, text + column - 1, strcspn(text + column - 1, " \t\r\n"));
}

/*
 * A file has no '^' under its words: what the CLI says with a marker is said with the word, and what we
 * know better than IOS comes first.
 */
static char *
sentence(const void *ctx, const struct findings *f, const struct err *err)
{
	if (err->hint[0] != '\0' && (err->code == ERR_INVALID || err->code == ERR_RANGE))
		return mem_strdup(ctx, err->hint);
	if (err->code == ERR_INVALID && strstr(err->text, "'^' marker") != NULL)
		return mem_printf(
			ctx, "'%s' is not understood here", word_at(ctx, f->text, err->line, err->column));
	if (err->code == ERR_INCOMPLETE && err->hint[0] != '\0')
		return mem_printf(ctx, "incomplete: %s", err->hint);
	if (err->hint[0] != '\0')
		return mem_printf(ctx, "%s; %s", err->text, err->hint);
	return mem_strdup(ctx, err->text);
}

static void
report(struct findings *f, const char *file, const struct err *err, bool is_error)
{
	const char *kind = is_error ? "error" : "warning";
	void *ctx = mem_ctx(NULL, "finding");
	const char *text = sentence(ctx, f, err);
	const char *code = err->class[0] != '\0' ? err->class : err_code_name(err->code);
	/* A lint says what is to be done; the parser, what it would have taken. */
	const char *fix = f->engine != NULL && err->class[0] != '\0' ? err->hint : "";
	const char *hint = *fix == '\0' && strcmp(text, err->hint) != 0 ? err->hint : "";

	if (is_error)
		f->errors++;
	else
		f->warnings++;
	if (f->list != NULL)
		json_array_append_new(f->list,
			json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s?, s:s?}", "file", file, "line",
				err->line, "column", err->column, "severity", kind, "code", code, "message",
				*fix != '\0' ? err->text : text, "reason", err->text, "hint",
				*hint != '\0' ? hint : NULL, "fix", *fix != '\0' ? fix : NULL));
	else if (f->out != NULL)
		fprintf(f->out, "%s:%d:%d: %s: %s [%s]\n", file, err->line, err->column, kind, text, code);
	if (f->log != NULL)
		log_msg(f->log, NULL, "SYS", is_error ? SEV_ERRORS : SEV_WARNINGS, "CONFIG_LINE",
			"%s:%d:%d: %s: %s", file, err->line, err->column, kind, text);
	mem_free(ctx);
}

static void
on_setting(void *arg, const struct err *err)
{
	struct findings *f = arg;

	report(f, f->file, err, true);
}

static void
on_line(void *arg, const char *file, const struct err *err, bool is_error)
{
	report(arg, file, err, is_error);
}

static bool
is_twice(const struct settings *s, size_t at, const struct syslog_url *url, struct err *err)
{
	for (size_t i = 0; i < at; i++) {
		struct syslog_url other;
		struct err ignored = ERR_INIT;

		if (syslog_url_parse(s->listen[i].url, &other, &ignored) && syslog_url_same(url, &other)) {
			err_set(err, ERR_CONFIG, "%s is there twice", s->listen[at].url);
			return true;
		}
	}
	return false;
}

/* The settings know the schemes of listeners, their addresses are the syslog folder's. */
static bool
check_listeners(struct findings *f, const struct settings *s)
{
	size_t before = f->errors;

	for (size_t i = 0; i < s->listen_count; i++) {
		struct syslog_url url;
		struct err err = ERR_INIT;

		if (syslog_url_parse(s->listen[i].url, &url, &err) && !is_twice(s, i, &url, &err))
			continue;
		err_at(&err, s->listen[i].line, s->listen[i].column);
		report(f, f->file, &err, true);
	}
	return f->errors == before;
}

static void
on_lint(void *arg, const struct check_finding *finding)
{
	struct findings *f = arg;
	struct err err = ERR_INIT;

	err_class(&err, ERR_CONFIG, finding->lint->code, "%s", finding->reason);
	err_hint(&err, "%s", finding->fix);
	if (finding->setting != NULL) {
		err_at(&err, finding->setting->line, finding->setting->column);
		report(f, f->settings, &err, finding->lint->is_error);
		return;
	}
	err_at(&err, finding->line, finding->line > 0 ? finding->column : 0);
	report(f, f->file, &err, finding->lint->is_error);
}

/* The configuration is good as far as the parser knows: what else is there to say? */
static void
on_checked(void *arg, const struct conf_node *root)
{
	struct findings *f = arg;

	check_configuration(f->engine, root, f->text, NULL, on_lint, f);
}

/* NULL when the settings are wrong (findings told) or a named file is not there. */
static struct settings *
load_settings(const void *ctx, const struct options *o, struct findings *f)
{
	struct err err = ERR_INIT;
	size_t n = 0;
	char *text = path_read_file(ctx, o->settings, SETTINGS_MAX, &n, &err);
	struct settings *s;

	f->file = o->settings;
	if (text == NULL && (err.code != ERR_NOT_FOUND || o->settings_named)) {
		report(f, o->settings, &err, true);
		return NULL;
	}
	s = settings_parse(ctx, text != NULL ? text : "", n, on_setting, f);
	return s != NULL && check_listeners(f, s) ? s : NULL;
}

int
boot_settings(const void *ctx, const struct options *o, struct settings **out)
{
	struct findings f = { .out = stderr };

	*out = load_settings(ctx, o, &f);
	return *out != NULL ? EXIT_FINE : EXIT_INVALID;
}

int
boot_configuration(struct engine *e, const struct options *o)
{
	struct findings f = { .out = stderr, .log = e->log };
	struct err err = ERR_INIT;
	char *text = path_read_file(e, o->config, CONFIG_MAX, NULL, &err);
	bool ok;

	if (text == NULL && err.code == ERR_NOT_FOUND)
		return EXIT_FINE; /* a router without a startup configuration starts empty */
	if (text == NULL) {
		fprintf(stderr, "eventd: %s\n", err.text);
		return EXIT_INVALID;
	}
	f.text = text;
	ok = conf_load(e->conf, o->config, text, true, o->strict, on_line, &f, &err);
	mem_free(text);
	if (o->strict && (!ok || f.errors > 0))
		return EXIT_INVALID;
	return EXIT_FINE;
}

/* The machine key is only read. Without it encrypted passwords cannot be looked at, which is no error of the file. */
static struct secrets *
look_for_key(const void *ctx, const struct options *o, struct findings *f)
{
	char *path = mem_printf(ctx, "%s/machine-key", o->state);
	struct err err = ERR_INIT;
	struct secrets *s = secrets_look(ctx, path, &err);

	if (err.code != ERR_NONE && err.code != ERR_NOT_FOUND) {
		err_hint(&err, "passwords that were encrypted with it are not checked");
		report(f, path, &err, false);
	}
	return s;
}

int
boot_check(const struct options *o)
{
	void *ctx = mem_ctx(NULL, "check");
	struct findings f = { .out = stdout, .settings = o->settings };
	struct setup setup = { .is_check = true };
	struct engine *e = NULL;
	struct err err = ERR_INIT;
	json_t *doc = NULL;
	char *text;

	if (o->json) {
		doc = json_pack("{s:i, s:[]}", "schema_version", 1, "findings");
		f.list = json_object_get(doc, "findings");
	}
	setup.clock = clock_new_real(ctx);
	setup.settings = load_settings(ctx, o, &f);
	setup.startup = o->config;
	setup.secrets = look_for_key(ctx, o, &f);
	f.text = text = path_read_file(ctx, o->config, CONFIG_MAX, NULL, &err);
	if (text != NULL)
		e = engine_new(ctx, &setup, &err);
	else if (o->config_named ||
		 err.code != ERR_NOT_FOUND) /* without a startup configuration a router starts */
		report(&f, o->config, &err, true);
	if (text != NULL && e == NULL)
		report(&f, o->config, &err, true);
	else if (text != NULL) {
		f.file = o->config;
		f.engine = e;
		conf_inspect(e->conf, o->config, text, on_line, on_checked, &f);
	}
	if (doc != NULL) {
		json_object_set_new(doc, "errors", json_integer((json_int_t)f.errors));
		json_object_set_new(doc, "warnings", json_integer((json_int_t)f.warnings));
		json_dumpf(doc, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(doc);
	}
	mem_free(ctx);
	return f.errors > 0 ? EXIT_INVALID : EXIT_FINE;
}

void
boot_reload(struct engine *e, const struct options *o)
{
	void *ctx = mem_ctx(e, "reload");
	struct findings f = { .log = e->log };
	struct err err = ERR_INIT;
	/* Nothing was ever saved: the settings are read anew, the configuration stays as it is. */
	bool nothing_saved = access(o->config, F_OK) != 0 && errno == ENOENT;
	char *text = nothing_saved ? NULL : path_read_file(ctx, o->config, CONFIG_MAX, NULL, &err);
	struct settings *settings = load_settings(e, o, &f);
	bool ok = settings != NULL && (text != NULL || nothing_saved);
	bool drops = !nothing_saved && conf_is_unsaved(e->conf);

	f.text = text;
	if (text == NULL && !nothing_saved)
		report(&f, o->config, &err, true);
	if (ok && !intake_listen(e->intake, settings, &err)) {
		report(&f, o->settings, &err, true);
		ok = false;
	}
	if (ok && text != NULL)
		ok = conf_load(e->conf, o->config, text, true, true, on_line, &f, &err);
	if (ok) {
		mem_free(e->settings);
		e->settings = settings;
		engine_settings(e);
		log_msg(e->log, NULL, "SYS", SEV_NOTIFICATIONS, "CONFIG_I", "Configured from %s by reload%s",
			nothing_saved ? o->settings : o->config,
			drops           ? "; unsaved changes were dropped"
			: nothing_saved ? "; no configuration was ever saved, and the running one stays"
					: "");
	} else {
		intake_listen(e->intake, e->settings, NULL);
		mem_free(settings);
		log_msg(e->log, NULL, "SYS", SEV_ERRORS, "RELOAD",
			"Reload refused, nothing has changed: %zu error%s in %s and %s",
			f.errors > 0 ? f.errors : 1, f.errors > 1 ? "s" : "", o->settings, o->config);
	}
	mem_free(ctx);
}
