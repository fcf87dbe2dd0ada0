/* From the capture helper to a file: in pieces, then written by a worker thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "actions/mail/recorder/private.h"
#include "core/capture_port.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

/* A file that is being put together; owned by the recorder. */
struct file {
	struct mail_recorder *recorder;
	const char *recording;
	uint64_t no;      /* of the failure */
	const char *name; /* flash:... */
	struct text *bytes;
	json_int_t packets;
};

/* What the worker thread writes: malloc. */
struct writing {
	struct file *file;
	int fd, error;
	char *data;
	size_t n;
};

/* The end without a file: the record says why. */
static void
without(struct file *f, const char *why)
{
	json_t *record = failures_find(f->recorder->failures, f->no);

	if (record != NULL) {
		json_object_set_new(record, "capture", json_null());
		json_object_set_new(record, "capture_problem", json_string(why));
		failures_changed(f->recorder->failures);
	}
	mem_free(f);
}

/* ---- writing ---- */

static void
write_all(void *data)
{
	struct writing *w = data;
	size_t at = 0;

	while (at < w->n && w->error == 0) {
		ssize_t n = write(w->fd, w->data + at, w->n - at);

		if (n >= 0)
			at += (size_t)n;
		else if (errno != EINTR)
			w->error = errno;
	}
	if (close(w->fd) < 0 && w->error == 0)
		w->error = errno;
	w->fd = -1;
}

static void
have_written(void *data)
{
	struct writing *w = data;
	struct file *f = w->file;
	struct mail_recorder *r = f->recorder;
	json_t *record = failures_find(r->failures, f->no);
	struct err ignored = ERR_INIT;

	if (w->error != 0 || record == NULL) {
		files_delete(r->engine->files, f->name, 0, &ignored);
		without(f, w->error != 0 ? strerror(w->error) : "");
		return;
	}
	json_object_set_new(record, "capture", json_string(f->name));
	json_object_set_new(record, "packets", json_integer(f->packets));
	failures_changed(r->failures);
	log_msg(r->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "MAIL_CAPTURED",
		"Packets of the failed mail of %s (%s) are in %s",
		json_string_value(json_object_get(record, "applet")),
		json_string_value(json_object_get(record, "class")), f->name);
	mem_free(f);
}

static void
free_writing(void *data)
{
	struct writing *w = data;

	if (w->fd >= 0)
		close(w->fd);
	explicit_bzero(w->data, w->n);
	free(w->data);
	free(w);
}

static void
store(struct file *f)
{
	struct engine *e = f->recorder->engine;
	struct writing *w = calloc(1, sizeof *w);
	struct err err = ERR_INIT;

	if (w == NULL || (w->data = malloc(f->bytes->len)) == NULL) {
		free(w);
		without(f, "no memory");
		return;
	}
	w->file = f;
	w->n = f->bytes->len;
	memcpy(w->data, f->bytes->s, w->n);
	explicit_bzero(f->bytes->s, f->bytes->len);
	w->fd = files_open(e->files, f->name, O_WRONLY | O_CREAT | O_TRUNC, 0, &err);
	if (w->fd < 0) {
		free_writing(w);
		without(f, err.text);
		return;
	}
	work_submit(f, e->loop, write_all, have_written, free_writing, w);
}

/* ---- reading ---- */

static void ask(struct file *, json_t *question);

static bool
add_piece(struct file *f, const json_t *bytes)
{
	size_t n = json_string_length(bytes), pads = 0;
	const char *text = json_string_value(bytes);
	unsigned char *data;
	int len;

	if (text == NULL)
		return false;
	data = mem_alloc(NULL, n + 1);
	len = EVP_DecodeBlock(data, (const unsigned char *)text, (int)n);
	while (len > 0 && pads < 2 && n > pads && text[n - 1 - pads] == '=')
		pads++;
	if (len >= 0)
		text_addn(f->bytes, data, (size_t)len - pads);
	mem_free(data);
	return len >= 0;
}

static void
got_piece(void *arg, const json_t *answer, const struct err *err)
{
	struct file *f = arg;
	const json_t *next = json_object_get(answer, "next"), *packets = json_object_get(answer, "packets");
	struct recorded_port *port;

	if (answer == NULL) {
		/* Its buffers are gone when it has died: it is asked again with the next mail at the latest. */
		for (size_t i = 0; i < f->recorder->port_count; i++) {
			port = &f->recorder->ports[i];
			if (strcmp(port->name, f->recording) == 0)
				port->is_asked = port->is_running = false;
		}
		/* The helper knows the recording by a name that is nobody else's. */
		without(f, strcmp(err->class, "HELPER_FAILED") == 0 ? err->text
								    : "its packets were not being recorded");
		return;
	}
	if (packets != NULL)
		f->packets = json_integer_value(packets);
	if (!add_piece(f, json_object_get(answer, "bytes")))
		without(f, "the helper's answer is damaged");
	else if (next != NULL)
		ask(f, json_pack("{s:I}", "from", json_integer_value(next)));
	else if (f->packets == 0)
		without(f, "no packet of the attempt was seen");
	else
		store(f);
}

static void
ask(struct file *f, json_t *question)
{
	struct engine *e = f->recorder->engine;
	struct err err = ERR_INIT;

	if (!e->capture_port->ask(e, "extract", f->recording, question, got_piece, f, &err))
		without(f, err.text);
}

void
recorder_write(struct mail_recorder *r, const struct recorded_port *port, uint64_t no, const char *name,
	json_t *question)
{
	struct file *f = mem_new(r, struct file);

	f->recorder = r;
	f->recording = mem_strdup(f, port->name);
	f->no = no;
	f->name = mem_strdup(f, name);
	f->bytes = text_new(f);
	ask(f, question);
}
