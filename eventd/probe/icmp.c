/* icmp-echo: echo requests over two sockets for all probes, answers told apart by sequence and cookie. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <net/if.h>

#include "core/mem.h"
#include "probe/run.h"

#define ROOM           66000
#define COOKIE         8 /* octets in front of the data */
#define HEADER         8
#define READS_MAX      256
#define RECEIVE_BUFFER (4 * 1024 * 1024)

struct echo {
	struct loop *loop;
	struct echo_sockets sockets;
	struct watch *v4, *v6;
	struct probe_run *by_sequence[65536];
	uint16_t sequence, identifier;
	unsigned char room[ROOM];
};

struct request {
	struct echo *echo;
	uint16_t sequence;
	unsigned char cookie[COOKIE];
};

static uint16_t
checksum(const unsigned char *data, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	if (n % 2 != 0)
		sum += (uint32_t)data[n - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int
echo_parse(const unsigned char *data, size_t n, bool is_v6, bool has_ip_header, uint16_t identifier,
	const unsigned char **payload, size_t *payload_len)
{
	size_t ip = 0;

	if (has_ip_header) {
		if (n < 20)
			return -1;
		ip = (size_t)(data[0] & 0x0f) * 4;
		if (ip < 20 || ip > n)
			return -1;
	}
	if (n - ip < HEADER + COOKIE || data[ip] != (is_v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
		return -1;
	/* Of a ping socket the kernel has looked at the identifier. */
	if (identifier != 0 && (data[ip + 4] << 8 | data[ip + 5]) != identifier)
		return -1;
	*payload = data + ip + HEADER;
	*payload_len = n - ip - HEADER;
	return data[ip + 6] << 8 | data[ip + 7];
}

static bool
is_pattern(const unsigned char *data, size_t n, uint32_t pattern)
{
	for (size_t i = 0; i < n; i++)
		if (data[i] != (unsigned char)(pattern >> (24 - i % 4 * 8)))
			return false;
	return true;
}

/* A time stamp reply of ours: its message, and the sequence number. */
static int
time_reply(
	const struct echo *e, const unsigned char *data, size_t n, const unsigned char **message, size_t *len)
{
	size_t ip = (size_t)(data[0] & 0x0f) * 4;

	if (n < 20 || ip < 20 || n < ip + HEADER || data[ip] != ICMP_TIMESTAMPREPLY ||
		(data[ip + 4] << 8 | data[ip + 5]) != e->identifier)
		return -1;
	*message = data + ip;
	*len = n - ip;
	return data[ip + 6] << 8 | data[ip + 7];
}

static void
received(struct echo *e, const unsigned char *data, size_t n, bool is_v6, usec when)
{
	bool raw = is_v6 ? e->sockets.v6_raw : e->sockets.v4_raw;
	const unsigned char *payload;
	size_t len;
	int sequence = echo_parse(data, n, is_v6, raw && !is_v6, raw ? e->identifier : 0, &payload, &len);
	struct probe_run *r = sequence < 0 ? NULL : e->by_sequence[sequence];
	const struct request *q;

	if (sequence < 0 && raw && !is_v6 && (sequence = time_reply(e, data, n, &payload, &len)) >= 0) {
		r = e->by_sequence[sequence];
		if (r != NULL && r->ask->kind == PROBE_ICMP_JITTER)
			probe_icmp_jitter_reply(r, sequence, payload, len, when);
		return;
	}
	if (r == NULL || r->ask->kind != PROBE_ICMP_ECHO)
		return;
	q = r->private;
	if (memcmp(payload, q->cookie, COOKIE) != 0)
		return;
	if (r->ask->verify && (len != COOKIE + r->ask->size ||
				      !is_pattern(payload + COOKIE, len - COOKIE, r->ask->pattern)))
		probe_finish(r, PROBE_VERIFY_ERROR, "the data that came back are not those that were sent");
	else
		probe_finish_at(r, PROBE_OK, NULL, when);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct echo *e = arg;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		usec when;
		ssize_t n = stamp_recv(fd, e->room, sizeof e->room, NULL, NULL, &when);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			received(e, e->room, (size_t)n, fd == e->sockets.v6, when);
	}
}

static int
open_one(int family, int protocol, bool *raw)
{
	const int bytes = RECEIVE_BUFFER;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	*raw = fd >= 0;
	if (fd < 0)
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (fd >= 0)
		stamp_open(fd);
	return fd;
}

void
echo_open(struct echo_sockets *s)
{
	struct icmp6_filter filter;

	s->v4 = open_one(AF_INET, IPPROTO_ICMP, &s->v4_raw);
	s->v6 = open_one(AF_INET6, IPPROTO_ICMPV6, &s->v6_raw);
	if (s->v6 >= 0 && s->v6_raw) {
		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
		setsockopt(s->v6, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
	}
}

struct echo *
echo_new(const void *ctx, struct loop *loop, const struct echo_sockets *sockets)
{
	struct echo *e = mem_new(ctx, struct echo);

	e->loop = loop;
	e->sockets = *sockets;
	e->identifier = (uint16_t)(getpid() & 0xffff) | 1;
	if (getrandom(&e->sequence, sizeof e->sequence, 0) != sizeof e->sequence)
		e->sequence = 1;
	if (sockets->v4 >= 0)
		e->v4 = watch_fd(e, loop, sockets->v4, WATCH_READ, ready, e);
	if (sockets->v6 >= 0)
		e->v6 = watch_fd(e, loop, sockets->v6, WATCH_READ, ready, e);
	return e;
}

static int
request_free(void *ptr)
{
	struct request *q = ptr;

	q->echo->by_sequence[q->sequence] = NULL;
	return 0;
}

/* Source address and interface travel with the message: the socket is everybody's. */
static void
add_source(struct msghdr *m, const struct probe_run *r, unsigned index)
{
	bool is_v6 = r->to.ss_family == AF_INET6;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	c->cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO;
	if (is_v6) {
		struct in6_pktinfo info = { .ipi6_ifindex = index };

		if (r->ask->source_address != NULL)
			inet_pton(AF_INET6, r->ask->source_address, &info.ipi6_addr);
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
	} else {
		struct in_pktinfo info = { .ipi_ifindex = (int)index };

		if (r->ask->source_address != NULL)
			inet_pton(AF_INET, r->ask->source_address, &info.ipi_spec_dst);
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
	}
	m->msg_controllen = CMSG_SPACE(c->cmsg_len - CMSG_LEN(0));
}

/* One with TOS and source of the run; false: errno says why. */
static bool
send_to(int fd, const struct probe_run *r, void *packet, size_t n)
{
	bool is_v6 = r->to.ss_family == AF_INET6;
	int tos = (int)r->ask->tos;
	const char *device = probe_device(r);
	unsigned index = device == NULL ? 0 : if_nametoindex(device);
	_Alignas(struct cmsghdr) char control[64] = { 0 };
	struct iovec data = { packet, n };
	struct sockaddr_storage to = r->to;
	struct msghdr m = { .msg_name = &to,
		.msg_namelen = r->to_len,
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control };

	if (device != NULL && index == 0) {
		errno = ENODEV; /* 0 would be any other */
		return false;
	}
	add_source(&m, r, index);
	setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof tos);
	return sendmsg(fd, &m, 0) >= 0;
}

/* A number that nobody waits for; -1: there is none. */
static int
free_sequence(struct echo *e)
{
	unsigned tries = 0;

	while (e->by_sequence[++e->sequence] != NULL)
		if (++tries == 65535)
			return -1;
	return e->sequence;
}

void
echo_forget(struct echo *e, int sequence)
{
	e->by_sequence[sequence] = NULL;
}

bool
echo_is_raw(const struct echo *e)
{
	return e->sockets.v4_raw;
}

int
echo_ask_time(struct echo *e, struct probe_run *r, uint32_t originate_ms)
{
	unsigned char message[HEADER + 12] = { ICMP_TIMESTAMP };
	int sequence = e->sockets.v4_raw ? free_sequence(e) : -1;
	uint16_t sum;

	if (sequence < 0)
		return -1;
	message[4] = (unsigned char)(e->identifier >> 8);
	message[5] = (unsigned char)e->identifier;
	message[6] = (unsigned char)(sequence >> 8);
	message[7] = (unsigned char)sequence;
	for (int i = 0; i < 4; i++)
		message[HEADER + i] = (unsigned char)(originate_ms >> (24 - 8 * i));
	sum = checksum(message, sizeof message);
	message[2] = (unsigned char)(sum >> 8);
	message[3] = (unsigned char)sum;
	e->by_sequence[sequence] = r;
	if (send_to(e->sockets.v4, r, message, sizeof message))
		return sequence;
	echo_forget(e, sequence);
	return -1;
}

static void
build(struct echo *e, const struct probe_run *r, const struct request *q, unsigned char *packet, size_t n)
{
	bool is_v6 = r->to.ss_family == AF_INET6;
	uint16_t sum;

	memset(packet, 0, HEADER);
	packet[0] = is_v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	packet[4] = (unsigned char)(e->identifier >> 8);
	packet[5] = (unsigned char)e->identifier;
	packet[6] = (unsigned char)(q->sequence >> 8);
	packet[7] = (unsigned char)q->sequence;
	memcpy(packet + HEADER, q->cookie, COOKIE);
	for (size_t i = HEADER + COOKIE; i < n; i++)
		packet[i] = (unsigned char)(r->ask->pattern >> (24 - (i - HEADER - COOKIE) % 4 * 8));
	if (is_v6)
		return; /* the kernel adds the checksum, which covers addresses */
	sum = checksum(packet, n);
	packet[2] = (unsigned char)(sum >> 8);
	packet[3] = (unsigned char)sum;
}

static void
on_timeout(void *arg)
{
	probe_finish(arg, PROBE_TIMEOUT, NULL);
}

void
probe_icmp_start(struct probe_run *r)
{
	struct echo *e = probe_echo(r->world);
	bool is_v6 = r->to.ss_family == AF_INET6;
	int fd = is_v6 ? e->sockets.v6 : e->sockets.v4, sequence;
	size_t n = HEADER + COOKIE + r->ask->size;
	unsigned char *packet = mem_array(r, unsigned char, n);
	struct request *q;

	if (fd < 0) {
		probe_finish(r, PROBE_SOCKET_ERROR,
			"echo requests are not allowed here (net.ipv4.ping_group_range)");
		return;
	}
	sequence = free_sequence(e);
	if (sequence < 0) {
		probe_finish(r, PROBE_BUSY, "too many echo requests under way");
		return;
	}
	q = mem_new(r, struct request);
	q->echo = e;
	q->sequence = (uint16_t)sequence;
	if (getrandom(q->cookie, sizeof q->cookie, 0) != (ssize_t)sizeof q->cookie)
		memcpy(q->cookie, &r->sent, sizeof q->cookie);
	mem_on_free(q, request_free);
	e->by_sequence[q->sequence] = r;
	r->private = q;
	build(e, r, q, packet, n);
	probe_sending(r);
	if (!send_to(fd, r, packet, n)) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_timeout, r);
}
