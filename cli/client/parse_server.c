/* `eventctl mail parse-server`: the answer is always one JSON object. */
#include "cli/client/parse_server.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "actions/mail/server.h"
#include "core/frame.h"
#include "core/mem.h"

static void
set(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s != NULL ? frame_string(s, strlen(s)) : json_null());
}

static json_t *
describe(const struct mail_server *m, bool show_secret)
{
	json_t *o = json_object(), *warnings;

	if (m->kind == MAIL_HOST_USE_DNS) {
		set(o, "host", "USEDNS");
		return o;
	}
	set(o, "user", m->user);
	set(o, "password", m->password != NULL && !show_secret ? "********" : m->password);
	set(o, "host", m->host);
	json_object_set_new(o, "port", m->port > 0 ? json_integer(m->port) : json_null());
	if (m->warning != NULL) {
		warnings = json_array();
		json_array_append_new(warnings, json_string(m->warning));
		json_object_set_new(o, "warnings", warnings);
	}
	return o;
}

static int
answer(const char *string, bool show_secret)
{
	struct err err = ERR_INIT;
	void *ctx = mem_ctx(NULL, "parse-server");
	struct mail_server *m = mail_server_parse(ctx, string, strlen(string), &err);
	json_t *o;

	if (m != NULL) {
		o = describe(m, show_secret);
	} else {
		o = json_object();
		set(o, "error", err.class);
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	mem_free(ctx);
	return m != NULL ? 0 : 1;
}

int
parse_server_main(int argc, char **argv)
{
	const char *string = NULL;
	bool show_secret = false, words_only = false;
	int i, strings = 0;

	for (i = 1; i < argc; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0)
			words_only = true;
		else if (!words_only && strcmp(argv[i], "--show-secret") == 0)
			show_secret = true;
		else if (!words_only && strcmp(argv[i], "--json") == 0)
			continue; /* the only form there is */
		else if (strings++ == 0)
			string = argv[i];
	}
	if (strings != 1) {
		fputs("usage: eventctl mail parse-server [--json] [--show-secret] STRING\n", stderr);
		return 2;
	}
	return answer(string, show_secret);
}
