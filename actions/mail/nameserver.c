/* Questions to a given name server, through the C library's resolver. */
#include "actions/mail/nameserver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_PORT = 53, ANSWER_MAX = 65535, SECONDS = 2, TRIES = 2 };

static bool
parse_server(const char *server, struct sockaddr_in *v4, struct sockaddr_in6 *v6)
{
	const char *at = strchr(server, '@');
	char host[64], *end = NULL;
	unsigned long port = at == NULL ? DNS_PORT : strtoul(at + 1, &end, 10);

	if (port == 0 || port > 65535 || (at != NULL && (end == at + 1 || *end != '\0')))
		return false;
	snprintf(host, sizeof host, "%.*s", at == NULL ? (int)sizeof host : (int)(at - server), server);
	*v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	*v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
		return true;
	v4->sin_family = AF_UNSPEC;
	return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

static void
point_at(res_state state, const struct sockaddr_in *v4, struct sockaddr_in6 *v6)
{
	state->nscount = 1;
	state->retrans = SECONDS;
	state->retry = TRIES;
	state->options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES | RES_ROTATE);
	if (v4->sin_family == AF_INET) {
		state->nsaddr_list[0] = *v4;
		return;
	}
	/* As glibc has it: an entry of AF_UNSPEC means that the address stands in the extension, which
	 * res_nclose() frees. */
	state->nsaddr_list[0].sin_family = 0;
	state->_u._ext.nscount = 1;
	state->_u._ext.nsaddrs[0] = malloc(sizeof *v6);
	if (state->_u._ext.nsaddrs[0] != NULL)
		memcpy(state->_u._ext.nsaddrs[0], v6, sizeof *v6);
}

static void
add(struct mail_endpoints *out, const ns_rr *rr, unsigned port)
{
	struct mail_endpoint *e = &out->items[out->count];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&e->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&e->addr;

	if (out->count == MAIL_ADDRESSES_MAX)
		return;
	memset(e, 0, sizeof *e);
	if (ns_rr_type(*rr) == ns_t_a && ns_rr_rdlen(*rr) == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, ns_rr_rdata(*rr), 4);
		e->len = sizeof *v4;
		inet_ntop(AF_INET, &v4->sin_addr, e->text, sizeof e->text);
	} else if (ns_rr_type(*rr) == ns_t_aaaa && ns_rr_rdlen(*rr) == 16) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		memcpy(&v6->sin6_addr, ns_rr_rdata(*rr), 16);
		e->len = sizeof *v6;
		inet_ntop(AF_INET6, &v6->sin6_addr, e->text, sizeof e->text);
	} else {
		return; /* a CNAME on the way */
	}
	out->count++;
}

static int
ask(res_state state, const char *host, int type, unsigned port, struct mail_endpoints *out)
{
	unsigned char *answer = malloc(ANSWER_MAX);
	ns_msg message;
	ns_rr rr;
	int n;

	if (answer == NULL)
		return EAI_MEMORY;
	n = res_nquery(state, host, ns_c_in, type, answer, ANSWER_MAX);
	if (n < 0 || ns_initparse(answer, n, &message) < 0) {
		free(answer);
		if (n >= 0)
			return EAI_AGAIN;
		return state->res_h_errno == HOST_NOT_FOUND ? EAI_NONAME
		       : state->res_h_errno == NO_DATA      ? EAI_NODATA
							    : EAI_AGAIN;
	}
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &rr) == 0)
			add(out, &rr, port);
	}
	free(answer);
	return 0;
}

int
nameserver_ask(const char *server, const char *host, unsigned port, int family, struct mail_endpoints *out)
{
	struct __res_state state = { 0 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	int rc6 = EAI_NODATA, rc4 = EAI_NODATA;

	out->count = 0;
	if (!parse_server(server, &v4, &v6))
		return EAI_BADFLAGS;
	if (res_ninit(&state) != 0)
		return EAI_AGAIN;
	point_at(&state, &v4, &v6);
	if (family != AF_INET)
		rc6 = ask(&state, host, ns_t_aaaa, port, out);
	if (family != AF_INET6)
		rc4 = ask(&state, host, ns_t_a, port, out);
	res_nclose(&state);
	if (out->count > 0)
		return 0;
	return rc4 == EAI_NONAME || rc6 == EAI_NONAME ? EAI_NONAME
	       : rc4 == EAI_AGAIN || rc6 == EAI_AGAIN ? EAI_AGAIN
						      : EAI_NODATA;
}
