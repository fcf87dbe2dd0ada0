/* Type 7: two decimal digits say where in the well-known key to begin, then each octet is XORed with it, in hex. */
#include "actions/mail/password7.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

static const char key[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

enum { KEY_LEN = sizeof key - 1, PASSWORD_MAX = 1024 };

char *
password7_decode(const void *ctx, const char *encoded)
{
	size_t n = strlen(encoded), at, len = 0;
	char clear[PASSWORD_MAX];
	char *s;

	if (n < 4 || n % 2 != 0 || n / 2 - 1 > PASSWORD_MAX || !isdigit((unsigned char)encoded[0]) ||
		!isdigit((unsigned char)encoded[1]))
		return NULL;
	at = (size_t)(encoded[0] - '0') * 10 + (size_t)(encoded[1] - '0');
	if (at >= KEY_LEN)
		return NULL;
	for (size_t i = 2; i < n; i += 2) {
		int high = hex_digit(encoded[i]), low = hex_digit(encoded[i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		clear[len++] = (char)((high << 4 | low) ^ key[at++ % KEY_LEN]);
	}
	if (memchr(clear, '\0', len) != NULL)
		return NULL;
	s = mem_secret(ctx, clear, len);
	explicit_bzero(clear, sizeof clear);
	return s;
}
