/* `monitor capture NAME export URL`: stops the capture, then writes the file in pieces, so that no answer is large. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "capture/job.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"
#include "core/paths.h"

static void
export_failed(struct job *job, const struct err *err)
{
	struct err ignored = ERR_INIT;

	files_delete(job->captures->engine->files, job->url, job->absolute ? FILES_ABSOLUTE : 0, &ignored);
	job_failed(job, err);
}

static bool
write_all(const struct job *job, const unsigned char *data, size_t n, struct err *err)
{
	return path_write_all(job->fd, data, n) ||
	       err_set(err, ERR_IO, "%%Error writing %s (%s)", job->url, strerror(errno));
}

static bool
write_piece(const struct job *job, const json_t *bytes, struct err *err)
{
	size_t n = json_string_length(bytes);
	const char *text = json_string_value(bytes);
	unsigned char *data = mem_alloc(NULL, n + 1);
	int len = text == NULL ? -1 : EVP_DecodeBlock(data, (const unsigned char *)text, (int)n);
	bool ok;

	for (size_t pads = 0; len > 0 && pads < 2 && n > pads && text[n - 1 - pads] == '='; pads++)
		len--;
	ok = len < 0 ? err_set(err, ERR_INTERNAL, "%s: the helper's answer is damaged", job->url)
		     : write_all(job, data, (size_t)len, err);
	mem_free(data);
	return ok;
}

static bool ask_piece(struct job *, json_int_t from, struct err *);

static void
got_piece(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	const json_t *next = json_object_get(answer, "next");
	struct err why = ERR_INIT;

	if (answer == NULL) {
		export_failed(job, err);
		return;
	}
	if (job->session == NULL) {
		err_set(&why, ERR_REFUSED, "interrupted");
		export_failed(job, &why);
		return;
	}
	if (!write_piece(job, json_object_get(answer, "bytes"), &why) ||
		(next != NULL && !ask_piece(job, json_integer_value(next), &why))) {
		export_failed(job, &why);
		return;
	}
	if (next == NULL)
		job_done(job, "Exported Successfully\n");
}

static bool
ask_piece(struct job *job, json_int_t from, struct err *err)
{
	return captures_ask(job->captures, "export", job->name,
		json_pack("{sIsb}", "from", from, "pcapng", job->pcapng), got_piece, job, err);
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
		captures_ended(job->captures, p, NULL);
	if (!ask_piece(job, 0, &why))
		export_failed(job, &why);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

enum cmd_result
capture_export(
	struct session *s, struct captures *c, struct capture_point *p, const char *url, struct err *err)
{
	struct job *job;
	struct err why = ERR_INIT;

	if (!p->has_packets) {
		err_set(err, ERR_REFUSED, "%%Error: Capture %s has no buffer", p->name);
		err_hint(err, "it was never started, or its helper ended");
		return CMD_REFUSED;
	}
	job = job_new(s, c, p->name);
	job->url = mem_strdup(job, url);
	job->absolute = session_level(s) == 15;
	job->pcapng = ends_with(url, ".pcapng");
	job->fd = files_open(
		c->engine->files, url, O_WRONLY | O_CREAT | O_TRUNC, job->absolute ? FILES_ABSOLUTE : 0, err);
	if (job->fd < 0) {
		mem_free(job);
		return CMD_REFUSED;
	}
	if (p->active)
		return job_ask(job, "stop", json_object(), stopped_for_export, 0, err);
	if (!ask_piece(job, 0, &why)) {
		*err = why;
		mem_free(job);
		return CMD_REFUSED;
	}
	return job_wait(job, 0);
}
