/* dns: one question to one name server (RFC 1035), and whether it answers it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "core/mem.h"
#include "probe/run.h"

enum { HEADER = 12, CLASS_IN = 1, ROOM = 4096 };

struct asking {
	int fd;
	struct watch *watch;
	unsigned char query[DNS_QUERY_MAX];
	size_t n;
};

size_t
dns_query(unsigned char *out, size_t room, uint16_t id, const char *name, enum dns_type type)
{
	size_t at = HEADER, label;

	if (room < HEADER + strlen(name) + 6)
		return 0;
	memset(out, 0, HEADER);
	out[0] = (unsigned char)(id >> 8);
	out[1] = (unsigned char)id;
	out[2] = 1; /* recursion is desired */
	out[5] = 1; /* one question */
	while (*name != '\0') {
		label = strcspn(name, ".");
		if (label == 0 || label > 63)
			return 0;
		out[at++] = (unsigned char)label;
		memcpy(out + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	out[at++] = 0;
	out[at++] = 0;
	out[at++] = (unsigned char)type;
	out[at++] = 0;
	out[at++] = CLASS_IN;
	return at;
}

/* The question comes back, in any case of letters (RFC 1035 4.1.2). */
static bool
is_same_question(const unsigned char *a, const unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

int
dns_answers(const unsigned char *data, size_t n, const unsigned char *query, size_t query_len)
{
	unsigned code;

	if (n < HEADER || memcmp(data, query, 2) != 0 || (data[2] & 0x80) == 0)
		return -1;
	code = data[3] & 0x0f;
	if (data[4] != 0 || data[5] != 1)
		return code != 0 ? -2 : -1;
	if (n < query_len || !is_same_question(data + HEADER, query + HEADER, query_len - HEADER))
		return -1;
	return code != 0 ? -2 : data[6] << 8 | data[7];
}

/* The name under which an address is asked for (RFC 1035 3.5, RFC 3596 2.5); false: it is a name itself. */
static bool
reverse_name(const char *address, char *out, size_t size)
{
	unsigned char raw[16];
	size_t at = 0;

	if (inet_pton(AF_INET, address, raw) == 1) {
		snprintf(out, size, "%u.%u.%u.%u.in-addr.arpa", raw[3], raw[2], raw[1], raw[0]);
		return true;
	}
	if (inet_pton(AF_INET6, address, raw) != 1)
		return false;
	for (int i = 15; i >= 0; i--)
		at += (size_t)snprintf(out + at, size - at, "%x.%x.", raw[i] & 0x0f, raw[i] >> 4);
	snprintf(out + at, size - at, "ip6.arpa");
	return true;
}

static int
asking_free(void *ptr)
{
	struct asking *a = ptr;

	mem_free(a->watch); /* before its descriptor goes */
	close(a->fd);
	return 0;
}

static void
on_timeout(void *arg)
{
	probe_finish(arg, PROBE_DNS_TIMEOUT, NULL);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct probe_run *r = arg;
	const struct asking *a = r->private;
	unsigned char room[ROOM];
	ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);
	int answers;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	answers = dns_answers(room, (size_t)n, a->query, a->n);
	if (answers == -1)
		return; /* not the answer to this question */
	if (answers > 0)
		probe_finish(r, PROBE_OK, NULL);
	else
		probe_finish(r, PROBE_DNS_QUERY_ERROR,
			answers == 0 ? "the name server knows the name, and no record of it"
				     : "the name server refused the question");
}

void
probe_dns_start(struct probe_run *r)
{
	uint16_t id = 0;
	char name[80];
	struct asking *a;
	int fd;

	fd = probe_socket(r, SOCK_DGRAM);
	if (fd < 0)
		return;
	a = mem_new(r, struct asking);
	a->fd = fd;
	mem_on_free(a, asking_free);
	r->private = a;
	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		id = (uint16_t)r->ask->id;
	if (reverse_name(r->ask->target, name, sizeof name))
		a->n = dns_query(a->query, sizeof a->query, id, name, DNS_PTR);
	else
		a->n = dns_query(a->query, sizeof a->query, id, r->ask->target, DNS_A);
	if (a->n == 0) {
		probe_finish(r, PROBE_DNS_QUERY_ERROR, "the name cannot stand in a question");
		return;
	}
	r->sent = loop_mono(r->loop);
	if (connect(fd, (const struct sockaddr *)&r->to, r->to_len) != 0 || send(fd, a->query, a->n, 0) < 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	a->watch = watch_fd(a, r->loop, fd, WATCH_READ, ready, r);
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_timeout, r);
}
