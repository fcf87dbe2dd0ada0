/* The engine's end of the resolving process. */
#include "actions/mail/dns/resolver.h"

#include <signal.h>
#include <string.h>
#include <sys/queue.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/dnslog.h"
#include "actions/mail/dns/question.h"
#include "actions/mail/dns/wire.h"
#include "actions/mail/maillog.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/settings.h"

#define ANSWER_MAX (8u * 1024u * 1024u)
/* MX, addresses and two TLSA names follow each other, 10 s each: who is silent longer hangs. */
#define HUNG (50 * USEC_PER_SEC)
/* A question that the process died of is asked once more, then given up. */
#define TRIES_MAX 2

/* A question, or the wish for a status, that is under way. */
struct pending {
	LIST_ENTRY(pending) link;
	struct resolver *resolver;
	json_int_t id;
	struct mail_dns_question question;
	resolver_done_f *done;
	resolver_status_f *status; /* instead of done */
	void *arg;
	struct timer *timer; /* hung process; or the answer of a fake, or a failure */
	struct mail_dns_answer *ready;
	unsigned tries;
	bool sent;
};

struct resolver {
	struct engine *engine;
	struct helper *helper;
	LIST_HEAD(, pending) pending;
	json_int_t ids;
	const char **servers; /* of the configuration */
	size_t server_count;
	bool iterate;
	char *anchor_file, *anchor_text;
	struct resolve_config config;
	void *config_ctx;
	bool told; /* the running process knows the configuration */
	resolver_fake_f *fake;
	void *fake_arg;
};

/* ---- configuration --------------------------------------------------------------------------------- */

const char *
resolver_anchor_file(const struct resolver *r)
{
	return r->anchor_file != NULL ? r->anchor_file : r->engine->settings->dns_anchor;
}

/* A file of the settings that cannot be read must not make the root's keys count: it reads as empty. */
static const char *
anchor_text(struct resolver *r)
{
	const char *file = r->engine->settings->dns_anchor;
	struct err err = ERR_INIT;
	char *text;

	if (r->anchor_text != NULL || file == NULL)
		return r->anchor_text;
	text = path_read_file(r->config_ctx, file, ANCHOR_FILE_MAX, NULL, &err);
	if (text == NULL)
		log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_DNSSEC", "dns.trust-anchor: %s",
			err.text);
	return text != NULL ? text : "";
}

bool
resolver_is_configured(const struct resolver *r)
{
	return r->server_count > 0 || r->engine->settings->dns_servers.n > 0 || r->iterate;
}

const struct resolve_config *
resolver_config(struct resolver *r)
{
	const struct setting_list *settings = &r->engine->settings->dns_servers;
	struct resolve_config *c = &r->config;

	mem_free(r->config_ctx);
	r->config_ctx = mem_ctx(r, "resolve configuration");
	*c = (struct resolve_config){ .iterate = r->iterate, .state = r->engine->state_dir };
	if (r->server_count > 0) {
		c->servers = r->servers;
		c->server_count = r->server_count;
	} else if (settings->n > 0) {
		c->servers = settings->v;
		c->server_count = settings->n;
	} else {
		c->servers = resolve_system_servers(r->config_ctx, &c->server_count);
	}
	c->anchor = anchor_text(r);
	return c;
}

static bool
send_config(struct resolver *r, struct err *err)
{
	json_t *j = resolve_configure_message(resolver_config(r));

	r->told = helper_send(r->helper, j, err);
	json_decref(j);
	return r->told;
}

/* Starts the process when needed; it hears of the configuration first. */
static bool
send_message(struct resolver *r, json_t *message, struct err *err)
{
	bool ok = (r->told && helper_pid(r->helper) != 0) || send_config(r, err);

	ok = ok && helper_send(r->helper, message, err);
	json_decref(message);
	return ok;
}

/* A running process is told at once: what it has under way is asked again. */
static void
changed(struct resolver *r)
{
	r->told = false;
	if (helper_pid(r->helper) != 0)
		send_config(r, NULL);
}

void
resolver_settings(struct resolver *r)
{
	changed(r);
}

void
resolver_add_server(struct resolver *r, const char *address)
{
	r->servers = mem_resize(r, r->servers, (r->server_count + 1) * sizeof *r->servers);
	r->servers[r->server_count++] = mem_strdup(r, address);
	changed(r);
}

void
resolver_remove_server(struct resolver *r, const char *address)
{
	for (size_t i = 0; i < r->server_count; i++) {
		if (strcmp(r->servers[i], address) != 0)
			continue;
		memmove(&r->servers[i], &r->servers[i + 1], (r->server_count - i - 1) * sizeof *r->servers);
		r->server_count--;
		break;
	}
	changed(r);
}

void
resolver_set_iterate(struct resolver *r, bool on)
{
	r->iterate = on;
	changed(r);
}

void
resolver_set_anchor(struct resolver *r, const char *file, const char *text)
{
	mem_free(r->anchor_file);
	mem_free(r->anchor_text);
	r->anchor_file = mem_strdup(r, file);
	r->anchor_text = mem_strdup(r, text);
	changed(r);
}

/* ---- what is under way ------------------------------------------------------------------------------- */

static struct pending *
find(struct resolver *r, json_int_t id)
{
	struct pending *p;

	LIST_FOREACH (p, &r->pending, link)
		if (p->id == id)
			return p;
	return NULL;
}

static void
settle(struct pending *p)
{
	if (p->sent)
		loop_in_flight(p->resolver->engine->loop, -1);
	p->sent = false;
}

static int
pending_free(void *arg)
{
	struct pending *p = arg;

	if (p->sent && p->done != NULL) {
		json_t *cancel = json_pack("{s:s, s:I}", "type", "cancel", "id", p->id);

		send_message(p->resolver, cancel, NULL);
	}
	settle(p);
	LIST_REMOVE(p, link);
	return 0;
}

static struct pending *
pending_new(const void *ctx, struct resolver *r, void *arg)
{
	struct pending *p = mem_new(ctx, struct pending);

	p->resolver = r;
	p->id = ++r->ids;
	p->arg = arg;
	LIST_INSERT_HEAD(&r->pending, p, link);
	mem_on_free(p, pending_free);
	return p;
}

static void
finish(struct pending *p, const struct mail_dns_answer *answer)
{
	settle(p);
	mem_steal(p->resolver, p);
	p->done(p->arg, answer);
	mem_free(p);
}

static void
finish_status(struct pending *p, const json_t *status)
{
	settle(p);
	mem_steal(p->resolver, p);
	p->status(p->arg, status);
	mem_free(p);
}

static void
on_ready(void *arg)
{
	struct pending *p = arg;

	if (p->status != NULL)
		finish_status(p, NULL);
	else
		finish(p, p->ready);
}

/* From the loop, so that `done` never runs inside the caller. */
static void
fail_later(struct pending *p, const char *why)
{
	settle(p);
	if (p->status == NULL)
		p->ready = question_failed(p, &p->question, why);
	mem_free(p->timer);
	p->timer = timer_after(p, p->resolver->engine->loop, 0, on_ready, p);
}

static void
on_hung(void *arg)
{
	struct pending *p = arg;

	p->tries = TRIES_MAX;
	helper_kill(p->resolver->helper, SIGKILL);
}

/* Warnings come in any case. */
static bool
wants_log(const struct resolver *r)
{
	return maillog_wants(r->engine, MAILLOG_DEBUG) ||
	       (log_debugs(r->engine->log) & DEBUG_BIT(DEBUG_MAIL_DNS)) != 0;
}

static void
submit(struct pending *p)
{
	struct resolver *r = p->resolver;
	json_t *message = p->status != NULL ? json_pack("{s:s, s:I}", "type", "status", "id", p->id)
					    : resolve_ask_message(p->id, &p->question, wants_log(r));
	struct err err = ERR_INIT;

	p->tries++;
	if (!send_message(r, message, &err)) {
		fail_later(p, err.text);
		return;
	}
	if (!p->sent)
		loop_in_flight(r->engine->loop, 1);
	p->sent = true;
	mem_free(p->timer);
	p->timer = timer_after(p, r->engine->loop, HUNG, on_hung, p);
}

void
resolver_ask(const void *ctx, struct resolver *r, const struct mail_dns_question *q, resolver_done_f *done,
	void *arg)
{
	struct pending *p = pending_new(ctx, r, arg);
	usec after = 0;

	p->question = *q;
	p->question.name = mem_strdup(p, q->name);
	p->question.label = mem_strdup(p, q->label);
	p->done = done;
	if (r->fake == NULL) {
		submit(p);
		return;
	}
	p->ready = r->fake(r->fake_arg, p, &p->question, &after);
	if (p->ready == NULL)
		p->ready = question_failed(p, &p->question, "the scenario says nothing of it");
	p->timer = timer_after(p, r->engine->loop, after, on_ready, p);
}

void
resolver_status(const void *ctx, struct resolver *r, resolver_status_f *done, void *arg)
{
	struct pending *p = pending_new(ctx, r, arg);

	p->status = done;
	submit(p);
}

void
resolver_fake(struct resolver *r, resolver_fake_f *f, void *arg)
{
	r->fake = f;
	r->fake_arg = arg;
}

/* ---- what the process says --------------------------------------------------------------------------- */

static void
take_log(struct resolver *r, const json_t *message)
{
	static const char warning[] = DNSLOG_WARNING;
	const char *text = json_string_value(json_object_get(message, "text"));
	usec at = json_integer_value(json_object_get(message, "at"));
	const struct pending *p = find(r, json_integer_value(json_object_get(message, "id")));
	const char *label = p == NULL ? NULL : p->question.label;
	bool is_warning;
	char *line;

	if (text == NULL)
		return;
	is_warning = strncmp(text, warning, sizeof warning - 1) == 0;
	maillog_add_at(r->engine, is_warning ? MAILLOG_WARNING : MAILLOG_DEBUG, at,
		text + (is_warning ? sizeof warning - 1 : 0));
	line = mem_printf(NULL, "%s%s%s", label == NULL ? "" : label, label == NULL ? "" : ": ", text);
	log_debug_at(r->engine->log, DEBUG_BIT(DEBUG_MAIL_DNS), at, true, line);
	mem_free(line);
}

static void
take_answer(struct resolver *r, const json_t *message)
{
	struct pending *p = find(r, json_integer_value(json_object_get(message, "id")));
	struct mail_dns_answer *a;
	struct err err = ERR_INIT;
	void *ctx;

	if (p == NULL || p->done == NULL || !p->sent)
		return; /* the answer to a question that nobody knows any more */
	ctx = mem_ctx(NULL, "mail dns answer");
	a = mail_dns_answer_from_json(ctx, json_object_get(message, "answer"), &err);
	if (a == NULL)
		a = question_failed(ctx, &p->question, err.text);
	finish(p, a);
	mem_free(ctx);
}

static void
take_status(struct resolver *r, const json_t *message)
{
	struct pending *p = find(r, json_integer_value(json_object_get(message, "id")));

	if (p != NULL && p->status != NULL)
		finish_status(p, message);
}

static void
take_trouble(struct resolver *r, const json_t *message)
{
	const char *text = json_string_value(json_object_get(message, "text"));

	log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_DNSSEC", "%s",
		text == NULL ? "the resolver is in trouble" : text);
}

static void
on_message(void *arg, json_t *message)
{
	static const struct {
		const char *type;
		void (*take)(struct resolver *, const json_t *);
	} rows[] = {
		{ "log", take_log },
		{ "answer", take_answer },
		{ "status", take_status },
		{ "trouble", take_trouble },
	};
	const char *type = json_string_value(json_object_get(message, "type"));

	for (size_t i = 0; type != NULL && i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i].type, type) == 0)
			rows[i].take(arg, message);
	}
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct resolver *r = arg;
	struct pending *p, *next;
	size_t lost = 0;

	(void)pid;
	r->told = false;
	LIST_FOREACH (p, &r->pending, link)
		lost += p->sent;
	if (lost == 0)
		return; /* told to end, or died idle: the next question starts another */
	if (term_signal != 0)
		log_msg(r->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended by signal %d during %zu look-up%s", helper_name(r->helper), term_signal,
			lost, lost == 1 ? "" : "s");
	else
		log_msg(r->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HELPER",
			"%s ended with status %d during %zu look-up%s", helper_name(r->helper), exit_code,
			lost, lost == 1 ? "" : "s");
	for (p = LIST_FIRST(&r->pending); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		if (!p->sent)
			continue;
		if (p->tries < TRIES_MAX)
			submit(p);
		else
			fail_later(p, "the resolving process ended");
	}
}

void
resolver_each_helper(const struct resolver *r, void (*f)(void *arg, const struct helper *), void *arg)
{
	f(arg, r->helper);
}

static int
resolver_free(void *arg)
{
	struct resolver *r = arg;
	struct pending *p;

	while ((p = LIST_FIRST(&r->pending)) != NULL) {
		settle(p); /* nobody is left to cancel it for */
		mem_free(p);
	}
	return 0;
}

struct resolver *
resolver_new(const void *ctx, struct engine *engine)
{
	struct resolver *r = mem_new(ctx, struct resolver);
	const struct helper_spec spec = { .name = RESOLVE_PROGRAM,
		.dir = engine->program_dir,
		.frame_max = ANSWER_MAX,
		.on_message = on_message,
		.on_exit = on_exit_helper,
		.arg = r };

	r->engine = engine;
	r->helper = helper_new(r, engine->loop, &spec);
	LIST_INIT(&r->pending);
	mem_on_free(r, resolver_free);
	return r;
}
