/* eventd-lua as the engine sees it. */
#include "applets/lua/process.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/loop.h"
#include "core/mem.h"

enum { AT_MAX = 96, CODE_MAX = 32 };

struct process {
	LIST_ENTRY(process) link;
	struct scripts *scripts;
	struct process_spec spec;
	struct host *host; /* NULL: faked */
	json_int_t call;   /* that waits for its answer; 0 = the process is at work */
	bool in_flight;
	bool ended; /* on_end was called */
};

static struct loop *
loop_of(const struct process *p)
{
	return p->scripts->engine->loop;
}

/* Virtual time stands still while the process is at work. */
static void
set_in_flight(struct process *p, bool on)
{
	if (p->in_flight != on)
		loop_in_flight(loop_of(p), on ? 1 : -1);
	p->in_flight = on;
}

static void
end(struct process *p, const struct process_end *e)
{
	if (p->ended)
		return;
	p->ended = true;
	set_in_flight(p, false);
	p->spec.on_end(p->spec.arg, e);
}

static void
broken(struct process *p, const char *what)
{
	struct process_end e = { .failed = true, .code = "FH_ESYSERR", .at = "" };
	char *message = mem_printf(p, "eventd-lua %s", what);

	e.message = message;
	if (p->host != NULL)
		host_kill(p->host);
	end(p, &e);
}

/* ---- what it says ---- */

static const char *
word(const json_t *message, const char *key)
{
	const char *s = json_string_value(json_object_get(message, key));

	return s != NULL ? s : "";
}

static void
take_call(struct process *p, const json_t *message)
{
	const json_t *id = json_object_get(message, "id"), *args = json_object_get(message, "args");
	struct process_call call = { word(message, "name"), args, word(message, "at") };

	if (p->call != 0 || !json_is_integer(id) || json_integer_value(id) <= 0 || !json_is_object(args) ||
		strlen(call.at) > AT_MAX) {
		broken(p, "made a call that is none");
		return;
	}
	p->call = json_integer_value(id);
	set_in_flight(p, false);
	p->spec.on_call(p->spec.arg, &call);
}

static void
take_result(struct process *p, const json_t *message)
{
	json_int_t status = json_integer_value(json_object_get(message, "status"));

	if (status < INT32_MIN || status > INT32_MAX)
		status = -1;
	end(p, &(struct process_end){ .status = (int)status, .code = "", .message = "", .at = "" });
}

static void
take_error(struct process *p, const json_t *message)
{
	struct process_end e = { .failed = true, .code = word(message, "code"), .at = word(message, "at") };
	size_t n = 0;

	e.message = wire_text(p, json_object_get(message, "message"), &n);
	if (e.message == NULL)
		e.message = "error";
	if (*e.code == '\0' || strlen(e.code) >= CODE_MAX)
		e.code = "FH_ESYSERR";
	if (strlen(e.at) > AT_MAX)
		e.at = "";
	end(p, &e);
}

static void
take_sandbox(struct process *p, const json_t *message)
{
	script_sandbox_told(p->scripts, json_is_true(json_object_get(message, "seccomp")),
		(int)json_integer_value(json_object_get(message, "landlock")));
}

void
process_hear(struct process *p, json_t *message)
{
	static const struct {
		const char *type;
		void (*take)(struct process *, const json_t *);
	} types[] = {
		{ "call", take_call },
		{ "result", take_result },
		{ "error", take_error },
		{ "sandbox", take_sandbox },
	};
	const char *type = word(message, "type");

	for (size_t i = 0; i < sizeof types / sizeof *types && !p->ended; i++) {
		if (strcmp(type, types[i].type) != 0)
			continue;
		types[i].take(p, message);
		return;
	}
	if (!p->ended)
		broken(p, "said something that is not understood");
}

static void
on_message(void *arg, json_t *message)
{
	process_hear(arg, message);
}

static void
on_exit_process(void *arg, int exit_code, int term_signal)
{
	struct process *p = arg;
	struct process_end e = { .failed = true, .code = "FH_ESYSERR", .at = "" };

	if (p->ended)
		return;
	if (term_signal == SIGXCPU)
		e.message = mem_strdup(p, "the policy used up its processor time");
	else if (term_signal != 0)
		e.message = mem_printf(p, "the policy's process ended by signal %d", term_signal);
	else
		e.message = mem_printf(p, "the policy's process ended with status %d", exit_code);
	end(p, &e);
}

/* ---- what it is told ---- */

static void
tell(struct process *p, json_t *message)
{
	struct err err = ERR_INIT;

	/* One that is gone is started by no answer. */
	if (p->ended) {
		json_decref(message);
		return;
	}
	if (p->host == NULL) {
		p->scripts->fake(p->scripts->fake_arg, p, message);
	} else if (host_pid(p->host) != 0) {
		set_in_flight(p, true);
		host_send(p->host, message, &err);
	}
	json_decref(message);
}

void
process_answer(struct process *p, json_t *value)
{
	json_int_t id = p->call;

	p->call = 0;
	tell(p, json_pack("{s:s, s:I, s:o}", "type", "answer", "id", id, "value",
			value != NULL ? value : json_null()));
}

void
process_refuse(struct process *p, const char *code, const char *fmt, ...)
{
	json_int_t id = p->call;
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = mem_vprintf(p, fmt, ap);
	va_end(ap);
	p->call = 0;
	tell(p, json_pack("{s:s, s:I, s:{s:s, s:o}}", "type", "answer", "id", id, "error", "code",
			code != NULL && *code != '\0' ? code : "FH_ESYSERR", "message",
			wire_bytes(message, strlen(message))));
	mem_free(message);
}

static const char *
code_of(const struct err *err)
{
	if (err->class[0] != '\0')
		return err->class;
	switch (err->code) {
	case ERR_INVALID:
	case ERR_AMBIGUOUS:
	case ERR_INCOMPLETE:
	case ERR_RANGE:
		return "FH_EBADFMT";
	case ERR_NOT_FOUND:
		return "FH_ENOSUCHKEY";
	default:
		return "FH_ESYSERR";
	}
}

void
process_refuse_err(struct process *p, const struct err *err)
{
	if (err->hint[0] != '\0')
		process_refuse(p, code_of(err), "%s (%s)", err->text, err->hint);
	else
		process_refuse(p, code_of(err), "%s", err->text);
}

/* 0: it has ended */
static pid_t
process_pid(const struct process *p)
{
	return p->host != NULL ? host_pid(p->host) : 0;
}

void
process_fake(struct scripts *s, process_fake_f *f, void *arg)
{
	s->fake = f;
	s->fake_arg = arg;
}

/* ---- life ---- */

static int
process_free(void *arg)
{
	struct process *p = arg;

	LIST_REMOVE(p, link);
	p->ended = true;
	set_in_flight(p, false);
	return 0;
}

/* Whole seconds are what the kernel counts; the wall clock's end comes before in any case. */
static json_int_t
cpu_seconds(usec cpu)
{
	return cpu == 0 ? 0 : (json_int_t)(cpu / USEC_PER_SEC) + 2;
}

static const struct host_events host_events = { .on_message = on_message, .on_exit = on_exit_process };

/* Tells an eventd-lua what to run. */
static bool
launch(struct process *p, const json_t *start, struct err *err)
{
	if (p->scripts->fake != NULL) {
		p->scripts->fake(p->scripts->fake_arg, p, start);
		return true;
	}
	p->host = host_take(p, p->scripts, &host_events, p, err);
	if (p->host == NULL || !host_send(p->host, start, err))
		return false;
	set_in_flight(p, true);
	return true;
}

struct process *
process_start(const void *ctx, struct scripts *scripts, const struct process_spec *spec, struct err *err)
{
	struct process *p = mem_new(ctx, struct process);
	json_t *start = json_pack("{s:s, s:s, s:s, s:o, s:I}", "type", "start", "mode", spec->mode, "name",
		spec->name, "text", wire_bytes(spec->text, spec->len), "seconds", cpu_seconds(spec->cpu));
	bool fine;

	p->scripts = scripts;
	p->spec = *spec;
	LIST_INSERT_HEAD(&scripts->processes, p, link);
	mem_on_free(p, process_free);
	fine = launch(p, start, err);
	json_decref(start);
	if (fine)
		return p;
	mem_free(p);
	return NULL;
}

void
scripts_each_process(const struct scripts *s,
	void (*f)(void *arg, const char *name, const char *policy, pid_t pid), void *arg)
{
	const struct process *p;

	LIST_FOREACH (p, &s->processes, link)
		f(arg, "eventd-lua", p->spec.name, process_pid(p));
	if (host_ready_pid(s) != 0)
		f(arg, "eventd-lua", "waits for a policy", host_ready_pid(s));
}
