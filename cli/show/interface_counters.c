/* Counters of interfaces, since `clear counters`. */
#include "cli/show/interface_counters.h"

static uint64_t
since(uint64_t now, uint64_t cleared)
{
	return now >= cleared ? now - cleared : now;
}

struct link_counters
interface_counters(const struct link *l)
{
	const struct link_counters *c = &l->counters, *z = &l->cleared;

	return (struct link_counters){
		.rx_packets = since(c->rx_packets, z->rx_packets),
		.rx_bytes = since(c->rx_bytes, z->rx_bytes),
		.rx_errors = since(c->rx_errors, z->rx_errors),
		.rx_dropped = since(c->rx_dropped, z->rx_dropped),
		.rx_multicast = since(c->rx_multicast, z->rx_multicast),
		.rx_crc = since(c->rx_crc, z->rx_crc),
		.rx_frame = since(c->rx_frame, z->rx_frame),
		.rx_overrun = since(c->rx_overrun, z->rx_overrun),
		.rx_length = since(c->rx_length, z->rx_length),
		.rx_no_handler = since(c->rx_no_handler, z->rx_no_handler),
		.tx_packets = since(c->tx_packets, z->tx_packets),
		.tx_bytes = since(c->tx_bytes, z->tx_bytes),
		.tx_errors = since(c->tx_errors, z->tx_errors),
		.tx_dropped = since(c->tx_dropped, z->tx_dropped),
		.tx_underrun = since(c->tx_underrun, z->tx_underrun),
		.tx_carrier = since(c->tx_carrier, z->tx_carrier),
		.tx_aborted = since(c->tx_aborted, z->tx_aborted),
		.collisions = since(c->collisions, z->collisions),
		.late_collisions = since(c->late_collisions, z->late_collisions),
		.resets = since(c->resets, z->resets),
	};
}

void
interface_counters_json(struct writer *w, const struct link_counters *c)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "packets_input", c->rx_packets },
		{ "bytes_input", c->rx_bytes },
		{ "input_errors", c->rx_errors },
		{ "input_drops", c->rx_dropped },
		{ "multicast_input", c->rx_multicast },
		{ "crc", c->rx_crc },
		{ "frame", c->rx_frame },
		{ "overrun", c->rx_overrun },
		{ "giants", c->rx_length },
		{ "unknown_protocol_drops", c->rx_no_handler },
		{ "packets_output", c->tx_packets },
		{ "bytes_output", c->tx_bytes },
		{ "output_errors", c->tx_errors },
		{ "output_drops", c->tx_dropped },
		{ "underruns", c->tx_underrun },
		{ "lost_carrier", c->tx_carrier },
		{ "output_buffer_failures", c->tx_aborted },
		{ "collisions", c->collisions },
		{ "late_collisions", c->late_collisions },
		{ "interface_resets", c->resets },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		w_int(w, rows[i].key, (int64_t)rows[i].value);
}
