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
	usec sent; /* mono */
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

/* A socket towards r->to with the source, device and TOS that are asked for; -1: finished with the reason. */
int probe_socket(struct probe_run *, int type);

/* The kinds. They are called when r->to is known (but http, which finds out itself). */
void probe_icmp_start(struct probe_run *);
void probe_tcp_start(struct probe_run *);
void probe_udp_start(struct probe_run *);
void probe_dns_start(struct probe_run *);
void probe_http_start(struct probe_run *);

/* icmp.c */
struct echo *echo_new(const void *ctx, struct loop *, const struct echo_sockets *);
void echo_open(struct echo_sockets *);
struct echo *probe_echo(struct prober_world *);
/* A received datagram: the sequence number of an echo reply of ours, or -1. Pure. */
int echo_parse(const unsigned char *data, size_t n, bool is_v6, bool has_ip_header, uint16_t identifier,
	const unsigned char **payload, size_t *payload_len);

/* dns.c: a query for name (type A), and whether an answer is one to it: 0 or more answers, -1 no, -2 an error. Pure. */
size_t dns_query(unsigned char *out, size_t room, uint16_t id, const char *name);
int dns_answers(const unsigned char *data, size_t n, const unsigned char *query, size_t query_len);

#endif
