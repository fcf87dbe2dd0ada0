/*
 * Registering a policy: its file runs in a process where nothing but eem.register, eem.trigger,
 * eem.description and reading eem.env works; the first other call ends the registration part. The
 * engine goes on meanwhile. A few at a time, each with a deadline.
 */
#include <string.h>

#include "applets/env.h"
#include "applets/join.h"
#include "applets/lua/args.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "bus/bus.h"
#include "bus/detector.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

enum { PARALLEL = 4 };
#define DEADLINE (5 * USEC_PER_SEC)

struct registration {
	TAILQ_ENTRY(registration) link;
	struct scripts *scripts;
	const char *name;
	struct script *script; /* its text; moves to the policy */
	struct policy *policy; /* being made; NULL once it is added */
	bool has_trigger;
	struct trigger_spec trigger; /* texts in the policy */
	struct process *process;     /* NULL: waits for its turn */
	struct timer *timer;         /* the deadline; then the end */
	struct process_end end;      /* what it came to, texts in our context */
	bool is_over;
	bool is_update; /* event manager update user policy */
};

struct settled {
	LIST_ENTRY(settled) link;
	struct scripts *scripts;
	struct timer *soon;
	void (*f)(void *arg);
	void *arg;
};

static void start_some(struct scripts *);

/* ---- who waits for the end of all ---- */

static void
settled_now(void *arg)
{
	struct settled *w = arg;
	void (*f)(void *) = w->f;
	void *farg = w->arg;

	if (!TAILQ_EMPTY(&w->scripts->registrations))
		return;
	mem_free(w);
	f(farg);
}

static int
settled_free(void *p)
{
	LIST_REMOVE((struct settled *)p, link);
	return 0;
}

void
scripts_on_settled(const void *ctx, struct scripts *s, void (*f)(void *arg), void *arg)
{
	struct settled *w = mem_new(ctx, struct settled);

	*w = (struct settled){ .scripts = s, .f = f, .arg = arg };
	LIST_INSERT_HEAD(&s->settled, w, link);
	mem_on_free(w, settled_free);
	w->soon = timer_after(w, s->engine->loop, 0, settled_now, w);
}

bool
scripts_are_settled(const struct scripts *s)
{
	return TAILQ_EMPTY(&s->registrations);
}

static int
registration_free(void *p)
{
	struct registration *r = p;
	struct settled *w;

	TAILQ_REMOVE(&r->scripts->registrations, r, link);
	if (TAILQ_EMPTY(&r->scripts->registrations))
		LIST_FOREACH (w, &r->scripts->settled, link)
			timer_set(w->soon, 0);
	mem_free(r->policy);
	return 0;
}

/* ---- how it ends ---- */

static void
refuse(const struct registration *r, const char *why)
{
	refusal_keep(r->scripts, r->name, why);
	log_msg(r->scripts->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_REGISTER",
		"EEM Register event failed: policy %s: %s", r->name, why);
}

/* The two sentences of IOS (eem-language 9.3), the second with file and line. */
static void
refuse_text(const struct registration *r, const char *why)
{
	struct log *log = r->scripts->engine->log;

	refusal_keep(r->scripts, r->name, why);
	log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_REGISTER",
		"EEM Register event failed: Error unable to parse EEM policy for registration commands.");
	log_msg(log, NULL, "HA_EM", SEV_ERRORS, "FMPD_REGISTER",
		"EEM configuration: failed to create intermediate policy registration file: %s", why);
}

static bool
check_name(const struct registration *r, struct err *err)
{
	const struct policy *there = policies_find(r->scripts->engine->policies, r->name);

	if (there != NULL && there->kind == POLICY_APPLET)
		return err_set(err, ERR_EXISTS, "an applet has this name");
	return true;
}

static void
conclude(struct registration *r)
{
	struct policy *p = r->policy;
	struct err err = ERR_INIT;

	if (r->end.failed) {
		refuse_text(r, r->end.message);
		return;
	}
	if (p->nspecs == 0) {
		refuse_text(r, mem_printf(r, "%s: there is no eem.register{...}", r->name));
		return;
	}
	if (!check_name(r, &err)) {
		refuse(r, err.text);
		return;
	}
	if (!policy_join(p, r->has_trigger, &r->trigger, &err) || !policy_arm(p, &err)) {
		refuse(r, err.text);
		return;
	}
	r->policy = NULL;
	policies_add(r->scripts->engine->policies, p);
	if (r->is_update)
		log_msg(r->scripts->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL,
			"FMPD_UPDATE_POLICY_REGISTER",
			"Policy update has successfully re-registered policy %s", r->name);
	host_keep_ready(r->scripts);
}

/* Policies are registered in the order in which they were asked for, whichever is ready first. */
static void
conclude_some(struct scripts *s)
{
	struct registration *r;

	while ((r = TAILQ_FIRST(&s->registrations)) != NULL && r->is_over) {
		conclude(r);
		mem_free(r);
	}
	start_some(s);
}

static void
on_over(void *arg)
{
	struct registration *r = arg;

	r->is_over = true;
	if (r->end.message == NULL) {
		r->end.failed = true;
		r->end.message =
			mem_printf(r, "%s: the file did not come to its end within 5 seconds", r->name);
	}
	mem_free(r->process);
	r->process = NULL;
	conclude_some(r->scripts);
}

static void
on_end(void *arg, const struct process_end *e)
{
	struct registration *r = arg;

	r->end = *e;
	r->end.message = mem_strdup(r, e->message);
	r->end.code = r->end.at = "";
	timer_set(r->timer, 0);
}

/* ---- what the file asks for ---- */

typedef json_t *serve_f(struct registration *, const json_t *args, struct err *);

static const char *
word(const json_t *args, const char *key)
{
	return json_string_value(json_object_get(args, key));
}

/* "snmp_notification" is `snmp-notification`, "appl" what Tcl called it. */
static const struct detector *
find_detector(struct engine *engine, const char *name, struct err *err)
{
	const struct detector *d;
	char *word = mem_strdup(NULL, name);

	for (char *s = word; *s != '\0'; s++)
		if (*s == '_')
			*s = '-';
	d = bus_detector_find(engine->bus, strcmp(word, "appl") == 0 ? "application" : word);
	mem_free(word);
	if (d == NULL)
		err_class(err, ERR_NOT_FOUND, "FH_EBADEVENTTYPE", "no event detector '%s'", name);
	return d;
}

static bool
take_priority(struct policy *p, const json_t *args, struct err *err)
{
	static const char *const words[] = { "last", "low", "normal", "high" }; /* ORDER: enum priority */
	const json_t *nice = json_object_get(args, "nice");
	const char *priority = word(args, "queue_priority");

	if (nice != NULL &&
		(!json_is_integer(nice) || json_integer_value(nice) < 0 || json_integer_value(nice) > 1))
		return err_class(err, ERR_RANGE, "FH_EBADFMT", "'nice' takes 0 or 1");
	if (nice != NULL)
		p->nice = (unsigned)json_integer_value(nice);
	if (priority == NULL)
		return true;
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(priority, words[i]) == 0) {
			p->priority = (enum priority)i;
			return true;
		}
	return err_class(err, ERR_RANGE, "FH_EBADFMT", "'queue_priority' takes low, normal, high or last");
}

/* Rulings 11, for policies. */
static bool
check_tag(const struct policy *p, const char *tag, struct err *err)
{
	if (p->nspecs == POLICY_EVENTS_MAX)
		return err_class(err, ERR_REFUSED, "FH_ESUBSEXCEED", "a policy has at most %d events",
			POLICY_EVENTS_MAX);
	if (p->nspecs > 0 && (tag == NULL || p->specs[0]->tag == NULL))
		return err_class(
			err, ERR_REFUSED, "FH_EBADFMT", "several events need a tag each: tag = \"...\"");
	for (size_t i = 0; i < p->nspecs; i++)
		if (strcmp(p->specs[i]->tag, tag) == 0)
			return err_class(
				err, ERR_EXISTS, "FH_EDUPLICATEKEY", "tag '%s' is there already", tag);
	return true;
}

static json_t *
serve_register(struct registration *r, const json_t *args, struct err *err)
{
	struct engine *engine = r->scripts->engine;
	struct policy *p = r->policy;
	const char *name = word(args, "detector"), *tag = word(args, "tag");
	const json_t *options = json_object_get(args, "options");
	const struct detector *d;
	void *spec_args;

	if (name == NULL || !json_is_object(options)) {
		err_class(err, ERR_INVALID, "FH_EBADFMT",
			"eem.register takes { \"DETECTOR\", option = value, ... }");
		return NULL;
	}
	d = find_detector(engine, name, err);
	if (d == NULL || !check_tag(p, tag, err) || !take_priority(p, args, err))
		return NULL;
	spec_args = mem_alloc(p, d->spec_size);
	if (!lua_args(d->kw, spec_args, options, json_object_get(args, "list"), err))
		return NULL;
	if (d->normalise != NULL)
		d->normalise(spec_args);
	if (!spec_check(engine, d, spec_args, true, err))
		return NULL;
	p->specs[p->nspecs++] = spec_new(p, engine, d, p->name, tag, spec_args, policy_raised, p);
	return json_null();
}

static json_t *
serve_trigger(struct registration *r, const json_t *args, struct err *err)
{
	if (r->has_trigger) {
		err_class(err, ERR_EXISTS, "FH_EDUPLICATEKEY", "eem.trigger is there already");
		return NULL;
	}
	r->has_trigger = trigger_from_json(r->policy, args, &r->trigger, err);
	return r->has_trigger ? json_null() : NULL;
}

static json_t *
serve_description(struct registration *r, const json_t *args, struct err *err)
{
	const char *text = word(args, "text");

	if (text == NULL) {
		err_class(err, ERR_INVALID, "FH_EBADFMT", "eem.description takes a text");
		return NULL;
	}
	r->policy->description = mem_strdup(r->policy, text);
	return json_null();
}

static json_t *
serve_env(struct registration *r, const json_t *args, struct err *err)
{
	const char *name = word(args, "name"), *value;
	size_t n = 0;

	value = name ? environment_get(r->scripts->engine->env, name, &n) : NULL;
	return value ? wire_bytes(value, n) : json_null();
}

static const struct {
	const char *name;
	serve_f *serve;
} calls[] = {
	{ "register", serve_register },
	{ "trigger", serve_trigger },
	{ "description", serve_description },
	{ "env", serve_env },
};

static void
on_call(void *arg, const struct process_call *call)
{
	struct registration *r = arg;
	struct err err = ERR_INIT;
	json_t *value;

	/* The first call that is none of registration: the rest of the file is for runs. No answer. */
	if (strcmp(call->name, "exit") == 0) {
		r->end.message = "";
		timer_set(r->timer, 0);
		return;
	}
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (strcmp(call->name, calls[i].name) != 0)
			continue;
		value = calls[i].serve(r, call->args, &err);
		if (value != NULL)
			process_answer(r->process, value);
		else
			process_refuse_err(r->process, &err);
		return;
	}
	process_refuse(
		r->process, "FH_ENOTREG", "%s does not work while the policy is registered", call->name);
}

/* ---- beginning ---- */

static bool
start(struct registration *r, struct err *err)
{
	struct process_spec spec = { .mode = "register",
		.name = r->name,
		.text = r->script->text,
		.len = r->script->len,
		.cpu = DEADLINE,
		.on_call = on_call,
		.on_end = on_end,
		.arg = r };

	r->process = process_start(r, r->scripts, &spec, err);
	return r->process != NULL;
}

static void
start_some(struct scripts *s)
{
	struct registration *r, *next;
	unsigned n = 0;

	for (r = TAILQ_FIRST(&s->registrations); r != NULL && n < PARALLEL; r = next, n++) {
		struct err err = ERR_INIT;

		next = TAILQ_NEXT(r, link);
		if (r->process != NULL || r->is_over)
			continue;
		if (start(r, &err)) {
			timer_set(r->timer, DEADLINE);
			continue;
		}
		r->end = (struct process_end){ .failed = true, .message = mem_strdup(r, err.text) };
		timer_set(r->timer, 0);
	}
}

static struct policy *
new_policy(struct registration *r, const struct policy_args *a, enum source_place place, uint64_t order)
{
	static const struct program_step only = { .exec = script_exec };
	struct policy *p = policy_new(r->scripts->engine, r->name, POLICY_SCRIPT);
	struct program_step *step;

	p->order = order;
	p->type = place == SOURCE_SYSTEM ? "system" : "user";
	p->bypass = a->bypass.set;
	p->trap = a->trap.set;
	p->class = a->class.set ? (char)a->class.v : 0;
	p->program = program_new(p->name);
	p->program->steps = step = mem_dup(p->program, &only, sizeof only);
	p->program->n = 1;
	step->label = p->program->policy;
	step->args = r->script = mem_new(p->program, struct script);
	return p;
}

void
registration_start(
	struct scripts *s, const struct policy_args *a, const struct source *source, uint64_t order)
{
	struct registration *r = mem_new(s, struct registration);

	refusal_forget(s, a->name.s);
	r->scripts = s;
	r->name = mem_strdup(r, a->name.s);
	r->policy = new_policy(r, a, source->place, order);
	*r->script = (struct script){
		.scripts = s, .text = mem_dup(r->script, source->text, source->len + 1), .len = source->len
	};
	TAILQ_INSERT_TAIL(&s->registrations, r, link);
	mem_on_free(r, registration_free);
	r->timer = timer_after(r, s->engine->loop, 0, on_over, r);
	timer_stop(r->timer);
	start_some(s);
}

static struct registration *
find(const struct scripts *s, const char *name)
{
	struct registration *r;

	TAILQ_FOREACH (r, &s->registrations, link)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

void
registration_cancel(struct scripts *s, const char *name)
{
	struct registration *r = find(s, name);

	refusal_forget(s, name);
	if (r == NULL)
		return;
	mem_free(r);
	conclude_some(s);
}

bool
registration_is_under_way(const struct scripts *s, const char *name)
{
	return find(s, name) != NULL;
}

void
registration_is_update(struct scripts *s, const char *name)
{
	struct registration *r = find(s, name);

	if (r != NULL)
		r->is_update = true;
}
