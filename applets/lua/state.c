/* Lua, with less in it. */
#include "applets/lua/state.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "applets/lua/value.h"
#include "applets/lua/wire.h"
#include "core/mem.h"

/* applets/lua/eem.lua, put into the program by the linker */
extern const char _binary_applets_lua_eem_lua_start[], _binary_applets_lua_eem_lua_end[];

struct state {
	lua_State *lua;
	state_call_f *call;
	void *arg;
	size_t used;
};

/* ---- memory ---- */

static void *
allocate(void *arg, void *ptr, size_t old, size_t size)
{
	struct state *s = arg;
	size_t had = ptr != NULL ? old : 0; /* without ptr, `old` is a type */
	void *p;

	if (size == 0) {
		s->used -= had;
		free(ptr);
		return NULL;
	}
	if (size > had && size - had > WIRE_MEMORY_MAX - s->used)
		return NULL;
	p = realloc(ptr, size);
	if (p != NULL)
		s->used += size - had;
	return p;
}

/* ---- where in the policy we are ---- */

/* The innermost function that stands in the policy's own file or a library of it. */
static void
place(lua_State *L, char *out, size_t size)
{
	lua_Debug ar;

	*out = '\0';
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.source[0] != '@' || ar.currentline <= 0)
			continue;
		snprintf(out, size, "%.80s:%d", ar.source + 1, ar.currentline);
		return;
	}
}

/* ---- calls ---- */

static struct state *
state_of(lua_State *L)
{
	return *(struct state **)lua_getextraspace(L);
}

/* Raises {code=, message=, where=}; eem.lua gave the metatable that makes a text of it. */
static int
raise(lua_State *L, const char *code, const char *message, size_t n, const char *at)
{
	lua_createtable(L, 0, 3);
	lua_pushstring(L, code);
	lua_setfield(L, -2, "code");
	lua_pushlstring(L, message, n);
	lua_setfield(L, -2, "message");
	lua_pushstring(L, at);
	lua_setfield(L, -2, "where");
	luaL_setmetatable(L, "eem.error");
	return lua_error(L);
}

static int
raise_answer(lua_State *L, const json_t *error, const char *at)
{
	const char *code = json_string_value(json_object_get(error, "code"));

	lua_pushstring(L, code != NULL ? code : "FH_ESYSERR");
	value_push(L, json_object_get(error, "message"));
	size_t n;
	const char *message = luaL_tolstring(L, -1, &n);
	return raise(L, lua_tostring(L, -3), message, n, at);
}

/*
 * The answer lives as long as Lua's copy of it is being made: a box that the collector empties should
 * the copying run out of memory.
 */
static int
box_gc(lua_State *L)
{
	json_t **box = lua_touserdata(L, 1);

	json_decref(*box);
	*box = NULL;
	return 0;
}

static json_t **
box_new(lua_State *L)
{
	json_t **box = lua_newuserdatauv(L, sizeof *box, 0);

	*box = NULL;
	if (luaL_newmetatable(L, "eem.box")) {
		lua_pushcfunction(L, box_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return box;
}

/* call(NAME, ARGS): what the engine answers. */
static int
l_call(lua_State *L)
{
	struct state *s = state_of(L);
	const char *name = luaL_checkstring(L, 1), *why = NULL;
	json_t **box = box_new(L), *args;
	const json_t *error;
	char at[97];

	place(L, at, sizeof at);
	args = value_to_json(L, 2, &why);
	if (args == NULL) {
		lua_pushfstring(L, "eem.%s cannot take %s", name, why);
		return raise(L, "FH_EBADFMT", lua_tostring(L, -1), lua_rawlen(L, -1), at);
	}
	*box = s->call(s->arg, name, args, at);
	error = json_object_get(*box, "error");
	if (error != NULL)
		return raise_answer(L, error, at);
	value_push(L, json_object_get(*box, "value"));
	json_decref(*box);
	*box = NULL;
	return 1;
}

/* where(): "FILE:12", for errors that eem.lua raises itself. */
static int
l_where(lua_State *L)
{
	char at[97];

	place(L, at, sizeof at);
	lua_pushstring(L, at);
	return 1;
}

/* load(CHUNK, CHUNKNAME, "t", ENV): text only, whatever mode is asked for. */
static int
l_load(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);
	const char *name = luaL_optstring(L, 2, text);
	bool has_env = !lua_isnone(L, 4);

	if (luaL_loadbufferx(L, text, n, name, "t") != LUA_OK) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	if (has_env)
		lua_pushvalue(L, 4);
	else
		lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	if (lua_setupvalue(L, -2, 1) == NULL)
		lua_pop(L, 1);
	return 1;
}

/* ---- the library ---- */

static const luaL_Reg libraries[] = {
	{ LUA_GNAME, luaopen_base },
	{ LUA_COLIBNAME, luaopen_coroutine },
	{ LUA_TABLIBNAME, luaopen_table },
	{ LUA_STRLIBNAME, luaopen_string },
	{ LUA_MATHLIBNAME, luaopen_math },
	{ LUA_UTF8LIBNAME, luaopen_utf8 },
};

/* What would read files, take compiled code or look behind the scenes. */
static void
take_away(lua_State *L)
{
	static const char *const globals[] = { "dofile", "loadfile", "warn" };

	for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
		lua_pushnil(L);
		lua_setglobal(L, globals[i]);
	}
	lua_pushcfunction(L, l_load);
	lua_setglobal(L, "load");
	lua_getglobal(L, "string");
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	lua_pop(L, 1);
}

/* The metatable that all texts share shows nothing of itself and cannot be changed. */
static void
freeze_texts(lua_State *L)
{
	lua_pushliteral(L, "");
	if (lua_getmetatable(L, -1)) {
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* The module's chunk is left on the stack: it runs when the policy is known. */
static void
load_module(lua_State *L)
{
	const char *text = _binary_applets_lua_eem_lua_start;
	size_t n = (size_t)(_binary_applets_lua_eem_lua_end - _binary_applets_lua_eem_lua_start);

	if (luaL_loadbufferx(L, text, n, "=eem", "t") != LUA_OK)
		lua_error(L);
}

/* Protected: opening needs memory, too. */
static int
l_open(lua_State *L)
{
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	take_away(L);
	freeze_texts(L);
	load_module(L);
	return 1;
}

struct state *
state_new(const void *ctx, state_call_f *call, void *arg)
{
	struct state *s = mem_new(ctx, struct state);

	s->call = call;
	s->arg = arg;
	s->lua = lua_newstate(allocate, s);
	if (s->lua == NULL)
		return NULL;
	*(struct state **)lua_getextraspace(s->lua) = s;
	lua_pushcfunction(s->lua, l_open);
	return lua_pcall(s->lua, 0, 1, 0) == LUA_OK ? s : NULL;
}

/* ---- running ---- */

/* The place of an error that says none itself: an error value that is no text, or memory. */
static int
l_handler(lua_State *L)
{
	struct state_outcome *out = lua_touserdata(L, lua_upvalueindex(1));

	if (out->at[0] == '\0')
		place(L, out->at, sizeof out->at);
	return 1;
}

static void
set_message(lua_State *L, struct state_outcome *out)
{
	size_t n;
	const char *s = luaL_tolstring(L, -1, &n);

	text_clear(&out->message);
	text_addn(&out->message, s, n);
	lua_pop(L, 1);
}

/* A field of an error table as a text of ours. */
static const char *
field(lua_State *L, const char *name)
{
	const char *s;

	lua_getfield(L, -1, name);
	s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL; /* the table keeps it */
	lua_pop(L, 1);
	return s;
}

/* Protected: making a text of a value may run code of the policy. */
static int
l_describe(lua_State *L)
{
	struct state_outcome *out = lua_touserdata(L, 2);

	lua_settop(L, 1);
	if (lua_type(L, 1) == LUA_TTABLE) {
		const char *code = field(L, "code"), *where = field(L, "where");

		if (code != NULL)
			out->code = mem_strdup(out->message.ctx, code);
		if (where != NULL)
			snprintf(out->at, sizeof out->at, "%s", where);
	}
	set_message(L, out);
	return 0;
}

static void
describe(struct state *s, struct state_outcome *out)
{
	lua_State *L = s->lua;

	out->failed = true;
	lua_pushcfunction(L, l_describe);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, out);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		text_add(&out->message, "error in error handling");
}

static int
status_of(lua_State *L)
{
	int is_number;
	lua_Integer n = lua_tointegerx(L, -1, &is_number);

	if (is_number)
		return n >= INT32_MIN && n <= INT32_MAX ? (int)n : -1;
	return lua_type(L, -1) == LUA_TBOOLEAN ? lua_toboolean(L, -1) : 0;
}

/* The module, told what it is for. */
static int
begin_module(lua_State *L, const char *mode, const char *name)
{
	lua_pushcfunction(L, l_call);
	lua_pushcfunction(L, l_where);
	luaL_newmetatable(L, "eem.error");
	lua_pushstring(L, mode);
	lua_pushstring(L, name);
	return lua_pcall(L, 5, 0, 0);
}

void
state_run(struct state *s, const char *mode, const char *name, const char *text, size_t n,
	struct state_outcome *out)
{
	lua_State *L = s->lua;
	char *chunk = mem_printf(s, "@%s", name); /* how Lua names the place of an error */

	out->code = "FH_ESCRIPT";
	if (begin_module(L, mode, name) != LUA_OK) {
		describe(s, out);
		return;
	}
	lua_pushlightuserdata(L, out);
	lua_pushcclosure(L, l_handler, 1);
	if (luaL_loadbufferx(L, text, n, chunk, "t") != LUA_OK || lua_pcall(L, 0, 1, -2) != LUA_OK)
		describe(s, out);
	else
		out->status = status_of(L);
}
