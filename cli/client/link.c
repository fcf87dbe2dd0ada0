/* eventctl's end of the control socket. */
#include "cli/client/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

struct link {
	int fd;
	struct frame_reader *reader;
	json_t *next; /* read ahead by link_wait() */
	bool closed;
};

static int
link_gone(void *ptr)
{
	struct link *l = ptr;

	json_decref(l->next);
	close(l->fd);
	return 0;
}

struct link *
link_open(const void *ctx, const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct link *l;
	int fd;

	if (strlen(path) >= sizeof addr.sun_path) {
		err_set(err, ERR_IO, "%s: too long for a socket", path);
		return NULL;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
		err_errno(err, "eventd is not reachable on %s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	l = mem_new(ctx, struct link);
	l->fd = fd;
	l->reader = frame_reader_new(l, FRAME_MAX);
	mem_on_free(l, link_gone);
	return l;
}

bool
link_send(struct link *l, json_t *message)
{
	struct text t;
	size_t at = 0;

	text_init(&t, l);
	frame_add(&t, message);
	json_decref(message);
	while (at < t.len && !l->closed) {
		ssize_t n = send(l->fd, t.s + at, t.len - at, MSG_NOSIGNAL);

		if (n >= 0)
			at += (size_t)n;
		else if (errno != EINTR)
			l->closed = true;
	}
	mem_free(t.s);
	return !l->closed;
}

static void
read_some(struct link *l)
{
	char buf[65536];
	ssize_t n = recv(l->fd, buf, sizeof buf, 0);

	if (n > 0)
		frame_reader_feed(l->reader, buf, (size_t)n);
	else if (n == 0 || errno != EINTR)
		l->closed = true;
}

static bool
read_ahead(struct link *l)
{
	struct err err = ERR_INIT;

	if (l->next == NULL)
		l->next = frame_reader_next(l->reader, &err);
	if (err.code != ERR_NONE)
		l->closed = true;
	return l->next != NULL;
}

json_t *
link_next(struct link *l)
{
	json_t *m;

	read_ahead(l);
	m = l->next;
	l->next = NULL;
	return m;
}

unsigned
link_wait(struct link *l, int fd, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = l->fd, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	unsigned what = 0;
	int n;

	if (read_ahead(l))
		return LINK_MESSAGE;
	if (l->closed)
		return LINK_CLOSED;
	n = poll(p, fd >= 0 ? 2 : 1, timeout_ms);
	if (n < 0)
		return errno == EINTR ? LINK_SIGNAL : LINK_CLOSED;
	if (n == 0)
		return LINK_TIMEOUT;
	if (fd >= 0 && p[1].revents != 0)
		what |= LINK_FD;
	if (p[0].revents != 0) {
		read_some(l);
		if (read_ahead(l))
			what |= LINK_MESSAGE;
		else if (l->closed)
			what |= LINK_CLOSED;
	}
	return what;
}

long long
link_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
