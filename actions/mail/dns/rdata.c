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
