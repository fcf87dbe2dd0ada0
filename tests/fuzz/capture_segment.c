/*
 * Any octets as a packet of any link type: a segment, a piece and a packet of a tunnel lie inside it, and stars are all
 * that is written there. Then its payload as what a client said, twice and in pieces: the mask writes stars only, and
 * nothing outside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/dlt.h>

#include "capture/credentials.h"
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

static void
check_inside(int linktype, const unsigned char *data, size_t n)
{
	struct segment_inner in;
	struct segment_end from, to;
	size_t at;

	if (segment_inner(&in, linktype, data, n) && in.at >= n)
		abort();
	if (segment_fragment(linktype, data, n, &at) && at >= n)
		abort();
	if (segment_ends(linktype, data, n, &from, &to) && from.family != to.family)
		abort();
}

static void
check_stars(int linktype, const unsigned char *data, size_t n)
{
	struct credentials *c = credentials_keep(NULL);
	unsigned char *copy = mem_alloc(NULL, n + 1);

	memcpy(copy, data, n);
	credentials_learn(c, linktype, data, n);
	credentials_star(c, linktype, copy, n);
	for (size_t i = 0; i < n; i++)
		if (copy[i] != data[i] && copy[i] != '*')
			abort();
	mem_free(copy);
	mem_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int linktypes[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, 9999 };
	unsigned char *text = mem_alloc(NULL, n + 1);
	struct segment s;

	for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++) {
		check_inside(linktypes[i], data, n);
		check_stars(linktypes[i], data, n);
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
