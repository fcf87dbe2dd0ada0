/*
 * Sends Ethernet frames at a rate, as fast as asked for: UDP over IPv4 to port 9 (discard).
 *
 *   frames INTERFACE PACKETS_A_SECOND MILLISECONDS [OCTETS]
 *
 * Frames leave in batches of sendmmsg() over a packet socket, a batch each millisecond. Prints one JSON object: frames
 * sent, seconds taken.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MAX = 4096, FRAME_MAX = 1500, FRAME_MIN = 60, DISCARD = 9 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
make_frame(unsigned char *frame, size_t size)
{
	static const unsigned char hosts[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP };
	struct udphdr udp = { .source = htons(DISCARD), .dest = htons(DISCARD) };
	size_t at = sizeof hosts;

	memset(frame, 'x', size);
	memcpy(frame, hosts, sizeof hosts);
	frame[at++] = ETHERTYPE_IP >> 8;
	frame[at++] = ETHERTYPE_IP & 255;
	ip.tot_len = htons((uint16_t)(size - at));
	ip.saddr = inet_addr("192.0.2.1");
	ip.daddr = inet_addr("192.0.2.99");
	memcpy(frame + at, &ip, sizeof ip);
	at += sizeof ip;
	udp.len = htons((uint16_t)(size - at));
	memcpy(frame + at, &udp, sizeof udp);
}

static int
open_socket(const char *interface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), bytes = 8 << 20;

	if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		perror(interface);
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	return fd;
}

/* How many of them have left. */
static unsigned
send_batch(int fd, struct mmsghdr *batch, unsigned n)
{
	unsigned done = 0;

	while (done < n) {
		int sent = sendmmsg(fd, batch + done, n - done, 0);

		if (sent <= 0 && errno != EINTR && errno != EAGAIN && errno != ENOBUFS)
			break;
		done += sent > 0 ? (unsigned)sent : 0;
	}
	return done;
}

int
main(int argc, char **argv)
{
	static struct mmsghdr batch[BATCH_MAX];
	static unsigned char frame[FRAME_MAX];
	size_t size = argc > 4 ? strtoul(argv[4], NULL, 10) : 100;
	struct iovec piece = { frame, size };
	double rate, seconds, start, passed;
	unsigned long long sent = 0;
	int fd;

	if (argc < 4 || size < FRAME_MIN || size > FRAME_MAX) {
		fprintf(stderr, "usage: frames INTERFACE PACKETS_A_SECOND MILLISECONDS [OCTETS]\n");
		return 2;
	}
	rate = strtod(argv[2], NULL);
	seconds = strtod(argv[3], NULL) / 1000;
	fd = open_socket(argv[1]);
	make_frame(frame, size);
	for (size_t i = 0; i < BATCH_MAX; i++)
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
	start = now();
	while ((passed = now() - start) < seconds) {
		double due = rate * passed - (double)sent;
		const struct timespec nap = { .tv_nsec = 1000000 };

		if (due >= 1)
			sent += send_batch(fd, batch, due < BATCH_MAX ? (unsigned)due : BATCH_MAX);
		nanosleep(&nap, NULL);
	}
	printf("{\"sent\": %llu, \"seconds\": %.3f}\n", sent, passed);
	return 0;
}
