/*
 * Capture files as bytes: pcap (nanosecond form) and pcapng (RFC draft-ietf-opsawg-pcapng), in the
 * byte order of this machine, as readers expect. Any thread.
 */
#ifndef CAPTURE_PCAPFILE_H
#define CAPTURE_PCAPFILE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/ring.h"

struct text;

void pcap_header(struct text *, int linktype, uint32_t snaplen);
void pcap_packet(struct text *, const struct packet *);

/* `comment`: what a reader of the file should know; "" = none. */
void pcapng_section(struct text *, const char *application, const char *comment);
/* Interfaces are numbered from 0 in the order of these calls. filter "" = none. */
void pcapng_interface(struct text *, const char *name, int linktype, uint32_t snaplen, const char *filter);
/* `comment` on this packet; "" = none. */
void pcapng_packet(struct text *, const struct packet *, const char *comment);
/* Lines of a TLS key log, before the packets that they open: readers decrypt with them. */
void pcapng_tls_secrets(struct text *, const char *lines, size_t n);
void pcapng_statistics(
	struct text *, uint32_t interface, int64_t ns, uint64_t received, uint64_t dropped_by_kernel);

#endif
