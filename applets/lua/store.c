/*
 * What policies keep: eem.store, values by name, shared by all policies while eventd runs (Tcl:
 * appl_setinfo), and contexts, which they share with applets and which survive a restart.
 */
#include <string.h>

#include "applets/context.h"
#include "applets/lua/api.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/mem.h"

enum { NAMES_MAX = 10000 };
#define BYTES_MAX ((size_t)16 * 1024 * 1024)

/* About what it takes to keep. */
static size_t
weight(const char *name, const json_t *v)
{
	size_t n = json_dumpb(v, NULL, 0, JSON_ENCODE_ANY | JSON_COMPACT);

	return strlen(name) + n;
}

static const char *
name_of(const json_t *args, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));

	if (name == NULL)
		err_class(err, ERR_INVALID, "FH_EBADFMT", "eem.store: names are texts");
	return name;
}

enum served
api_store_get(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = name_of(args, err);

	if (name == NULL)
		return SERVED_REFUSED;
	*value = json_incref(json_object_get(api_scripts(s)->store, name));
	return SERVED_VALUE;
}

enum served
api_store_all(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	*value = json_incref(api_scripts(s)->store);
	return SERVED_VALUE;
}

enum served
api_store_set(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct scripts *scripts = api_scripts(s);
	json_t *v = json_object_get(args, "value");
	const char *name = name_of(args, err);
	const json_t *old = name != NULL ? json_object_get(scripts->store, name) : NULL;
	size_t before = old != NULL ? weight(name, old) : 0, after;

	if (name == NULL)
		return SERVED_REFUSED;
	if (v == NULL || json_is_null(v)) {
		scripts->stored -= before;
		json_object_del(scripts->store, name);
		return SERVED_VALUE;
	}
	after = weight(name, v);
	if (scripts->stored - before + after > BYTES_MAX ||
		(old == NULL && json_object_size(scripts->store) >= NAMES_MAX)) {
		err_class(err, ERR_REFUSED, "FH_EMEMORY", "eem.store is full");
		return SERVED_REFUSED;
	}
	json_object_set(scripts->store, name, v);
	scripts->stored += after - before;
	return SERVED_VALUE;
}

/* ---- contexts: variables under a key ---- */

/* Numbers and truth become texts, as variables of applets are. */
static const char *
context_text(const void *ctx, const json_t *v, size_t *n)
{
	const char *s;

	if (json_is_integer(v))
		s = mem_printf(ctx, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		s = mem_printf(ctx, "%.14g", json_real_value(v));
	else if (json_is_boolean(v))
		s = json_is_true(v) ? "true" : "false";
	else
		return wire_text(ctx, v, n);
	*n = strlen(s);
	return s;
}

enum served
api_context_save(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct contexts *contexts = run_engine(api_run(s))->contexts;
	const char *key = json_string_value(json_object_get(args, "key")), *name;
	json_t *all = json_object_get(args, "values"), *v;

	if (key == NULL || !json_is_object(all) || json_object_size(all) == 0) {
		err_class(err, ERR_INVALID, "FH_EBADFMT", "eem.context_save takes a key and values by name");
		return SERVED_REFUSED;
	}
	json_object_foreach(all, name, v)
	{
		size_t n = 0;
		const char *text = context_text(api_ctx(s), v, &n);

		if (text == NULL) {
			err_class(err, ERR_INVALID, "FH_EBADFMT", "eem.context_save: %s is no text or number",
				name);
			return SERVED_REFUSED;
		}
		if (!context_save(contexts, key, name, text, n, err)) {
			err_class(err, ERR_REFUSED, "FH_ETOOBIG", "eem.context_save: no room");
			return SERVED_REFUSED;
		}
	}
	return SERVED_VALUE;
}

static void
add_value(void *arg, const char *name, const char *value, size_t n)
{
	json_object_set_new(arg, name, wire_bytes(value, n));
}

enum served
api_context_retrieve(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *key = json_string_value(json_object_get(args, "key"));
	json_t *all = json_object();

	if (key != NULL && context_take(run_engine(api_run(s))->contexts, key, "*", add_value, all) > 0) {
		*value = all;
		return SERVED_VALUE;
	}
	json_decref(all);
	err_class(err, ERR_NOT_FOUND, "FH_ENOSUCHKEY", "no context is saved under key %s", key ? key : "");
	return SERVED_REFUSED;
}
