/*
 * A capture's buffer: packets in one block of memory, oldest first. Full, it either takes no more
 * (linear) or gives up its oldest (circular). Packets are numbered from 0 in the order in which they
 * came. For the capture helper: one thread.
 */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

struct packet {
	uint64_t number;
	int64_t ns;                /* since 1970 */
	uint32_t wire_len;         /* as it was on the wire */
	uint32_t len;              /* as it is here */
	uint16_t tap;              /* which of the capture's interfaces */
	uint16_t direction;        /* 0 unknown, 1 in, 2 out: the flags of pcapng */
	const unsigned char *data; /* valid until the next call on the ring */
};

struct ring *ring_new(const void *ctx, size_t bytes, bool circular);
/* False when a linear buffer is full, held packets would have to go, or the packet is larger than the whole buffer. */
bool ring_add(struct ring *, const struct packet *);
void ring_clear(struct ring *); /* numbers begin at 0 again */

/* The first packet whose number is `from` or higher; false behind the last. */
bool ring_get(struct ring *, uint64_t from, struct packet *);

/* The number of the first packet that is not older; of the next one to come when all are. */
uint64_t ring_since(struct ring *, int64_t ns);
/* Packets from this number on make no room for others; UINT64_MAX: all do again. */
void ring_hold(struct ring *, uint64_t from);

size_t ring_count(const struct ring *);
uint64_t ring_end(const struct ring *); /* the number that the next packet will have */
size_t ring_used(const struct ring *);  /* bytes */
size_t ring_size(const struct ring *);

#endif
