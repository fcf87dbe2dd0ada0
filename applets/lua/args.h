/*
 * From the arguments of a Lua call to those of an action or an event statement: the same tables of
 * keywords that read the lines of applets say what a call may hold. `sub_system` in Lua is `sub-system`
 * in the table; what has no word there comes by position. Texts are taken as they are: Lua has put its
 * variables in already, `$` and backslashes mean nothing.
 */
#ifndef APPLETS_LUA_ARGS_H
#define APPLETS_LUA_ARGS_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/kw/kw.h"
#include "core/err.h"

/* In a table in a table: the name of its values by position. */
#define LUA_ARGS_LIST ""

/*
 * Fills `args` (zeroed, in which texts are allocated). `named` is an object, `list` an array or NULL.
 * False with err in the words of Lua: "'occurs' takes a number from 1 to 32".
 */
bool lua_args(const struct kw *rows, void *args, const json_t *named, const json_t *list, struct err *err);

#endif
