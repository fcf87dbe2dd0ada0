/* Opens the sockets on which syslog is received. */
#include "syslog/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RECEIVE_BUFFER (8 * 1024 * 1024) /* asked for; the kernel may give less */
#define BACKLOG        256

/* The kernel doubles what is asked and caps it, unless we may force it (CAP_NET_ADMIN). */
static void
enlarge_buffer(int fd)
{
	const int bytes = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

/* A socket that nobody reads any more is in the way of its successor; a file that is none stays. */
static void
remove_stale(const struct syslog_url *u, int type)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&u->address;
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&u->address, u->len) != 0 && errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

static void
set_options(int fd, enum syslog_transport transport)
{
	const int yes = 1;

	if (syslog_is_stream(transport)) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		return;
	}
	enlarge_buffer(fd);
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
	if (transport == SYSLOG_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
}

/* What is bound is ours to remove again; a name that was there before is not. */
static bool
open_bound(int fd, struct syslog_url *u)
{
	const char *path = ((const struct sockaddr_un *)&u->address)->sun_path;

	/* Like /dev/log: everybody may write, and the source says who did. */
	if (syslog_is_unix(u->transport) && chmod(path, 0666) != 0)
		return false;
	if (syslog_is_stream(u->transport) && listen(fd, BACKLOG) != 0)
		return false;
	u->len = sizeof u->address;
	return getsockname(fd, (struct sockaddr *)&u->address, &u->len) == 0;
}

int
syslog_socket(struct syslog_url *u)
{
	int type = syslog_is_stream(u->transport) ? SOCK_STREAM : SOCK_DGRAM, saved;
	int fd = socket(u->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int yes = 1;

	if (fd < 0)
		return -1;
	set_options(fd, u->transport);
	if (u->only_v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
	if (syslog_is_unix(u->transport))
		remove_stale(u, type);
	if (bind(fd, (const struct sockaddr *)&u->address, u->len) == 0 && open_bound(fd, u))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

void
syslog_keep_alive(int fd)
{
	const int yes = 1, idle = 60, every = 20, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}
