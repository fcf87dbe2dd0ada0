/*
 * Any octets as a packet of any link type: a segment lies inside it. Then its payload as what a client said,
 * twice and in pieces: the mask writes stars only, and nothing outside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/dlt.h>

#include "capture/mask.h"
#include "capture/segment.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_mask(uint32_t seq, bool syn, const unsigned char *payload, size_t n)
{
	struct mask *m = mask_new(NULL, MASK_SMTP, NULL);
	unsigned char *copy = mem_dup(NULL, payload, n + 1);
	size_t half = n / 2;

	mask_learn(m, seq, syn, payload, half);
	mask_learn(m, seq + (uint32_t)half, false, payload + half, n - half);
	mask_learn(m, seq, syn, payload, n);
	mask_apply(m, seq, syn, copy, n);
	for (size_t i = 0; i < n; i++)
		if (copy[i] != payload[i] && copy[i] != '*')
			abort();
	mem_free(copy);
	mem_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int linktypes[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, 9999 };
	unsigned char *text = mem_alloc(NULL, n + 1);
	struct segment s;

	for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++) {
		if (!segment_read(&s, linktypes[i], data, n))
			continue;
		if (s.at > n || s.len > n - s.at || (s.from.family != 4 && s.from.family != 6))
			abort();
	}
	memcpy(text, data, n);
	check_mask(0xFFFFFFF0u, n % 2 == 0, text, n);
	mem_free(text);
	return 0;
}
