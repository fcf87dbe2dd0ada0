/* eem.store: texts and numbers by name, shared by all policies, kept while eventd runs (Tcl: appl_setinfo). */
#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/script.h"
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
