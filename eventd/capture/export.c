/* `monitor capture NAME export URL`: stops the capture and says so, then has the helper write the file. */
#include <string.h>

#include "capture/job.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"

static void
export_failed(struct job *job, const struct err *err)
{
	struct err ignored = ERR_INIT, why = *err;

	files_delete(job->captures->engine->files, job->url, job->absolute ? FILES_ABSOLUTE : 0, &ignored);
	err_set(&why, err->code, "%%Error writing %s (%s)", job->url, err->text);
	job_failed(job, &why);
}

static void
exported(void *arg, const json_t *answer, const struct err *err)
{
	if (answer == NULL)
		export_failed(arg, err);
	else
		job_done(arg, "Exported Successfully\n");
}

static bool
ask(struct job *job, struct err *err)
{
	json_t *question = json_object();

	job_add_form(question, job->url);
	return captures_ask_files(
		job->captures, "export", job->name, question, job->fds, job->fd_count, exported, job, err);
}

static void
say_stopped(struct job *job, const struct capture_point *p)
{
	session_print(job->session, "Stopped capture point : %s\n", job->name);
	if (p != NULL && p->triggers != NULL)
		session_print(job->session,
			"Its triggers are off : 'monitor capture %s start' arms them again\n", job->name);
}

static void
stopped_for_export(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);
	struct err why = ERR_INIT;

	if (answer == NULL) {
		export_failed(job, err);
		return;
	}
	if (p != NULL)
		captures_ended(job->captures, p, "exported");
	if (job->session != NULL)
		say_stopped(job, p);
	if (!ask(job, &why))
		export_failed(job, &why);
}

static enum cmd_result
stop_first(struct job *job, struct err *err)
{
	if (captures_ask(job->captures, "stop", job->name, json_object(), stopped_for_export, job, err))
		return job_wait(job, 0);
	mem_free(job);
	return CMD_REFUSED;
}

enum cmd_result
capture_export(
	struct session *s, struct captures *c, struct capture_point *p, const char *url, struct err *err)
{
	struct job *job;

	if (!p->has_packets) {
		err_set(err, ERR_REFUSED, "%%Error: Capture %s has no buffer", p->name);
		err_hint(err, "it was never started, or its helper ended");
		return CMD_REFUSED;
	}
	job = job_new(s, c, p->name);
	job->url = mem_strdup(job, url);
	job->absolute = session_level(s) == 15;
	if (!job_open(job, url, job->absolute, err)) {
		mem_free(job);
		return CMD_REFUSED;
	}
	if (p->active)
		return stop_first(job, err);
	if (!ask(job, err)) {
		mem_free(job);
		return CMD_REFUSED;
	}
	return job_wait(job, 0);
}
