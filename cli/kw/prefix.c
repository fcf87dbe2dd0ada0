/* Network prefixes as values. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kw/kw.h"
#include "core/rng.h"

static bool
is_prefix(const char *s)
{
	char address[INET6_ADDRSTRLEN], *end;
	const char *slash = strchr(s, '/');
	unsigned char bits[16];
	long len;

	if (slash == NULL || !isdigit((unsigned char)slash[1]) || slash - s >= (long)sizeof address)
		return false;
	snprintf(address, sizeof address, "%.*s", (int)(slash - s), s);
	len = strtol(slash + 1, &end, 10);
	if (*end != '\0')
		return false;
	return (inet_pton(AF_INET, address, bits) == 1 && len <= 32) ||
	       (inet_pton(AF_INET6, address, bits) == 1 && len <= 128);
}

static bool
prefix_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (!is_prefix(t->text) && strchr(t->text, '$') == NULL)
		return err_set(err, ERR_RANGE, "a prefix, such as 192.0.2.0/24 or 2001:db8::/32");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
prefix_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "0.0.0.0/0", "192.0.2.0/24", "2001:db8::/32", "10.1.2.3/32" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_prefix = {
	.param = "A.B.C.D/nn|X:X:X:X::X/<0-128>",
	.name = "prefix",
	.size = sizeof(struct kw_str),
	.parse = prefix_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = prefix_sample,
};
