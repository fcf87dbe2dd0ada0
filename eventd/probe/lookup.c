/* The addresses of a name, from the name server that a probe names itself. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include "core/mem.h"
#include "probe/run.h"

enum { ROOM = 4096, ADDRESSES = 600, PORT = 53 };

/* A question that is lost is asked again. */
#define AGAIN USEC_PER_SEC

struct lookup {
	struct probe_run *run;
	const char *name;
	lookup_done_f *done;
	enum dns_type type;
	int fd;
	struct watch *watch;
	struct timer *again, *deadline;
	unsigned char query[DNS_QUERY_MAX];
	size_t n;
};

static int
lookup_free(void *ptr)
{
	struct lookup *l = ptr;

	mem_free(l->watch); /* before its descriptor goes */
	close(l->fd);
	return 0;
}

bool
lookup_addresses(const unsigned char *data, size_t n, enum dns_type type, char *out, size_t room)
{
	int family = type == DNS_AAAA ? AF_INET6 : AF_INET;
	unsigned length = type == DNS_AAAA ? 16 : 4;
	size_t at = 0;
	ns_msg message;

	if (ns_initparse(data, (int)n, &message) != 0)
		return false;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		char address[INET6_ADDRSTRLEN];
		ns_rr rr;

		if (ns_parserr(&message, ns_s_an, i, &rr) != 0)
			break;
		if (ns_rr_type(rr) != (ns_type)type || ns_rr_rdlen(rr) != length)
			continue;
		inet_ntop(family, ns_rr_rdata(rr), address, sizeof address);
		if (at + strlen(address) + 2 > room)
			break;
		if (at > 0)
			out[at++] = ',';
		strcpy(out + at, address);
		at += strlen(address);
	}
	return at > 0;
}

static bool
ask(struct lookup *l)
{
	struct probe_run *r = l->run;
	uint16_t id = 0;

	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		id = (uint16_t)r->ask->id;
	l->n = dns_query(l->query, sizeof l->query, id, l->name, l->type);
	if (l->n == 0) {
		probe_finish(r, PROBE_DNS_QUERY_ERROR, "the name cannot stand in a question");
		return false;
	}
	if (send(l->fd, l->query, l->n, 0) >= 0)
		return true;
	probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
	return false;
}

static void
on_again(void *arg)
{
	struct lookup *l = arg;

	timer_set(l->again, AGAIN);
	ask(l);
}

static void
on_deadline(void *arg)
{
	struct lookup *l = arg;

	probe_finish(l->run, PROBE_DNS_TIMEOUT,
		mem_printf(l, "the name server %s does not answer", l->run->ask->server));
}

static void
answered(struct lookup *l, const unsigned char *data, size_t n)
{
	struct probe_run *r = l->run;
	lookup_done_f *done = l->done;
	int answers = dns_answers(data, n, l->query, l->n);
	char addresses[ADDRESSES];

	if (answers == -1)
		return; /* not the answer to this question */
	if (answers == -2) {
		probe_finish(r, PROBE_DNS_QUERY_ERROR, "the name server refused the question");
	} else if (lookup_addresses(data, n, l->type, addresses, sizeof addresses)) {
		mem_free(l);
		done(r, addresses);
	} else if (l->type == DNS_A && r->ask->source_address == NULL) {
		l->type = DNS_AAAA;
		if (ask(l))
			timer_set(l->again, AGAIN);
	} else {
		probe_finish(r, PROBE_DNS_QUERY_ERROR, "the name has no address");
	}
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct lookup *l = arg;
	unsigned char room[ROOM];
	ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		probe_finish(l->run, PROBE_NO_CONNECTION, strerror(errno));
	else
		answered(l, room, (size_t)n);
}

void
probe_lookup(struct probe_run *r, const char *name, lookup_done_f *done)
{
	struct lookup *l;
	int fd;

	if (!probe_numeric(r, r->ask->server)) {
		probe_finish(r, PROBE_UNKNOWN, "the name server is no address");
		return;
	}
	if (r->to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&r->to)->sin6_port = htons(PORT);
	else
		((struct sockaddr_in *)&r->to)->sin_port = htons(PORT);
	fd = probe_socket_of(r, SOCK_DGRAM, 0);
	if (fd < 0)
		return;
	l = mem_new(r, struct lookup);
	l->run = r;
	l->name = mem_strdup(l, name);
	l->done = done;
	l->type = r->ask->source_address != NULL && strchr(r->ask->source_address, ':') != NULL ? DNS_AAAA
												: DNS_A;
	l->fd = fd;
	mem_on_free(l, lookup_free);
	if (connect(fd, (const struct sockaddr *)&r->to, r->to_len) != 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	if (!ask(l))
		return;
	l->watch = watch_fd(l, r->loop, fd, WATCH_READ, ready, l);
	l->again = timer_after(l, r->loop, AGAIN, on_again, l);
	l->deadline = timer_after(l, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_deadline, l);
}
