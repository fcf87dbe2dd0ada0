/*
 * A tap: packets of one interface, as the kernel's ring (TPACKET_V3, through libpcap) hands them over. An
 * interface that is deleted closes its tap; the tap can be opened again when it is back. One thread.
 */
#ifndef CAPTURE_TAP_H
#define CAPTURE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "core/err.h"

enum { TAP_BLOCK_MS = 10 /* the kernel hands over what it has, full block or not */ };

struct tap {
	char *name;            /* of the kernel */
	const char *direction; /* "in", "out", "both" */
	const char *filter;    /* of libpcap */
	uint32_t snaplen;
	int kernel_bytes; /* of the kernel's ring */
	bool is_plane;    /* of all, but only what is from or to this host */
	/* what follows is filled by tap_open() */
	pcap_t *pcap; /* NULL: closed */
	int fd, linktype;
	unsigned index; /* of the interface; 0: of all */
	uint16_t flag;  /* pcapng's: 0 unknown, 1 in, 2 out */
	uint64_t lost;  /* by the kernel, of closed taps */
	/* capture/intake.h */
	struct pcap_pkthdr *next; /* the packet that waits, or NULL; both of libpcap */
	const unsigned char *data;
	bool is_dry;      /* had no more when it was asked in this turn */
	int64_t asked_ns; /* when the turn began */
};

/* Opened again it must have the link type that it had: packets of two cannot stand under one name. */
bool tap_open(struct tap *, struct err *);
void tap_close(struct tap *);
uint64_t tap_losses(const struct tap *); /* packets that the kernel had no room for */
bool tap_is_gone(const struct tap *);    /* open, but its interface is not there any more, or another one */
bool tap_is_back(const struct tap *);    /* closed, and there is an interface of its name */

#endif
