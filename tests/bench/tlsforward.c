/*
 * Gives a load generator that has no TLS the session that a mail client has: for each plain connection it opens
 * one to the mail server, says EHLO and STARTTLS, verifies the server's certificate, greets the generator, and
 * carries what the two say from then on.   tlsforward PORT SMTPPORT CAFILE NAME
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

struct pair {
	int plain;
	uint16_t to;
	SSL_CTX *ctx;
	const char *name;
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

			if (n <= 0 && SSL_get_error(tls, n) == SSL_ERROR_WANT_READ)
				continue; /* a ticket, no data */
			if (n <= 0 || write(plain, buf, (size_t)n) != n)
				return;
		}
	}
}

/* Reads until the last line of a reply is whole: "250 ...". */
static int
answered(int fd)
{
	char buf[4096], *line;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof buf - 1 && (n = read(fd, buf + len, sizeof buf - 1 - len)) > 0) {
		len += (size_t)n;
		buf[len] = '\0';
		if (buf[len - 1] != '\n')
			continue;
		buf[len - 1] = '\0';
		line = strrchr(buf, '\n');
		line = line == NULL ? buf : line + 1;
		if (strlen(line) > 3 && line[3] == ' ')
			return line[0] == '2';
		buf[len - 1] = '\n';
	}
	return 0;
}

static int
say(int fd, const char *line)
{
	return write(fd, line, strlen(line)) == (ssize_t)strlen(line) && answered(fd);
}

static int
begin(struct pair *p, int fd, SSL *tls)
{
	static const char greeting[] = "220 forwarder ESMTP\r\n";

	return answered(fd) && say(fd, "EHLO bench.example\r\n") && say(fd, "STARTTLS\r\n") &&
	       SSL_set1_host(tls, p->name) == 1 && SSL_set_tlsext_host_name(tls, p->name) == 1 &&
	       SSL_set_fd(tls, fd) == 1 && SSL_connect(tls) == 1 &&
	       write(p->plain, greeting, sizeof greeting - 1) == (ssize_t)sizeof greeting - 1;
}

static void *
serve(void *arg)
{
	struct pair *p = arg;
	struct sockaddr_in to = loopback(p->to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *tls = SSL_new(p->ctx);

	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(p->plain, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && begin(p, fd, tls))
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

	if (argc != 5 || SSL_CTX_load_verify_locations(ctx, argv[3], NULL) != 1)
		return 2;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set1_groups_list(
		ctx, "P-521:P-384:P-256"); /* as IOS offers them, and we: the dearest first */
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
		*p = (struct pair){ accept(fd, NULL, NULL), (uint16_t)atoi(argv[2]), ctx, argv[4] };
		if (p->plain < 0 || pthread_create(&thread, NULL, serve, p) != 0)
			return 1;
		pthread_detach(thread);
	}
}
