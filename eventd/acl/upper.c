/* Writes conditions twice: for what follows the header of IPv6, and for what follows one extension header. */
#include "acl/upper.h"

#include <inttypes.h>
#include <stddef.h>

void
upper_port(struct text *conditions, enum upper_side side, const char *operator, int64_t port)
{
	text_printf(conditions, " and ip6[" UPPER " + %d:2] %s %" PRId64, (int)side, operator, port);
}

static void
at(struct text *out, const char *conditions, const char *place)
{
	for (size_t i = 0; conditions[i] != '\0'; i++)
		if (conditions[i] == UPPER[0])
			text_add(out, place);
		else
			text_addc(out, conditions[i]);
}

/* RFC 8200 4: hop-by-hop options 0, routing 43, destination options 60, and fragment 44, which has 8 octets. */
void
upper_add(struct text *out, int64_t protocol, const char *conditions)
{
	const char *first_piece = conditions[0] == '\0' ? "" : " and ip6[42:2] & 0xfff8 = 0";

	text_printf(out, " and ((ip6[6] = %" PRId64, protocol);
	at(out, conditions, "40");
	text_printf(out,
		") or ((ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60 or (ip6[6] = 44%s)) and ip6[40] = %" PRId64,
		first_piece, protocol);
	at(out, conditions, "(48 + (ip6[41] << 3))");
	text_add(out, "))");
}
