/* The pure parts of Lua policies: arguments by keyword tables, octets in JSON, values of Lua, triggers, names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lauxlib.h>

#include "../lib/virtual.h"
#include "actions/action.h"
#include "applets/lua/args.h"
#include "applets/lua/script.h"
#include "applets/lua/source.h"
#include "applets/lua/value.h"
#include "applets/lua/wire.h"
#include "bus/bus.h"
#include "bus/detector.h"

/* ---- octets ---- */

static void
octets_survive(void **state)
{
	static const struct {
		const char *s;
		size_t n;
		bool is_text;
	} rows[] = {
		{ "", 0, true },
		{ "abc", 3, true },
		{ "a\0b", 3, true },
		{ "\xc3\xa9", 2, true },
		{ "\xc3", 1, false },
		{ "\xff\0\xfe", 3, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		void *ctx = mem_ctx(NULL, "octets");
		json_t *j = wire_bytes(rows[i].s, rows[i].n);
		size_t n = 99;
		const char *back = wire_text(ctx, j, &n);

		assert_int_equal(json_is_string(j), rows[i].is_text);
		assert_non_null(back);
		assert_int_equal(n, rows[i].n);
		assert_memory_equal(back, rows[i].s, n);
		assert_int_equal(back[n], '\0');
		json_decref(j);
		mem_free(ctx);
	}
}

static void
what_is_no_text(void **state)
{
	static const char *const rows[] = { "1", "true", "null", "[]", "{}", "{\"$bytes\":1}",
		"{\"$bytes\":\"F\"}", "{\"$bytes\":\"xx\"}", "{\"$bytes\":\"FF\",\"more\":1}" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *j = json_loads(rows[i], JSON_DECODE_ANY, NULL);
		size_t n;

		assert_non_null(j);
		if (wire_text(NULL, j, &n) != NULL)
			fail_msg("%s is taken for a text", rows[i]);
		json_decref(j);
	}
}

/* ---- arguments ---- */

/* Every row reads what a table of Lua became and says how an applet would write it, or why not. */
static void
arguments_by_the_tables(void **state)
{
	static const struct {
		const char *action; /* NULL: */
		const char *detector, *named, *list, *want;
	} rows[] = {
		/* good: printed as the line of an applet */
		{ "syslog", NULL, "{\"msg\":\"a b\"}", NULL, " msg \"a b\"" },
		{ "syslog", NULL, "{\"msg\":5,\"priority\":\"4\"}", NULL, " priority 4 msg \"5\"" },
		{ "puts", NULL, "{\"nonewline\":true}", "[\"x\"]", " nonewline \"x\"" },
		{ "puts", NULL, "{\"nonewline\":false}", "[\"x\"]", " \"x\"" },
		{ "counter", NULL, "{\"name\":\"c\",\"op\":\"inc\",\"value\":\"1\"}", NULL,
			" name \"c\" value 1 op inc" },
		{ "track", NULL, "{\"read\":{\"\":[5]}}", NULL, " read 5" },
		{ "track", NULL, "{\"set\":{\"\":[5],\"state\":\"up\"}}", NULL, " set 5 state up" },
		{ "publish-event", NULL, "{\"sub_system\":798,\"type\":1,\"arg1\":\"a\"}", NULL,
			" sub-system 798 type 1 arg1 \"a\"" },
		{ NULL, "syslog", "{\"pattern\":\"x y\",\"occurs\":3,\"period\":1.5,\"maxrun\":60}", NULL,
			" occurs 3 pattern \"x y\" period 1.500 maxrun 60" },
		{ NULL, "none", "{\"sync\":true}", NULL, " sync yes" },
		{ NULL, "none", "{\"sync\":\"yes\",\"default\":5}", NULL, " sync yes default 5" },
		{ NULL, "timer", "{\"cron\":true,\"cron_entry\":\"* * * * *\",\"name\":\"n\"}", NULL,
			" cron name n cron-entry \"* * * * *\"" },
		{ NULL, "timer", "{\"watchdog\":true,\"time\":60}", NULL, " watchdog time 60" },
		{ "info", NULL, "{\"type\":true,\"syslog\":true,\"history\":{}}", NULL,
			" type syslog history" },
		{ "info", NULL, "{\"type\":true,\"interface_names\":{\"include\":\"x\"}}", NULL,
			" type interface-names include \"x\"" },
		{ NULL, "mat", "{\"interface\":\"eth0\",\"type\":\"add\"}", NULL,
			" interface eth0 type add" },
		{ NULL, "mat", "{\"interface\":{\"regexp\":\"^e\"}}", NULL, " interface regexp \"^e\"" },
		{ NULL, "gold", "{\"card\":\"all\"}", NULL, " card all" },
		{ NULL, "gold", "{\"card\":[2],\"subcard\":1}", NULL, " card 2 subcard 1" },
		{ NULL, "nf",
			"{\"monitor_name\":\"M\",\"event_type\":\"update\",\"event1\":{\"field\":\"bytes\","
			"\"entry_value\":\"1\",\"entry_op\":\"gt\"},\"event2\":{\"field\":\"packets\","
			"\"entry_"
			"value\":\"2\","
			"\"entry_op\":\"lt\"}}",
			NULL,
			" monitor-name M event-type update event1 field bytes entry-value \"1\" entry-op gt"
			" event2 field packets entry-value \"2\" entry-op lt" },
		/* refused */
		{ NULL, "gold", "{\"card\":\"some\"}", NULL, "card: " },
		{ NULL, "mat", "{\"interface\":{\"regexp\":\"^e\",\"kind\":1}}", NULL,
			"interface: unknown option 'kind'" },
		{ NULL, "mat", "{\"interface\":[\"a\",\"b\"]}", NULL, "interface: too many arguments" },
		{ "track", NULL, "{\"read\":{\"\":[5]},\"set\":{\"\":[5],\"state\":\"up\"}}", NULL,
			"'read' and 'set' exclude each other" },
		{ "syslog", NULL, "{}", NULL, "'msg' is missing" },
		{ "syslog", NULL, "{\"msg\":\"x\",\"prioritj\":1}", NULL,
			"unknown option 'prioritj': did you mean 'priority'?" },
		{ "syslog", NULL, "{\"msg\":[]}", NULL, "'msg' takes a text or a number, not a table" },
		{ "puts", NULL, "{\"nonewline\":\"yes\"}", "[\"x\"]", "'nonewline' takes true or false" },
		{ "puts", NULL, "{}", "[\"x\",\"y\"]", "too many arguments: 1 are taken" },
		{ "track", NULL, "{\"read\":[5,6]}", NULL, "read: too many arguments: 1 are taken" },
		{ "track", NULL, "{\"set\":{\"\":[5],\"state\":\"sideways\"}}", NULL, "set: 'state' takes " },
		{ NULL, "syslog", "{\"occurs\":3}", NULL, "'pattern' is missing" },
		{ NULL, "syslog", "{\"pattern\":\"(\"}", NULL, "'pattern': " },
		{ NULL, "syslog", "{\"pattern\":\"x\",\"occurs\":33}", NULL,
			"'occurs' takes a number from 1 to 32" },
		{ NULL, "syslog", "{\"pattern\":\"a\\u0000b\"}", NULL, "'pattern' holds a NUL" },
		{ NULL, "timer", "{\"watchdog\":true,\"cron\":true,\"time\":60,\"cron_entry\":\"x\"}", NULL,
			"exclude each other" },
		{ NULL, "timer", "{\"time\":60}", NULL, "is missing" },
		{ NULL, "timer", "{\"watchdog\":true,\"time\":0.5}", NULL, "'time' takes " },
	};
	void *ctx = mem_ctx(NULL, "lua");
	struct engine *e = virtual_engine(ctx);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *named = json_loads(rows[i].named, JSON_ALLOW_NUL, NULL);
		json_t *list = rows[i].list != NULL ? json_loads(rows[i].list, 0, NULL) : NULL;
		const struct kw *kw = NULL;
		size_t size = 0;
		struct text *out = text_new(ctx);
		struct err err = ERR_INIT;

		for (const struct action *const *a = actions; rows[i].action != NULL && *a != NULL; a++)
			if (strcmp((*a)->name, rows[i].action) == 0) {
				kw = (*a)->kw;
				size = (*a)->args_size;
			}
		if (rows[i].detector != NULL) {
			kw = bus_detector_find(e->bus, rows[i].detector)->kw;
			size = bus_detector_find(e->bus, rows[i].detector)->spec_size;
		}
		assert_non_null(kw);
		void *args = mem_alloc(ctx, size);
		if (lua_args(kw, args, named, list, &err)) {
			kw_print_rows(kw, args, out);
			assert_string_equal(out->s, rows[i].want);
		} else if (strstr(err.text, rows[i].want) == NULL) {
			fail_msg("%s: %s", rows[i].named, err.text);
		} else {
			assert_string_equal(err.class, "FH_EBADFMT");
		}
		json_decref(named);
		json_decref(list);
	}
	mem_free(ctx);
}

/* ---- values of Lua ---- */

/* What `return CHUNK` is as JSON, and whether that comes back as the same. */
static void
values_of_lua(void **state)
{
	static const struct {
		const char *lua, *json; /* the JSON, or the reason why there is none */
	} rows[] = {
		{ "nil", "null" },
		{ "true", "true" },
		{ "1", "1" },
		{ "1.5", "1.5" },
		{ "'text'", "\"text\"" },
		{ "'\\xff'", "{\"$bytes\":\"FF\"}" },
		{ "{}", "{}" },
		{ "{1, 2, {3}}", "[1,2,[3]]" },
		{ "{a = 1, b = {c = 'd'}}", "{\"a\":1,\"b\":{\"c\":\"d\"}}" },
		{ "0/0", "a number that is not finite" },
		{ "print", "function" },
		{ "{1, a = 2}", "a table with positions and names" },
		{ "{[2] = 1}", "a table with positions and names" },
		{ "{['\\0'] = 1}", "a name with a NUL" },
		{ "{['\\xff'] = 1}", "a name that is not UTF-8" },
		{ "(function() local t = {}; t.t = t; return t end)()", "too deep or in itself" },
	};
	lua_State *L = luaL_newstate();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char chunk[200];
		const char *why = NULL;

		snprintf(chunk, sizeof chunk, "print = function() end; return %s", rows[i].lua);
		if (luaL_dostring(L, chunk) != LUA_OK)
			fail_msg("%s: %s", rows[i].lua, lua_tostring(L, -1));
		json_t *j = value_to_json(L, -1, &why);
		if (j == NULL) {
			if (strstr(why, rows[i].json) == NULL)
				fail_msg("%s: %s", rows[i].lua, why);
		} else {
			char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
			assert_string_equal(text, rows[i].json);
			value_push(L, j);
			json_t *again = value_to_json(L, -1, &why);
			assert_true(json_equal(j, again));
			json_decref(again);
			free(text);
			json_decref(j);
		}
		lua_settop(L, 0);
	}
	lua_close(L);
}

/* ---- triggers ---- */

static void
triggers(void **state)
{
	static const struct {
		const char *json, *error; /* NULL: good */
		size_t terms, attributes;
	} rows[] = {
		{ "{}", NULL, 0, 0 },
		{ "{\"correlate\":\"a and b\"}", NULL, 2, 0 },
		{ "{\"correlate\":\"event a andnot  track 7 or b\",\"period\":60,\"delay\":1.5}", NULL, 3,
			0 },
		{ "{\"attribute\":{\"a\":{\"occurs\":2},\"b\":{}}}", NULL, 0, 2 },
		{ "{\"correlate\":\"a b\"}", "'b' where 'and', 'or' or 'andnot' should stand", 0, 0 },
		{ "{\"correlate\":\"a and\"}", "ends where a tag should stand", 0, 0 },
		{ "{\"correlate\":\"\"}", "ends where a tag should stand", 0, 0 },
		{ "{\"correlate\":\"track x\"}", "'x' is no tracked object", 0, 0 },
		{ "{\"occurs\":0}", "'occurs' takes a number", 0, 0 },
		{ "{\"attribute\":{\"a\":{\"occurs\":-1}}}", "attribute a: 'occurs' takes a number", 0, 0 },
		{ "{\"period\":\"long\"}", "'period' takes seconds", 0, 0 },
		{ "{\"correlation\":\"a\"}", "'correlation' is not known here", 0, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		void *ctx = mem_ctx(NULL, "trigger");
		json_t *j = json_loads(rows[i].json, 0, NULL);
		struct trigger_spec t;
		struct err err = ERR_INIT;

		if (trigger_from_json(ctx, j, &t, &err) != (rows[i].error == NULL) ||
			(rows[i].error != NULL && strstr(err.text, rows[i].error) == NULL))
			fail_msg("%s: %s", rows[i].json, err.text);
		if (rows[i].error == NULL) {
			assert_int_equal(t.terms, rows[i].terms);
			assert_int_equal(t.attributes, rows[i].attributes);
		}
		json_decref(j);
		mem_free(ctx);
	}
}

/* ---- names ---- */

static void
names_of_files(void **state)
{
	static const char *const good[] = { "a", "A-b_c.9.lua",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "a b", "a\n", "\xc3\xa9",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(source_name_valid(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(source_name_valid(bad[i]));
	assert_true(source_is_text("", 0));
	assert_true(source_is_text("eem", 3));
	assert_false(source_is_text("\x1bLua", 4));
}

/* ---- a registration and a run, the process played by us ---- */

struct play {
	struct engine *engine;
	struct process *process;
	json_t *told; /* the last message */
};

static void
on_told(void *arg, struct process *p, const json_t *message)
{
	struct play *play = arg;

	play->process = p;
	json_decref(play->told);
	play->told = json_deep_copy(message);
}

static void
say(struct play *play, const char *json)
{
	json_t *message = json_loads(json, 0, NULL);

	assert_non_null(message);
	process_hear(play->process, message);
	json_decref(message);
	virtual_advance(play->engine, 0);
}

static void
a_process_that_breaks_the_rules(void **state)
{
	static const char *const rows[] = {
		"{\"type\":\"call\",\"id\":0,\"name\":\"time\",\"args\":{},\"at\":\"\"}",
		"{\"type\":\"call\",\"id\":\"1\",\"name\":\"time\",\"args\":{},\"at\":\"\"}",
		"{\"type\":\"call\",\"id\":1,\"name\":\"time\",\"args\":[],\"at\":\"\"}",
		"{\"type\":\"nonsense\"}",
		"{}",
	};
	static const struct policy_args args = { .name = { .set = true, .s = "p.lua" } };
	static const struct source source = { .text = "x", .len = 1 };
	void *ctx = mem_ctx(NULL, "play");
	struct play play = { .engine = virtual_engine(ctx) };

	process_fake(play.engine->scripts, on_told, &play);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		registration_start(play.engine->scripts, &args, &source, 1);
		assert_string_equal(json_string_value(json_object_get(play.told, "mode")), "register");
		say(&play, rows[i]);
		assert_false(registration_is_under_way(play.engine->scripts, "p.lua"));
		assert_null(policies_find(play.engine->policies, "p.lua"));
	}
	/* and one that keeps them */
	registration_start(play.engine->scripts, &args, &source, 1);
	say(&play, "{\"type\":\"call\",\"id\":1,\"name\":\"register\",\"at\":\"p.lua:1\","
		   "\"args\":{\"detector\":\"snmp_notification\",\"options\":{}}}");
	assert_non_null(json_object_get(play.told, "error"));
	say(&play, "{\"type\":\"call\",\"id\":2,\"name\":\"register\",\"at\":\"p.lua:1\","
		   "\"args\":{\"detector\":\"none\",\"options\":{}}}");
	assert_null(json_object_get(play.told, "error"));
	assert_true(registration_is_under_way(play.engine->scripts, "p.lua"));
	say(&play, "{\"type\":\"result\",\"status\":0}");
	assert_non_null(policies_find(play.engine->policies, "p.lua"));
	json_decref(play.told);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_survive),
		cmocka_unit_test(what_is_no_text),
		cmocka_unit_test(arguments_by_the_tables),
		cmocka_unit_test(values_of_lua),
		cmocka_unit_test(triggers),
		cmocka_unit_test(names_of_files),
		cmocka_unit_test(a_process_that_breaks_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
