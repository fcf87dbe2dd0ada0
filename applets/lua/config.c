/* The rows of `event manager policy` and `event manager directory user`. */
#include <string.h>

#include "applets/lua/script.h"
#include "applets/rows.h"
#include "conf/conf.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"

/* ---- event manager directory user ---- */

struct directory_args {
	struct kw_str path;
};

static const struct kw directory_kw[] = {
	{ .help = "Path of the directory",
		.type = &kw_string,
		KW_AT(struct directory_args, path),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw repository_kw[] = {
	{ .help = "URL of the repository",
		.type = &kw_string,
		KW_AT(struct directory_args, path),
		.flags = KW_REQ },
	KW_END,
};

const char *
script_directory(const struct engine *engine, const char *which)
{
	char *key = mem_printf(NULL, "event manager directory user %s", which);
	const struct conf_node *n = conf_find(engine->conf, key);

	mem_free(key);
	return n ? ((const struct directory_args *)n->args)->path.s : NULL;
}

/* ---- event manager policy ---- */

static const struct kw_alternative types[] = {
	{ "system", "Event Manager policies shipped with the system", SOURCE_SYSTEM, false },
	{ "user", "Event Manager policies of the user", SOURCE_USER, false },
	{ NULL, NULL, 0, false },
};

static const struct kw authorization_kw[] = {
	{ .word = "bypass",
		.help = "EEM AAA authorization type bypass",
		KW_AT(struct policy_args, bypass),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw policy_kw[] = {
	{ .help = "Name of the policy file",
		.type = &kw_word,
		KW_AT(struct policy_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .word = "authorization",
		.help = "Specify an authorization type for policy",
		KW_AT(struct policy_args, authorization),
		.sub = authorization_kw },
	{ .word = "class",
		.help = "Specify a class for policy, default class will be set when this is not specified",
		.type = &kw_choice,
		KW_AT(struct policy_args, class),
		.choices = class_choices,
		.dflt = 0,
		.has_dflt = true },
	{ .word = "type",
		.help = "Specify the type of the policy",
		.type = &kw_choice,
		KW_AT(struct policy_args, type),
		.choices = types },
	{ .word = "trap",
		.help = "Generate an SNMP trap when this policy runs",
		KW_AT(struct policy_args, trap) },
	KW_END,
};

static bool
read_source(const void *ctx, struct engine *engine, const struct policy_args *a, struct source *out,
	struct err *err)
{
	if (a->type.set)
		return source_read(ctx, engine, (enum source_place)a->type.v, a->name.s, out, err);
	return source_find(ctx, engine, a->name.s, out, err);
}

static bool
policy_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct policy_args *a = args;

	if (source_name_valid(a->name.s))
		return true;
	err_set(err, ERR_REFUSED, "EEM configuration: %s is no name of a policy file", a->name.s);
	err_hint(err, "letters, digits, '_', '.' and '-', at most 64");
	return false;
}

/* A check without a state directory does not know where flash: is. */
static bool
knows_files(const struct engine *engine)
{
	return engine->files != NULL && files_prefix_at(engine->files, 0) != NULL;
}

static bool
policy_check(struct engine *engine, const struct conf_node *node, struct err *err)
{
	struct source source;
	bool fine;
	void *ctx;

	if (engine->is_check && !knows_files(engine))
		return true;
	ctx = mem_ctx(NULL, "policy check");
	fine = read_source(ctx, engine, node->args, &source, err);
	mem_free(ctx);
	return fine;
}

static bool
is_script(const struct engine *engine, const char *name)
{
	const struct policy *p = policies_find(engine->policies, name);

	return p != NULL && p->kind == POLICY_SCRIPT;
}

static bool
policy_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct policy_args *a = (new ? new : old)->args;
	struct source source;
	void *ctx;

	registration_cancel(engine->scripts, a->name.s);
	if (is_script(engine, a->name.s)) {
		policies_remove(engine->policies, a->name.s);
		host_keep_ready(engine->scripts);
	}
	if (new == NULL || engine->is_check)
		return true;
	ctx = mem_ctx(NULL, "policy text");
	if (!read_source(ctx, engine, a, &source, err)) {
		mem_free(ctx);
		return false;
	}
	registration_start(engine->scripts, a, &source, new->seq);
	mem_free(ctx);
	return true;
}

/* The line is there already: a policy that could not be registered gets another try. */
static bool
policy_again(struct engine *engine, const struct conf_node *there, struct err *err)
{
	const struct policy_args *a = there->args;

	if (is_script(engine, a->name.s) || registration_is_under_way(engine->scripts, a->name.s))
		return err_set(
			err, ERR_EXISTS, "EEM configuration: policy %s is already registered", a->name.s);

	void *ctx = mem_ctx(NULL, "policy text");
	struct source source;
	bool fine = read_source(ctx, engine, a, &source, err);
	if (fine)
		registration_start(engine->scripts, a, &source, there->seq);
	mem_free(ctx);
	return fine;
}

/* ---- update ---- */

static const char policy_words[] = "event manager policy";

bool
script_is_policy_line(const struct conf_node *n)
{
	return n->row != NULL && n->row->cmd.words == policy_words;
}

bool
script_register_anew(struct engine *engine, const struct conf_node *line, struct err *err)
{
	const struct policy_args *a = line->args;
	void *ctx = mem_ctx(NULL, "policy text");
	struct source source;
	bool fine = read_source(ctx, engine, a, &source, err);

	registration_cancel(engine->scripts, a->name.s);
	if (fine && is_script(engine, a->name.s)) {
		policies_remove(engine->policies, a->name.s);
		log_msg(engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_UPDATE_POLICY_UNREGISTER",
			"Policy update has successfully unregistered policy %s", a->name.s);
	}
	if (fine) {
		registration_start(engine->scripts, a, &source, line->seq);
		registration_is_update(engine->scripts, a->name.s);
	}
	mem_free(ctx);
	return fine;
}

/* ---- the rows ---- */

#define DIRECTORY(word_, help_, kw_)                                     \
	{                                                                \
		.cmd = { .words = "event manager directory user " word_, \
			.help = help_,                                   \
			.kw = kw_,                                       \
			.size = sizeof(struct directory_args),           \
			.level = 15 },                                   \
		.mode = "config", .order = ORDER_EEM_SETTINGS            \
	}

static const struct conf_row rows[] = {
	DIRECTORY("library", "Directory of the libraries of user policies", directory_kw),
	DIRECTORY("policy", "Directory of user policies", directory_kw),
	DIRECTORY("repository", "Where newer policies come from", repository_kw),
	{ .cmd = { .words = policy_words,
		  .help = "Register an Event Manager policy",
		  .kw = policy_kw,
		  .size = sizeof(struct policy_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_POLICY,
		.adopt = policy_adopt,
		.check = policy_check,
		.again = policy_again,
		.apply = policy_apply },
};

void
script_rows(struct engine *engine)
{
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
	conf_word(engine->conf, "config", "event manager directory", "Directories of policies");
	conf_word(engine->conf, "config", "event manager directory user", "Directories of the user");
}
