/*
 * Carries plain connections to a TLS port, each with a handshake of its own: so that a load generator
 * without TLS can be compared with one that has it.   tlsforward PORT TLSPORT
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

struct pair {
	int plain;
	uint16_t to;
	SSL_CTX *ctx;
};

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
}

static void
carry(int plain, SSL *tls)
{
	struct pollfd fds[2] = { { .fd = plain, .events = POLLIN },
		{ .fd = SSL_get_fd(tls), .events = POLLIN } };
	char buf[16384];

	for (;;) {
		if (SSL_pending(tls) == 0 && poll(fds, 2, -1) < 0)
			return;
		if ((fds[0].revents & (POLLIN | POLLHUP)) != 0) {
			ssize_t n = read(plain, buf, sizeof buf);

			if (n <= 0 || SSL_write(tls, buf, (int)n) <= 0)
				return;
		}
		if (SSL_pending(tls) > 0 || (fds[1].revents & (POLLIN | POLLHUP)) != 0) {
			int n = SSL_read(tls, buf, sizeof buf);

			if (n <= 0 || write(plain, buf, (size_t)n) != n)
				return;
		}
	}
}

static void *
serve(void *arg)
{
	struct pair *p = arg;
	struct sockaddr_in to = loopback(p->to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *tls = SSL_new(p->ctx);

	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && SSL_set_fd(tls, fd) == 1 &&
		SSL_connect(tls) == 1)
		carry(p->plain, tls);
	SSL_free(tls);
	close(fd);
	close(p->plain);
	free(p);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (argc != 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	at = loopback((uint16_t)atoi(argv[1]));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0)
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pair *p = malloc(sizeof *p);
		pthread_t thread;

		if (p == NULL)
			return 1;
		*p = (struct pair){ accept(fd, NULL, NULL), (uint16_t)atoi(argv[2]), ctx };
		if (p->plain < 0 || pthread_create(&thread, NULL, serve, p) != 0)
			return 1;
		pthread_detach(thread);
	}
}
