/* The calls that a running policy can make, and those that are served on the spot. */
#include "applets/lua/api.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "applets/env.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "applets/vars.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/tty.h"
#include "sched/manual.h"

#define SLEEP_MAX 31536000.0

/* ---- arguments ---- */

const char *
api_text(struct script_run *s, const json_t *args, const char *key, size_t *n)
{
	size_t len;

	return wire_text(api_ctx(s), json_object_get(args, key), n != NULL ? n : &len);
}

bool
api_seconds(const json_t *args, const char *key, double max, usec *out, struct err *err)
{
	const json_t *v = json_object_get(args, key);
	double seconds = json_number_value(v);

	if (!json_is_number(v) || !(seconds >= 0 && seconds <= max))
		return err_class(err, ERR_RANGE, "FH_EBADFMT", "'%s' takes seconds from 0 to %.0f", key, max);
	*out = (usec)llround(seconds * (double)USEC_PER_SEC);
	return true;
}

static enum served
refused(struct err *err, const char *code, const char *text)
{
	err_class(err, ERR_INVALID, code, "%s", text);
	return SERVED_REFUSED;
}

/* ---- environment ---- */

static enum served
serve_env(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "name")), *text;
	size_t n = 0;

	text = name ? environment_get(run_engine(api_run(s))->env, name, &n) : NULL;
	*value = text ? wire_bytes(text, n) : NULL;
	return SERVED_VALUE;
}

static void
add_variable(void *arg, const char *name, const char *value)
{
	json_object_set_new(arg, name, wire_bytes(value, strlen(value)));
}

static enum served
serve_env_all(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	*value = json_object();
	environment_each(run_engine(api_run(s))->env, add_variable, *value);
	return SERVED_VALUE;
}

/* ---- time ---- */

static void
wake(void *arg)
{
	api_answer(arg, NULL);
}

static enum served
serve_sleep(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	usec time;

	if (!api_seconds(args, "seconds", SLEEP_MAX, &time, err))
		return SERVED_REFUSED;
	timer_after(api_ctx(s), run_engine(api_run(s))->loop, time, wake, s);
	return SERVED_LATER;
}

static json_t *
seconds(usec t)
{
	return json_real((double)t / (double)USEC_PER_SEC);
}

static enum served
serve_time(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	*value = seconds(clock_wall(run_engine(api_run(s))->clock));
	return SERVED_VALUE;
}

static enum served
serve_uptime(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const struct engine *e = run_engine(api_run(s));

	*value = seconds(clock_mono(e->clock) - e->started_mono);
	return SERVED_VALUE;
}

/* ---- the terminal ---- */

static void
got_line(void *arg, const char *line)
{
	if (line != NULL)
		api_answer(arg, wire_bytes(line, strlen(line)));
	else
		api_refuse(arg, "FH_ENOTTY", "eem.gets: the terminal is gone");
}

static enum served
serve_gets(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct tty *tty = run_tty(api_run(s));
	const char *prompt = api_text(s, args, "prompt", NULL);

	if (tty == NULL)
		return refused(err, "FH_ENOTTY",
			"eem.gets: this run has no terminal: the policy needs event none with sync");
	tty->ask(tty, prompt != NULL ? prompt : "", got_line, s);
	return SERVED_LATER;
}

/* ---- others ---- */

static enum served
serve_run(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const json_t *list = json_object_get(args, "args");
	const char *texts[MANUAL_ARGS_MAX];
	struct manual_want want = { .name = json_string_value(json_object_get(args, "name")),
		.args = texts,
		.cause = run_cause(api_run(s)),
		.source = run_policy(api_run(s)) };
	size_t n;

	if (want.name == NULL)
		return refused(err, "FH_EBADFMT", "eem.run takes the name of a policy");
	if (json_array_size(list) > MANUAL_ARGS_MAX)
		return refused(err, "FH_EBADFMT", "eem.run: a policy takes at most 15 arguments");
	for (; want.nargs < json_array_size(list); want.nargs++) {
		texts[want.nargs] = wire_text(api_ctx(s), json_array_get(list, want.nargs), &n);
		if (texts[want.nargs] == NULL)
			return refused(err, "FH_EBADFMT", "eem.run: arguments are texts and numbers");
	}
	if (manual_run(run_engine(api_run(s)), &want, err) != NULL)
		return SERVED_VALUE;
	if (err->class[0] == '\0')
		err_class(err, err->code, err->code == ERR_NOT_FOUND ? "FH_ENOSUCHEID" : "FH_EREFUSED", "%s",
			mem_strdup(api_ctx(s), err->text));
	return SERVED_REFUSED;
}

static enum served
serve_routername(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = engine_hostname(run_engine(api_run(s)));

	*value = wire_bytes(name, strlen(name));
	return SERVED_VALUE;
}

static enum served
serve_exit(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	json_int_t status = json_integer_value(json_object_get(args, "status"));

	api_exit(s, status < INT32_MIN || status > INT32_MAX ? -1 : (int)status);
	return SERVED_LATER;
}

/* Files of the policy's own directory; libraries for require(). */
static enum served
serve_file(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "name")), *data;
	bool library = json_is_true(json_object_get(args, "library"));
	struct engine *engine = run_engine(api_run(s));
	bool is_system = strcmp(run_registration(api_run(s))->type, "system") == 0;
	enum source_place own = is_system ? SOURCE_SYSTEM : SOURCE_USER;
	void *ctx = mem_ctx(api_ctx(s), "file");
	bool fine = false;
	size_t n;

	if (name == NULL) {
		mem_free(ctx);
		return refused(err, "FH_EBADFMT", "a file has a name");
	}
	if (library && source_directory(engine, SOURCE_LIBRARY) != NULL)
		fine = source_data(ctx, engine, SOURCE_LIBRARY, name, &data, &n, err);
	if (!fine && (err->code == ERR_NONE || err->code == ERR_NOT_FOUND))
		fine = source_data(ctx, engine, own, name, &data, &n, err);
	if (fine)
		*value = wire_bytes(data, n);
	else
		err_class(err, err->code, "FH_EFILE", "%s: %s", name, mem_strdup(ctx, err->text));
	mem_free(ctx);
	return fine ? SERVED_VALUE : SERVED_REFUSED;
}

/* Traces of this run only, as cli_debug and smtp_debug of Tcl. */
static enum served
serve_debug(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	static const struct {
		const char *word;
		enum debug_switch which;
	} rows[] = { { "cli", DEBUG_EEM_CLI }, { "mail", DEBUG_EEM_MAIL }, { "smtp", DEBUG_EEM_MAIL } };
	const char *what = json_string_value(json_object_get(args, "what"));
	bool on = json_is_true(json_object_get(args, "on"));

	for (size_t i = 0; what != NULL && i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(what, rows[i].word) != 0)
			continue;
		run_set_debugs(api_run(s), DEBUG_BIT(rows[i].which), on);
		return SERVED_VALUE;
	}
	return refused(err, "FH_EBADFMT", "eem.debug takes cli or mail");
}

/* What this release has no engine side for says so. */
static enum served
serve_nothing(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *what = json_string_value(json_object_get(args, "what"));

	err_class(err, ERR_REFUSED, "FH_ENOSYS", "%s: this release does not have it",
		what ? what : "this call");
	return SERVED_REFUSED;
}

static enum served
serve_forbidden(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *what = json_string_value(json_object_get(args, "what"));

	err_class(err, ERR_REFUSED, "FH_EPERM", "%s: policies run no programs of the host",
		what ? what : "this call");
	return SERVED_REFUSED;
}

/* ---- what actions leave behind ---- */

static json_t *
variable(struct run *run, const char *name)
{
	size_t n;
	const char *s = run_var_get(run, name, &n);

	return s != NULL ? wire_bytes(s, n) : json_null();
}

static json_t *
counter_result(struct run *run)
{
	return variable(run, "_counter_value_remain");
}

static json_t *
track_result(struct run *run)
{
	return variable(run, "_track_state");
}

static json_t *
mail_result(struct run *run)
{
	return variable(run, "_mail_result");
}

static void
add_info(void *arg, const char *name, const char *s, size_t n)
{
	static const char prefix[] = "_info_";

	if (strncmp(name, prefix, sizeof prefix - 1) == 0)
		json_object_set_new(arg, name + sizeof prefix - 1, wire_bytes(s, n));
}

/* `info` sets many variables; each call begins without those of the last. */
static json_t *
info_result(struct run *run)
{
	json_t *all = json_object();
	const char *key;
	json_t *value;

	run_vars_each(run, add_info, all);
	json_object_foreach(all, key, value)
	{
		char *name = mem_printf(NULL, "_info_%s", key);

		run_var_unset(run, name);
		mem_free(name);
	}
	return all;
}

#define ACTION(name_, action_, result_)                              \
	{                                                            \
		.name = name_, .action = action_, .result = result_, \
	}
#define SERVE(name_, f_)                    \
	{                                   \
		.name = name_, .serve = f_, \
	}

const struct api_call api_calls[] = {
	ACTION("cns_event", "cns-event", NULL),
	ACTION("counter", "counter", counter_result),
	ACTION("info", "info", info_result),
	ACTION("mail", "mail", mail_result),
	ACTION("publish", "publish-event", NULL),
	ACTION("puts", "puts", NULL),
	ACTION("reload", "reload", NULL),
	ACTION("snmp_reply", "snmp-object-value", NULL),
	ACTION("snmp_trap", "snmp-trap", NULL),
	ACTION("switchover", "force-switchover", NULL),
	ACTION("syslog", "syslog", NULL),
	ACTION("telemetry", "export-to-telemetry", NULL),
	ACTION("track", "track", track_result),
	SERVE("cli_close", api_cli_close),
	SERVE("cli_drain", api_cli_drain),
	SERVE("cli_exec", api_cli_exec),
	SERVE("cli_expect", api_cli_expect),
	SERVE("cli_open", api_cli_open),
	SERVE("cli_read", api_cli_read),
	SERVE("cli_readline", api_cli_readline),
	SERVE("cli_write", api_cli_write),
	SERVE("context_retrieve", api_context_retrieve),
	SERVE("context_save", api_context_save),
	SERVE("debug", serve_debug),
	SERVE("env", serve_env),
	SERVE("env_all", serve_env_all),
	SERVE("event", api_event),
	SERVE("events", api_events),
	SERVE("exit", serve_exit),
	SERVE("file", serve_file),
	SERVE("forbidden", serve_forbidden),
	SERVE("gets", serve_gets),
	SERVE("info_cpu", api_info_cpu),
	SERVE("info_memory", api_info_memory),
	SERVE("info_processes", api_info_processes),
	SERVE("missing", serve_nothing),
	SERVE("routername", serve_routername),
	SERVE("run", serve_run),
	SERVE("sleep", serve_sleep),
	SERVE("store_all", api_store_all),
	SERVE("store_get", api_store_get),
	SERVE("store_set", api_store_set),
	SERVE("time", serve_time),
	SERVE("timer_arm", api_timer_arm),
	SERVE("timer_cancel", api_timer_cancel),
	SERVE("uptime", serve_uptime),
	SERVE("wait", api_wait),
	{ .name = NULL },
};
