/*
 * Credentials out of many captured conversations: every packet is learnt in the order of capture, then each is
 * starred out where it belongs to a login. For shows and for files of frozen buffers. What grows past its share
 * of memory is starred out whole, or looked at packet by packet. One thread.
 */
#ifndef CAPTURE_CREDENTIALS_H
#define CAPTURE_CREDENTIALS_H

#include <stddef.h>

struct credentials;

struct credentials *credentials_keep(const void *ctx);

/* linktype: DLT_ of libpcap. */
void credentials_learn(struct credentials *, int linktype, const unsigned char *data, size_t n);

/* In place; of a packet that was learnt. */
void credentials_star(struct credentials *, int linktype, unsigned char *data, size_t n);

#endif
