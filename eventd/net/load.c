/* The averages of `show interfaces`. */
#include "net/load.h"

#include <math.h>

enum { FULL = 255 };

/* A counter that is smaller than before began anew. */
static double
grown(uint64_t now, uint64_t before)
{
	return now >= before ? (double)(now - before) : (double)now;
}

static unsigned
fraction(double part, double whole)
{
	double f = whole <= 0 ? 0 : part / whole * FULL;

	return f >= FULL ? FULL : f < 1 ? 1 : (unsigned)(f + 0.5);
}

static double
average(double before, double sample, double weight)
{
	return before + (sample - before) * weight;
}

void
load_sample(struct link *l, usec now, usec interval, uint64_t bandwidth)
{
	const struct link_counters *c = &l->counters, *b = &l->sampled;
	double seconds = (double)(now - l->sampled_at) / USEC_PER_SEC;

	if (l->sampled_at == 0) {
		l->load.reliability = FULL;
		l->load.rxload = l->load.txload = 1;
	} else if (seconds > 0) {
		double weight = 1 - exp(-seconds * USEC_PER_SEC / (double)interval);
		double packets = grown(c->rx_packets, b->rx_packets) + grown(c->tx_packets, b->tx_packets);
		double errors = grown(c->rx_errors, b->rx_errors) + grown(c->tx_errors, b->tx_errors);
		double good = packets + errors == 0 ? FULL : FULL * packets / (packets + errors);
		struct link_load *load = &l->load;

		load->rx_bps = average(load->rx_bps, 8 * grown(c->rx_bytes, b->rx_bytes) / seconds, weight);
		load->tx_bps = average(load->tx_bps, 8 * grown(c->tx_bytes, b->tx_bytes) / seconds, weight);
		load->rx_pps = average(load->rx_pps, grown(c->rx_packets, b->rx_packets) / seconds, weight);
		load->tx_pps = average(load->tx_pps, grown(c->tx_packets, b->tx_packets) / seconds, weight);
		load->reliability = (unsigned)(average(load->reliability, good, weight) + 0.5);
		load->rxload = fraction(load->rx_bps, (double)bandwidth);
		load->txload = fraction(load->tx_bps, (double)bandwidth);
	}
	l->sampled = *c;
	l->sampled_at = now;
}
