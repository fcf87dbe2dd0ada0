/*
 * Datagrams of flow exporters: NetFlow 5, NetFlow 9 (RFC 3954) and IPFIX (RFC 7011). Templates are kept by
 * exporter, bounded; what cannot be read is counted and left. Foreign octets: tests/fuzz/netflow.c.
 * Engine thread only.
 */
#ifndef FLOW_NETFLOW_H
#define FLOW_NETFLOW_H

#include <stddef.h>
#include <stdint.h>

#include "flow/flow.h"

enum { NETFLOW_TEMPLATES_MAX = 4096, NETFLOW_FIELDS_MAX = 128 };

struct netflow;

struct netflow *netflow_new(const void *ctx);

typedef void netflow_f(void *arg, const struct flow *);

/* `exporter` tells senders apart. Every flow in the datagram is told, in order. */
void netflow_datagram(
	struct netflow *, uint16_t exporter, const void *data, size_t n, netflow_f *, void *arg);

struct netflow_stats {
	uint64_t datagrams, flows;
	uint64_t malformed; /* datagrams that were not, or not wholly, understood */
	uint64_t unknown;   /* data whose template had not come yet */
	size_t templates;
};
void netflow_stats(const struct netflow *, struct netflow_stats *);

#endif
