/* What the capture helper is asked to do. */
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "capture/credentials.h"
#include "capture/extract.h"
#include "capture/packet.h"
#include "capture/spool.h"
#include "capture/state.h"
#include "capture/window.h"
#include "core/mem.h"
#include "core/text.h"

enum {
	ANSWER_PACKETS = 500, /* of one answer; the engine asks for the next ones */
	ANSWER_BYTES = 256 * 1024,
};

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

/* ---- operations: each fills the answer, or err ---- */

typedef bool op_f(struct helper_state *, struct entry *, const json_t *ask, json_t *answer, struct err *);

static bool
op_start(struct helper_state *h, struct entry *old, const json_t *ask, json_t *answer, struct err *err)
{
	const struct recording_listener listener = capture_listener(h);
	struct entry *e = mem_new(h, struct entry);
	int files[SPOOL_FILES_MAX];
	size_t n = capture_take_files(h, ask, files, SPOOL_FILES_MAX);

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

/*
 * {"from","data"} -> {"packets":[...],"origin_ns" (from 0 on),"next","left"}; no "next" behind the last, "left"
 * packets behind these.
 * Logins in "data" are starred out.
 */
static bool
op_packets(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct ring *ring = recording_ring(e->recording);
	bool with_data = json_is_true(json_object_get(ask, "data"));
	uint64_t from = (uint64_t)json_integer_value(json_object_get(ask, "from"));
	json_t *list = json_array();
	size_t bytes = 0;
	struct packet p;

	/* Not each time: the ring walks forward from where it was. */
	if (from == 0 && ring_get(ring, 0, &p))
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
		json_object_set_new(answer, "left", json_integer((json_int_t)(ring_end(ring) - from)));
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

/* {"from","pcapng","drain"} -> {"bytes","next","packets"}: the file in pieces; no "next" behind the last. */
static bool
op_read(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct ring *ring = recording_ring(e->recording);
	bool pcapng = json_is_true(json_object_get(ask, "pcapng"));
	uint64_t from = (uint64_t)json_integer_value(json_object_get(ask, "from"));
	struct packet p;
	struct text piece;
	size_t packets = 0;

	if (json_is_true(json_object_get(ask, "drain")))
		recording_drain(e->recording);
	text_init(&piece, NULL);
	if (from == 0 && !recording_file_begin(e->recording, pcapng, "", &piece, err)) {
		mem_free(piece.s);
		return false;
	}
	while (piece.len < ANSWER_BYTES && ring_get(ring, from, &p)) {
		recording_file_packet(pcapng, &piece, &p);
		from = p.number + 1;
		packets++;
	}
	if (ring_get(ring, from, &p))
		json_object_set_new(answer, "next", json_integer((json_int_t)from));
	else
		recording_file_end(e->recording, pcapng, &piece);
	json_object_set_new(answer, "packets", json_integer((json_int_t)packets));
	json_object_set_new(answer, "bytes", base64(&piece));
	mem_free(piece.s);
	return true;
}

/* {"pcapng"} and a file -> {"packets","bytes"} once the whole buffer is in the file. */
static bool
op_export(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct window *w;
	int file;

	if (capture_take_files(h, ask, &file, 1) != 1)
		return err_set(err, ERR_INVALID, "a file is missing");
	w = window_new(h, ask, file);
	recording_drain(e->recording);
	w->until_ns = INT64_MAX;
	h->is_answered_later = capture_write_file(h, e->recording, w, h->id, err);
	return h->is_answered_later;
}

/* What capture/window.h says and a file -> {}, and an event when the file is there. */
static bool
op_freeze(struct helper_state *h, struct entry *e, const json_t *ask, json_t *answer, struct err *err)
{
	struct window *w;
	int file;

	if (capture_take_files(h, ask, &file, 1) != 1)
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
	{ "read", op_read, false },
	{ "freeze", op_freeze, false },
	{ "extract", op_extract, false },
};

bool
capture_carry_out(struct helper_state *h, const json_t *ask, json_t *answer, struct err *err)
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
