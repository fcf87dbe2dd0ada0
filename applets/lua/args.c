/* Calls of policies, read with the keyword tables. */
#include "applets/lua/args.h"

#include <stdio.h>
#include <string.h>

#include "applets/expand.h"
#include "applets/lua/wire.h"
#include "applets/seal.h"
#include "core/mem.h"
#include "core/text.h"

enum { WORDS_MAX = 96, DEPTH_MAX = 8 };

struct reading {
	const json_t *named, *list;
	size_t next;                  /* of the list */
	const char *taken[WORDS_MAX]; /* keys of `named` that rows have read */
	size_t ntaken;
	unsigned depth;
	struct err *err;
};

static bool
is_end(const struct kw *row)
{
	return row == NULL || (row->word == NULL && row->help == NULL);
}

/* Rows with tables of their own may share a place: the one that stands there is the one that is set. */
static bool
is_set(const struct kw *row, const void *args)
{
	const void *at = (const char *)args + row->at;

	return *(const bool *)at && (row->sub_size == 0 || ((const struct kw_sub *)at)->row == row);
}

/* ---- names ---- */

static bool
same_name(const char *key, const char *word)
{
	for (; *key != '\0' && *word != '\0'; key++, word++)
		if (*key != *word && !(*key == '_' && *word == '-'))
			return false;
	return *key == *word;
}

/* The word as Lua writes it. */
static const char *
lua_name(const void *ctx, const struct kw *row)
{
	char *name = mem_strdup(ctx, row->word != NULL ? row->word : row->help);

	for (char *s = name; row->word != NULL && *s != '\0'; s++)
		if (*s == '-')
			*s = '_';
	return name;
}

static const json_t *
find(struct reading *r, const struct kw *row)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)r->named, key, value)
	{
		if (!same_name(key, row->word))
			continue;
		if (r->ntaken < WORDS_MAX)
			r->taken[r->ntaken++] = key;
		return value;
	}
	return NULL;
}

static bool
was_taken(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->ntaken; i++)
		if (strcmp(r->taken[i], key) == 0)
			return true;
	return false;
}

/* ---- values ---- */

static const char *
yes_or_no(const struct kw *row, bool yes)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" } };

	for (size_t i = 0; i < 2; i++)
		for (const struct kw_alternative *a = row->choices; a != NULL && a->word != NULL; a++)
			if (strcmp(a->word, words[i][yes]) == 0)
				return a->word;
	return yes ? "true" : "false";
}

/* The value as somebody would type it, or NULL: a table where a text belongs. */
static const char *
typed(const void *ctx, const struct kw *row, const json_t *v, size_t *n)
{
	const char *s;

	if (json_is_integer(v))
		s = mem_printf(ctx, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v) && row->type == &kw_seconds)
		s = mem_printf(ctx, "%.3f", json_real_value(v));
	else if (json_is_real(v))
		s = mem_printf(ctx, "%.14g", json_real_value(v));
	else if (json_is_boolean(v))
		s = yes_or_no(row, json_is_true(v));
	else
		return wire_text(ctx, v, n);
	*n = strlen(s);
	return s;
}

/* What the type said, with the name that Lua knows. */
static bool
refuse(struct reading *r, const void *args, const struct kw *row)
{
	struct err why = *r->err;
	const char *name = lua_name(args, row);

	if (why.code == ERR_RANGE)
		return err_class(r->err, ERR_RANGE, "FH_EBADFMT", "'%s' takes %s", name, why.text);
	return err_class(r->err, ERR_INVALID, "FH_EBADFMT", "'%s': %s", name, why.text);
}

static bool
read_value(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	void *at = (char *)args + row->at;
	struct kw_token token = { .quoted = true };
	size_t n = 0;

	token.text = typed(args, row, v, &n);
	if (token.text == NULL)
		return err_class(r->err, ERR_INVALID, "FH_EBADFMT",
			"'%s' takes a text or a number, not a table", lua_name(args, row));
	if (row_is_template(row)) {
		*(struct kw_template *)at = (struct kw_template){ .quoted = false,
			.s = mem_strndup(args, token.text, n),
			.t = template_literal(args, token.text, n) };
		*(bool *)at = true;
		return true;
	}
	if (memchr(token.text, '\0', n) != NULL)
		return err_class(r->err, ERR_INVALID, "FH_EBADFMT", "'%s' holds a NUL", lua_name(args, row));
	if (row->type == &kw_number || row->type == &kw_seconds || row->type == &kw_choice)
		token.quoted = false;
	if (!row->type->parse(args, row, &token, at, r->err))
		return refuse(r, args, row);
	*(bool *)at = true;
	if (row->type == &kw_variable) {
		struct kw_variable *variable = at;

		variable->v = (struct variable){ variable->s, PROGRAM_NOWHERE };
	}
	return true;
}

static bool
add_to_list(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	struct kw_list *list = (void *)((char *)args + row->at);
	size_t n;
	const char *s = typed(args, row, v, &n);

	if (s == NULL || memchr(s, '\0', n) != NULL)
		return err_class(r->err, ERR_INVALID, "FH_EBADFMT", "'%s' takes texts", lua_name(args, row));
	list->v = mem_resize(args, list->v, (list->n + 1) * sizeof *list->v);
	list->quoted = mem_resize(args, list->quoted, (list->n + 1) * sizeof *list->quoted);
	list->v[list->n] = mem_strndup(args, s, n);
	list->quoted[list->n++] = true;
	list->set = true;
	return true;
}

/* ---- rows ---- */

static bool read_rows(struct reading *, const struct kw *rows, void *args);

static bool
is_word_of(const struct kw *rows, const json_t *v)
{
	for (const struct kw *row = rows; json_is_string(v) && !is_end(row); row++)
		if (row->word != NULL && row->type == NULL && row->sub == NULL &&
			same_name(json_string_value(v), row->word))
			return true;
	return false;
}

/*
 * The words behind a word, `event1 = { field = ..., entry_op = ... }`: a table of its own, which keeps the
 * words of event1 apart from those of event2. `interface = "eth0"` is short for a table with one value,
 * `card = "all"` for one with that word, `damping = true` for an empty one.
 */
static bool
read_table(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	json_t *named = json_object(), *list = json_array();
	bool good;

	if (json_is_array(v))
		json_array_extend(list, (json_t *)(uintptr_t)v);
	else if (is_word_of(row->sub, v))
		json_object_set_new(named, json_string_value(v), json_true());
	else if (!json_is_object(v) && !json_is_true(v))
		json_array_append(list, (json_t *)(uintptr_t)v);
	good = json_is_object(v) ? lua_args(row->sub, args, v, json_object_get(v, LUA_ARGS_LIST), r->err)
				 : lua_args(row->sub, args, named, list, r->err);
	json_decref(named);
	json_decref(list);
	return good || err_wrap(r->err, "%s", lua_name(args, row));
}

/* A row whose sub-table has values of its own. */
static bool
read_nested(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	struct kw_sub *sub = (void *)((char *)args + row->at);
	void *own = mem_alloc(args, row->sub_size);

	if (sub->set)
		return err_class(r->err, ERR_INVALID, "FH_EBADFMT", "'%s' and '%s' exclude each other",
			lua_name(args, sub->row), lua_name(args, row));
	if (json_is_false(v))
		return true;
	if (!read_table(r, row, own, v))
		return false;
	*sub = (struct kw_sub){ .set = true, .row = row, .args = own };
	return true;
}

static bool
read_inner(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	*(bool *)((char *)args + row->at) = true;
	return read_table(r, row, args, v);
}

static bool
read_flag(struct reading *r, const struct kw *row, void *args, const json_t *v)
{
	if (!json_is_boolean(v))
		return err_class(
			r->err, ERR_INVALID, "FH_EBADFMT", "'%s' takes true or false", lua_name(args, row));
	*(bool *)((char *)args + row->at) = json_is_true(v);
	return true;
}

static bool
read_bare(struct reading *r, const struct kw *row, void *args)
{
	if ((row->flags & KW_MANY) != 0) {
		while (r->next < json_array_size(r->list))
			if (!add_to_list(r, row, args, json_array_get(r->list, r->next++)))
				return false;
		return true;
	}
	return r->next >= json_array_size(r->list) ||
	       read_value(r, row, args, json_array_get(r->list, r->next++));
}

static bool
read_row(struct reading *r, const struct kw *row, void *args)
{
	const json_t *v;

	if (row->word == NULL)
		return read_bare(r, row, args);
	if (is_set(row, args) || (v = find(r, row)) == NULL)
		return true;
	if (row->sub_size > 0)
		return read_nested(r, row, args, v);
	if (row->sub != NULL && row->type == NULL && !json_is_boolean(v))
		return read_inner(r, row, args, v);
	if (!(row->type == NULL ? read_flag(r, row, args, v) : read_value(r, row, args, v)))
		return false;
	return row->sub == NULL || !is_set(row, args) || read_rows(r, row->sub, args);
}

/* Rows of one group exclude each other; is one of those that must come missing? */
static bool
check_group(struct reading *r, const struct kw *rows, const struct kw *row, const void *args)
{
	const struct kw *found = NULL;

	for (const struct kw *other = rows; !is_end(other); other++) {
		if (other->group != row->group || !is_set(other, args) || (found && found->at == other->at))
			continue;
		if (found != NULL)
			return err_class(r->err, ERR_INVALID, "FH_EBADFMT",
				"'%s' and '%s' exclude each other", lua_name(args, found),
				lua_name(args, other));
		found = other;
	}
	return true;
}

static bool
group_is_set(const struct kw *rows, const struct kw *row, const void *args)
{
	for (const struct kw *other = rows; !is_end(other); other++)
		if (other->group == row->group && is_set(other, args))
			return true;
	return false;
}

static bool
read_rows(struct reading *r, const struct kw *rows, void *args)
{
	if (++r->depth > DEPTH_MAX)
		return err_class(r->err, ERR_INVALID, "FH_EBADFMT", "tables are nested too deeply");
	for (const struct kw *row = rows; !is_end(row); row++)
		if (!read_row(r, row, args))
			return false;
	for (const struct kw *row = rows; !is_end(row); row++) {
		bool there = row->group > 0 ? group_is_set(rows, row, args) : is_set(row, args);

		if (row->group > 0 && !check_group(r, rows, row, args))
			return false;
		if ((row->flags & KW_REQ) != 0 && !there)
			return err_class(
				r->err, ERR_INCOMPLETE, "FH_EBADFMT", "'%s' is missing", lua_name(args, row));
	}
	r->depth--;
	return true;
}

/* ---- what no row has read ---- */

struct names {
	const char *v[WORDS_MAX];
	size_t n;
};

static void
collect_names(const void *ctx, const struct kw *rows, unsigned depth, struct names *names)
{
	for (const struct kw *row = rows; !is_end(row) && depth < DEPTH_MAX; row++) {
		if (row->word != NULL && (row->flags & KW_HIDDEN) == 0 && names->n < WORDS_MAX)
			names->v[names->n++] = lua_name(ctx, row);
		if (row->sub != NULL && row->sub_size == 0)
			collect_names(ctx, row->sub, depth + 1, names);
	}
}

static bool
refuse_key(const struct kw *rows, const void *args, const char *key, struct err *err)
{
	struct names names = { .n = 0 };
	const char *near;

	collect_names(args, rows, 0, &names);
	near = nearest_word(key, names.v, names.n);
	if (near != NULL && strcmp(near, key) != 0)
		return err_class(
			err, ERR_INVALID, "FH_EBADFMT", "unknown option '%s': did you mean '%s'?", key, near);
	return err_class(err, ERR_INVALID, "FH_EBADFMT", "unknown option '%s'", key);
}

/* What is missing is often there under a wrong name. */
static const char *
find_unknown(const struct kw *rows, const struct reading *r, const void *ctx)
{
	struct names names = { .n = 0 };
	const char *key;
	json_t *value;

	collect_names(ctx, rows, 0, &names);
	json_object_foreach((json_t *)(uintptr_t)r->named, key, value)
	{
		bool is_known = strcmp(key, LUA_ARGS_LIST) == 0 || was_taken(r, key);

		for (size_t i = 0; i < names.n; i++)
			is_known = is_known || same_name(key, names.v[i]);
		if (!is_known)
			return key;
	}
	return NULL;
}

bool
lua_args(const struct kw *rows, void *args, const json_t *named, const json_t *list, struct err *err)
{
	struct reading r = { .named = named, .list = list, .err = err };
	const char *key;
	json_t *value;

	if (!read_rows(&r, rows, args)) {
		key = err->code == ERR_INCOMPLETE ? find_unknown(rows, &r, args) : NULL;
		return key != NULL && refuse_key(rows, args, key, err);
	}
	json_object_foreach((json_t *)(uintptr_t)named, key, value)
	{
		if (strcmp(key, LUA_ARGS_LIST) != 0 && !was_taken(&r, key))
			return refuse_key(rows, args, key, err);
	}
	if (r.next < json_array_size(list))
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "too many arguments: %zu are taken", r.next);
	return true;
}
