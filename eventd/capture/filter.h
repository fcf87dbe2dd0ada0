/*
 * Which packets a capture takes: the grammar of `monitor capture NAME match ...` and its translation
 * into libpcap's filter language. Engine thread only.
 *
 *   any
 *   mac {A MASK | host A | any} {A MASK | host A | any}          MASK: bits set are not compared, as in IOS
 *   ipv4|ipv6 [protocol {NAME | N}] {A/LEN | host A | any} [ports] {A/LEN | host A | any} [ports]
 *   pktlen-range max N min N
 * with ports = eq P | neq P | lt P | gt P | range P P, for tcp and udp.
 */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include <stdbool.h>

#include "cli/kw/kw.h"
#include "core/err.h"

struct text;

/* One side of a packet. */
struct filter_end {
	struct kw_flag any;
	struct kw_str host, net, mac, mask;
	struct kw_int eq, neq, lt, gt, from, to;
};

struct filter_args {
	struct kw_flag any, mac, ipv4, ipv6, pktlen;
	struct kw_int protocol, max, min;
	struct filter_end source, destination;
};

/* What follows `match`; its values are a struct filter_args (kw.sub_size). */
extern const struct kw filter_kw[];

/* Appends the libpcap expression; "" for any. */
bool filter_build(const struct filter_args *, struct text *, struct err *);

/* The lines below "Filter Details:" of `show monitor capture`. */
void filter_describe(const struct filter_args *, struct text *);

#endif
