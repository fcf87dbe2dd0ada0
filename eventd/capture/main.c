/*
 * eventd-capture: the process that holds capture buffers and reads packets, so that foreign bytes and
 * the right to read them stay out of the engine. Questions and answers are JSON frames on the
 * descriptors 0 and 1: {"id","op","name",...} -> {"id",...} or {"id","error"}. A recording that ends
 * by itself is told with {"event":"ended","name","reason"}, an interface that comes or goes with
 * {"event":"lost"|"resumed","name","interface"}, a window that has become a file with {"event":"frozen","name",
 * "window","packets","bytes","cut","early","error"}. It exits when the engine goes away.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "capture/extract.h"
#include "capture/packet.h"
#include "capture/credentials.h"
#include "capture/recording.h"
#include "capture/spool.h"
#include "capture/window.h"
#include "capture/writing.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

enum {
	MAX_FDS = 256,
	ANSWER_PACKETS = 500, /* of one answer; the engine asks for the next ones */
	ANSWER_BYTES = 256 * 1024,
	GIVEN_MAX = 128,
};

struct entry {
	struct recording *recording;
	struct text *extract;            /* a file that is being handed over, or NULL */
	struct credentials *credentials; /* of the buffer that is being shown, or NULL */
	bool told_end;
	struct entry *next;
};

/* A file that is being written. */
struct file {
	struct writing *writing;
	char *name; /* of the capture */
	json_t *id; /* of the question that waits for it; NULL: it is told as an event */
	struct file *next;
};

struct helper_state {
	struct entry *first;
	struct file *files;
	struct frame_reader *in;
	const json_t *id;     /* of the question under way */
	int given[GIVEN_MAX]; /* open files that have come; those of the question under way come first */
	size_t ngiven;
	bool is_answered_later;
	bool is_engine_gone;
};

/* False when the engine is gone. */
static bool
send_message(json_t *message)
{
	struct err err = ERR_INIT;
	bool ok = frame_write_fd(STDOUT_FILENO, message, &err);

	json_decref(message);
	return ok;
}

static struct entry *
find(struct helper_state *h, const char *name)
{
	struct entry *e = h->first;

	while (e != NULL && strcmp(recording_name(e->recording), name) != 0)
		e = e->next;
	return e;
}

static void
drop(struct helper_state *h, struct entry *gone)
{
	struct entry **at = &h->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	mem_free(gone);
}

/* ---- files ---- */

/* Of the files that came with the question: they belong to the caller now. */
static size_t
take_files(struct helper_state *h, const json_t *ask, int *files, size_t max)
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

/* Those that nobody took. */
static void
drop_files(struct helper_state *h, size_t left)
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

static bool
write_file(struct helper_state *h, struct recording *r, struct window *w, const json_t *id, struct err *err)
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

static bool
tell_file(struct file *f)
{
	const struct window *w = writing_window(f->writing);
	struct written done;

	writing_finish(f->writing, &done);
	if (f->id == NULL)
		return send_message(frozen(f->name, w->id, &done, w->is_early, done.why));
	if (done.why[0] != '\0')
		return send_message(
			json_pack("{sOso}", "id", f->id, "error", frame_string(done.why, strlen(done.why))));
	return send_message(json_pack("{sOsIsI}", "id", f->id, "packets", (json_int_t)done.packets, "bytes",
		(json_int_t)done.bytes));
}

/* ---- what recordings tell ---- */

static void
on_interface(void *arg, const struct recording *r, const char *event, const char *interface)
{
	struct helper_state *h = arg;

	if (!send_message(
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

	if (!write_file(h, r, w, NULL, &err) &&
		!send_message(frozen(recording_name(r), id, &nothing, is_early, err.text)))
		h->is_engine_gone = true;
}

/* ---- operations: each fills the answer, or err ---- */

typedef bool op_f(struct helper_state *, struct entry *, const json_t *ask, json_t *answer, struct err *);

static bool
op_start(struct helper_state *h, struct entry *old, const json_t *ask, json_t *answer, struct err *err)
{
	const struct recording_listener listener = { on_interface, on_window, h };
	struct entry *e = mem_new(h, struct entry);
	int files[SPOOL_FILES_MAX];
	size_t n = take_files(h, ask, files, SPOOL_FILES_MAX);

	e->recording = recording_start(e, json_string_value(json_object_get(ask, "name")), ask,
		n > 0 ? spool_new(e, ask, files, n) : NULL, &listener, err);
	if (e->recording == NULL) {
		mem_free(e);
		return false;
	}
	if (old != NULL)
		drop(h, old);
	e->next = h->first;
	h->first = e;
	return true;
}

static bool
op_stop(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	recording_stop(e->recording);
	e->told_end = true;
	return true;
}

static bool
op_clear(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	recording_clear(e->recording);
	return true;
}

static bool
op_delete(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	drop(h, e);
	return true;
}

static bool
op_stats(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct ring *ring = recording_ring(e->recording);
	struct recording_stats st;

	recording_stats(e->recording, &st);
	json_object_update_new(
		answer, json_pack("{sIsIsIsIsIsIsIsIsIsI}", "received", (json_int_t)st.received, "kept",
				(json_int_t)st.kept, "dropped", (json_int_t)st.dropped, "oversized",
				(json_int_t)st.oversized, "received_bytes", (json_int_t)st.received_bytes,
				"kept_bytes", (json_int_t)st.kept_bytes, "dropped_bytes",
				(json_int_t)st.dropped_bytes, "duration_ns",
				(json_int_t)(st.ended_ns - st.started_ns), "buffer_used",
				(json_int_t)ring_used(ring), "buffer_packets", (json_int_t)ring_count(ring)));
	return true;
}

static json_t *
packet_json(const struct recording *r, const struct packet *p, struct credentials *credentials)
{
	unsigned char *data;
	struct packet_brief b;
	struct text hex;
	json_t *j;

	packet_brief(&b, recording_linktype(r, p->tap), p->data, p->len);
	j = json_pack("{sIsIsIsssssssi}", "no", (json_int_t)p->number, "size", (json_int_t)p->wire_len, "ns",
		(json_int_t)p->ns, "source", b.source, "destination", b.destination, "protocol", b.protocol,
		"dscp", b.dscp);
	if (credentials == NULL)
		return j;
	data = mem_dup(NULL, p->data, p->len);
	credentials_star(credentials, recording_linktype(r, p->tap), data, p->len);
	text_init(&hex, NULL);
	text_add_hex(&hex, data, p->len, '\0');
	mem_free(data);
	json_object_set_new(j, "data", json_stringn(hex.s, hex.len));
	mem_free(hex.s);
	return j;
}

/* Who says what in the buffer: logins go over several packets. */
static void
learn_credentials(struct entry *e)
{
	struct ring *ring = recording_ring(e->recording);
	struct packet p;

	mem_free(e->credentials);
	e->credentials = credentials_keep(e);
	for (uint64_t at = 0; ring_get(ring, at, &p); at = p.number + 1)
		credentials_learn(e->credentials, recording_linktype(e->recording, p.tap), p.data, p.len);
}

/* {"from","data"} -> {"packets":[...],"origin_ns","next"}; no "next" behind the last. Logins in "data" are starred out. */
static bool
op_packets(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct ring *ring = recording_ring(e->recording);
	bool with_data = json_is_true(json_object_get(ask, "data"));
	uint64_t from = (uint64_t)json_integer_value(json_object_get(ask, "from"));
	json_t *list = json_array();
	size_t bytes = 0;
	struct packet p;

	if (ring_get(ring, 0, &p))
		json_object_set_new(answer, "origin_ns", json_integer((json_int_t)p.ns));
	if (with_data && (from == 0 || e->credentials == NULL))
		learn_credentials(e);
	while (json_array_size(list) < ANSWER_PACKETS && bytes < ANSWER_BYTES && ring_get(ring, from, &p)) {
		json_array_append_new(list, packet_json(e->recording, &p, with_data ? e->credentials : NULL));
		bytes += with_data ? p.len : 0;
		from = p.number + 1;
	}
	json_object_set_new(answer, "packets", list);
	if (ring_get(ring, from, &p)) {
		json_object_set_new(answer, "next", json_integer((json_int_t)from));
	} else {
		mem_free(e->credentials);
		e->credentials = NULL;
	}
	return true;
}

static json_t *
base64(const struct text *data)
{
	unsigned char *out = mem_alloc(NULL, data->len / 3 * 4 + 8);
	int n = EVP_EncodeBlock(out, (const unsigned char *)data->s, (int)data->len);
	json_t *j = json_stringn((const char *)out, (size_t)n);

	mem_free(out);
	return j;
}

/* {"pcapng"} and a file -> {"packets","bytes"} once the whole buffer is in the file. */
static bool
op_export(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct window *w;
	int file;

	if (take_files(h, ask, &file, 1) != 1)
		return err_set(err, ERR_INVALID, "a file is missing");
	w = window_new(h, ask, file);
	recording_drain(e->recording);
	w->until_ns = INT64_MAX;
	h->is_answered_later = write_file(h, e->recording, w, h->id, err);
	return h->is_answered_later;
}

/* What capture/window.h says and a file -> {}, and an event when the file is there. */
static bool
op_freeze(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct window *w;
	int file;

	if (take_files(h, ask, &file, 1) != 1)
		return err_set(err, ERR_INVALID, "a file is missing");
	w = window_new(h, ask, file);
	recording_freeze(e->recording, w);
	return true;
}

/*
 * {"flows",...} (capture/extract.h) makes the file, and each further {"from"} hands over the next piece ->
 * {"bytes","next","packets"}; no "next" behind the last.
 */
static bool
op_extract(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	size_t from = (size_t)json_integer_value(json_object_get(ask, "from")), packets = 0, n;
	struct text piece;

	if (from == 0) {
		mem_free(e->extract);
		e->extract = text_new(e);
		if (!extract(e->recording, ask, e->extract, &packets, err))
			return false;
		json_object_set_new(answer, "packets", json_integer((json_int_t)packets));
	}
	if (e->extract == NULL || from > e->extract->len)
		return err_set(err, ERR_NOT_FOUND, "there is no such piece");
	n = e->extract->len - from;
	if (n > ANSWER_BYTES) {
		n = ANSWER_BYTES;
		json_object_set_new(answer, "next", json_integer((json_int_t)(from + n)));
	}
	piece = (struct text){ .s = e->extract->s + from, .len = n };
	json_object_set_new(answer, "bytes", base64(&piece));
	if (from + n == e->extract->len) {
		explicit_bzero(e->extract->s, e->extract->len);
		mem_free(e->extract);
		e->extract = NULL;
	}
	return true;
}

static const struct {
	const char *name;
	op_f *run;
	bool makes; /* the recording need not be there */
} ops[] = {
	{ "start", op_start, true },
	{ "stop", op_stop, false },
	{ "clear", op_clear, false },
	{ "delete", op_delete, false },
	{ "stats", op_stats, false },
	{ "packets", op_packets, false },
	{ "export", op_export, false },
	{ "freeze", op_freeze, false },
	{ "extract", op_extract, false },
};

static bool
carry_out(struct helper_state *h, const json_t *ask, json_t *answer, struct err *err)
{
	const char *op = json_string_value(json_object_get(ask, "op"));
	const char *name = json_string_value(json_object_get(ask, "name"));
	struct entry *e;

	if (op == NULL || name == NULL)
		return err_set(err, ERR_INVALID, "a question needs op and name");
	e = find(h, name);
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (strcmp(ops[i].name, op) != 0)
			continue;
		if (e == NULL && !ops[i].makes)
			return err_set(err, ERR_NOT_FOUND, "capture %s has no buffer", name);
		return ops[i].run(h, e, ask, answer, err);
	}
	return err_set(err, ERR_INVALID, "unknown op '%s'", op);
}

/* ---- conversation ---- */

static bool
answer_one(struct helper_state *h, const json_t *ask)
{
	json_t *answer = json_object();
	struct err err = ERR_INIT;
	size_t files = (size_t)json_integer_value(json_object_get(ask, "files"));
	size_t left = h->ngiven > files ? h->ngiven - files : 0;

	h->id = json_object_get(ask, "id");
	h->is_answered_later = false;
	json_object_set(answer, "id", (json_t *)(uintptr_t)h->id);
	if (!carry_out(h, ask, answer, &err))
		json_object_set_new(answer, "error", frame_string(err.text, strlen(err.text)));
	drop_files(h, left);
	if (!h->is_answered_later)
		return send_message(answer);
	json_decref(answer);
	return true;
}

/* As read(), with the files that come along. */
static ssize_t
receive(struct helper_state *h, char *bytes, size_t size)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof h->given)];
	} control;
	struct iovec piece = { bytes, size };
	struct msghdr m = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room };
	ssize_t n = recvmsg(STDIN_FILENO, &m, MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		size_t files = (c->cmsg_len - CMSG_LEN(0)) / sizeof *h->given;
		int file;

		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < files; i++) {
			memcpy(&file, CMSG_DATA(c) + i * sizeof file, sizeof file);
			if (h->ngiven < GIVEN_MAX)
				h->given[h->ngiven++] = file;
			else
				close(file);
		}
	}
	return n;
}

static bool
read_questions(struct helper_state *h)
{
	struct err err = ERR_INIT;
	char bytes[65536];
	ssize_t n = receive(h, bytes, sizeof bytes);
	json_t *ask;
	bool ok = true;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	frame_reader_feed(h->in, bytes, (size_t)n);
	while (ok && (ask = frame_reader_next(h->in, &err)) != NULL) {
		ok = answer_one(h, ask);
		json_decref(ask);
	}
	return ok && err.code == ERR_NONE;
}

static bool
tell_ends(struct helper_state *h)
{
	for (struct entry *e = h->first; e != NULL; e = e->next) {
		const char *reason = recording_end_reason(e->recording);

		if (reason == NULL || e->told_end)
			continue;
		e->told_end = true;
		if (!send_message(json_pack("{ssssss}", "event", "ended", "name",
			    recording_name(e->recording), "reason", reason)))
			return false;
	}
	return true;
}

/* Files that are written, and those that will never be. */
static bool
tell_files(struct helper_state *h)
{
	struct file **at = &h->files, *f;

	while ((f = *at) != NULL) {
		struct pollfd p = { .fd = writing_fd(f->writing), .events = POLLIN };

		if (poll(&p, 1, 0) <= 0) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (!tell_file(f))
			return false;
		mem_free(f);
	}
	return true;
}

static bool
turn(struct helper_state *h)
{
	struct pollfd polled[MAX_FDS] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	int fds[MAX_FDS], timeout = -1;
	size_t n = 1;

	for (const struct file *f = h->files; f != NULL && n < MAX_FDS; f = f->next)
		polled[n++] = (struct pollfd){ .fd = writing_fd(f->writing), .events = POLLIN };
	for (struct entry *e = h->first; e != NULL; e = e->next) {
		size_t added = recording_fds(e->recording, fds, MAX_FDS - n);
		int wait = recording_timeout(e->recording);

		for (size_t i = 0; i < added; i++)
			polled[n++] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		if (wait >= 0 && (timeout < 0 || wait < timeout))
			timeout = wait;
	}
	if (poll(polled, (nfds_t)n, timeout) < 0 && errno != EINTR)
		return false;
	for (struct entry *e = h->first; e != NULL; e = e->next)
		recording_read(e->recording);
	if (polled[0].revents != 0 && !read_questions(h))
		return false;
	return tell_ends(h) && tell_files(h) && !h->is_engine_gone;
}

int
main(void)
{
	struct helper_state *h = mem_new(NULL, struct helper_state);

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* of the terminal: the engine decides when we end */
	h->in = frame_reader_new(h, FRAME_MAX);
	while (turn(h))
		continue;
	mem_free(h);
	return 0;
}
