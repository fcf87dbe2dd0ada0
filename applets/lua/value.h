/*
 * Values of Lua as JSON and back, inside eventd-lua. A table is a list when its keys are 1..n, else an
 * object when they all are texts; octets that are not UTF-8 travel as applets/lua/wire.h says.
 */
#ifndef APPLETS_LUA_VALUE_H
#define APPLETS_LUA_VALUE_H

#include <jansson.h>

struct lua_State;

/*
 * The value at `index`; NULL: it cannot be told (a function, a table in itself, a number that is none),
 * and *why says so. The caller owns the result.
 */
json_t *value_to_json(struct lua_State *, int index, const char **why);

/* Pushes it. May raise an error of Lua: not enough memory. */
void value_push(struct lua_State *, const json_t *);

#endif
