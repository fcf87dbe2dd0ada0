/*
 * A run of a Lua policy: one process, which calls while the run serves. What the process asks for is a
 * program of two steps, the action and the answer, made for that one call; so actions work as they do
 * in applets, waits and kills included. What the process runs into is an error of Lua, not of the run.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "applets/action.h"
#include "applets/lua/api.h"
#include "applets/lua/args.h"
#include "applets/lua/script.h"
#include "core/mem.h"

enum { AT_MAX = 96 };

/* What came while the run was waiting for its process. */
enum news { NEWS_NONE, NEWS_ACTION, NEWS_RESULT, NEWS_ERROR };

struct script_run {
	struct run *run;
	struct script *script;
	struct process *process;
	bool serving; /* the run waits for its process; else an action is under way */
	enum news news;
	const struct api_call *call; /* under way */
	void *call_ctx;              /* what belongs to it; the next call frees it */
	json_t *args;                /* of an action */
	char at[AT_MAX + 1];         /* where the last call stands: the label of every step */
	int status;                  /* NEWS_RESULT */
	char *code, *message;        /* NEWS_ERROR */
	struct api_parts parts;
};

static const char script_key; /* its address names ours among the run's things */

static enum step serve(struct run *, const void *);

/* ---- for whoever serves ---- */

struct run *
api_run(const struct script_run *s)
{
	return s->run;
}

struct scripts *
api_scripts(const struct script_run *s)
{
	return s->script->scripts;
}

const void *
api_ctx(const struct script_run *s)
{
	return s->call_ctx;
}

struct api_parts *
api_parts(struct script_run *s)
{
	return &s->parts;
}

void
api_answer(struct script_run *s, json_t *value)
{
	s->call = NULL;
	process_answer(s->process, value);
}

/* debug event manager api errors */
static void
trace_error(struct script_run *s, const char *code, const char *text)
{
	run_debug(s->run, DEBUG_BIT(DEBUG_EEM_API_ERRORS), "fh_api", "%s: eem.%s: %s: %s", s->at,
		s->call != NULL ? s->call->name : "?", code, text);
}

/* debug event manager api calls, tcl commands */
static void
trace_call(struct script_run *s, const char *name)
{
	run_debug(s->run, DEBUG_BIT(DEBUG_EEM_API_CALLS), "fh_api", "%s: eem.%s", s->at, name);
	run_debug(s->run, DEBUG_BIT(DEBUG_EEM_TCL_COMMANDS), "lua", "%s: %s", s->at, name);
}

void
api_refuse(struct script_run *s, const char *code, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(s, fmt, ap);
	va_end(ap);
	trace_error(s, code, text);
	s->call = NULL;
	process_refuse(s->process, code, "%s", text);
	mem_free(text);
}

static void
refuse(struct script_run *s, const struct err *err)
{
	trace_error(s, err->class, err->text);
	s->call = NULL;
	process_refuse_err(s->process, err);
}

/* ---- news ---- */

static void
set_place(struct script_run *s, const char *at)
{
	if (*at != '\0')
		snprintf(s->at, sizeof s->at, "%s", at);
}

/* While an action is under way the run waits for that, not for us: it will look. */
static void
tell_run(struct script_run *s, enum news news)
{
	s->news = news;
	if (s->serving)
		run_resume(s->run, NULL);
}

void
api_exit(struct script_run *s, int status)
{
	s->status = status;
	tell_run(s, NEWS_RESULT);
}

static void
on_end(void *arg, const struct process_end *e)
{
	struct script_run *s = arg;

	if (s->news == NEWS_RESULT)
		return;
	s->status = e->status;
	if (!e->failed) {
		tell_run(s, NEWS_RESULT);
		return;
	}
	s->code = mem_strdup(s, e->code);
	s->message = mem_strdup(s, e->message);
	set_place(s, e->at);
	tell_run(s, NEWS_ERROR);
}

static const struct api_call *
find_call(const char *name)
{
	for (const struct api_call *c = api_calls; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void
serve_now(struct script_run *s, const json_t *args)
{
	struct err err = ERR_INIT;
	json_t *value = NULL;

	switch (s->call->serve(s, args, &value, &err)) {
	case SERVED_VALUE:
		api_answer(s, value);
		break;
	case SERVED_REFUSED:
		refuse(s, &err);
		break;
	case SERVED_LATER:
		break;
	}
}

static void
on_call(void *arg, const struct process_call *c)
{
	struct script_run *s = arg;

	set_place(s, c->at);
	mem_free(s->call_ctx);
	s->call_ctx = mem_ctx(s, "call");
	s->call = find_call(c->name);
	trace_call(s, c->name);
	if (s->call == NULL) {
		api_refuse(s, "FH_ENOSYS", "eem.%s: this release does not have it", c->name);
	} else if (s->call->serve != NULL) {
		serve_now(s, c->args);
	} else {
		s->args = json_incref((json_t *)(uintptr_t)c->args);
		tell_run(s, NEWS_ACTION);
	}
}

/* ---- actions ---- */

static const struct action *
find_action(const struct script_run *s, const char *name)
{
	for (const struct action *const *a = s->script->scripts->language->actions; *a != NULL; a++)
		if (strcmp((*a)->name, name) == 0)
			return *a;
	return NULL;
}

static enum step
wait_for_process(struct script_run *s)
{
	s->serving = true;
	if (s->news != NEWS_NONE) /* it came while an action was under way */
		run_resume(s->run, NULL);
	return run_wait_then(s->run, serve, NULL, NULL);
}

/* The second step: how did the action go? */
static enum step
answer_exec(struct run *run, const void *args)
{
	struct script_run *s = run_get(run, &script_key);
	const struct api_call *call = s->call;
	json_t *value;

	(void)args;
	if (call != NULL && *run_error(run) != '\0') {
		api_refuse(s, run_error(run), "%s", run_failure(run));
	} else if (call != NULL) {
		value = call->result != NULL ? call->result(run) : NULL;
		api_answer(s, value);
	}
	return wait_for_process(s);
}

/* `args`: {"named":{...}, "list":[...]} */
static bool
fill_args(struct script_run *s, const struct action *action, struct program *p, void *args, struct err *err)
{
	struct engine *engine = run_engine(s->run);
	const json_t *named = json_object_get(s->args, "named"), *list = json_object_get(s->args, "list");
	struct compile compile = {
		.engine = engine, .program = p, .applet = run_policy(s->run), .label = s->at, .by_name = true
	};

	return lua_args(action->kw, args, named, json_is_array(list) ? list : NULL, err) &&
	       (action->typed == NULL || action->typed(engine, args, err)) &&
	       (action->check == NULL || action->check(&compile, args, err));
}

static void
add_steps(struct script_run *s, struct program *p, step_f *first, step_f *second, const void *args)
{
	const struct program_step step = { .label = s->at,
		.args = args,
		.other = PROGRAM_NOWHERE,
		.end = PROGRAM_NOWHERE,
		.loop = PROGRAM_NOWHERE,
		.target = PROGRAM_NOWHERE,
		.leave = PROGRAM_NOWHERE };

	p->n = 2;
	p->steps = mem_array(p, struct program_step, p->n);
	p->steps[0] = p->steps[1] = step;
	p->steps[0].exec = first;
	p->steps[1].exec = second;
}

static struct program *
action_program(struct script_run *s, const struct action *action, struct err *err)
{
	struct program *p = program_new(run_policy(s->run));
	void *args = mem_alloc(p, action->args_size > 0 ? action->args_size : 1);

	if (!fill_args(s, action, p, args, err)) {
		program_unref(p);
		return NULL;
	}
	add_steps(s, p, action->exec, answer_exec, args);
	return p;
}

static enum step
do_action(struct script_run *s)
{
	const struct action *action = find_action(s, s->call->action);
	struct program *p = NULL;
	struct err err = ERR_INIT;

	if (action != NULL)
		p = action_program(s, action, &err);
	else
		err_class(
			&err, ERR_NOT_FOUND, "FH_ENOSYS", "this release has no action '%s'", s->call->action);
	json_decref(s->args);
	s->args = NULL;
	if (p != NULL) {
		s->serving = false;
		return run_adopt_program(s->run, p);
	}
	refuse(s, &err);
	return wait_for_process(s);
}

/* ---- the run ---- */

/* An error that nobody caught: the run is aborted, and the log says where. */
static enum step
fail(struct script_run *s)
{
	bool says_where = strncmp(s->message, s->at, strlen(s->at)) == 0;

	run_set_error_mode(s->run, ERRORS_EXIT);
	return run_fail(s->run, s->code, SEV_ERRORS, "FMPD_SCRIPT", "%s%s%s", says_where ? "" : s->at,
		says_where ? "" : ": ", s->message);
}

static enum step
serve(struct run *run, const void *args)
{
	struct script_run *s = run_get(run, &script_key);
	enum news news = s->news;

	(void)args;
	s->news = NEWS_NONE;
	s->serving = false;
	switch (news) {
	case NEWS_ACTION:
		return do_action(s);
	case NEWS_RESULT:
		run_set_exit_status(run, s->status);
		return STEP_EXIT;
	case NEWS_ERROR:
		return fail(s);
	case NEWS_NONE:
		break;
	}
	return wait_for_process(s);
}

static int
script_run_free(void *p)
{
	json_decref(((struct script_run *)p)->args);
	return 0;
}

enum step
script_exec(struct run *run, const void *args)
{
	struct script *script = (struct script *)(uintptr_t)args;
	struct script_run *s = mem_new(run_ctx(run), struct script_run);
	usec left = run_left(run);
	struct process_spec spec = { .mode = "run",
		.name = run_policy(run),
		.text = script->text,
		.len = script->len,
		.cpu = left == INT64_MAX ? 0 : left,
		.on_call = on_call,
		.on_end = on_end,
		.arg = s };
	struct program *p;
	struct err err = ERR_INIT;

	s->run = run;
	s->script = script;
	set_place(s, run_policy(run));
	mem_on_free(s, script_run_free);
	run_put(run, &script_key, s);
	s->process = process_start(s, script->scripts, &spec, &err);
	if (s->process == NULL)
		return run_fail(run, "FH_ESYSERR", SEV_ERRORS, "FMPD_HELPER", "%s", err.text);
	run_set_error_mode(run, ERRORS_RAISE);
	p = program_new(run_policy(run));
	add_steps(s, p, answer_exec, NULL, NULL);
	return run_adopt_program(run, p);
}
