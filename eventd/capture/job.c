/* Starts, stops, clears and deletes captures. */
#include "capture/job.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/trigger.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"

#define ANSWER_WITHIN (30 * USEC_PER_SEC)

/* ---- a job ---- */

static int
close_files(void *ptr)
{
	struct job *job = ptr;

	for (size_t i = 0; i < job->fd_count; i++)
		close(job->fds[i]);
	return 0;
}

bool
job_open(struct job *job, const char *url, bool absolute, struct err *err)
{
	int fd = files_open(job->captures->engine->files, url, O_WRONLY | O_CREAT | O_TRUNC,
		absolute ? FILES_ABSOLUTE : 0, err);

	if (fd < 0)
		return false;
	job->fds = mem_resize(job, job->fds, (job->fd_count + 1) * sizeof *job->fds);
	job->fds[job->fd_count++] = fd;
	return true;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

void
job_add_form(json_t *question, const char *url)
{
	json_object_set_new(question, "pcapng", json_boolean(ends_with(url, ".pcapng")));
}

struct job *
job_new(struct session *s, struct captures *c, const char *name)
{
	struct job *job = mem_new(c, struct job);

	job->captures = c;
	job->session = s;
	job->name = mem_strdup(job, name);
	mem_on_free(job, close_files);
	return job;
}

static void
session_over(void *arg, enum session_end why)
{
	((struct job *)arg)->session = NULL;
}

void
job_failed(struct job *job, const struct err *err)
{
	if (job->session != NULL)
		session_fail(job->session, err);
	mem_free(job);
}

void
job_done(struct job *job, const char *say)
{
	if (job->session != NULL) {
		session_print(job->session, "%s", say);
		session_done(job->session);
	}
	mem_free(job);
}

enum cmd_result
job_wait(struct job *job, usec deadline)
{
	return session_wait(job->session, deadline, session_over, job);
}

enum cmd_result
job_ask(struct job *job, const char *op, json_t *question, captures_done_f *done, usec deadline,
	struct err *err)
{
	if (!captures_ask_files(
		    job->captures, op, job->name, question, job->fds, job->fd_count, done, job, err)) {
		mem_free(job);
		return CMD_REFUSED;
	}
	return job_wait(job, deadline);
}

/* ---- the commands ---- */

static void
nobody_waits(void *arg, const json_t *answer, const struct err *err)
{
}

static void
started(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);
	struct err why = *err, ignored;

	if (answer == NULL) {
		err_set(&why, err->code, "Unable to activate Capture.");
		err_hint(&why, "%.250s", err->text);
		job_failed(job, &why);
		return;
	}
	if (p == NULL) {
		err_set(&why, ERR_REFUSED, "Capture %s was deleted meanwhile", job->name);
		captures_ask(job->captures, "delete", job->name, json_object(), nobody_waits, NULL, &ignored);
		job_failed(job, &why);
		return;
	}
	triggers_rearm(p);
	captures_started(job->captures, p);
	if (job->display && job->session != NULL) {
		session_print(job->session, "Started capture point : %s\n", job->name);
		capture_display(job->session, job->captures, job->name);
		mem_free(job);
		return;
	}
	job_done(job, mem_printf(job, "Started capture point : %s\n", job->name));
}

static enum cmd_result
cannot_start(struct err *err, const char *fmt, const char *name)
{
	char *hint = mem_printf(NULL, fmt, name);

	err_set(err, ERR_REFUSED, "Unable to activate Capture.");
	err_hint(err, "%s", hint);
	mem_free(hint);
	return CMD_REFUSED;
}

/* "flash:cap.pcap", and of a ring also "flash:cap1.pcap", "flash:cap2.pcap", ... */
static bool
open_ring(struct job *job, const struct capture_point *p, bool absolute, struct err *err)
{
	const char *url = p->file.url, *dot = strrchr(url, '.');
	int64_t n = p->file.ring.set ? p->file.ring.v : 1;
	size_t stem = dot == NULL ? strlen(url) : (size_t)(dot - url);

	if (!job_open(job, url, absolute, err))
		return false;
	for (int64_t i = 1; i < n; i++)
		if (!job_open(job,
			    mem_printf(
				    job, "%.*s%lld%s", (int)stem, url, (long long)i, dot == NULL ? "" : dot),
			    absolute, err))
			return false;
	return true;
}

static bool
add_files(struct job *job, const struct capture_point *p, json_t *spec, bool absolute, struct err *err)
{
	int64_t n = p->file.ring.set ? p->file.ring.v : 1;

	if (p->file.url == NULL)
		return true;
	if (!open_ring(job, p, absolute, err))
		return false;
	job_add_form(spec, p->file.url);
	if (p->file.size_mb.set)
		json_object_set_new(
			spec, "file_bytes", json_integer((json_int_t)(p->file.size_mb.v << 20) / n));
	if (p->file.buffer_mb.set)
		json_object_set_new(
			spec, "kernel_bytes", json_integer((json_int_t)p->file.buffer_mb.v << 20));
	return true;
}

enum cmd_result
capture_start(struct session *s, struct captures *c, struct capture_point *p, const char *filter,
	bool display, struct err *err)
{
	struct err why = ERR_INIT;
	struct job *job;
	json_t *spec;

	if (p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", p->name), CMD_REFUSED;
	if (p->interface_count == 0)
		return cannot_start(
			err, "it has no interface: monitor capture %s interface IF both", p->name);
	if (!point_has_filter(p))
		return cannot_start(err, "it has no filter: monitor capture %s match any", p->name);
	if (p->triggers != NULL && !p->circular)
		return cannot_start(err,
			"a full linear buffer has no room for what comes before a trigger: monitor capture "
			"%s buffer circular",
			p->name);
	if (display && session_is_policy(s))
		return cannot_start(
			err, "a policy has nobody to display packets to: leave 'display' out", p->name);
	spec = point_spec(c->engine, p, filter, &why);
	if (spec == NULL)
		return cannot_start(err, "%s", why.text);
	p->more = mem_strdup(p, filter);
	job = job_new(s, c, p->name);
	job->display = display;
	if (!add_files(job, p, spec, session_level(s) == 15, err)) {
		json_decref(spec);
		mem_free(job);
		return CMD_REFUSED;
	}
	return job_ask(job, "start", spec, started, ANSWER_WITHIN, err);
}

/* ---- freeze ---- */

static void
frozen_now(void *arg, const char *file, const json_t *told, const struct err *err)
{
	struct job *job = arg;
	long long packets = json_integer_value(json_object_get(told, "packets"));

	if (file == NULL)
		job_failed(job, err);
	else
		job_done(job, mem_printf(job, "%lld packets are in %s\n", packets, file));
}

enum cmd_result
capture_freeze_now(struct session *s, struct captures *c, struct capture_point *p, int64_t before,
	int64_t after, const char *comment, struct err *err)
{
	char *whole;
	struct job *job;
	bool fine;

	if (!p->has_packets) {
		err_set(err, ERR_REFUSED, "%%Error: Capture %s has no buffer", p->name);
		err_hint(err, "it was never started, or its helper ended");
		return CMD_REFUSED;
	}
	if (after > 0 && !p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is not active", p->name), CMD_REFUSED;
	whole = mem_printf(NULL, "Capture %s frozen by a command%s%s", p->name, comment == NULL ? "" : ": ",
		comment == NULL ? "" : comment);
	job = job_new(s, c, p->name);
	fine = capture_freeze(c, p,
		&(struct freeze){ .label = "manual",
			.comment = whole,
			.at = clock_wall(c->engine->clock),
			.before = before * USEC_PER_SEC,
			.after = after * USEC_PER_SEC,
			.files = TRIGGER_FILES,
			.size_mb = TRIGGER_SIZE_MB,
			.is_masked = true },
		frozen_now, job, err);
	mem_free(whole);
	if (fine)
		return job_wait(job, after * USEC_PER_SEC + ANSWER_WITHIN);
	mem_free(job);
	return CMD_REFUSED;
}

static void
stopped(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);

	if (answer == NULL) {
		job_failed(job, err);
		return;
	}
	if (p != NULL)
		captures_ended(job->captures, p, NULL);
	job_done(job, mem_printf(job, "Stopped capture point : %s\n", job->name));
}

static void
cleared(void *arg, const json_t *answer, const struct err *err)
{
	if (answer == NULL)
		job_failed(arg, err);
	else
		job_done(arg, "");
}

enum cmd_result
capture_stop(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (!p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is not active", p->name), CMD_REFUSED;
	return job_ask(job_new(s, c, p->name), "stop", json_object(), stopped, ANSWER_WITHIN, err);
}

enum cmd_result
capture_clear(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (!p->has_packets)
		return CMD_DONE;
	return job_ask(job_new(s, c, p->name), "clear", json_object(), cleared, ANSWER_WITHIN, err);
}

static void
deleted(void *arg, const json_t *answer, const struct err *err)
{
	/* A helper that died has deleted everything: the wish is fulfilled either way. */
	job_done(arg, "");
}

enum cmd_result
capture_delete(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	struct job *job = job_new(s, c, p->name);
	bool had_packets = p->has_packets;

	captures_ended(c, p, NULL);
	log_msg(c->engine->log, session_cause(s), "BUFCAP", SEV_INFORMATIONAL, "DELETE",
		"Capture Point %s deleted.", p->name);
	captures_drop(c, p);
	if (had_packets)
		return job_ask(job, "delete", json_object(), deleted, ANSWER_WITHIN, err);
	mem_free(job);
	return CMD_DONE;
}
