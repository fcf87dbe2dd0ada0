/* copy, delete, dir, more: files under the IOS prefixes, and the configurations as files. */
#include "core/files.h"

#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#include "cli/builtin.h"
#include "cli/findings.h"
#include "cli/session.h"
#include "cli/startup.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "detect/config.h"

#define FILE_MAX ((size_t)16 << 20) /* of a file that is copied or shown */

static unsigned
how(const struct session *s)
{
	return session_level(s) >= 15 && !session_is_policy(s) ? FILES_ABSOLUTE : 0;
}

/* ---- copy ---- */

struct copy_args {
	struct kw_str from, to;
};

static const struct kw copy_kw[] = {
	{ .help = "File such as flash:name, or running-config, startup-config",
		.type = &kw_word,
		KW_AT(struct copy_args, from),
		.flags = KW_REQ },
	{ .help = "File such as flash:name, or running-config, startup-config",
		.type = &kw_word,
		KW_AT(struct copy_args, to),
		.flags = KW_REQ },
	KW_END,
};

/* What a word of `copy` names: one of the two configurations (abbreviated, or as system:, nvram:), or a file. */
enum place { RUNNING, STARTUP, FILE_NAME };

static enum place
place_of(const char *word)
{
	size_t n = strlen(word);

	if (n > 0 && (starts_with_nocase("running-config", word, n) ||
			     starts_with_nocase("system:running-config", word, n)))
		return RUNNING;
	if ((n > 1 && starts_with_nocase("startup-config", word, n)) ||
		strcasecmp(word, "nvram:startup-config") == 0)
		return STARTUP;
	return FILE_NAME;
}

struct copy {
	enum place from, to;
	const char *from_name, *to_name;
	struct text data;
};

static bool
read_source(struct session *s, struct copy *c, struct err *err)
{
	struct engine *e = session_engine(s);

	switch (c->from) {
	case RUNNING:
		conf_print_running(e->conf, &c->data);
		return true;
	case STARTUP:
		return startup_read(e->conf, &c->data, err);
	case FILE_NAME:
		break;
	}
	return files_read(e->files, c->from_name, how(s), FILE_MAX, &c->data, err);
}

/* Carries the copy out; what was asked has been answered. */
static bool
write_target(struct session *s, struct copy *c, struct err *err)
{
	struct engine *e = session_engine(s);
	struct findings found = { .session = s };
	uint64_t revision;

	if (c->to == STARTUP && c->from == RUNNING)
		return startup_save(s, err);
	if (!read_source(s, c, err))
		return false;
	switch (c->to) {
	case RUNNING:
		revision = conf_revision(e->conf)->number;
		if (!conf_load(e->conf, c->from_name, c->data.s, false, false, findings_print, &found, err))
			return false;
		if (conf_revision(e->conf)->number != revision)
			config_changed(e, session_who(s), session_cause(s));
		/* As on IOS, the good lines count all the same. */
		if (found.errors > 0)
			return findings_refuse(&found, "Copied without the wrong lines", c->from_name, err);
		break;
	case STARTUP:
		if (!startup_write(e->conf, c->data.s, c->data.len, err))
			return false;
		break;
	case FILE_NAME:
		if (!files_replace(e->files, c->to_name, how(s), c->data.s, c->data.len, err))
			return false;
		break;
	}
	session_print(s, "%zu bytes copied\n", c->data.len);
	return true;
}

static void
carry_out(struct session *s, struct copy *c)
{
	struct err err = ERR_INIT;

	if (write_target(s, c, &err))
		session_done(s);
	else
		session_fail(s, &err);
}

static void
overwrite_answered(struct session *s, const struct answer *a, void *arg)
{
	if (a->yes)
		carry_out(s, arg);
	else
		session_done(s);
}

static void
name_answered(struct session *s, const struct answer *a, void *arg)
{
	struct copy *c = arg;

	if (a->len > 0 && c->to == FILE_NAME && strpbrk(a->text, ":/") == NULL)
		c->to_name = mem_printf(c, "%.*s%s", (int)(strcspn(c->to_name, ":") + 1),
			strchr(c->to_name, ':') != NULL ? c->to_name : "flash:", a->text);
	else if (a->len > 0 && c->to == FILE_NAME)
		c->to_name = mem_strdup(c, a->text);
	if (c->to == FILE_NAME && !session_is_quiet(s) &&
		files_exists(session_engine(s)->files, c->to_name, how(s))) {
		session_print(s, "%%Warning:There is a file already existing with this name\n");
		session_ask(s, ASK_CONFIRM, "Do you want to over write? [confirm]", overwrite_answered, c);
		return;
	}
	carry_out(s, c);
}

/* "flash:" alone takes the source's own name. */
static const char *
target_name(struct copy *c, const char *to)
{
	const char *base = strrchr(c->from_name, '/');
	size_t n = strlen(to);

	if (base == NULL)
		base = strchr(c->from_name, ':');
	base = base != NULL ? base + 1 : c->from_name;
	if (n > 0 && (to[n - 1] == ':' || to[n - 1] == '/'))
		return mem_printf(c, "%s%s", to, base);
	return to;
}

static enum cmd_result
copy(struct session *s, const void *args, struct err *err)
{
	const struct copy_args *a = args;
	struct copy *c = mem_new(session_cmd_ctx(s), struct copy);
	const char *name, *base;
	struct answer none = { .text = "" };

	text_init(&c->data, c);
	c->from = place_of(a->from.s);
	c->to = place_of(a->to.s);
	c->from_name = c->from == RUNNING   ? "running-config"
		       : c->from == STARTUP ? "startup-config"
					    : a->from.s;
	c->to_name = target_name(c, a->to.s);
	if (c->from == c->to && c->from != FILE_NAME) {
		err_set(err, ERR_REFUSED, "%%Error: source and destination are the same");
		return CMD_REFUSED;
	}
	if (session_is_quiet(s)) {
		name_answered(s, &none, c);
		return CMD_WAIT;
	}
	base = strpbrk(c->to_name, ":/") != NULL ? c->to_name + strcspn(c->to_name, ":") + 1 : c->to_name;
	name = c->to == RUNNING ? "running-config" : c->to == STARTUP ? "startup-config" : base;
	return session_ask(s, ASK_LINE, mem_printf(c, "Destination filename [%s]? ", name), name_answered, c);
}

/* ---- delete ---- */

struct file_args {
	struct kw_flag force;
	struct kw_str name;
};

static const struct kw delete_kw[] = {
	{ .word = "/force", .help = "Force delete", KW_AT(struct file_args, force), .flags = KW_SEQ },
	{ .help = "File to be deleted", .type = &kw_word, KW_AT(struct file_args, name), .flags = KW_REQ },
	KW_END,
};

static void
delete_confirmed(struct session *s, const struct answer *a, void *arg)
{
	const struct file_args *f = arg;
	struct err err = ERR_INIT;

	if (!a->yes || files_delete(session_engine(s)->files, f->name.s, how(s), &err))
		session_done(s);
	else
		session_fail(s, &err);
}

static enum cmd_result
delete_file(struct session *s, const void *args, struct err *err)
{
	const struct file_args *a = args;
	struct engine *e = session_engine(s);
	struct text t;

	if (a->force.set || session_is_quiet(s))
		return files_delete(e->files, a->name.s, how(s), err) ? CMD_DONE : CMD_REFUSED;
	if (!files_exists(e->files, a->name.s, how(s))) {
		files_delete(e->files, a->name.s, how(s), err);
		return CMD_REFUSED;
	}
	text_init(&t, session_cmd_ctx(s));
	text_add(&t, "Delete ");
	files_canonical(e->files, a->name.s, &t);
	text_add(&t, "? [confirm]");
	return session_ask(s, ASK_CONFIRM, t.s, delete_confirmed, (void *)(uintptr_t)args);
}

/* ---- dir, more ---- */

static const struct kw dir_kw[] = {
	{ .help = "Directory or file system", .type = &kw_word, KW_AT(struct file_args, name) },
	KW_END,
};
static const struct kw more_kw[] = {
	{ .help = "File to display", .type = &kw_word, KW_AT(struct file_args, name), .flags = KW_REQ },
	KW_END,
};

static void
dir_entry(void *arg, const char *name, const struct stat *st)
{
	struct writer *w = arg;
	struct tm tm;
	char when[64], kind = S_ISDIR(st->st_mode) ? 'd' : S_ISLNK(st->st_mode) ? 'l' : '-';

	gmtime_r(&st->st_mtime, &tm);
	strftime(when, sizeof when, "%b %e %Y %H:%M:%S +00:00", &tm);
	w_text(w, "%8lu  %crw-  %15lld  %s  ", (unsigned long)st->st_ino % 100000000ul, kind,
		(long long)st->st_size, when);
	w_foreign(w, name, strlen(name));
	w_text(w, "\n");
	w_object(w, NULL);
	w_str(w, "name", name);
	w_int(w, "size", st->st_size);
	w_str(w, "modified", when);
	w_bool(w, "is_directory", S_ISDIR(st->st_mode));
	w_end(w);
}

static enum cmd_result
dir(struct session *s, const void *args, struct err *err)
{
	const struct file_args *a = args;
	const char *name = a->name.set ? a->name.s : "flash:";
	struct engine *e = session_engine(s);
	struct writer *w = session_writer(s);
	struct text t;
	struct statvfs vfs;
	int fd;

	text_init(&t, session_cmd_ctx(s));
	files_canonical(e->files, name, &t);
	w_text(w, "Directory of ");
	w_foreign(w, t.s, t.len);
	w_text(w, "%s\n\n", t.len > 0 && t.s[t.len - 1] == ':' ? "/" : "");
	w_str(w, "directory", t.s);
	w_list(w, "files");
	if (!files_list(e->files, name, how(s), dir_entry, w, err))
		return CMD_REFUSED;
	w_end(w);
	fd = files_open(e->files, name, O_RDONLY | O_DIRECTORY, how(s), NULL);
	if (fd >= 0 && fstatvfs(fd, &vfs) == 0)
		w_text(w, "\n%llu bytes total (%llu bytes free)\n",
			(unsigned long long)vfs.f_blocks * vfs.f_frsize,
			(unsigned long long)vfs.f_bavail * vfs.f_frsize);
	if (fd >= 0)
		close(fd);
	return CMD_DONE;
}

static enum cmd_result
more(struct session *s, const void *args, struct err *err)
{
	const struct file_args *a = args;
	struct text t;

	text_init(&t, session_cmd_ctx(s));
	if (!files_read(session_engine(s)->files, a->name.s, how(s), FILE_MAX, &t, err))
		return CMD_REFUSED;
	w_foreign(session_writer(s), t.s, t.len);
	w_str(session_writer(s), "text", t.s);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "copy",
		  .help = "Copy from one file to another",
		  .kw = copy_kw,
		  .size = sizeof(struct copy_args),
		  .level = 15 },
		.run = copy },
	{ .cmd = { .words = "delete",
		  .help = "Delete a file",
		  .kw = delete_kw,
		  .size = sizeof(struct file_args),
		  .level = 15 },
		.run = delete_file },
	{ .cmd = { .words = "dir",
		  .help = "List files on a filesystem",
		  .kw = dir_kw,
		  .size = sizeof(struct file_args),
		  .level = 15 },
		.flags = EXEC_SHOW,
		.run = dir },
	{ .cmd = { .words = "more",
		  .help = "Display the contents of a file",
		  .kw = more_kw,
		  .size = sizeof(struct file_args),
		  .level = 15 },
		.flags = EXEC_SHOW,
		.run = more },
};

void
exec_files_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
