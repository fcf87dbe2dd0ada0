/* The head of an SNMPv3 message. */
#include "snmp/v3head.h"

enum { BER_INTEGER = 0x02, BER_OCTETS = 0x04, BER_SEQUENCE = 0x30, LENGTH_OCTETS_MAX = 4 };

struct cursor {
	const uint8_t *at, *end;
};

/* One element of this type: its contents, and the cursor behind it (X.690 8.1). */
static bool
take(struct cursor *c, uint8_t type, struct cursor *contents)
{
	size_t left = (size_t)(c->end - c->at), len, octets;

	if (left < 2 || c->at[0] != type)
		return false;
	len = c->at[1];
	c->at += 2;
	left -= 2;
	if (len & 0x80) {
		octets = len & 0x7f;
		if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > left)
			return false;
		for (len = 0; octets > 0; octets--, left--)
			len = len << 8 | *c->at++;
	}
	if (len > left)
		return false;
	*contents = (struct cursor){ c->at, c->at + len };
	c->at += len;
	return true;
}

static size_t
length(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

bool
v3_head_read(const void *message, size_t n, struct v3_head *head)
{
	struct cursor all = { message, (const uint8_t *)message + n }, whole, part, octets, security;

	if (!take(&all, BER_SEQUENCE, &whole) || !take(&whole, BER_INTEGER, &part) || length(&part) != 1 ||
		*part.at != 3 || !take(&whole, BER_SEQUENCE, &part) || !take(&whole, BER_OCTETS, &octets) ||
		!take(&octets, BER_SEQUENCE, &security) || !take(&security, BER_OCTETS, &part))
		return false;
	head->engine = part.at;
	head->engine_len = length(&part);
	if (!take(&security, BER_INTEGER, &part) || !take(&security, BER_INTEGER, &part) ||
		!take(&security, BER_OCTETS, &part))
		return false;
	head->user = part.at;
	head->user_len = length(&part);
	return head->engine_len <= V3_ENGINE_MAX && head->user_len <= V3_USER_MAX;
}
