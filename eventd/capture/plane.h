/*
 * The control plane: which packets are from or to this host itself, and are not only passed on by it. One thread.
 */
#ifndef CAPTURE_PLANE_H
#define CAPTURE_PLANE_H

#include <stdbool.h>
#include <stddef.h>

struct plane;

struct plane *plane_new(const void *ctx);

/* The host's addresses as they are now: to be called now and then. When they cannot be had, the old ones stay. */
void plane_look(struct plane *);

/*
 * From or to an address of the host, to a group or to all; what is no IP is never passed on by a router. linktype: DLT_
 * of libpcap.
 */
bool plane_wants(const struct plane *, int linktype, const unsigned char *data, size_t n);

#endif
