/* Messages of FRR's live log. */
#include "peers/frr/live.h"

#include <string.h>

#include "peers/frr/adjacency.h"

/* Offsets in the header: seconds (8), nanoseconds (4), its own length, pid (8), tid (8), and then these. */
enum { AT_LENGTH = 12, AT_LOST = 32, AT_PRIORITY = 36, AT_TEXT_LENGTH = 44, AT_END = 52 };

static uint32_t
number(const unsigned char *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof v);
	return v;
}

bool
live_read(const void *octets, size_t n, struct live_message *m)
{
	const unsigned char *o = octets;
	uint32_t header, length;
	const char *text;

	if (n < AT_END)
		return false;
	header = number(o + AT_LENGTH);
	length = number(o + AT_TEXT_LENGTH);
	if (header < AT_END || header > n || length > n - header)
		return false;
	m->lost = number(o + AT_LOST);
	m->priority = number(o + AT_PRIORITY) & 7;
	text = (const char *)o + header;
	m->text = slice_between(adjacency_log_text(text, text + length), text + length);
	return true;
}
