/* Reading the kernel's uevents. */
#include "net/uevents.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define ROOM_BYTES     ((size_t)8192)
#define RECEIVE_BUFFER (1024 * 1024)
#define READS_MAX      64u /* then others get their turn */

struct uevents {
	struct engine *engine;
	struct watch *watch;
	uevents_f *f;
	void *arg;
	char *room;
	int fd;
};

static const char *
value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == '=' ? line + n + 1 : NULL;
}

bool
uevent_parse(char *data, size_t n, struct uevent *u)
{
	const char *action = NULL, *value;

	if (n == 0 || data[n - 1] != '\0' || strchr(data, '@') == NULL)
		return false; /* of libudev, or cut */
	memset(u, 0, sizeof *u);
	for (const char *line = data; line < data + n; line += strlen(line) + 1) {
		if ((value = value_of(line, "ACTION")) != NULL)
			action = value;
		else if ((value = value_of(line, "DEVPATH")) != NULL)
			u->path = value;
		else if ((value = value_of(line, "SUBSYSTEM")) != NULL)
			u->subsystem = value;
		else if ((value = value_of(line, "INTERFACE")) != NULL ||
			 (value = value_of(line, "DEVNAME")) != NULL)
			u->name = value;
	}
	if (action == NULL || u->path == NULL || u->subsystem == NULL)
		return false;
	if (u->name == NULL)
		u->name = strrchr(u->path, '/') != NULL ? strrchr(u->path, '/') + 1 : u->path;
	u->added = strcmp(action, "add") == 0;
	return u->added || strcmp(action, "remove") == 0;
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct uevents *us = arg;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof from;
		ssize_t got =
			recvfrom(fd, us->room, ROOM_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		struct uevent u;

		if (got < 0 && errno == ENOBUFS) { /* there is no table that could be read anew */
			log_msg(us->engine->log, NULL, "NETLINK", SEV_WARNINGS, "LOST",
				"Announcements of hardware came faster than they were read, some are lost");
			continue;
		}
		if (got <= 0)
			return;
		if (from.nl_pid == 0 && uevent_parse(us->room, (size_t)got, &u))
			us->f(us->arg, &u);
	}
}

static int
uevents_free(void *ptr)
{
	struct uevents *us = ptr;

	mem_free(us->watch); /* before its descriptor goes */
	if (us->fd >= 0)
		close(us->fd);
	return 0;
}

struct uevents *
uevents_new(const void *ctx, struct engine *engine, uevents_f *f, void *arg, struct err *err)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = 1 }; /* the kernel's own */
	struct uevents *us = mem_new(ctx, struct uevents);
	const int bytes = RECEIVE_BUFFER;

	us->engine = engine;
	us->f = f;
	us->arg = arg;
	us->room = mem_array(us, char, ROOM_BYTES);
	us->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	mem_on_free(us, uevents_free);
	if (us->fd < 0 || bind(us->fd, (struct sockaddr *)&local, sizeof local) != 0) {
		err_errno(err, "kernel uevents");
		mem_free(us);
		return NULL;
	}
	if (setsockopt(us->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(us->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	us->watch = watch_fd(us, engine->loop, us->fd, WATCH_READ, ready, us);
	return us;
}
