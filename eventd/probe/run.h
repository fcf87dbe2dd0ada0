/*
 * Inside eventd-probe: one probe under way. Each kind is a file that sends, waits and answers; nothing
 * blocks but what runs in worker threads. The process' own loop.
 */
#ifndef PROBE_RUN_H
#define PROBE_RUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/loop.h"
#include "probe/ask.h"

struct prober_world;

struct probe_run {
	struct prober_world *world;
	struct loop *loop;
	const struct probe_ask *ask;
	struct sockaddr_storage to; /* resolved; its port is the ask's */
	socklen_t to_len;
	char address[INET6_ADDRSTRLEN];
	struct timer *timer;
	usec sent;      /* mono */
	usec sent_wall; /* when it left, of the clock that the kernel stamps what comes with */
	void *private;
	struct probe_run *next, **at; /* among those under way */
	bool ended;
};

/* Raw sockets for echo requests, opened before root is given up; -1: there is none of that family. */
struct echo_sockets {
	int v4, v6;
	bool v4_raw, v6_raw; /* else a ping socket, whose identifier the kernel chooses */
};

/* runs.c: the world reads asks from standard input; its loop ends with that. */
struct loop *probe_world_new(const void *ctx, const struct echo_sockets *);

/* runs.c: the answer, once; the run is gone afterwards. */
void probe_finish(struct probe_run *, enum probe_code, const char *detail);
void probe_finish_answer(struct probe_run *, struct probe_answer *);
usec probe_elapsed(const struct probe_run *);
/* As it, for something that the kernel received at that time (0: it did not say): not when we came to read it. */
void probe_finish_at(struct probe_run *, enum probe_code, const char *detail, usec received_wall);
/* An address as text becomes r->to, without a port; false: it is a name. */
bool probe_numeric(struct probe_run *, const char *);
/* Now it leaves. */
void probe_sending(struct probe_run *);

/* stamp.c: time stamps of the kernel on what a socket receives; recv() with the wall clock's time, or 0. */
void stamp_open(int fd);
ssize_t stamp_recv(int fd, void *room, size_t size, struct sockaddr_storage *from, socklen_t *from_len,
	usec *received_wall);
usec stamp_now(void);

/* The device that what is sent is bound to, or NULL. */
const char *probe_device(const struct probe_run *);
/* A socket towards r->to with the source, device and TOS that are asked for; -1: finished with the reason. */
int probe_socket(struct probe_run *, int type);
int probe_socket_of(struct probe_run *, int type, unsigned source_port);

/* The kinds. They are called when r->to is known (but http, which finds out itself). */
void probe_icmp_start(struct probe_run *);
void probe_tcp_start(struct probe_run *);
void probe_udp_start(struct probe_run *);
void probe_dns_start(struct probe_run *);
void probe_http_start(struct probe_run *);
void probe_icmp_jitter_start(struct probe_run *);
void probe_udp_jitter_start(struct probe_run *);

/*
 * session.c: asks the responder at r->to to open r->ask->port, for packets from the connected socket `from` (-1: for a
 * TCP connection), and calls `begin` when it has; `version` is that of the protocol that it spoke. A refusal ends the run.
 */
typedef void probe_begin_f(struct probe_run *, unsigned version);
void probe_control(struct probe_run *, int from, probe_begin_f *begin);

/* icmp.c */
struct echo *echo_new(const void *ctx, struct loop *, const struct echo_sockets *);
void echo_open(struct echo_sockets *);
struct echo *probe_echo(struct prober_world *);
/* A time stamp request (RFC 792) under a sequence number of our own; -1: it could not be sent. */
int echo_ask_time(struct echo *, struct probe_run *, uint32_t originate_ms);
void echo_forget(struct echo *, int sequence);
bool echo_is_raw(const struct echo *); /* else the kernel sends echo requests only */
/* icmp_jitter.c: the reply to it. */
void probe_icmp_jitter_reply(
	struct probe_run *, int sequence, const unsigned char *message, size_t n, usec received_wall);
/* A received datagram: the sequence number of an echo reply of ours, or -1. Pure. */
int echo_parse(const unsigned char *data, size_t n, bool is_v6, bool has_ip_header, uint16_t identifier,
	const unsigned char **payload, size_t *payload_len);

/* dns.c: a query for name, and whether an answer is one to it: 0 or more answers, -1 no, -2 an error. Pure. */
enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };
enum { DNS_QUERY_MAX = 300 };
size_t dns_query(unsigned char *out, size_t room, uint16_t id, const char *name, enum dns_type);
int dns_answers(const unsigned char *data, size_t n, const unsigned char *query, size_t query_len);

/*
 * lookup.c: asks the name server r->ask->server for the addresses of a name, and calls `done` with them as
 * "192.0.2.1,192.0.2.2" when it has answered; the run ends with the reason when it does not. r->to is the server's
 * meanwhile.
 */
typedef void lookup_done_f(struct probe_run *, const char *addresses);
void probe_lookup(struct probe_run *, const char *name, lookup_done_f *done);
/* The addresses of that type in an answer that dns_answers() has looked at; false: there is none. Pure. */
bool lookup_addresses(const unsigned char *data, size_t n, enum dns_type, char *out, size_t room);

#endif
