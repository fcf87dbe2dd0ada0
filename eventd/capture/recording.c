/* Records packets from interfaces into a buffer. */
#include "capture/recording.h"

#include <net/if.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "capture/pcapfile.h"
#include "core/mem.h"
#include "core/text.h"

#define NSEC_PER_SEC  1000000000
#define NSEC_PER_MSEC 1000000

enum {
	MAX_TAPS = 16,
	SNAPLEN = 262144,        /* libpcap's own idea of "whole packets" */
	KERNEL_BUFFER = 8 << 20, /* bytes: what may come in while we answer a question */
	BLOCK_MS = 10,           /* the kernel hands over what it has, full block or not */
	PACKETS_PER_TURN = 256,  /* then other descriptors get their turn */
	LOOK_MS = 1000,          /* how often we look whether the interfaces are still there */
};

struct tap {
	char *name;
	pcap_t *pcap;
	int fd, linktype;
	unsigned index; /* of the interface; 0: of all */
	uint16_t direction;
	uint64_t lost; /* by the kernel, of a closed tap */
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
	bool active;
	const char *reason;
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

/* ---- taps ---- */

static uint64_t
kernel_losses(const struct tap *tap)
{
	struct pcap_stat st;

	if (tap->pcap == NULL || pcap_stats(tap->pcap, &st) != 0)
		return tap->lost;
	return st.ps_drop;
}

static void
tap_close(struct tap *tap)
{
	if (tap->pcap == NULL)
		return;
	tap->lost = kernel_losses(tap);
	pcap_close(tap->pcap);
	tap->pcap = NULL;
}

static int
close_taps(void *ptr)
{
	struct recording *r = ptr;

	for (size_t i = 0; i < r->tap_count; i++)
		tap_close(&r->taps[i]);
	return 0;
}

static bool
tap_filter(struct tap *tap, const char *filter, struct err *err)
{
	struct bpf_program program;
	bool ok;

	if (filter[0] == '\0')
		return true;
	if (pcap_compile(tap->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return err_set(err, ERR_INVALID, "%s: filter: %s", tap->name, pcap_geterr(tap->pcap));
	ok = pcap_setfilter(tap->pcap, &program) == 0;
	pcap_freecode(&program);
	return ok || err_set(err, ERR_IO, "%s: filter: %s", tap->name, pcap_geterr(tap->pcap));
}

static bool
tap_open(struct tap *tap, const struct recording *r, const char *direction, struct err *err)
{
	static const struct {
		const char *word;
		pcap_direction_t pcap;
		uint16_t flag;
	} directions[] = { { "in", PCAP_D_IN, 1 }, { "out", PCAP_D_OUT, 2 }, { "both", PCAP_D_INOUT, 0 } };
	char why[PCAP_ERRBUF_SIZE] = "";
	size_t d = 0;
	int status;

	while (d < 2 && strcmp(directions[d].word, direction) != 0)
		d++;
	tap->direction = directions[d].flag;
	tap->pcap = pcap_create(tap->name, why);
	if (tap->pcap == NULL)
		return err_set(err, ERR_IO, "%s: %s", tap->name, why);
	pcap_set_snaplen(tap->pcap, (int)r->snaplen);
	pcap_set_promisc(tap->pcap, 0); /* a router captures what it forwards, receives and sends */
	/* Not the immediate mode: it gives each packet a slot of SNAPLEN bytes in the kernel's buffer. */
	pcap_set_timeout(tap->pcap, BLOCK_MS);
	pcap_set_buffer_size(tap->pcap, r->kernel_bytes);
	pcap_set_tstamp_precision(tap->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(tap->pcap);
	if (status < 0) {
		const char *what = pcap_statustostr(status), *detail = pcap_geterr(tap->pcap);

		if (detail[0] == '\0' || strcmp(detail, what) == 0)
			return err_set(err, ERR_IO, "%s: %s", tap->name, what);
		return err_set(err, ERR_IO, "%s: %s: %s", tap->name, what, detail);
	}
	if (pcap_setdirection(tap->pcap, directions[d].pcap) != 0 || pcap_setnonblock(tap->pcap, 1, why) != 0)
		return err_set(err, ERR_IO, "%s: %s", tap->name, pcap_geterr(tap->pcap));
	tap->index = if_nametoindex(tap->name);
	tap->linktype = pcap_datalink(tap->pcap);
	tap->fd = pcap_get_selectable_fd(tap->pcap);
	return tap_filter(tap, r->filter, err);
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
		tap->name = mem_strdup(r, name);
		r->tap_count++;
		if (!tap_open(tap, r, direction, err))
			return false;
	}
	return r->tap_count > 0 || err_set(err, ERR_INVALID, "no interface");
}

struct recording *
recording_start(const void *ctx, const char *name, const json_t *spec, struct err *err)
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

/* ---- packets ---- */

static void
finish(struct recording *r, const char *reason)
{
	if (!r->active)
		return;
	r->active = false;
	r->reason = reason;
	r->stats.ended_ns = now_ns(CLOCK_MONOTONIC);
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

static const char *
keep(struct recording *r, const struct packet *p)
{
	r->stats.received++;
	r->stats.received_bytes += p->wire_len;
	if (!is_wanted(r, p))
		return NULL;
	if (!ring_add(r->ring, p)) {
		r->stats.dropped++;
		r->stats.dropped_bytes += p->wire_len;
		return "buffer full";
	}
	r->stats.kept++;
	r->stats.kept_bytes += p->len;
	r->stats.oversized += p->len < p->wire_len;
	return r->max_packets > 0 && r->stats.kept >= r->max_packets ? "packet limit reached" : NULL;
}

static void
read_tap(struct recording *r, uint16_t index, int budget)
{
	struct tap *tap = &r->taps[index];
	struct pcap_pkthdr *h;
	const unsigned char *data;

	for (int i = 0; i < budget && tap->pcap != NULL; i++) {
		int got = pcap_next_ex(tap->pcap, &h, &data);
		const char *enough;

		if (got == 0)
			return;
		if (got < 0) {
			finish(r, "interface is gone");
			return;
		}
		/* With nanosecond precision tv_usec holds nanoseconds. */
		const struct packet p = { .ns = (int64_t)h->ts.tv_sec * NSEC_PER_SEC + h->ts.tv_usec,
			.wire_len = h->len,
			.len = h->caplen,
			.tap = index,
			.direction = tap->direction,
			.data = data };

		enough = keep(r, &p);
		if (enough != NULL) {
			finish(r, enough);
			return;
		}
	}
}

/* libpcap says nothing of an interface that was deleted while we wait for its packets. */
static void
look_for_interfaces(struct recording *r)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);

	if (!r->active || now - r->looked_ns < (int64_t)LOOK_MS * NSEC_PER_MSEC)
		return;
	r->looked_ns = now;
	for (size_t i = 0; i < r->tap_count; i++)
		if (if_nametoindex(r->taps[i].name) != r->taps[i].index)
			finish(r, "interface is gone");
}

void
recording_read(struct recording *r)
{
	look_for_interfaces(r);
	for (uint16_t i = 0; i < r->tap_count && r->active; i++)
		read_tap(r, i, PACKETS_PER_TURN);
	if (r->active && recording_timeout(r) == 0)
		finish(r, "duration limit reached");
}

int
recording_timeout(const struct recording *r)
{
	int64_t left;

	if (!r->active)
		return -1;
	if (r->duration_ns == 0)
		return LOOK_MS;
	left = r->stats.started_ns + r->duration_ns - now_ns(CLOCK_MONOTONIC);
	if (left <= 0)
		return 0;
	left = (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return left < LOOK_MS ? (int)left : LOOK_MS;
}

size_t
recording_fds(const struct recording *r, int *fds, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < r->tap_count && n < max; i++)
		if (r->taps[i].pcap != NULL)
			fds[n++] = r->taps[i].fd;
	return n;
}

/*
 * What came before the stop is in: the kernel has handed over its last block after BLOCK_MS. A flood
 * that goes on meanwhile is cut off after one buffer full.
 */
void
recording_drain(struct recording *r)
{
	const struct timespec blocks = { .tv_nsec = 3 * BLOCK_MS * NSEC_PER_MSEC };

	if (r->active)
		nanosleep(&blocks, NULL);
	for (uint16_t i = 0; i < r->tap_count && r->active; i++)
		read_tap(r, i, KERNEL_BUFFER / 64);
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
	ring_clear(r->ring);
	r->stats = fresh;
}

/* ---- what others see ---- */

const char *
recording_name(const struct recording *r)
{
	return r->name;
}

bool
recording_is_active(const struct recording *r)
{
	return r->active;
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
		out->dropped += kernel_losses(&r->taps[i]);
}

/* ---- files ---- */

bool
recording_file_begin(const struct recording *r, bool pcapng, struct text *out, struct err *err)
{
	struct recording_stats st;
	char *comment;

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
	comment = mem_printf(NULL, "capture %s: %zu packets, %llu dropped", r->name, ring_count(r->ring),
		(unsigned long long)st.dropped);
	pcapng_section(out, "eventd", comment);
	mem_free(comment);
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
	if (pcapng)
		pcapng_packet(out, p, "");
	else
		pcap_packet(out, p);
}

void
recording_file_end(const struct recording *r, bool pcapng, struct text *out)
{
	int64_t now = now_ns(CLOCK_REALTIME);

	for (size_t i = 0; pcapng && i < r->tap_count; i++)
		pcapng_statistics(out, (uint32_t)i, now, r->stats.received, kernel_losses(&r->taps[i]));
}
