/* Talks to the capture helper. */
#include "capture/client.h"

#include <signal.h>
#include <string.h>

#include "capture/trigger.h"
#include "core/capture_port.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/ifname.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define HELPER_NAME "eventd-capture"
#define AGAIN       (10 * USEC_PER_SEC)

struct ask {
	int64_t id;
	captures_done_f *done;
	void *arg;
	struct ask *next;
};

/* ---- points ---- */

struct capture_point *
captures_find(const struct captures *c, const char *name)
{
	struct capture_point *p = c->first;

	while (p != NULL && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

struct capture_point *
captures_make(struct captures *c, const char *name)
{
	struct capture_point **at = &c->first;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (*at == NULL) {
		*at = mem_new(c, struct capture_point);
		(*at)->name = mem_strdup(*at, name);
	}
	return *at;
}

void
captures_drop(struct captures *c, struct capture_point *gone)
{
	struct capture_point **at = &c->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	mem_free(gone);
}

void
captures_problems(const struct captures *c, captures_problem_f *f, void *arg)
{
	for (const struct capture_point *p = c->first; p != NULL; p = p->next)
		point_problems(c->engine, p, f, arg);
}

void
captures_started(struct captures *c, struct capture_point *p)
{
	p->active = p->has_packets = true;
	p->reason = p->lost = NULL;
	log_msg(c->engine->log, NULL, "BUFCAP", SEV_INFORMATIONAL, "ENABLE", "Capture Point %s enabled.",
		p->name);
}

void
captures_ended(struct captures *c, struct capture_point *p, const char *reason)
{
	if (!p->active)
		return;
	p->active = false;
	p->reason = mem_strdup(p, reason);
	log_msg(c->engine->log, NULL, "BUFCAP", SEV_INFORMATIONAL, "DISABLE",
		"Capture Point %s disabled.%s%s", p->name, reason != NULL ? " Reason : " : "",
		reason != NULL ? reason : "");
}

/* ---- questions ---- */

static struct ask *
take_ask(struct captures *c, int64_t id)
{
	struct ask **at = &c->asks, *ask;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	ask = *at;
	if (ask != NULL)
		*at = ask->next;
	return ask;
}

static void
finish(struct captures *c, struct ask *ask, const json_t *answer, const struct err *err)
{
	loop_in_flight(c->engine->loop, -1);
	ask->done(ask->arg, answer, err);
	mem_free(ask);
}

bool
captures_ask(struct captures *c, const char *op, const char *name, json_t *question, captures_done_f *done,
	void *arg, struct err *err)
{
	return captures_ask_files(c, op, name, question, NULL, 0, done, arg, err);
}

bool
captures_ask_files(struct captures *c, const char *op, const char *name, json_t *question, const int *fds,
	size_t n, captures_done_f *done, void *arg, struct err *err)
{
	struct ask *ask;
	bool sent;

	json_object_set_new(question, "op", json_string(op));
	json_object_set_new(question, "name", json_string(name));
	json_object_set_new(question, "id", json_integer((json_int_t)++c->last_id));
	json_object_set_new(question, "files", json_integer((json_int_t)n));
	sent = helper_send_files(c->helper, question, fds, n, err);
	json_decref(question);
	if (!sent)
		return err_wrap(err, "%s", HELPER_NAME);
	ask = mem_new(c, struct ask);
	*ask = (struct ask){ c->last_id, done, arg, c->asks };
	c->asks = ask;
	loop_in_flight(c->engine->loop, 1);
	return true;
}

static void
interface_lost(struct captures *c, struct capture_point *p, const char *interface)
{
	p->lost = mem_strdup(p, interface);
	log_msg(c->engine->log, NULL, "BUFCAP", SEV_WARNINGS, "IFLOST",
		"Capture Point %s: interface %s is gone; capturing goes on when it is back", p->name,
		interface);
}

static void
interface_back(struct captures *c, struct capture_point *p, const char *interface)
{
	if (p->lost != NULL && strcmp(p->lost, interface) == 0)
		p->lost = NULL;
	log_msg(c->engine->log, NULL, "BUFCAP", SEV_INFORMATIONAL, "IFBACK",
		"Capture Point %s: interface %s is back", p->name, interface);
}

/* What the helper tells unasked. */
static void
on_event(struct captures *c, const char *event, const json_t *message)
{
	const char *name = json_string_value(json_object_get(message, "name"));
	const char *reason = json_string_value(json_object_get(message, "reason"));
	const char *kernel = json_string_value(json_object_get(message, "interface"));
	const char *interface = kernel == NULL ? NULL : ifname_ios(c->engine->settings, kernel);
	struct capture_point *p = name == NULL ? NULL : captures_find(c, name);

	if (strcmp(event, "frozen") == 0)
		captures_frozen(c, message);
	else if (p == NULL)
		return;
	else if (strcmp(event, "lost") == 0)
		interface_lost(c, p, interface);
	else if (strcmp(event, "resumed") == 0)
		interface_back(c, p, interface);
	else
		captures_ended(c, p, reason);
}

static void
on_message(void *arg, json_t *message)
{
	struct captures *c = arg;
	const char *error = json_string_value(json_object_get(message, "error"));
	const char *event = json_string_value(json_object_get(message, "event"));
	struct err err = ERR_INIT;
	struct ask *ask;

	if (event != NULL) {
		on_event(c, event, message);
		return;
	}
	ask = take_ask(c, json_integer_value(json_object_get(message, "id")));
	if (ask == NULL)
		return;
	if (error != NULL)
		err_set(&err, ERR_REFUSED, "%s", error);
	finish(c, ask, error != NULL ? NULL : message, &err);
}

/* ---- the helper dies ---- */

/* Who asked: the point may be deleted meanwhile. */
struct beginning {
	struct captures *captures;
	char *name;
};

static void
begun(void *arg, const json_t *answer, const struct err *err)
{
	struct beginning *b = arg;
	struct capture_point *p = captures_find(b->captures, b->name);

	if (p != NULL && answer != NULL)
		captures_started(b->captures, p);
	else if (p != NULL)
		p->reason = mem_strdup(p, err->text);
	mem_free(b);
}

static void
begin(struct captures *c, struct capture_point *p)
{
	struct err err = ERR_INIT;
	json_t *spec = point_spec(c->engine, p, p->more, &err);
	struct beginning *b = mem_new(c, struct beginning);

	*b = (struct beginning){ c, mem_strdup(b, p->name) };
	if (spec != NULL && captures_ask(c, "start", p->name, spec, begun, b, &err))
		return;
	begun(b, NULL, &err);
}

static void
begin_again(void *arg)
{
	struct captures *c = arg;

	c->began_again = clock_mono(c->engine->clock);
	for (struct capture_point *p = c->first; p != NULL; p = p->next) {
		if (p->begins_again && !p->active)
			begin(c, p);
		p->begins_again = false;
	}
}

/*
 * What waits for a trigger shall not have to be started by hand. At once; when it dies again and again not more often
 * than every ten seconds. Files that are written as packets come are not begun anew: they would lose what they have.
 */
static void
plan_to_begin_again(struct captures *c)
{
	bool is_often = c->began_again != 0 && clock_mono(c->engine->clock) < c->began_again + AGAIN,
	     any = false;

	for (struct capture_point *p = c->first; p != NULL; p = p->next) {
		p->begins_again |= p->active && p->triggers != NULL && p->file.url == NULL;
		any |= p->begins_again;
	}
	if (!any)
		return;
	mem_free(c->again);
	c->again = timer_after(c, c->engine->loop, is_often ? AGAIN : 0, begin_again, c);
}

/* Its buffers are gone with it; the next start has a new one. */
static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct captures *c = arg;
	struct err err = ERR_INIT;
	struct ask *ask;

	if (term_signal != 0)
		err_class(&err, ERR_IO, "HELPER_FAILED", HELPER_NAME " ended by signal %d", term_signal);
	else
		err_class(&err, ERR_IO, "HELPER_FAILED", HELPER_NAME " ended with status %d", exit_code);
	plan_to_begin_again(c);
	for (struct capture_point *p = c->first; p != NULL; p = p->next) {
		if (p->has_packets)
			log_msg(c->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
				"%s during capture %s", err.text, p->name);
		captures_ended(c, p, err.text);
		p->has_packets = false;
	}
	while ((ask = c->asks) != NULL) {
		c->asks = ask->next;
		finish(c, ask, NULL, &err);
	}
	captures_frozen_lost(c, &err);
	if (c->gone != NULL)
		c->gone(c->gone_arg, &err);
}

struct captures *
captures_new(const void *ctx, struct engine *engine)
{
	struct captures *c = mem_new(ctx, struct captures);
	const struct helper_spec spec = { .name = HELPER_NAME,
		.dir = engine->program_dir,
		.on_message = on_message,
		.on_exit = on_exit_helper,
		.arg = c };

	c->engine = engine;
	c->helper = helper_new(c, engine->loop, &spec);
	return c;
}

static bool
port_ask(struct engine *e, const char *op, const char *name, json_t *question, capture_port_done_f *done,
	void *arg, struct err *err)
{
	return captures_ask(e->captures, op, name, question, done, arg, err);
}

static void
port_on_gone(struct engine *e, capture_port_gone_f *gone, void *arg)
{
	e->captures->gone = gone;
	e->captures->gone_arg = arg;
}

static bool
port_is_there(const struct engine *e, const char *name)
{
	return captures_find(e->captures, name) != NULL;
}

const struct capture_port_ops capture_port = { port_ask, port_on_gone, port_is_there };

struct helper *
captures_helper(const struct captures *c)
{
	return c->helper;
}
