/* When recording is on, what is recorded, and what becomes of a failed attempt. */
#include "actions/mail/recorder/recorder.h"

#include <ctype.h>
#include <string.h>

#include "actions/mail/hint.h"
#include "actions/mail/mailer.h"
#include "actions/mail/recorder/private.h"
#include "applets/expand.h"
#include "bus/moment.h"
#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "core/capture_port.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define KERNEL_BYTES    (1 << 20) /* of the kernel's own buffer for each recording */
#define NAME_MAX_APPLET 48        /* of the applet in a file name */
#define AGAIN           (10 * USEC_PER_SEC)

static const unsigned submission_ports[] = { 25, 465, 587 };
#define SUBMISSION_FILTER "tcp port 25 or tcp port 465 or tcp port 587"

/* ---- what is recorded ---- */

static bool
is_submission(unsigned port)
{
	for (size_t i = 0; i < sizeof submission_ports / sizeof submission_ports[0]; i++)
		if (submission_ports[i] == port)
			return true;
	return false;
}

/* The recording that has packets of the port, or NULL. */
static struct recorded_port *
recorder_port(struct mail_recorder *r, unsigned port)
{
	for (size_t i = 0; i < r->port_count; i++)
		if (r->ports[i].port == port || (r->ports[i].is_default && is_submission(port)))
			return &r->ports[i];
	return NULL;
}

static void
asked(void *arg, const json_t *answer, const struct err *err)
{
	struct recorded_port *port = arg;
	struct mail_recorder *r = port->recorder;

	port->is_running = port->is_asked = answer != NULL;
	if (answer != NULL) {
		r->told = false;
		return;
	}
	if (r->on && !r->told)
		log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_CAPTURE",
			"Packets of failed mails cannot be captured: %s", err->text);
	r->told = true;
}

static void
nobody_waits(void *arg, const json_t *answer, const struct err *err)
{
	(void)arg, (void)answer, (void)err;
}

/* Nothing is waited for: a mail goes its way whether or not its packets are seen. */
static void
start(struct mail_recorder *r, struct recorded_port *port)
{
	json_t *question = json_pack("{s:[{s:s, s:s}], s:s, s:I, s:b, s:i}", "interfaces", "name", "any",
		"direction", "both", "filter", port->filter, "buffer_bytes", (json_int_t)r->size_mb << 20,
		"circular", 1, "kernel_bytes", KERNEL_BYTES);
	struct err err = ERR_INIT;

	port->is_asked = true;
	if (!r->engine->capture_port->ask(r->engine, "start", port->name, question, asked, port, &err))
		asked(port, NULL, &err);
}

static void
add_port(struct mail_recorder *r, unsigned number)
{
	struct recorded_port *port;

	if (r->port_count == RECORDER_PORTS_MAX)
		return;
	port = &r->ports[r->port_count++];
	*port = (struct recorded_port){ .recorder = r, .port = number, .is_default = is_submission(number) };
	port->name = port->is_default ? mem_strdup(r, ".mail") : mem_printf(r, ".mail-%u", number);
	port->filter = port->is_default ? SUBMISSION_FILTER : mem_printf(r, "tcp port %u", number);
}

void
recorder_expect(struct engine *e, unsigned number)
{
	struct mail_recorder *r = e->recorder;
	struct recorded_port *port;

	if (r == NULL || number == 0)
		return;
	if (recorder_port(r, number) == NULL)
		add_port(r, number);
	port = recorder_port(r, number);
	if (port != NULL && r->on && !port->is_asked && e->capture_port != NULL && !e->is_check)
		start(r, port);
}

static void
stop_all(struct mail_recorder *r)
{
	struct err ignored = ERR_INIT;

	for (size_t i = 0; i < r->port_count; i++) {
		if (r->ports[i].is_asked)
			r->engine->capture_port->ask(r->engine, "delete", r->ports[i].name, json_object(),
				nobody_waits, NULL, &ignored);
		r->ports[i].is_asked = r->ports[i].is_running = false;
	}
}

/* ---- the helper dies ---- */

static void
begin_again(void *arg)
{
	struct mail_recorder *r = arg;

	r->began_again = clock_mono(r->engine->clock);
	for (size_t i = 0; i < r->port_count; i++)
		recorder_expect(r->engine, r->ports[i].port);
}

/* At once; one that dies again and again is not started more often than every ten seconds. */
static void
on_gone(void *arg, const struct err *err)
{
	struct mail_recorder *r = arg;
	bool was_running = false,
	     is_often = r->began_again != 0 && clock_mono(r->engine->clock) < r->began_again + AGAIN;

	for (size_t i = 0; i < r->port_count; i++) {
		was_running |= r->ports[i].is_running;
		r->ports[i].is_asked = r->ports[i].is_running = false;
	}
	if (!r->on || !was_running)
		return;
	log_msg(r->engine->log, NULL, "HA_EM", SEV_WARNINGS, "MAIL_CAPTURE_LOST",
		"The packets kept of mails are lost: %s; recording begins again", err->text);
	mem_free(r->again);
	r->again = timer_after(r, r->engine->loop, is_often ? AGAIN : 0, begin_again, r);
}

/* ---- an attempt ---- */

bool
recorder_begin(struct engine *e, struct mail_job *job)
{
	struct mail_recorder *r = e->recorder;

	if (r == NULL || !r->on)
		return false;
	job->debug |= DEBUG_BIT(DEBUG_EEM_MAIL);
	job->keep_secrets = r->include_secrets;
	recorder_expect(e, job->port);
	for (size_t i = 0; i < job->hop_count; i++)
		recorder_expect(e, job->hops[i].port);
	return true;
}

static json_t *
text_or_null(const char *s)
{
	return s == NULL || *s == '\0' ? json_null() : frame_string(s, strlen(s));
}

/* The trace; where nobody was spoken to there is none, and the end itself is what can be told. */
static json_t *
lines(const struct text *trace, const struct mail_result *r)
{
	json_t *list = json_array();
	const char *at = trace != NULL ? trace->s : "";

	while (*at != '\0') {
		size_t n = strcspn(at, "\n");

		json_array_append_new(list, frame_string(at, n));
		at += n + (at[n] == '\n');
	}
	if (json_array_size(list) == 0) {
		char *end =
			mem_printf(NULL, "ended before a connection: %s %s: %s", mail_class_name(r->class),
				mail_phase_name(r->phase), r->detail != NULL ? r->detail : "");

		json_array_append_new(list, frame_string(end, strlen(end)));
		mem_free(end);
	}
	return list;
}

static json_t *
record_of(const struct mail_job *job, const struct mail_result *r, const struct text *trace, usec since)
{
	json_t *chain = json_object_get(r->tls, "chain"), *j = json_object();
	const char *host = r->host != NULL ? r->host : job->host;

	json_object_set_new(j, "wall", json_integer(since));
	json_object_set_new(j, "applet", text_or_null(job->policy));
	json_object_set_new(j, "job", json_integer((json_int_t)job->id));
	json_object_set_new(j, "mid", job->mid == 0 ? json_null() : json_integer((json_int_t)job->mid));
	json_object_set_new(j, "host", text_or_null(host));
	json_object_set_new(j, "ip", text_or_null(r->ip));
	json_object_set_new(j, "port", json_integer(r->port));
	json_object_set_new(j, "class", json_string(mail_class_name(r->class)));
	json_object_set_new(j, "phase", json_string(mail_phase_name(r->phase)));
	json_object_set_new(j, "detail", text_or_null(r->detail));
	json_object_set_new(j, "hint",
		text_or_null(
			r->hint != NULL && *r->hint != '\0' ? r->hint : mail_hint(r->class, r->reply.code)));
	json_object_set_new(j, "reply",
		r->reply.code == 0 ? json_null()
				   : json_pack("{s:i, s:o}", "code", r->reply.code, "text",
					     text_or_null(r->reply.text)));
	json_object_set_new(j, "trace", lines(trace, r));
	json_object_set_new(j, "chain", chain != NULL ? json_deep_copy(chain) : json_array());
	json_object_set_new(j, "capture", json_null());
	json_object_set_new(j, "packets", json_integer(0));
	json_object_set_new(j, "capture_problem", json_null());
	return j;
}

/* "MID 12" of a mail in the queue; any other has only the number of its attempt. */
static const char *
number_of(const void *ctx, const struct mail_job *job)
{
	return job->mid != 0 ? mem_printf(ctx, "MID %llu", (unsigned long long)job->mid)
			     : mem_printf(ctx, "attempt %llu", (unsigned long long)job->id);
}

/*
 * "flash:mail-LINK-DOWN-mid17-20-CERT_UNTRUSTED.pcapng", by MID and attempt; without a queue only by attempt. These count
 * from 1 with each start, so a name may be taken.
 */
static char *
file_name(const void *ctx, const struct engine *e, const struct mail_job *job, const struct mail_result *r)
{
	char applet[NAME_MAX_APPLET + 1];
	size_t n = 0;
	const char *number = job->mid != 0 ? mem_printf(ctx, "mid%llu-", (unsigned long long)job->mid) : "";
	char *name;

	for (const char *s = job->policy; *s != '\0' && n < NAME_MAX_APPLET; s++)
		applet[n++] = isalnum((unsigned char)*s) || strchr("-_.", *s) != NULL ? *s : '_';
	applet[n] = '\0';
	name = mem_printf(ctx, "flash:mail-%s-%s%llu-%s.pcapng", applet, number, (unsigned long long)job->id,
		mail_class_name(r->class));
	for (unsigned again = 2; files_exists(e->files, name, 0); again++)
		name = mem_printf(ctx, "flash:mail-%s-%s%llu-%s-%u.pcapng", applet, number,
			(unsigned long long)job->id, mail_class_name(r->class), again);
	return name;
}

static json_t *
question_of(
	const struct mail_recorder *rec, const struct mail_job *job, const struct mail_result *r, usec since)
{
	struct text *comment = text_new(NULL);
	json_t *j = json_object();

	text_printf(comment, "Mail of %s (%s) to %s port %u failed: %s", job->policy, number_of(comment, job),
		r->host != NULL ? r->host : job->host, r->port, mail_class_name(r->class));
	text_printf(comment, " in phase %s", mail_phase_name(r->phase));
	if (r->detail != NULL)
		text_printf(comment, ": %s", r->detail);
	json_object_set_new(j, "from", json_integer(0));
	json_object_set_new(j, "flows", mail_flows_to_json(r));
	json_object_set_new(j, "since_ns", json_integer(since * 1000));
	json_object_set_new(j, "comment", frame_string(comment->s, comment->len));
	if (rec->include_secrets)
		json_object_set_new(j, "secrets", json_string(r->tls_secrets != NULL ? r->tls_secrets : ""));
	mem_free(comment);
	return j;
}

static void
keep(struct mail_recorder *rec, const struct mail_job *job, const struct mail_result *r,
	const struct text *trace, usec since)
{
	struct recorded_port *port = r->flow_count == 0 ? NULL : recorder_port(rec, r->flows[0].rport);
	json_t *record = record_of(job, r, trace, since), *question;
	void *ctx;
	uint64_t no;

	if (r->flow_count > 0 && (port == NULL || !port->is_asked))
		json_object_set_new(record, "capture_problem", json_string("packets cannot be captured"));
	no = failures_add(rec->failures, record);
	if (port == NULL || !port->is_asked)
		return;
	ctx = mem_ctx(rec, "file name");
	question = question_of(rec, job, r, since);
	recorder_write(rec, port, no, file_name(ctx, rec->engine, job, r), question);
	mem_free(ctx);
}

static void
tell_moment(struct engine *e, const struct mail_job *job, const struct mail_result *r)
{
	struct moment m = { .kind = MOMENT_MAIL, .name = job->policy, .wall = clock_wall(e->clock) };
	char *what;

	if (!moment_is_watched(e))
		return;
	what = mem_printf(NULL, "%s in phase %s", mail_class_name(r->class), mail_phase_name(r->phase));
	m.what = what;
	moment_told(e, &m);
	mem_free(what);
}

void
recorder_end(struct engine *e, const struct mail_job *job, struct mail_result *r, const struct text *trace,
	usec since)
{
	struct mail_recorder *rec = e->recorder;

	if (r->class == MAIL_OK || r->class == MAIL_CANCELLED) {
		r->tls_secrets = NULL;
		return;
	}
	tell_moment(e, job, r);
	if (rec != NULL && rec->on && job->id != 0)
		keep(rec, job, r, trace, since);
	else if (rec != NULL && rec->on) {
		struct mail_job numbered = *job;

		numbered.id = mailer_number(e->mailer);
		keep(rec, &numbered, r, trace, since);
	}
	r->tls_secrets = NULL; /* nobody else shall have them */
}

void
recorder_refused(struct engine *e, const char *policy, uint64_t mid, const char *host, struct mail_result *r)
{
	const char *colon = host != NULL ? strrchr(host, ':') : NULL;
	struct mail_job none = { .policy = policy, .mid = mid };
	int64_t port = 0;

	if (colon != NULL && parse_integer(colon + 1, strlen(colon + 1), &port) && port > 0) {
		none.host = mem_strndup(NULL, host, (size_t)(colon - host));
		r->port = (unsigned)port;
	} else
		none.host = mem_strdup(NULL, host);
	recorder_end(e, &none, r, NULL, clock_wall(e->clock));
	mem_free((char *)(uintptr_t)none.host);
}

/* ---- configuration ---- */

struct recorder_args {
	struct kw_int size, files;
	struct kw_flag secrets;
};

static const struct kw recorder_kw[] = {
	{ .word = "size",
		.help = "Megabytes of packets kept in memory, and at most written for one failure",
		.type = &kw_number,
		KW_AT(struct recorder_args, size),
		.min = 1,
		.max = RECORDER_SIZE_MAX_MB },
	{ .word = "files",
		.help = "Number of failures kept; the oldest makes room",
		.type = &kw_number,
		KW_AT(struct recorder_args, files),
		.min = 1,
		.max = 100 },
	{ .word = "include-secrets",
		.help = "Write what decrypts the session, and do not mask passwords",
		KW_AT(struct recorder_args, secrets) },
	KW_END,
};

static bool
apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct recorder_args *a = new == NULL ? NULL : new->args;
	struct mail_recorder *r = e->recorder;

	(void)old, (void)err;
	if (r->on && e->capture_port != NULL)
		stop_all(r);
	r->on = a != NULL;
	r->told = false;
	r->include_secrets = a != NULL && a->secrets.set;
	r->size_mb = a != NULL && a->size.set ? (unsigned)a->size.v : RECORDER_SIZE_MB;
	failures_limit(r->failures, a != NULL && a->files.set ? (size_t)a->files.v : RECORDER_FILES);
	if (!r->on)
		return true;
	if (e->capture_port != NULL)
		e->capture_port->on_gone(e, on_gone, r);
	recorder_expect(e, submission_ports[0]);
	for (size_t i = 0; i < r->port_count; i++)
		recorder_expect(e, r->ports[i].port);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "event manager mail capture-on-failure",
		  .help = "Keep the packets of mails that fail",
		  .kw = recorder_kw,
		  .size = sizeof(struct recorder_args),
		  .level = 15 },
		.mode = "config",
		.order = 622,
		.apply = apply },
};

void
recorder_rows(struct conf *conf)
{
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}

struct mail_recorder *
recorder_new(const void *ctx, struct engine *engine)
{
	struct mail_recorder *r = mem_new(ctx, struct mail_recorder);

	r->engine = engine;
	r->size_mb = RECORDER_SIZE_MB;
	r->failures = failures_new(r, engine);
	return r;
}
