/* Files that come with questions, files that are being written, and what is told of them. */
#include <string.h>
#include <unistd.h>

#include "capture/state.h"
#include "capture/window.h"
#include "capture/writing.h"
#include "core/frame.h"
#include "core/mem.h"

bool
capture_tell(json_t *message)
{
	struct err err = ERR_INIT;
	bool ok = frame_write_fd(STDOUT_FILENO, message, &err);

	json_decref(message);
	return ok;
}

size_t
capture_take_files(struct helper_state *h, const json_t *ask, int *files, size_t max)
{
	size_t n = (size_t)json_integer_value(json_object_get(ask, "files"));

	if (n > max)
		n = max;
	if (n > h->ngiven)
		n = h->ngiven;
	memcpy(files, h->given, n * sizeof *files);
	memmove(h->given, h->given + n, (h->ngiven - n) * sizeof *files);
	h->ngiven -= n;
	return n;
}

void
capture_drop_files(struct helper_state *h, size_t left)
{
	size_t n = h->ngiven > left ? h->ngiven - left : 0;

	for (size_t i = 0; i < n; i++)
		close(h->given[i]);
	memmove(h->given, h->given + n, (h->ngiven - n) * sizeof *h->given);
	h->ngiven -= n;
}

static int
forget_id(void *p)
{
	json_decref(((struct file *)p)->id);
	return 0;
}

bool
capture_write_file(
	struct helper_state *h, struct recording *r, struct window *w, const json_t *id, struct err *err)
{
	struct file *f = mem_new(h, struct file);

	f->name = mem_strdup(f, recording_name(r));
	f->writing = writing_start(f, r, w, err);
	if (f->writing == NULL) {
		mem_free(f);
		return false;
	}
	f->id = id == NULL ? NULL : json_deep_copy(id);
	mem_on_free(f, forget_id);
	f->next = h->files;
	h->files = f;
	return true;
}

static json_t *
frozen(const char *name, int64_t id, const struct written *done, bool is_early, const char *why)
{
	return json_pack("{sssssIsIsIsbsbso}", "event", "frozen", "name", name, "window", (json_int_t)id,
		"packets", (json_int_t)done->packets, "bytes", (json_int_t)done->bytes, "cut", done->is_cut,
		"early", is_early, "error", why[0] == '\0' ? json_null() : frame_string(why, strlen(why)));
}

bool
capture_tell_file(struct file *f)
{
	const struct window *w = writing_window(f->writing);
	struct written done;

	writing_finish(f->writing, &done);
	if (f->id == NULL)
		return capture_tell(frozen(f->name, w->id, &done, w->is_early, done.why));
	if (done.why[0] != '\0')
		return capture_tell(
			json_pack("{sOso}", "id", f->id, "error", frame_string(done.why, strlen(done.why))));
	return capture_tell(json_pack("{sOsIsI}", "id", f->id, "packets", (json_int_t)done.packets, "bytes",
		(json_int_t)done.bytes));
}

/* ---- what recordings tell ---- */

static void
on_interface(void *arg, const struct recording *r, const char *event, const char *interface)
{
	struct helper_state *h = arg;

	if (!capture_tell(
		    json_pack("{ssssss}", "event", event, "name", recording_name(r), "interface", interface)))
		h->is_engine_gone = true;
}

static void
on_window(void *arg, struct recording *r, struct window *w)
{
	struct helper_state *h = arg;
	const struct written nothing = { 0 };
	struct err err = ERR_INIT;
	int64_t id = w->id;
	bool is_early = w->is_early;

	if (!capture_write_file(h, r, w, NULL, &err) &&
		!capture_tell(frozen(recording_name(r), id, &nothing, is_early, err.text)))
		h->is_engine_gone = true;
}

struct recording_listener
capture_listener(struct helper_state *h)
{
	return (struct recording_listener){ on_interface, on_window, h };
}
