/*
 * One message of a daemon's live log: what FRR (8.4 and later) sends, a message a datagram, to the descriptor that
 * `terminal monitor` on its socket hands over. A header in the machine's byte order whose length it tells itself,
 * then the text. Any thread.
 */
#ifndef PEERS_FRR_LIVE_H
#define PEERS_FRR_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct live_message {
	struct slice text; /* behind "[XXXXX-XXXXX][EC 1] ", of the octets that were read */
	uint32_t lost;     /* messages before it that found no room */
	uint32_t priority; /* of syslog: 0 to 7 */
};

/* False: it is no such message. */
bool live_read(const void *octets, size_t n, struct live_message *);

#endif
