/*
 * The packets of several taps as one row, in the order of their times. The kernel hands over each interface's packets
 * in blocks, some milliseconds late: a packet waits until the other taps have had the time to show an earlier one. One
 * thread.
 */
#ifndef CAPTURE_INTAKE_H
#define CAPTURE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/ring.h"
#include "capture/tap.h"

/* How long a packet waits at most, in milliseconds: more than two blocks. */
enum { INTAKE_WAIT_MS = 3 * TAP_BLOCK_MS };

enum intake { INTAKE_NONE, INTAKE_PACKET, INTAKE_LOST };

/* A turn begins: every tap is asked anew. `now_ns` of the wall clock, which the packets are stamped by. */
void intake_begin(struct tap *, size_t n, int64_t now_ns);

/*
 * The next packet, whose data are valid until the next call; NONE: no tap has one that may be taken already (`all`:
 * that is there at all); LOST: the tap of packet.tap has come to its end.
 */
enum intake intake_next(struct tap *, size_t n, bool all, struct packet *);

/* Milliseconds until a packet that waits may be taken; -1: none waits. */
int intake_timeout(const struct tap *, size_t n, int64_t now_ns);

#endif
