/*
 * BFD sessions of FRR's bfdd, from its control socket: it sends every change of a session to whoever asked for
 * notifications. Frames of eight octets (length, number, type, version) and JSON. Sessions that are there at the start
 * are learnt in silence. Engine thread only, but for the frames.
 */
#ifndef PEERS_FRR_BFD_H
#define PEERS_FRR_BFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "peers/frr/adjacency.h"

/* The octets that ask for notifications of states and sessions. */
#define BFD_ASK_SIZE 16u
void bfd_ask(unsigned char out[BFD_ASK_SIZE]);

#define BFD_FRAME_MAX 65536u /* octets of one frame's JSON */

/*
 * The frame at the beginning of the octets: its size, and its JSON in *text. 0: more octets are needed. -1: this is
 * not bfdd. Any thread.
 */
struct slice;
long bfd_frame(const void *octets, size_t n, struct slice *text);

struct bfd_sessions;

struct bfd_sessions *bfd_sessions_new(const void *ctx);

/* One notification. True: an adjacency has changed, and *out says which. */
bool bfd_sessions_take(struct bfd_sessions *, const json_t *notification, struct adjacency *out);

#endif
