/* Starts, stops, clears and deletes captures. */
#include "capture/job.h"

#include <unistd.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"

#define ANSWER_WITHIN (30 * USEC_PER_SEC)

/* ---- a job ---- */

static int
close_file(void *ptr)
{
	struct job *job = ptr;

	if (job->fd >= 0)
		close(job->fd);
	return 0;
}

struct job *
job_new(struct session *s, struct captures *c, const char *name)
{
	struct job *job = mem_new(c, struct job);

	job->captures = c;
	job->session = s;
	job->name = mem_strdup(job, name);
	job->fd = -1;
	mem_on_free(job, close_file);
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
	if (!captures_ask(job->captures, op, job->name, question, done, job, err)) {
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
	p->active = p->has_packets = true;
	log_msg(job->captures->engine->log, NULL, "BUFCAP", SEV_INFORMATIONAL, "ENABLE",
		"Capture Point %s enabled.", p->name);
	job_done(job, mem_printf(job, "Started capture point : %s\n", job->name));
}

enum cmd_result
capture_start(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", p->name), CMD_REFUSED;
	if (p->interface_count == 0 || p->filter == NULL) {
		err_set(err, ERR_REFUSED, "Unable to activate Capture.");
		err_hint(err,
			p->interface_count == 0 ? "it has no interface: monitor capture %s interface IF both"
						: "it has no filter: monitor capture %s match any",
			p->name);
		return CMD_REFUSED;
	}
	return job_ask(
		job_new(s, c, p->name), "start", point_spec(c->engine, p), started, ANSWER_WITHIN, err);
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
