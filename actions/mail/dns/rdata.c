/* The data of single DNS records. */
#include "actions/mail/dns/rdata.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

#define LABEL_MAX       63
#define NAME_OCTETS_MAX 255 /* RFC 1035 2.3.4 */

static bool
is_host_octet(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_';
}

static char
lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
rdata_host(const uint8_t *data, size_t n, char out[RDATA_NAME_MAX])
{
	size_t at = 0, len = 0;

	if (n > NAME_OCTETS_MAX)
		return false;
	while (at < n && data[at] != 0) {
		size_t label = data[at++];

		if (label > LABEL_MAX || label > n - at || len + label + 2 > RDATA_NAME_MAX)
			return false;
		if (len > 0)
			out[len++] = '.';
		for (size_t i = 0; i < label; i++) {
			if (!is_host_octet(data[at + i]))
				return false;
			out[len++] = lower(data[at + i]);
		}
		at += label;
	}
	out[len] = '\0';
	return at + 1 == n; /* the root's empty label, and nothing behind it */
}

bool
rdata_mx(const uint8_t *data, size_t n, struct rdata_mx *mx)
{
	if (n < 3)
		return false;
	mx->preference = (unsigned)data[0] << 8 | data[1];
	return rdata_host(data + 2, n - 2, mx->host);
}

char *
rdata_address(const void *ctx, const uint8_t *data, size_t n)
{
	char text[INET6_ADDRSTRLEN];

	if (n != 4 && n != 16)
		return NULL;
	inet_ntop(n == 4 ? AF_INET : AF_INET6, data, text, sizeof text);
	return mem_strdup(ctx, text);
}

bool
rdata_tlsa(const void *ctx, const uint8_t *data, size_t n, struct dane_record *r)
{
	if (n < 4)
		return false;
	r->usage = data[0];
	r->selector = data[1];
	r->matching = data[2];
	r->len = n - 3;
	r->data = mem_dup(ctx, data + 3, r->len);
	return true;
}

char *
rdata_txt(const void *ctx, const uint8_t *data, size_t n)
{
	struct text t;
	size_t at = 0;

	text_init(&t, ctx);
	while (at < n) {
		size_t len = data[at++];

		if (len > n - at || memchr(data + at, '\0', len) != NULL) {
			mem_free(t.s);
			return NULL;
		}
		text_addn(&t, data + at, len);
		at += len;
	}
	return t.s;
}

/* ---- whole messages ---------------------------------------------------------------------------------- */

#define HEADER       12
#define TYPE_RRSIG   46
#define RRSIG_ENDS   8 /* where its end stands: behind type, algorithm, labels and TTL */
#define RECORD_FIXED 10

static unsigned
u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

/* Where the name at `at` ends, n when it does not. A pointer is its end. */
static size_t
skip_name(const uint8_t *m, size_t n, size_t at)
{
	while (at < n) {
		if (m[at] == 0)
			return at + 1;
		if (m[at] > LABEL_MAX)
			return at + 2 <= n ? at + 2 : n;
		at += 1u + m[at];
	}
	return n;
}

uint32_t
rdata_signed_for(const uint8_t *m, size_t n, uint32_t now)
{
	uint32_t least = UINT32_MAX;
	size_t at = HEADER;
	unsigned questions, answers;

	if (n < HEADER)
		return least;
	questions = u16(m + 4);
	answers = u16(m + 6);
	while (questions-- > 0 && at < n)
		at = skip_name(m, n, at) + 4;
	while (answers-- > 0 && at < n) {
		size_t fixed = skip_name(m, n, at), len;

		if (fixed + RECORD_FIXED > n)
			break;
		len = u16(m + fixed + 8);
		at = fixed + RECORD_FIXED + len;
		if (at <= n && u16(m + fixed) == TYPE_RRSIG && len >= RRSIG_ENDS + 4) {
			/* Serial number arithmetic (RFC 1982): the years after 2106 are not before 1970. */
			int32_t left = (int32_t)(u32(m + fixed + RECORD_FIXED + RRSIG_ENDS) - now);

			if (left < 0)
				left = 0;
			least = (uint32_t)left < least ? (uint32_t)left : least;
		}
	}
	return least;
}
