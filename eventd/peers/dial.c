/* Connecting to unix sockets. */
#include "peers/dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
dial_unix(const char *path, struct err *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof to.sun_path) {
		err_set(err, ERR_IO, "%s: longer than the path of a socket can be", path);
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		err_errno(err, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}
