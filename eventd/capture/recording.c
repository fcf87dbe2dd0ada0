/* Records packets from interfaces into a buffer. */
#include "capture/recording.h"

#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "capture/intake.h"
#include "capture/pcapfile.h"
#include "capture/plane.h"
#include "capture/spool.h"
#include "capture/tap.h"
#include "capture/window.h"
#include "core/mem.h"
#include "core/text.h"

#define NSEC_PER_SEC  1000000000
#define NSEC_PER_MSEC 1000000

enum {
	MAX_TAPS = 16,
	SNAPLEN = 262144,        /* libpcap's own idea of "whole packets" */
	KERNEL_BUFFER = 8 << 20, /* bytes: what may come in while we answer a question */
	PACKETS_PER_TURN = 256,  /* then other descriptors get their turn */
	LOOK_MS = 1000,          /* how often we look whether the interfaces are there, and write files */
};

struct recording {
	char *name, *filter;
	struct ring *ring;
	struct tap taps[MAX_TAPS];
	size_t tap_count;
	uint32_t snaplen;
	int kernel_bytes;
	uint64_t max_packets, max_per_second, every;
	int64_t duration_ns;
	bool active, waits;
	const char *reason;
	struct recording_listener listener;
	struct window *windows; /* that are not over */
	struct plane *plane;    /* for the taps of the control plane, or NULL */
	struct spool *spool;    /* files that are written as packets come, or NULL */
	struct recording_stats stats;
	int64_t looked_ns;        /* when the interfaces were last seen */
	int64_t second;           /* the second that in_second counts in */
	uint64_t in_second, seen; /* packets of this second; packets since the start */
};

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static int
close_taps(void *ptr)
{
	struct recording *r = ptr;

	for (size_t i = 0; i < r->tap_count; i++)
		tap_close(&r->taps[i]);
	return 0;
}

/* ---- starting ---- */

static uint64_t
number(const json_t *spec, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(spec, key));

	return v > 0 ? (uint64_t)v : 0;
}

static bool
open_taps(struct recording *r, const json_t *spec, struct err *err)
{
	const json_t *interfaces = json_object_get(spec, "interfaces"), *each;
	size_t i;

	json_array_foreach(interfaces, i, each)
	{
		struct tap *tap = &r->taps[r->tap_count];
		const char *name = json_string_value(json_object_get(each, "name"));
		const char *direction = json_string_value(json_object_get(each, "direction"));

		if (name == NULL || direction == NULL || r->tap_count == MAX_TAPS)
			return err_set(err, ERR_INVALID, "at most %d interfaces", MAX_TAPS);
		*tap = (struct tap){ .name = mem_strdup(r, name),
			.direction = mem_strdup(r, direction),
			.filter = r->filter,
			.is_plane = json_is_true(json_object_get(each, "plane")),
			.snaplen = r->snaplen,
			.kernel_bytes = r->kernel_bytes };
		if (tap->is_plane && r->plane == NULL)
			r->plane = plane_new(r);
		r->tap_count++;
		if (!tap_open(tap, err))
			return false;
	}
	return r->tap_count > 0 || err_set(err, ERR_INVALID, "no interface");
}

struct recording *
recording_start(const void *ctx, const char *name, const json_t *spec, struct spool *spool,
	const struct recording_listener *listener, struct err *err)
{
	struct recording *r = mem_new(ctx, struct recording);
	const char *filter = json_string_value(json_object_get(spec, "filter"));

	r->name = mem_strdup(r, name);
	r->filter = mem_strdup(r, filter != NULL ? filter : "");
	r->snaplen = number(spec, "packet_len") > 0 ? (uint32_t)number(spec, "packet_len") : SNAPLEN;
	r->kernel_bytes =
		number(spec, "kernel_bytes") > 0 ? (int)number(spec, "kernel_bytes") : KERNEL_BUFFER;
	r->max_packets = number(spec, "packets");
	r->max_per_second = number(spec, "pps");
	r->every = number(spec, "every");
	r->waits = json_is_true(json_object_get(spec, "waits"));
	r->listener = *listener;
	r->spool = spool == NULL ? NULL : mem_steal(r, spool);
	r->duration_ns = (int64_t)number(spec, "duration") * NSEC_PER_SEC;
	mem_on_free(r, close_taps);
	r->ring = ring_new(r, number(spec, "buffer_bytes"), json_is_true(json_object_get(spec, "circular")));
	if (r->ring == NULL)
		err_errno(err, "capture buffer");
	else if (open_taps(r, spec, err)) {
		r->active = true;
		r->stats.started_ns = now_ns(CLOCK_MONOTONIC);
		return r;
	}
	mem_free(r);
	return NULL;
}

/* ---- windows ---- */

static void
hold_what_is_needed(struct recording *r)
{
	uint64_t first = UINT64_MAX;

	for (const struct window *w = r->windows; w != NULL; w = w->next)
		if (w->first < first)
			first = w->first;
	ring_hold(r->ring, first);
}

static void
end_windows(struct recording *r, bool all)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	struct window **at = &r->windows, *w;

	while ((w = *at) != NULL) {
		if (!all && w->deadline_ns > now) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->is_early = w->deadline_ns > now;
		r->listener.window(r->listener.arg, r, w);
	}
	hold_what_is_needed(r);
}

void
recording_freeze(struct recording *r, struct window *w)
{
	w->first = ring_since(r->ring, w->from_ns);
	w->next = r->windows;
	r->windows = mem_steal(r, w);
	if (r->active)
		hold_what_is_needed(r);
	else
		end_windows(r, true);
}

/* ---- packets ---- */

static void
finish(struct recording *r, const char *reason)
{
	if (!r->active)
		return;
	r->active = false;
	r->reason = reason == NULL ? NULL : mem_strdup(r, reason);
	r->stats.ended_ns = now_ns(CLOCK_MONOTONIC);
	end_windows(r, true);
	if (r->spool != NULL)
		spool_end(r->spool, r);
	close_taps(r);
}

/* One packet of every N; at most so many in each second of the packets' own clock. */
static bool
is_wanted(struct recording *r, const struct packet *p)
{
	int64_t second = p->ns / NSEC_PER_SEC;

	r->seen++;
	if (r->every > 1 && (r->seen - 1) % r->every != 0)
		return false;
	if (second != r->second) {
		r->second = second;
		r->in_second = 0;
	}
	if (r->max_per_second == 0 || r->in_second < r->max_per_second) {
		r->in_second++;
		return true;
	}
	r->stats.dropped++;
	r->stats.dropped_bytes += p->wire_len;
	return false;
}

/* A buffer that is full of a window's packets makes an end of it. */
static bool
add_to_ring(struct recording *r, const struct packet *p)
{
	if (ring_add(r->ring, p))
		return true;
	if (r->windows == NULL)
		return false;
	end_windows(r, true);
	return ring_add(r->ring, p);
}

static const char *
keep(struct recording *r, const struct packet *p)
{
	const char *why;

	r->stats.received++;
	r->stats.received_bytes += p->wire_len;
	if (!is_wanted(r, p))
		return NULL;
	/* Files go on when a linear buffer is full: their own size ends them. */
	if (!add_to_ring(r, p) && (r->spool == NULL || !spool_is_bounded(r->spool))) {
		r->stats.dropped++;
		r->stats.dropped_bytes += p->wire_len;
		return "buffer full";
	}
	r->stats.kept++;
	r->stats.kept_bytes += p->len;
	r->stats.oversized += p->len < p->wire_len;
	why = r->spool == NULL ? NULL : spool_add(r->spool, r, p);
	if (why != NULL)
		return why;
	return r->max_packets > 0 && r->stats.kept >= r->max_packets ? "packet limit reached" : NULL;
}

/* One interface is gone: the others go on. */
static void
lose(struct recording *r, struct tap *tap)
{
	bool is_last = !r->waits;

	tap_close(tap);
	for (size_t i = 0; i < r->tap_count; i++)
		is_last = is_last && r->taps[i].pcap == NULL;
	if (is_last)
		finish(r, "interface is gone");
	else
		r->listener.interface(r->listener.arg, r, "lost", tap->name);
}

/* At most `budget` packets of all taps; `all`: also those that wait for what other taps may show. */
static void
read_taps(struct recording *r, int budget, bool all)
{
	struct packet p = { 0 };

	intake_begin(r->taps, r->tap_count, now_ns(CLOCK_REALTIME));
	while (budget-- > 0 && r->active) {
		enum intake got = intake_next(r->taps, r->tap_count, all, &p);
		const struct tap *tap = &r->taps[p.tap];
		const char *enough;

		if (got == INTAKE_NONE)
			return;
		if (got == INTAKE_LOST) {
			lose(r, &r->taps[p.tap]);
			continue;
		}
		if (tap->is_plane && !plane_wants(r->plane, tap->linktype, p.data, p.len))
			continue;
		enough = keep(r, &p);
		if (enough != NULL)
			finish(r, enough);
	}
}

/* What is done now and then: interfaces and addresses that come and go, files. */
static void
look_around(struct recording *r)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	struct err ignored = ERR_INIT;
	const char *why;

	if (!r->active || now - r->looked_ns < (int64_t)LOOK_MS * NSEC_PER_MSEC)
		return;
	r->looked_ns = now;
	if (r->plane != NULL)
		plane_look(r->plane);
	for (size_t i = 0; i < r->tap_count && r->active; i++) {
		struct tap *tap = &r->taps[i];

		if (tap_is_gone(tap))
			lose(r, tap);
		else if (tap_is_back(tap) && tap_open(tap, &ignored))
			r->listener.interface(r->listener.arg, r, "resumed", tap->name);
	}
	why = r->spool != NULL && r->active ? spool_flush(r->spool, r) : NULL;
	if (why != NULL)
		finish(r, why);
}

/* Milliseconds, rounded up. */
static int64_t
left_until(int64_t ns)
{
	int64_t left = ns - now_ns(CLOCK_MONOTONIC);

	return left <= 0 ? 0 : (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
}

void
recording_read(struct recording *r)
{
	look_around(r);
	if (r->active)
		read_taps(r, PACKETS_PER_TURN * (int)r->tap_count, false);
	if (r->active && r->windows != NULL)
		end_windows(r, false);
	if (r->active && r->duration_ns > 0 && left_until(r->stats.started_ns + r->duration_ns) == 0)
		finish(r, "duration limit reached");
}

int
recording_timeout(const struct recording *r)
{
	int64_t left = LOOK_MS, other;

	if (!r->active)
		return -1;
	if (r->duration_ns > 0 && (other = left_until(r->stats.started_ns + r->duration_ns)) < left)
		left = other;
	other = intake_timeout(r->taps, r->tap_count, now_ns(CLOCK_REALTIME));
	if (other >= 0 && other < left)
		left = other;
	for (const struct window *w = r->windows; w != NULL; w = w->next)
		if ((other = left_until(w->deadline_ns)) < left)
			left = other;
	return (int)left;
}

size_t
recording_fds(const struct recording *r, int *fds, size_t max)
{
	size_t n = 0;

	/* A packet that waits would make the descriptor ready all the time. */
	for (size_t i = 0; i < r->tap_count && n < max; i++)
		if (r->taps[i].pcap != NULL && r->taps[i].next == NULL)
			fds[n++] = r->taps[i].fd;
	return n;
}

/*
 * What came before the stop is in: the kernel has handed over its last block after TAP_BLOCK_MS. A flood
 * that goes on meanwhile is cut off after one buffer full.
 */
void
recording_drain(struct recording *r)
{
	const struct timespec blocks = { .tv_nsec = 3 * TAP_BLOCK_MS * NSEC_PER_MSEC };

	if (r->active)
		nanosleep(&blocks, NULL);
	if (r->active)
		read_taps(r, KERNEL_BUFFER / 64 * (int)r->tap_count, true);
}

void
recording_stop(struct recording *r)
{
	recording_drain(r);
	finish(r, NULL);
}

void
recording_clear(struct recording *r)
{
	struct recording_stats fresh = { .started_ns = now_ns(CLOCK_MONOTONIC) };

	fresh.ended_ns = r->active ? 0 : fresh.started_ns;
	end_windows(r, true);
	ring_clear(r->ring);
	r->stats = fresh;
}

/* ---- what others see ---- */

const char *
recording_name(const struct recording *r)
{
	return r->name;
}

const char *
recording_end_reason(const struct recording *r)
{
	return r->reason;
}

struct ring *
recording_ring(struct recording *r)
{
	return r->ring;
}

int
recording_linktype(const struct recording *r, unsigned tap)
{
	return tap < r->tap_count ? r->taps[tap].linktype : -1;
}

void
recording_stats(const struct recording *r, struct recording_stats *out)
{
	*out = r->stats;
	if (r->active)
		out->ended_ns = now_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < r->tap_count; i++)
		out->dropped += tap_losses(&r->taps[i]);
}

/* ---- files ---- */

bool
recording_file_begin(
	const struct recording *r, bool pcapng, const char *comment, struct text *out, struct err *err)
{
	struct recording_stats st;
	char *whole;

	if (!pcapng) {
		for (size_t i = 1; i < r->tap_count; i++)
			if (r->taps[i].linktype != r->taps[0].linktype)
				return err_set(err, ERR_REFUSED,
					"%s and %s have different link types: export to a .pcapng file",
					r->taps[0].name, r->taps[i].name);
		pcap_header(out, r->taps[0].linktype, r->snaplen);
		return true;
	}
	recording_stats(r, &st);
	whole = mem_printf(NULL, "%s%scapture %s: %zu packets, %llu dropped", comment,
		comment[0] == '\0' ? "" : "\n", r->name, ring_count(r->ring), (unsigned long long)st.dropped);
	pcapng_section(out, "eventd", whole);
	mem_free(whole);
	recording_interfaces(r, out);
	return true;
}

void
recording_interfaces(const struct recording *r, struct text *out)
{
	for (size_t i = 0; i < r->tap_count; i++)
		pcapng_interface(out, r->taps[i].name, r->taps[i].linktype, r->snaplen, r->filter);
}

void
recording_file_packet(bool pcapng, struct text *out, const struct packet *p)
{
	recording_file_packet_comment(pcapng, out, p, "");
}

void
recording_file_packet_comment(bool pcapng, struct text *out, const struct packet *p, const char *comment)
{
	if (pcapng)
		pcapng_packet(out, p, comment);
	else
		pcap_packet(out, p);
}

void
recording_file_end(const struct recording *r, bool pcapng, struct text *out)
{
	int64_t now = now_ns(CLOCK_REALTIME);

	for (size_t i = 0; pcapng && i < r->tap_count; i++)
		pcapng_statistics(out, (uint32_t)i, now, r->stats.received, tap_losses(&r->taps[i]));
}
