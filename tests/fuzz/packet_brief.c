/* Any octets as a packet of any link type: the line about it is bounded and printable. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/dlt.h>

#include "capture/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	if (n == size)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)s[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int linktypes[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, 9999 };
	struct packet_brief b;

	for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++) {
		packet_brief(&b, linktypes[i], data, n);
		check(b.source, sizeof b.source);
		check(b.destination, sizeof b.destination);
		check(b.protocol, sizeof b.protocol);
		if (b.dscp < -1 || b.dscp > 63)
			abort();
	}
	return 0;
}
