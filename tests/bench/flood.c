/*
 * A flood: sends lines of the workload as datagrams at a steady rate, and beside it holds many TCP connections, of
 * which each says a line a second.
 *
 *   flood UDP_PORT TCP_PORT CONNECTIONS RATE SECONDS PATTERNS
 *
 * Prints one JSON object: what was sent on each, and the rate that was reached.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/workload.h"

#define BATCH 64u /* datagrams of one system call */

struct flood {
	int udp, *tcp;
	unsigned connections, patterns;
	unsigned long sent, said; /* by UDP, over TCP */
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
open_to(int type, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port)) };
	int fd = socket(AF_INET, type, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("flood: connect");
		exit(1);
	}
	return fd;
}

static void
send_batch(struct flood *f)
{
	static char line[BATCH][WORKLOAD_ROOM];
	struct mmsghdr head[BATCH] = { 0 };
	struct iovec part[BATCH];
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		size_t len = workload_line(line[i], sizeof line[i], (unsigned)f->sent + i, f->patterns);

		part[i] = (struct iovec){ line[i], len };
		head[i].msg_hdr = (struct msghdr){ .msg_iov = &part[i], .msg_iovlen = 1 };
	}
	n = sendmmsg(f->udp, head, BATCH, 0);
	f->sent += n > 0 ? (unsigned long)n : 0;
}

/* A line of one connection after the other. */
static void
say_next(struct flood *f)
{
	char line[WORKLOAD_ROOM];
	size_t n = workload_line(line, sizeof line - 1, (unsigned)f->said, f->patterns);

	line[n++] = '\n';
	if (send(f->tcp[f->said % f->connections], line, n, MSG_NOSIGNAL) != (ssize_t)n) {
		perror("flood: send");
		exit(1);
	}
	f->said++;
}

int
main(int argc, char **argv)
{
	struct flood f = { 0 };
	double rate, seconds, start, now;

	if (argc != 7) {
		fprintf(stderr, "usage: flood UDP_PORT TCP_PORT CONNECTIONS RATE SECONDS PATTERNS\n");
		return 2;
	}
	f.connections = (unsigned)atoi(argv[3]);
	rate = atof(argv[4]);
	seconds = atof(argv[5]);
	f.patterns = (unsigned)atoi(argv[6]);
	f.udp = open_to(SOCK_DGRAM, argv[1]);
	f.tcp = calloc(f.connections + 1, sizeof *f.tcp);
	for (unsigned i = 0; f.tcp != NULL && i < f.connections; i++)
		f.tcp[i] = open_to(SOCK_STREAM, argv[2]);
	start = now = now_s();
	while (now - start < seconds) {
		if ((double)f.sent < (now - start) * rate)
			send_batch(&f);
		else if ((double)f.said < (now - start) * f.connections)
			say_next(&f);
		else
			usleep(200);
		now = now_s();
	}
	printf("{\"udp\": %lu, \"tcp\": %lu, \"rate\": %.0f}\n", f.sent, f.said,
		(double)f.sent / (now - start));
	fflush(stdout);
	for (unsigned i = 0; i < f.connections; i++)
		close(f.tcp[i]);
	return 0;
}
