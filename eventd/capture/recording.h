/*
 * A capture that runs, or has run: taps on interfaces, a filter, limits, and the buffer they fill.
 * Lives in the capture helper; one thread.
 */
#ifndef CAPTURE_RECORDING_H
#define CAPTURE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "capture/ring.h"
#include "core/err.h"

struct recording;
struct spool;
struct text;
struct window;

struct recording_stats {
	uint64_t received;  /* packets that passed the filter */
	uint64_t kept;      /* ... and went into the buffer */
	uint64_t dropped;   /* not kept: rate limit, full buffer, or lost in the kernel */
	uint64_t oversized; /* cut to the packet length limit */
	uint64_t received_bytes, kept_bytes, dropped_bytes;
	int64_t started_ns, ended_ns;
};

/* Whom a recording tells. */
struct recording_listener {
	/* "lost" and "resumed", of an interface. */
	void (*interface)(void *arg, const struct recording *, const char *event, const char *interface);
	/* A window is over; taken. Its packets are in the buffer until this returns. */
	void (*window)(void *arg, struct recording *, struct window *);
	void *arg;
};

/*
 * `spec` as the engine sends it (capture/point.h): "interfaces" [{"name","direction"}], "filter" (of
 * libpcap), "buffer_bytes", "kernel_bytes" (its
 * own buffer), "circular", "duration", "packets", "packet_len", "pps", "every", "waits" (when all interfaces
 * are gone it waits until they are back, instead of ending). `spool` (or NULL) is taken: packets go there, too. NULL
 * with a sentence that names the interface.
 */
struct recording *recording_start(const void *ctx, const char *name, const json_t *spec, struct spool *,
	const struct recording_listener *, struct err *);

/* The window's packets stay in the buffer until it is over. Takes it. */
void recording_freeze(struct recording *, struct window *);

const char *recording_name(const struct recording *);
/* Why it ended by itself: "duration limit reached", ...; NULL while active or when it was told to stop. */
const char *recording_end_reason(const struct recording *);

/* Descriptors to poll; at most `max`. */
size_t recording_fds(const struct recording *, int *fds, size_t max);
/* Takes what has come in. May end the recording. */
void recording_read(struct recording *);
/* Milliseconds until recording_read() wants to be called though nothing has come; -1 for never. */
int recording_timeout(const struct recording *);

/* Takes what is still in the kernel, then closes the taps. The buffer stays. */
void recording_stop(struct recording *);
/* Takes what is still in the kernel; it goes on. */
void recording_drain(struct recording *);
void recording_clear(struct recording *);

struct ring *recording_ring(struct recording *);
int recording_linktype(const struct recording *, unsigned tap);
void recording_stats(const struct recording *, struct recording_stats *);

/*
 * The beginning of a file. pcap knows one link type: false with err when the taps have several. The counters
 * stand behind `comment` ("": the capture's name).
 */
bool recording_file_begin(
	const struct recording *, bool pcapng, const char *comment, struct text *, struct err *);
/* The interfaces of a pcapng file. */
void recording_interfaces(const struct recording *, struct text *);
void recording_file_packet(bool pcapng, struct text *, const struct packet *);
/* pcap has no place for the comment. */
void recording_file_packet_comment(bool pcapng, struct text *, const struct packet *, const char *comment);
void recording_file_end(const struct recording *, bool pcapng, struct text *);

#endif
