/* Reading `v=TLSRPTv1; rua=...`. */
#include "actions/mail/report/rua.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/address.h"
#include "actions/mail/hostname.h"
#include "core/mem.h"
#include "core/slice.h"
#include "core/text.h"

/* NULL: a broken %XX, or a NUL. */
static char *
percent_decoded(const void *ctx, struct slice s)
{
	struct text *t = text_new(ctx);

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.s[i] != '%') {
			text_addc(t, s.s[i]);
			continue;
		}
		high = i + 2 < s.n ? hex_digit(s.s[i + 1]) : -1;
		low = i + 2 < s.n ? hex_digit(s.s[i + 2]) : -1;
		if (high < 0 || low < 0 || high * 16 + low == 0)
			return NULL;
		text_addc(t, (char)(high * 16 + low));
		i += 2;
	}
	return t->s;
}

/* mailto:reports@example.com; "?subject=..." would be ours to write and is not looked at. */
static bool
read_mailto(struct rua *r, struct rua_target *t, struct slice rest)
{
	const char *query = memchr(rest.s, '?', rest.n);
	char *plain = percent_decoded(r, query == NULL ? rest : slice_between(rest.s, query));
	struct mail_address *a = plain == NULL ? NULL : mail_address_parse(r, plain, strlen(plain), NULL);

	if (a == NULL)
		return false;
	t->is_mail = true;
	t->mailbox = a->mailbox;
	return true;
}

/* https://host[:port]/path; no user, no address literal. */
static bool
read_https(struct rua *r, struct rua_target *t, struct slice rest)
{
	size_t n = 0;
	const char *colon;
	char *end = NULL;

	while (n < rest.n && strchr("/?#", rest.s[n]) == NULL)
		n++;
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.s[i] <= 0x20 || (unsigned char)rest.s[i] >= 0x7f)
			return false;
	colon = memchr(rest.s, ':', n);
	t->port = 443;
	if (colon != NULL) {
		char *port = mem_strndup(r, colon + 1, (size_t)(rest.s + n - colon) - 1);
		unsigned long v = strtoul(port, &end, 10);

		if (port[0] < '1' || port[0] > '9' || *end != '\0' || v > 65535)
			return false;
		t->port = (unsigned)v;
		n = (size_t)(colon - rest.s);
	}
	t->host = hostname_to_ascii(r, rest.s, n, NULL);
	return t->host != NULL;
}

static void
add_target(struct rua *r, struct slice uri)
{
	static const struct {
		const char *scheme;
		bool (*read)(struct rua *, struct rua_target *, struct slice);
	} schemes[] = { { "mailto:", read_mailto }, { "https://", read_https } };
	struct rua_target *t = &r->targets[r->count];

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i].scheme);

		if (uri.n <= n || strncasecmp(uri.s, schemes[i].scheme, n) != 0)
			continue;
		*t = (struct rua_target){ .uri = mem_strndup(r, uri.s, uri.n) };
		if (schemes[i].read(r, t, (struct slice){ uri.s + n, uri.n - n }))
			r->count++;
		return;
	}
}

static bool
is_record(const char *text)
{
	size_t n = strlen("v=TLSRPTv1");

	if (strncmp(text, "v=TLSRPTv1", n) != 0)
		return false;
	text += n;
	text += strspn(text, " \t");
	return *text == ';';
}

static struct rua *
read_record(const void *ctx, const char *text, struct err *err)
{
	struct rua *r = mem_new(ctx, struct rua);
	struct slice rest = slice_of(text);
	bool has_rua = false;

	slice_cut(&rest, ';');
	while (rest.n > 0 && !has_rua) {
		struct slice field = slice_cut(&rest, ';');
		struct slice key = slice_cut(&field, '=');

		if (!slice_is(key, "rua"))
			continue;
		has_rua = true;
		while (field.n > 0 && r->count < RUA_MAX)
			add_target(r, slice_cut(&field, ','));
	}
	if (r->count > 0)
		return r;
	err_set(err, ERR_INVALID,
		has_rua ? "the record's rua names nobody that can be written to" : "the record has no rua");
	mem_free(r);
	return NULL;
}

struct rua *
rua_parse(const void *ctx, const char *const *texts, size_t count, struct err *err)
{
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_record(texts[i]))
			continue;
		if (found != NULL) {
			err_set(err, ERR_INVALID, "there is more than one v=TLSRPTv1 record");
			return NULL;
		}
		found = texts[i];
	}
	if (found == NULL) {
		err_set(err, ERR_NOT_FOUND, "there is no v=TLSRPTv1 record");
		return NULL;
	}
	return read_record(ctx, found, err);
}
