/* Where syslog messages are received. */
#include "syslog/url.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define HOST_MAX (INET6_ADDRSTRLEN + IF_NAMESIZE)

static const char *const schemes[] = { "udp", "tcp", "tls" }; /* ORDER: enum syslog_transport */

bool
syslog_is_unix(enum syslog_transport t)
{
	return t == SYSLOG_UNIX || t == SYSLOG_UNIX_STREAM;
}

bool
syslog_is_stream(enum syslog_transport t)
{
	return t == SYSLOG_TCP || t == SYSLOG_TLS || t == SYSLOG_UNIX_STREAM;
}

static bool
parse_path(const char *path, struct syslog_url *out, const char *url, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->address;

	if (*path != '/' || path[1] == '\0')
		return err_set(
			err, ERR_CONFIG, "%s: the path of a socket is absolute: unix:///run/eventd/log", url);
	if (strlen(path) >= sizeof un->sun_path)
		return err_set(err, ERR_CONFIG, "%s: longer than the %zu bytes that a socket's name may have",
			url, sizeof un->sun_path - 1);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	return true;
}

static bool
parse_port(const char *s, in_port_t *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (!isdigit((unsigned char)*s) || *end != '\0' || n > 65535)
		return false;
	*out = htons((in_port_t)n);
	return true;
}

static bool
parse_host(char *host, in_port_t port, struct syslog_url *out)
{
	char *zone = strchr(host, '%');
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;

	if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		out->len = sizeof *v4;
		return true;
	}
	if (zone != NULL)
		*zone++ = '\0';
	if (inet_pton(AF_INET6, *host != '\0' ? host : "::", &v6->sin6_addr) != 1)
		return false;
	if (zone != NULL && (v6->sin6_scope_id = if_nametoindex(zone)) == 0)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	out->len = sizeof *v6;
	return true;
}

static bool
parse_address(const char *rest, struct syslog_url *out, const char *url, struct err *err)
{
	char host[HOST_MAX] = "", text[HOST_MAX];
	const char *from = rest, *end = strrchr(rest, ':');
	in_port_t port;
	size_t n;

	if (*rest == '[') {
		from++;
		end = strstr(rest, "]:");
	}
	if (end == NULL || !parse_port(end + (*end == ']' ? 2 : 1), &port))
		return err_set(
			err, ERR_CONFIG, "%s: a port from 0 to 65535 must stand behind the address", url);
	n = (size_t)(end - from);
	if (n >= sizeof host || (*rest != '[' && memchr(from, ':', n) != NULL))
		return err_set(
			err, ERR_CONFIG, "%s: write an IPv6 address in brackets: udp://[::1]:514", url);
	memcpy(host, from, n);
	memcpy(text, host, sizeof text);
	if (!parse_host(host, port, out))
		return err_set(err, ERR_CONFIG, "%s: \"%s\" is no IPv4 or IPv6 address%s", url, text,
			strchr(text, '%') != NULL ? " of an interface that is here" : "");
	return true;
}

bool
syslog_url_parse(const char *url, struct syslog_url *out, struct err *err)
{
	memset(out, 0, sizeof *out);
	if (strncmp(url, "unix://", 7) == 0) {
		out->transport = SYSLOG_UNIX;
		return parse_path(url + 7, out, url, err);
	}
	if (strncmp(url, "unix-stream://", 14) == 0) {
		out->transport = SYSLOG_UNIX_STREAM;
		return parse_path(url + 14, out, url, err);
	}
	for (unsigned i = SYSLOG_UDP; i <= SYSLOG_TLS; i++)
		if (strncmp(url, schemes[i], 3) == 0 && strncmp(url + 3, "://", 3) == 0) {
			out->transport = (enum syslog_transport)i;
			return parse_address(url + 6, out, url, err);
		}
	err_set(err, ERR_CONFIG, "%s: not a place to receive syslog", url);
	err_hint(err, "udp://ADDRESS:PORT, tcp://ADDRESS:PORT, tls://ADDRESS:PORT, unix:///PATH or "
		      "unix-stream:///PATH");
	return false;
}

static bool
is_chosen(const struct syslog_url *u)
{
	return !syslog_is_unix(u->transport) && ((const struct sockaddr_in *)&u->address)->sin_port == 0;
}

bool
syslog_url_same(const struct syslog_url *a, const struct syslog_url *b)
{
	return !is_chosen(a) && syslog_is_stream(a->transport) == syslog_is_stream(b->transport) &&
	       a->len == b->len && memcmp(&a->address, &b->address, a->len) == 0;
}

bool
syslog_url_shares(const struct syslog_url *v6, const struct syslog_url *v4)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&v6->address;

	return v6->address.ss_family == AF_INET6 && v4->address.ss_family == AF_INET &&
	       IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr) &&
	       syslog_is_stream(v6->transport) == syslog_is_stream(v4->transport) && six->sin6_port != 0 &&
	       six->sin6_port == ((const struct sockaddr_in *)&v4->address)->sin_port;
}

/* The same address means another device on another link. */
static void
format_v6(const struct sockaddr_in6 *v6, char host[HOST_MAX])
{
	char name[IF_NAMESIZE];
	size_t n;

	inet_ntop(AF_INET6, &v6->sin6_addr, host, HOST_MAX);
	n = strlen(host);
	if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) && if_indextoname(v6->sin6_scope_id, name) != NULL)
		snprintf(host + n, HOST_MAX - n, "%%%s", name);
}

void
syslog_url_format(const struct syslog_url *u, char out[SYSLOG_URL_MAX])
{
	const char *scheme = u->transport <= SYSLOG_TLS ? schemes[u->transport] : "unix";
	char host[HOST_MAX] = "";

	switch (u->address.ss_family) {
	case AF_UNIX:
		snprintf(out, SYSLOG_URL_MAX, "%s://%s",
			u->transport == SYSLOG_UNIX_STREAM ? "unix-stream" : "unix",
			((const struct sockaddr_un *)&u->address)->sun_path);
		return;
	case AF_INET: {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)&u->address;

		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
		snprintf(out, SYSLOG_URL_MAX, "%s://%s:%u", scheme, host, ntohs(v4->sin_port));
		return;
	}
	default: {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&u->address;

		format_v6(v6, host);
		snprintf(out, SYSLOG_URL_MAX, "%s://[%s]:%u", scheme, host, ntohs(v6->sin6_port));
	}
	}
}

void
syslog_source_format(
	enum syslog_transport transport, const struct sockaddr_storage *peer, char out[SYSLOG_SOURCE_MAX])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
	char host[HOST_MAX] = "";

	if (peer->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, host, sizeof host);
	else if (peer->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], host, sizeof host);
	else if (peer->ss_family == AF_INET6)
		format_v6(v6, host);
	snprintf(out, SYSLOG_SOURCE_MAX, "%s %s", schemes[transport], host);
}
