/* tcp-connect: how long a connection takes. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "probe/run.h"

struct connecting {
	int fd;
	struct watch *watch;
};

static int
connecting_free(void *ptr)
{
	struct connecting *c = ptr;

	mem_free(c->watch); /* before its descriptor goes */
	close(c->fd);
	return 0;
}

static void
on_timeout(void *arg)
{
	probe_finish(arg, PROBE_TCP_TIMEOUT, NULL);
}

/* The kernel measured the handshake itself; how late we look at it does not matter. */
static usec
handshake(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof info;

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ? (usec)info.tcpi_rtt : 0;
}

static void
settled(struct probe_run *r, int fd, int error)
{
	usec rtt;

	if (error == 0) {
		rtt = handshake(fd);
		probe_finish_at(r, PROBE_OK, NULL, rtt > 0 ? r->sent_wall + rtt : 0);
	} else {
		probe_finish(
			r, error == ETIMEDOUT ? PROBE_TCP_TIMEOUT : PROBE_NO_CONNECTION, strerror(error));
	}
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct probe_run *r = arg;
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	settled(r, fd, error);
}

static void
begin(struct probe_run *r, unsigned version)
{
	int fd = probe_socket(r, SOCK_STREAM), error;
	struct connecting *c;

	if (fd < 0)
		return;
	c = mem_new(r, struct connecting);
	c->fd = fd;
	mem_on_free(c, connecting_free);
	r->private = c;
	probe_sending(r);
	error = connect(fd, (const struct sockaddr *)&r->to, r->to_len) == 0 ? 0 : errno;
	if (error != EINPROGRESS) {
		settled(r, fd, error);
		return;
	}
	c->watch = watch_fd(c, r->loop, fd, WATCH_WRITE, ready, r);
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_timeout, r);
}

void
probe_tcp_start(struct probe_run *r)
{
	if (r->ask->control)
		probe_control(r, -1, begin);
	else
		begin(r, 0);
}
