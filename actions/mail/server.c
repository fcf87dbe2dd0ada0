/* The server string of `action mail server`. */
#include "actions/mail/server.h"

#include <net/if.h>
#include <stdint.h>
#include <string.h>

#include "actions/mail/hostname.h"
#include "core/mem.h"
#include "core/text.h"

/* A piece of the caller's string. */
struct piece {
	const char *s;
	size_t n;
};

static struct piece
trim_blanks(const char *s, size_t n)
{
	while (n > 0 && (s[0] == ' ' || s[0] == '\t'))
		s++, n--;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return (struct piece){ s, n };
}

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static bool
check_characters(struct piece p, struct err *err)
{
	if (p.n == 0)
		return err_class(err, ERR_INVALID, "EMPTY", "the server string is empty");
	for (size_t i = 0; i < p.n; i++)
		if (is_control((unsigned char)p.s[i]))
			return err_class(err, ERR_INVALID, "CONTROL_CHARACTER",
				"the server string holds a control character");
	if (!utf8_valid(p.s, p.n))
		return err_class(err, ERR_INVALID, "BAD_UTF8", "the server string is not UTF-8");
	return true;
}

/* Cuts at `at`: what stands before it; *rest is what stands behind it. */
static struct piece
cut(struct piece p, const char *at, struct piece *rest)
{
	size_t before = (size_t)(at - p.s);

	*rest = (struct piece){ at + 1, p.n - before - 1 };
	return (struct piece){ p.s, before };
}

static bool
parse_port(struct mail_server *srv, struct piece p, struct err *err)
{
	unsigned port = 0;

	for (size_t i = 0; i < p.n && port <= UINT16_MAX; i++) {
		if (p.s[i] < '0' || p.s[i] > '9') {
			port = 0;
			break;
		}
		port = port * 10 + (unsigned)(p.s[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return err_class(err, ERR_INVALID, "BAD_PORT", "the port is not a number from 1 to 65535");
	srv->port = port;
	return true;
}

static bool
is_zone(struct piece p)
{
	if (p.n == 0 || p.n >= IF_NAMESIZE)
		return false;
	return memchr(p.s, '/', p.n) == NULL && memchr(p.s, ' ', p.n) == NULL &&
	       memchr(p.s, '%', p.n) == NULL;
}

/* "[" IPv6 ["%" zone] "]" [":" port] */
static bool
parse_bracketed(struct mail_server *srv, struct piece host, struct err *err)
{
	const char *end = memchr(host.s, ']', host.n), *percent;
	struct piece inside, rest, zone = { NULL, 0 }, address;

	if (end == NULL)
		return err_class(err, ERR_INVALID, "BAD_HOST", "the IPv6 address has no closing bracket");
	inside = cut(host, end, &rest);
	inside.s++, inside.n--;
	address = inside;
	percent = memchr(inside.s, '%', inside.n);
	if (percent != NULL)
		address = cut(inside, percent, &zone);
	if (!is_ipv6(address.s, address.n) || (percent != NULL && !is_zone(zone)))
		return err_class(err, ERR_INVALID, "BAD_HOST", "no IPv6 address stands in the brackets");
	srv->kind = MAIL_HOST_IPV6;
	srv->host = mem_strndup(srv, inside.s, inside.n);
	if (rest.n == 0)
		return true;
	if (rest.s[0] != ':')
		return err_class(err, ERR_INVALID, "BAD_HOST", "only a port may follow the bracket");
	return parse_port(srv, (struct piece){ rest.s + 1, rest.n - 1 }, err);
}

static bool
parse_name(struct mail_server *srv, struct piece name, struct err *err)
{
	if (name.n == 0)
		return err_class(err, ERR_INVALID, "EMPTY_HOST", "the server string has no host");
	if (is_ipv4(name.s, name.n)) {
		srv->kind = MAIL_HOST_IPV4;
		srv->host = mem_strndup(srv, name.s, name.n);
		return true;
	}
	srv->kind = MAIL_HOST_NAME;
	srv->host = hostname_to_ascii(srv, name.s, name.n, err);
	if (srv->host == NULL)
		return false;
	for (size_t i = 0; i < name.n && srv->unicode == NULL; i++)
		if ((unsigned char)name.s[i] >= 0x80)
			srv->unicode = mem_strndup(srv, name.s, name.n);
	return true;
}

static bool
parse_host(struct mail_server *srv, struct piece host, struct err *err)
{
	const char *colon;
	struct piece port;

	if (host.n == 0)
		return err_class(err, ERR_INVALID, "EMPTY_HOST", "the server string has no host");
	if (host.s[0] == '[')
		return parse_bracketed(srv, host, err);
	if (is_ipv6(host.s, host.n)) {
		srv->kind = MAIL_HOST_IPV6;
		srv->host = mem_strndup(srv, host.s, host.n);
		return true;
	}
	colon = memchr(host.s, ':', host.n);
	if (colon == NULL)
		return parse_name(srv, host, err);
	if (memrchr(host.s, ':', host.n) != colon)
		return err_class(err, ERR_INVALID, "BAD_HOST", "the host is no IPv6 address");
	return parse_name(srv, cut(host, colon, &port), err) && parse_port(srv, port, err);
}

static bool
parse_credentials(struct mail_server *srv, struct piece creds, struct err *err)
{
	const char *colon = memchr(creds.s, ':', creds.n);
	struct piece user = creds, password = { NULL, 0 };

	if (colon != NULL)
		user = cut(creds, colon, &password);
	if (user.n == 0)
		return err_class(err, ERR_INVALID, "EMPTY_USER", "the user name is empty");
	if (colon != NULL && password.n == 0)
		return err_class(err, ERR_INVALID, "EMPTY_PASSWORD", "the password is empty");
	if (user.n > MAIL_CREDENTIAL_MAX || password.n > MAIL_CREDENTIAL_MAX)
		return err_class(err, ERR_INVALID, "TOO_LONG",
			"user name or password is longer than %d octets", MAIL_CREDENTIAL_MAX);
	srv->user = mem_strndup(srv, user.s, user.n);
	if (colon != NULL)
		srv->password = mem_secret(srv, password.s, password.n);
	return true;
}

/* A URL is read by the same rules and means something else than its author thinks. */
static bool
looks_like_url(struct piece p)
{
	const char *mark = memmem(p.s, p.n, "://", 3);

	if (mark == NULL || mark == p.s)
		return false;
	for (const char *c = p.s; c < mark; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')))
			return false;
	return true;
}

/* "localhost credential NOC", quoted whole. */
static bool
holds_words(struct piece p)
{
	static const char *const words[] = { " credential ", " port ", " secure ", " to ", " from " };
	const char *at = memrchr(p.s, '@', p.n);
	struct piece host = p;

	if (at != NULL)
		cut(p, at, &host);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (memmem(host.s, host.n, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

static void
blame_quotes(struct err *err)
{
	err_class(err, ERR_INVALID, "BAD_HOST",
		"the host has blanks: words of the action stand inside the quotes around the server");
	err_hint(err, "close the quotes behind the server: \"HOST\" credential NAME");
}

static bool
parse(struct mail_server *srv, struct piece all, struct err *err)
{
	const char *at = memrchr(all.s, '@', all.n);
	struct piece creds, host = all;

	if (all.n == 6 && memcmp(all.s, "USEDNS", 6) == 0) {
		srv->kind = MAIL_HOST_USE_DNS;
		srv->host = "USEDNS";
		return true;
	}
	if (at != NULL)
		creds = cut(all, at, &host);
	if (!parse_host(srv, host, err))
		return false;
	if (strcmp(srv->host, "USEDNS") == 0)
		return err_class(err, ERR_INVALID, "BAD_HOST",
			"USEDNS names no server: it takes neither credentials nor a port");
	return at == NULL || parse_credentials(srv, creds, err);
}

struct mail_server *
mail_server_parse(const void *ctx, const char *s, size_t n, struct err *err)
{
	struct piece all = trim_blanks(s, n);
	struct mail_server *srv;

	if (!check_characters(all, err))
		return NULL;
	srv = mem_new(ctx, struct mail_server);
	if (!parse(srv, all, err)) {
		if (looks_like_url(all))
			err_hint(err, "this looks like a URL; write user:password@host");
		else if (holds_words(all))
			blame_quotes(err);
		mem_free(srv);
		return NULL;
	}
	if (looks_like_url(all))
		srv->warning = "looks like a URL";
	return srv;
}

char *
mail_server_mask(const void *ctx, const char *s, size_t n)
{
	struct piece all = trim_blanks(s, n), creds = all;
	const char *at = memrchr(all.s, '@', all.n), *colon;
	struct text *t = text_new(ctx);
	struct mail_server *srv = NULL;
	char *masked;

	if (at != NULL)
		creds.n = (size_t)(at - all.s);
	else
		srv = mail_server_parse(t, s, n, NULL);
	colon = srv == NULL && creds.n > 0 ? memchr(creds.s, ':', creds.n) : NULL;
	if (colon == NULL) {
		text_add_line(t, all.s, all.n);
	} else {
		text_add_line(t, all.s, (size_t)(colon - all.s) + 1);
		text_add(t, "********");
		if (at != NULL)
			text_add_line(t, at, all.n - (size_t)(at - all.s));
	}
	masked = mem_strndup(ctx, t->s, t->len);
	mem_free(t);
	return masked;
}
