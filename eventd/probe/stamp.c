/* Time stamps: when the kernel received something, which is not when a busy loop reads it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "probe/run.h"

void
stamp_open(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

usec
stamp_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (usec)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

ssize_t
stamp_recv(int fd, void *room, size_t size, struct sockaddr_storage *from, socklen_t *from_len, usec *wall)
{
	_Alignas(struct cmsghdr) char control[256];
	struct iovec data = { room, size };
	struct msghdr m = { .msg_name = from,
		.msg_namelen = from == NULL ? 0 : sizeof *from,
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	*wall = 0;
	if (n < 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof t);
		*wall = (usec)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
	}
	if (from_len != NULL)
		*from_len = m.msg_namelen;
	return n;
}
