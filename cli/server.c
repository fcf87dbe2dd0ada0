/* The control socket: listens, knows who connects, moves bytes. */
#include "cli/server.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/conn.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

#define ADMIN_GROUP  "eventd"
#define CLIENTS_MAX  1024u
#define GROUPS_MAX   256
#define ACCEPT_PAUSE (200 * USEC_PER_MSEC) /* when descriptors ran out */

struct cli_server {
	struct cli *cli;
	struct loop *loop;
	struct watch *watch;
	struct timer *pause;
	char *path;
	int fd;
	bool has_group;
	gid_t group;
	unsigned clients;
};

/* A client: a socket and its conversation. */
struct client {
	struct cli_server *server;
	struct cli_conn *conn;
	struct watch *watch;
	struct text out;
	int fd;
};

/* ---- who is it ---- */

static bool
in_group(int fd, gid_t primary, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof groups;
	size_t i;

	if (primary == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (i = 0; i < len / sizeof groups[0]; i++) {
		if (groups[i] == wanted)
			return true;
	}
	return false;
}

static bool
know_peer(struct cli_server *srv, int fd, char *user, size_t size, unsigned *level)
{
	struct ucred cred;
	socklen_t len = sizeof cred;
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*level = 1;
	if (cred.uid == 0 || cred.uid == geteuid() || (srv->has_group && in_group(fd, cred.gid, srv->group)))
		*level = 15;
	if (getpwuid_r(cred.uid, &pw, buf, sizeof buf, &found) == 0 && found != NULL)
		snprintf(user, size, "%s", pw.pw_name);
	else
		snprintf(user, size, "uid%lu", (unsigned long)cred.uid);
	return true;
}

/* ---- bytes ---- */

static int
client_gone(void *ptr)
{
	struct client *c = ptr;

	mem_free(c->watch);
	c->watch = NULL;
	mem_free(c->conn);
	close(c->fd);
	c->server->clients--;
	return 0;
}

static void
set_watch(struct client *c)
{
	bool over = cli_conn_is_over(c->conn);
	unsigned what = 0;

	if (!over && cli_conn_wants_input(c->conn))
		what |= WATCH_READ;
	if (c->out.len > 0 || over)
		what |= WATCH_WRITE;
	watch_set(c->watch, what);
}

/* The conversation has something to send, or is over: told from anywhere, done by the watch. */
static void
has_more(void *arg)
{
	struct client *c = arg;

	if (c->watch != NULL && c->conn != NULL)
		set_watch(c);
}

static bool
client_read(struct client *c)
{
	char buf[16384];
	ssize_t n = recv(c->fd, buf, sizeof buf, 0);

	if (n == 0)
		return false;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	cli_conn_feed(c->conn, buf, (size_t)n);
	return true;
}

static bool
client_write(struct client *c)
{
	ssize_t n;

	if (c->out.len == 0)
		return true;
	n = send(c->fd, c->out.s, c->out.len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	text_drop(&c->out, (size_t)n);
	cli_conn_resume(c->conn);
	return true;
}

static void
client_ready(void *arg, int fd, unsigned what)
{
	struct client *c = arg;
	bool alive = true;

	if ((what & WATCH_READ) != 0)
		alive = client_read(c);
	if (alive && (what & WATCH_WRITE) != 0)
		alive = client_write(c);
	if (!alive || (cli_conn_is_over(c->conn) && c->out.len == 0)) {
		mem_free(c);
		return;
	}
	set_watch(c);
}

static void
client_new(struct cli_server *srv, int fd)
{
	struct client *c;
	char user[64];
	struct conn_peer peer = { .user = user };

	if (srv->clients >= CLIENTS_MAX || !know_peer(srv, fd, user, sizeof user, &peer.level)) {
		close(fd);
		return;
	}
	c = mem_new(srv, struct client);
	c->server = srv;
	c->fd = fd;
	srv->clients++;
	text_init(&c->out, c);
	c->conn = cli_conn_new(c, srv->cli, &peer, &c->out, has_more, c);
	mem_on_free(c, client_gone);
	c->watch = watch_fd(c, srv->loop, fd, WATCH_READ, client_ready, c);
}

/* ---- listening ---- */

static void
listen_again(void *arg)
{
	struct cli_server *srv = arg;

	watch_set(srv->watch, WATCH_READ);
}

static void
on_connect(void *arg, int fd, unsigned what)
{
	struct cli_server *srv = arg;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client >= 0) {
		client_new(srv, client);
		return;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		watch_set(srv->watch, 0);
		timer_set(srv->pause, ACCEPT_PAUSE);
	}
}

static int
server_gone(void *ptr)
{
	struct cli_server *srv = ptr;

	mem_free(srv->watch);
	close(srv->fd);
	unlink(srv->path);
	return 0;
}

/* A socket file whose daemon is gone is removed; a living one is left alone. */
static bool
clear_path(const struct sockaddr_un *addr, struct err *err)
{
	struct stat st;
	int fd;
	bool alive;

	if (lstat(addr->sun_path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_IO, "%s is there and is no socket", addr->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, "socket");
	alive = connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 || errno != ECONNREFUSED;
	close(fd);
	if (alive)
		return err_set(err, ERR_IO, "another daemon answers on %s", addr->sun_path);
	unlink(addr->sun_path);
	return true;
}

static int
listen_on(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof addr.sun_path) {
		err_set(err, ERR_IO, "%s: too long for a socket (%zu characters)", path,
			sizeof addr.sun_path - 1);
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (!path_make_parent(path, 0755, err) || !clear_path(&addr, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		err_errno(err, "socket");
		return -1;
	}
	old = umask(0117);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof addr);
	umask(old);
	if (rc == 0 && listen(fd, 128) == 0)
		return fd;
	err_errno(err, "%s", path);
	close(fd);
	return -1;
}

struct cli_server *
cli_server_new(const void *ctx, struct cli *cli, const char *path, struct err *err)
{
	struct cli_server *srv;
	const struct group *group;
	int fd = listen_on(path, err);

	if (fd < 0)
		return NULL;
	srv = mem_new(ctx, struct cli_server);
	srv->cli = cli;
	srv->loop = cli_engine(cli)->loop;
	srv->path = mem_strdup(srv, path);
	srv->fd = fd;
	group = getgrnam(ADMIN_GROUP);
	srv->has_group = group != NULL;
	srv->group = group != NULL ? group->gr_gid : 0;
	if (srv->has_group && geteuid() == 0 && chown(path, 0, srv->group) < 0)
		err_errno(err, "%s", path); /* members of the group cannot connect; the others can */
	mem_on_free(srv, server_gone);
	srv->pause = timer_after(srv, srv->loop, 0, listen_again, srv);
	timer_stop(srv->pause);
	srv->watch = watch_fd(srv, srv->loop, fd, WATCH_READ, on_connect, srv);
	return srv;
}
