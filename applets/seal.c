/* Passwords in the arguments of actions. */
#include "applets/seal.h"

#include <string.h>

#include "applets/expand.h"
#include "core/mem.h"
#include "core/redact.h"
#include "store/secret.h"

bool
row_is_template(const struct kw *row)
{
	return row->type == &kw_template || row->type == &kw_operand || row->type == &kw_template_rest ||
	       row->type == &kw_template_regex;
}

static uint32_t
no_symbol(void *arg, const char *name, size_t n)
{
	return PROGRAM_NOWHERE;
}

/* The password as it will be used, escapes worked off; NULL when a variable brings a part of it in. */
static const char *
literal_password(const void *ctx, const char *typed, size_t start, size_t end)
{
	const struct template *t =
		template_new(ctx, mem_strndup(ctx, typed + start, end - start), no_symbol, NULL);

	return t->is_literal ? t->text : NULL;
}

static const char *
spliced(const void *ctx, const char *s, size_t start, size_t end, const char *with)
{
	return mem_printf(ctx, "%.*s%s%s", (int)start, s, with, s + end);
}

/* A value that is a secret as a whole (KW_SECRET): a community. */
static void
seal_whole(struct engine *engine, void *args, struct kw_template *v)
{
	void *tmp = mem_ctx(NULL, "seal");
	const char *clear;

	if (secret_decrypt(engine->secrets, tmp, v->s, strlen(v->s)) == NULL) {
		clear = literal_password(tmp, v->s, 0, strlen(v->s));
		if (clear != NULL)
			v->s = secret_encrypt_alike(engine->secrets, args, clear, strlen(clear));
	}
	mem_free(tmp);
}

/* The same in an event statement, where nothing is substituted; a $variable is another matter. */
static void
seal_word(struct engine *engine, void *args, struct kw_str *v)
{
	char *clear = secret_decrypt(engine->secrets, NULL, v->s, strlen(v->s));

	if (clear == NULL && strchr(v->s, '$') == NULL)
		v->s = secret_encrypt_alike(engine->secrets, args, v->s, strlen(v->s));
	mem_free(clear);
}

static void
seal(struct engine *engine, void *args, struct kw_template *v)
{
	void *tmp = mem_ctx(NULL, "seal");
	const char *password;
	size_t start, end;

	if (secret_find(v->s, &start, &end) &&
		secret_decrypt(engine->secrets, tmp, v->s + start, end - start) == NULL) {
		password = literal_password(tmp, v->s, start, end);
		if (password != NULL)
			v->s = spliced(args, v->s, start, end,
				secret_encrypt(engine->secrets, tmp, password, strlen(password)));
	}
	mem_free(tmp);
}

void
seal_args(struct engine *engine, const struct kw *rows, void *args)
{
	for (const struct kw *row = rows; row != NULL && (row->word != NULL || row->help != NULL); row++) {
		void *at = (char *)args + row->at;

		if (engine->secrets == NULL || !*(const bool *)at)
			continue;
		if (row->type == &kw_word && (row->flags & KW_SECRET) != 0)
			seal_word(engine, args, at);
		else if (row_is_template(row) && (row->flags & KW_SECRET) != 0)
			seal_whole(engine, args, at);
		else if (row_is_template(row))
			seal(engine, args, at);
		if (row->sub != NULL && row->sub_size == 0)
			seal_args(engine, row->sub, args);
		else if (row->sub != NULL && ((const struct kw_sub *)at)->row == row)
			seal_args(engine, row->sub, ((const struct kw_sub *)at)->args);
	}
}

/* Keeps the redaction list knowing the password until it is freed. */
struct known {
	struct redact *redact;
	const char *password;
};

static int
known_free(void *p)
{
	const struct known *k = p;

	redact_forget(k->redact, k->password);
	return 0;
}

static void
know(struct engine *engine, const void *ctx, const char *password)
{
	struct known *k;

	if (engine->redact == NULL || redact_is_word(password))
		return;
	k = mem_new(ctx, struct known);
	k->redact = engine->redact;
	k->password = mem_secret(k, password, strlen(password));
	redact_learn(engine->redact, password);
	mem_on_free(k, known_free);
}

static const char *
escaped(const void *ctx, const char *s)
{
	struct text *t = text_new(ctx);

	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '$' || *s == '"')
			text_addc(t, '\\');
		text_addc(t, *s);
	}
	return t->s;
}

/* The password's place in the text; of a row that is secret as a whole, all of it. */
static bool
find_password(const struct kw *row, const char *typed, size_t *start, size_t *end)
{
	if ((row->flags & KW_SECRET) == 0)
		return secret_find(typed, start, end);
	*start = 0;
	*end = strlen(typed);
	return true;
}

const char *
seal_open(struct engine *engine, const void *ctx, const struct kw *row, const char *typed)
{
	void *tmp;
	const char *clear, *result = typed;
	size_t start, end;

	if (!find_password(row, typed, &start, &end))
		return typed;
	tmp = mem_ctx(NULL, "open");
	clear = engine->secrets == NULL ? NULL
					: secret_decrypt(engine->secrets, tmp, typed + start, end - start);
	if (clear != NULL) {
		know(engine, ctx, clear);
		result = spliced(ctx, typed, start, end, escaped(tmp, clear));
	} else {
		clear = literal_password(tmp, typed, start, end);
		if (clear != NULL)
			know(engine, ctx, clear);
	}
	mem_free(tmp);
	return result;
}
