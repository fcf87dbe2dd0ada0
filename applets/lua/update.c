/* event manager update user policy: newer files of registered policies come from the repository. */
#include <string.h>

#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "conf/conf.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

struct file {
	const char *name;
	usec changed;
};

struct folder {
	const void *ctx;
	struct file *v;
	size_t n;
};

struct update {
	void *ctx;
	struct engine *engine;
	const struct update_want *want;
	const char *from, *to;
	struct folder there, here;
	struct regex_scratch *scratch;
	unsigned copied;
};

static void
add_file(void *arg, const char *name, usec changed)
{
	struct folder *f = arg;

	f->v = mem_resize(f->ctx, f->v, (f->n + 1) * sizeof *f->v);
	f->v[f->n++] = (struct file){ mem_strdup(f->ctx, name), changed };
}

static void
add_entry(void *arg, const char *name, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		add_file(arg, name, (usec)st->st_mtim.tv_sec * USEC_PER_SEC + st->st_mtim.tv_nsec / 1000);
}

static const struct file *
find(const struct folder *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0)
			return &f->v[i];
	return NULL;
}

static char *
path_in(const struct update *u, const char *dir, const char *name)
{
	size_t n = strlen(dir);
	bool ends = n > 0 && (dir[n - 1] == '/' || dir[n - 1] == ':');

	return mem_printf(u->ctx, "%s%s%s", dir, ends ? "" : "/", name);
}

static bool
is_wanted(const struct update *u, const struct policy_args *a)
{
	if (a->type.set && a->type.v == SOURCE_SYSTEM)
		return false;
	if (u->want->name != NULL)
		return strcmp(u->want->name, a->name.s) == 0;
	return u->want->group == NULL ||
	       regex_match(u->want->group, u->scratch, a->name.s, strlen(a->name.s), NULL) == REGEX_YES;
}

static bool
is_newer(const struct update *u, const char *name)
{
	const struct file *there = find(&u->there, name), *here = find(&u->here, name);

	return there != NULL && (here == NULL || there->changed > here->changed);
}

static bool
copy(struct update *u, const char *name, struct err *err)
{
	char *from = path_in(u, u->from, name), *to = path_in(u, u->to, name);
	struct text t;

	text_init(&t, u->ctx);
	if (!files_read(u->engine->files, from, FILES_ABSOLUTE, WIRE_SOURCE_MAX, &t, err))
		return false;
	if (!source_is_text(t.s, t.len))
		return err_set(err, ERR_REFUSED,
			"EEM configuration: policy %s is bytecode: only Lua text is taken", name);
	if (!files_replace(u->engine->files, to, FILES_ABSOLUTE, t.s, t.len, err))
		return false;
	log_msg(u->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_UPDATE_POLICY_COPY",
		"Policy update has copied %zu bytes from %s to %s", t.len, from, to);
	u->copied++;
	return true;
}

static bool
update_policy(struct update *u, const struct conf_node *line, struct err *err)
{
	const char *name = ((const struct policy_args *)line->args)->name.s;

	if (u->want->name != NULL && find(&u->there, name) == NULL)
		return err_set(err, ERR_NOT_FOUND, "EEM configuration: policy file could not be found");
	return !is_newer(u, name) || (copy(u, name, err) && script_register_anew(u->engine, line, err));
}

static bool
update_all(struct update *u, struct err *err)
{
	bool met = false;

	for (const struct conf_node *n = conf_root(u->engine->conf)->first; n != NULL; n = n->next) {
		if (!script_is_policy_line(n) || !is_wanted(u, n->args))
			continue;
		met = true;
		if (!update_policy(u, n, err))
			return false;
	}
	if (!met && u->want->name != NULL)
		return err_set(err, ERR_NOT_FOUND, "EEM policy %s is not registered", u->want->name);
	return true;
}

static bool
look(struct update *u, struct err *err)
{
	u->from =
		u->want->repository != NULL ? u->want->repository : script_directory(u->engine, "repository");
	u->to = script_directory(u->engine, "policy");
	if (u->to == NULL)
		return err_set(err, ERR_REFUSED, "No EEM user policy directory has been specified");
	if (u->from == NULL)
		return err_set(err, ERR_REFUSED, "No EEM user repository directory has been specified");
	source_each(u->engine, SOURCE_USER, add_file, &u->here);
	return files_list(u->engine->files, u->from, FILES_ABSOLUTE, add_entry, &u->there, err);
}

bool
scripts_update(struct engine *engine, const struct update_want *want, unsigned *copied, struct err *err)
{
	void *ctx = mem_ctx(NULL, "policy update");
	struct update u = {
		.ctx = ctx, .engine = engine, .want = want, .there = { .ctx = ctx }, .here = { .ctx = ctx }
	};
	bool fine;

	u.scratch = regex_scratch_new(ctx, REGEX_JIT);
	fine = look(&u, err) && update_all(&u, err);
	*copied = u.copied;
	mem_free(ctx);
	return fine;
}
