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

struct start {
	const char *mode, *name, *text;
	size_t n;
	unsigned seconds;
};

static void
hear_start(struct start *out)
{
	json_t *start = hear(), *source;
	json_int_t seconds;

	if (json_unpack(start, "{s:s, s:s, s:o, s:I}", "mode", &out->mode, "name", &out->name, "text",
		    &source, "seconds", &seconds) < 0 ||
		seconds < 0 || seconds > INT32_MAX || (out->text = wire_text(NULL, source, &out->n)) == NULL)
		_exit(EXIT_BROKEN);
	out->seconds = (unsigned)seconds;
}

static void
refuse(struct state_outcome *out, const struct err *err)
{
	out->failed = true;
	out->code = "FH_ESYSERR";
	text_add(&out->message, err->text);
}

int
main(void)
{
	struct conversation conversation = { 0 };
	struct state_outcome out = { .failed = false };
	struct sandbox sandbox = { .seccomp = false };
	struct state *state;
	struct start start;
	struct err err = ERR_INIT;
	bool fine;

	text_init(&out.message, NULL);
	json_object_seed(0); /* from a file that is soon out of reach */
	fine = sandbox_begin(&sandbox, &err);
	state = state_new(NULL, call, &conversation);
	if (state == NULL)
		return EXIT_BROKEN;
	/* All of this may have been long before there is anything to run. */
	hear_start(&start);
	fine = fine && sandbox_close(start.seconds, &sandbox, &err);
	say(json_pack("{s:s, s:b, s:i}", "type", "sandbox", "seccomp", sandbox.seccomp, "landlock",
		sandbox.landlock));
	if (fine)
		state_run(state, start.mode, start.name, start.text, start.n, &out);
	else
		refuse(&out, &err);
	say(last_word(&out));
	_exit(0); /* finalizers of the policy have nothing more to say */
}
