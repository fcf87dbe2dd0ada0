/*
 * Any octets as datagrams of a flow exporter: none reads beyond its end, templates stay bounded, names are
 * printable. The input is a row of datagrams, each with its length (two octets) before it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "flow/netflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
look(void *arg, const struct flow *f)
{
	unsigned *flows = arg;

	if (f->key.family != 4 && f->key.family != 6)
		abort();
	for (size_t i = 0; i < sizeof f->app && f->app[i] != '\0'; i++)
		if (f->app[i] <= ' ' || f->app[i] > '~')
			abort();
	if (memchr(f->app, '\0', sizeof f->app) == NULL)
		abort();
	++*flows;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct netflow *nf = netflow_new(NULL);
	struct netflow_stats stats;
	unsigned flows = 0;

	while (n >= 2) {
		size_t len = (size_t)(data[0] << 8 | data[1]);
		uint8_t *copy;

		data += 2;
		n -= 2;
		if (len > n)
			len = n;
		copy = malloc(len + 1); /* what is read behind its end is seen */
		memcpy(copy, data, len);
		netflow_datagram(nf, (uint16_t)(len & 1), copy, len, look, &flows);
		free(copy);
		data += len;
		n -= len;
	}
	netflow_stats(nf, &stats);
	if (stats.flows != flows || stats.templates > NETFLOW_TEMPLATES_MAX ||
		stats.malformed > stats.datagrams)
		abort();
	mem_free(nf);
	return 0;
}
