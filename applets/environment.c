/* The row of `event manager environment NAME VALUE`: the value is the raw rest of the line. */
#include <string.h>

#include "applets/env.h"
#include "applets/rows.h"
#include "applets/vars.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "store/secret.h"

static const struct kw environment_kw[] = {
	{ .help = "Name of the Event Manager environment variable",
		.type = &kw_word,
		KW_AT(struct environment_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .help = "Value of the environment variable",
		.type = &kw_line,
		KW_AT(struct environment_args, value),
		.flags = KW_REQ | KW_SECRET },
	KW_END,
};

/* A password in the value is kept encrypted (rulings 43). */
static bool
environment_adopt(struct engine *engine, void *args, struct err *err)
{
	struct environment_args *a = args;

	if (!variable_name_valid(a->name.s, strlen(a->name.s)))
		return err_set(err, ERR_REFUSED,
			"'%s' is no variable name: letters, digits and _, and no digit first", a->name.s);
	if (engine->secrets)
		a->value.s = secret_seal(engine->secrets, args, a->value.s);
	return true;
}

static bool
environment_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct environment_args *a = (new ? new : old)->args;

	if (new == NULL)
		environment_unset(engine->env, a->name.s);
	else if (engine->secrets == NULL)
		environment_set(engine->env, a->name.s, a->value.s);
	else {
		char *clear = secret_unseal(engine->secrets, NULL, a->value.s);

		environment_set(engine->env, a->name.s, clear);
		mem_free(clear);
	}
	return true;
}

static const char words[] = "event manager environment";

bool
is_environment_node(const struct conf_node *n)
{
	return strcmp(n->row->cmd.words, words) == 0;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = words,
		  .help = "Set an Event Manager environment variable",
		  .kw = environment_kw,
		  .size = sizeof(struct environment_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_ENVIRONMENT,
		.adopt = environment_adopt,
		.apply = environment_apply },
};

void
environment_rows(struct engine *engine)
{
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
}
