/*
 * eventd-lua: the process that runs one Lua policy, or registers one. It is told what to run on
 * standard input, shuts itself in, and asks the engine on standard output for everything that is more
 * than computing (applets/lua/wire.h).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/lua/sandbox.h"
#include "applets/lua/state.h"
#include "applets/lua/wire.h"
#include "core/frame.h"
#include "core/mem.h"

enum { EXIT_BROKEN = 1 }; /* nobody reads what we say, or it makes no sense */

/* A call that is longer is a mistake; the engine would take it for an attack. */
#define CALL_MAX (WIRE_FRAME_MAX - 1024)

struct conversation {
	json_int_t calls;
};

static void
say(json_t *message)
{
	struct err err = ERR_INIT;

	if (!frame_write_fd(STDOUT_FILENO, message, &err))
		_exit(EXIT_BROKEN);
	json_decref(message);
}

static json_t *
hear(void)
{
	struct err err = ERR_INIT;
	json_t *message = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err);

	if (message == NULL)
		_exit(EXIT_BROKEN);
	return message;
}

static json_t *
too_long(const char *name)
{
	char *text = mem_printf(NULL, "eem.%s: more than %zu bytes in one call", name, CALL_MAX);
	json_t *answer = json_pack("{s:{s:s, s:s}}", "error", "code", "FH_EMEMORY", "message", text);

	mem_free(text);
	return answer;
}

static json_t *
call(void *arg, const char *name, json_t *args, const char *at)
{
	struct conversation *c = arg;
	json_t *message = json_pack("{s:s, s:I, s:s, s:o, s:s}", "type", "call", "id", ++c->calls, "name",
		name, "args", args, "at", at);

	if (message == NULL)
		_exit(EXIT_BROKEN);
	if (json_dumpb(message, NULL, 0, JSON_COMPACT) > CALL_MAX) {
		json_decref(message);
		return too_long(name);
	}
	say(message);
	return hear();
}

static json_t *
last_word(const struct state_outcome *out)
{
	if (!out->failed)
		return json_pack("{s:s, s:i}", "type", "result", "status", out->status);
	return json_pack("{s:s, s:s, s:o, s:s}", "type", "error", "code", out->code, "message",
		wire_bytes(out->message.s, out->message.len), "at", out->at);
}

int
main(void)
{
	struct conversation conversation = { 0 };
	struct state_outcome out = { .failed = false };
	struct sandbox sandbox;
	struct state *state;
	struct err err = ERR_INIT;
	const char *mode, *name, *text;
	json_int_t seconds = 0;
	json_t *start, *source;
	size_t n;

	sandbox_begin();
	start = hear();
	if (json_unpack(start, "{s:s, s:s, s:o, s:I}", "mode", &mode, "name", &name, "text", &source,
		    "seconds", &seconds) < 0 ||
		(text = wire_text(NULL, source, &n)) == NULL || seconds < 0 || seconds > INT32_MAX)
		return EXIT_BROKEN;
	text_init(&out.message, NULL);
	if (!sandbox_close((unsigned)seconds, &sandbox, &err)) {
		out.failed = true;
		out.code = "FH_ESYSERR";
		text_add(&out.message, err.text);
		say(last_word(&out));
		return EXIT_BROKEN;
	}
	say(json_pack("{s:s, s:b, s:i}", "type", "sandbox", "seccomp", sandbox.seccomp, "landlock",
		sandbox.landlock));
	state = state_new(NULL, mode, name, call, &conversation);
	if (state == NULL)
		return EXIT_BROKEN;
	state_run(state, text, n, &out);
	say(last_word(&out));
	_exit(0); /* finalizers of the policy have nothing more to say */
}
