/* Values of Lua as JSON. */
#include "applets/lua/value.h"

#include <math.h>
#include <string.h>

#include <lua.h>

#include "applets/lua/wire.h"
#include "core/mem.h"

enum { DEPTH_MAX = 32 };

static json_t *to_json(lua_State *, int index, int depth, const char **why);

static json_t *
number_to_json(lua_State *L, int index, const char **why)
{
	if (lua_isinteger(L, index))
		return json_integer(lua_tointeger(L, index));
	if (isfinite(lua_tonumber(L, index)))
		return json_real(lua_tonumber(L, index));
	*why = "a number that is not finite";
	return NULL;
}

static json_t *
text_to_json(lua_State *L, int index)
{
	size_t n;
	const char *s = lua_tolstring(L, index, &n);

	return wire_bytes(s, n);
}

/* The keys are 1..n and nothing else. */
static bool
is_list(lua_State *L, int index, lua_Unsigned n)
{
	lua_Unsigned keys = 0;

	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		lua_pop(L, 1);
		if (!lua_isinteger(L, -1) || ++keys > n) {
			lua_pop(L, 1);
			return false;
		}
	}
	return keys == n && n > 0;
}

static json_t *
list_to_json(lua_State *L, int index, lua_Unsigned n, int depth, const char **why)
{
	json_t *list = json_array(), *v;

	for (lua_Unsigned i = 1; i <= n; i++) {
		lua_rawgeti(L, index, (lua_Integer)i);
		v = to_json(L, lua_gettop(L), depth, why);
		lua_pop(L, 1);
		if (v == NULL) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, v);
	}
	return list;
}

/* The key under the value on the stack's top, as JSON takes it. */
static const char *
key_at(lua_State *L, int index, const char **why)
{
	size_t n;
	const char *key;

	if (lua_type(L, index) != LUA_TSTRING) {
		*why = "a table with positions and names, or with other keys";
		return NULL;
	}
	key = lua_tolstring(L, index, &n);
	if (strlen(key) == n && strcmp(key, WIRE_BYTES_KEY) != 0)
		return key;
	*why = "a name with a NUL";
	return NULL;
}

static json_t *
object_to_json(lua_State *L, int index, int depth, const char **why)
{
	json_t *o = json_object();

	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		const char *key = key_at(L, -2, why);
		json_t *v = key != NULL ? to_json(L, lua_gettop(L), depth, why) : NULL;

		lua_pop(L, 1);
		if (v != NULL && json_object_set_new(o, key, v) == 0)
			continue;
		if (v != NULL)
			*why = "a name that is not UTF-8";
		lua_pop(L, 1);
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *
table_to_json(lua_State *L, int index, int depth, const char **why)
{
	lua_Unsigned n = lua_rawlen(L, index);

	if (depth >= DEPTH_MAX || !lua_checkstack(L, 8)) {
		*why = "a table in a table, too deep or in itself";
		return NULL;
	}
	if (is_list(L, index, n))
		return list_to_json(L, index, n, depth + 1, why);
	return object_to_json(L, index, depth + 1, why);
}

static json_t *
to_json(lua_State *L, int index, int depth, const char **why)
{
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return json_null();
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, index));
	case LUA_TNUMBER:
		return number_to_json(L, index, why);
	case LUA_TSTRING:
		return text_to_json(L, index);
	case LUA_TTABLE:
		return table_to_json(L, index, depth, why);
	default:
		*why = lua_typename(L, lua_type(L, index));
		return NULL;
	}
}

json_t *
value_to_json(lua_State *L, int index, const char **why)
{
	return to_json(L, lua_absindex(L, index), 0, why);
}

/* ---- and back ---- */

static void
push_list(lua_State *L, const json_t *list)
{
	size_t n = json_array_size(list);

	lua_createtable(L, n < 65536 ? (int)n : 65536, 0);
	for (size_t i = 0; i < n; i++) {
		value_push(L, json_array_get(list, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
push_object(lua_State *L, const json_t *o)
{
	const char *key;
	json_t *v;

	lua_newtable(L);
	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		lua_pushstring(L, key);
		value_push(L, v);
		lua_rawset(L, -3);
	}
}

/* The octets, if this is how they are written. */
static bool
push_text(lua_State *L, const json_t *j)
{
	size_t n = 0;
	void *ctx;
	const char *s;

	if (json_is_string(j)) {
		lua_pushlstring(L, json_string_value(j), json_string_length(j));
		return true;
	}
	if (json_object_size(j) != 1 || json_object_get(j, WIRE_BYTES_KEY) == NULL)
		return false;
	ctx = mem_ctx(NULL, "octets");
	s = wire_text(ctx, j, &n);
	if (s != NULL)
		lua_pushlstring(L, s, n);
	mem_free(ctx);
	return s != NULL;
}

void
value_push(lua_State *L, const json_t *j)
{
	if (!lua_checkstack(L, 8))
		lua_pushnil(L);
	else if (push_text(L, j))
		return;
	else if (json_is_integer(j))
		lua_pushinteger(L, json_integer_value(j));
	else if (json_is_real(j))
		lua_pushnumber(L, json_real_value(j));
	else if (json_is_boolean(j))
		lua_pushboolean(L, json_is_true(j));
	else if (json_is_array(j))
		push_list(L, j);
	else if (json_is_object(j))
		push_object(L, j);
	else
		lua_pushnil(L);
}
