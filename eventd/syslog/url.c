/* Where syslog messages are received. */
#include "syslog/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

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
parse_host(const char *host, in_port_t port, struct syslog_url *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		out->len = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, *host != '\0' ? host : "::", &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	out->len = sizeof *v6;
	return true;
}

static bool
parse_address(const char *rest, struct syslog_url *out, const char *url, struct err *err)
{
	char host[INET6_ADDRSTRLEN] = "";
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
	if (!parse_host(host, port, out))
		return err_set(err, ERR_CONFIG, "%s: \"%s\" is no IPv4 or IPv6 address", url, host);
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

void
syslog_url_format(const struct syslog_url *u, char out[SYSLOG_URL_MAX])
{
	const char *scheme = u->transport <= SYSLOG_TLS ? schemes[u->transport] : "unix";
	char host[INET6_ADDRSTRLEN] = "";

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

		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
		snprintf(out, SYSLOG_URL_MAX, "%s://[%s]:%u", scheme, host, ntohs(v6->sin6_port));
	}
	}
}

void
syslog_source_format(
	enum syslog_transport transport, const struct sockaddr_storage *peer, char out[SYSLOG_SOURCE_MAX])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
	const void *address = &v6->sin6_addr;
	int family = peer->ss_family;
	char host[INET6_ADDRSTRLEN] = "";

	if (family == AF_INET) {
		address = &((const struct sockaddr_in *)peer)->sin_addr;
	} else if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		family = AF_INET;
		address = &v6->sin6_addr.s6_addr[12];
	}
	if (family == AF_INET || family == AF_INET6)
		inet_ntop(family, address, host, sizeof host);
	snprintf(out, SYSLOG_SOURCE_MAX, "%s %s", schemes[transport], host);
}
