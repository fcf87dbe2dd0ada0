/* A helper process and its conversation over a socket pair. */
#include "core/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/netns.h"
#include "core/text.h"

/* One life of the process: a new one begins with the next message after an end. */
struct life {
	struct helper *helper;
	struct child *child;
	struct watch *watch;
	struct frame_reader *in;
	struct text out;                 /* not yet written */
	int files[4 * HELPER_FILES_MAX]; /* ours, to be sent with it */
	size_t nfiles;
	int fd;
	pid_t pid;
	bool gone; /* the process ended; the descriptor may still hold its last words */
};

struct helper {
	struct loop *loop;
	struct helper_spec spec;
	struct life *life;
};

static void
close_files(struct life *l)
{
	while (l->nfiles > 0)
		close(l->files[--l->nfiles]);
}

static int
life_free(void *p)
{
	struct life *l = p;

	close_files(l);
	if (l->fd >= 0)
		close(l->fd);
	return 0;
}

static void
deliver(struct life *l)
{
	struct helper *h = l->helper;
	struct err err = ERR_INIT;
	json_t *message;

	while ((message = frame_reader_next(l->in, &err)) != NULL) {
		h->spec.on_message(h->spec.arg, message);
		json_decref(message);
	}
	/* What speaks no frames is broken: its end is reported by on_exit. */
	if (err.code != ERR_NONE && !l->gone)
		child_kill(l->child, SIGKILL);
}

/* false: nothing more will come */
static bool
take_input(struct life *l)
{
	char buf[65536];

	for (;;) {
		ssize_t n = read(l->fd, buf, sizeof buf);

		if (n > 0) {
			frame_reader_feed(l->in, buf, (size_t)n);
			deliver(l);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	}
}

/* What waits, and the files with its first bytes. */
static ssize_t
send_some(struct life *l)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof l->files)];
	} control = { 0 };
	struct iovec piece = { l->out.s, l->out.len };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	size_t bytes = l->nfiles * sizeof l->files[0];

	if (l->nfiles > 0) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.head = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS
		};
		memcpy(CMSG_DATA(&control.head), l->files, bytes);
	}
	return sendmsg(l->fd, &message, MSG_NOSIGNAL);
}

static void
flush(struct life *l)
{
	while (l->out.len > 0) {
		ssize_t n = send_some(l);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break; /* EAGAIN: later; anything else shows as the helper's end */
		close_files(l);
		text_drop(&l->out, (size_t)n);
	}
	watch_set(l->watch, WATCH_READ | (l->out.len > 0 ? (unsigned)WATCH_WRITE : 0u));
}

static void
on_ready(void *arg, int fd, unsigned what)
{
	struct life *l = arg;

	(void)fd;
	if ((what & WATCH_READ) != 0 && !take_input(l)) {
		watch_set(l->watch, 0);
		return;
	}
	if ((what & WATCH_WRITE) != 0)
		flush(l);
}

static void
on_exit_helper(void *arg, int exit_code, int term_signal)
{
	struct life *l = arg;
	struct helper *h = l->helper;
	pid_t pid = l->pid;

	l->gone = true;
	take_input(l);
	if (h->life == l)
		h->life = NULL;
	mem_free(l);
	if (h->spec.on_exit != NULL)
		h->spec.on_exit(h->spec.arg, pid, exit_code, term_signal);
}

static struct child *
start_child(struct life *l, const struct child_spec *spec, struct err *err)
{
	struct helper *h = l->helper;
	int before = h->spec.netns == NULL ? -1 : netns_enter(h->spec.netns, err);
	struct child *child;

	if (h->spec.netns != NULL && before < 0)
		return NULL;
	child = child_start(l, h->loop, spec, on_exit_helper, l, err);
	if (before >= 0)
		netns_leave(before);
	return child;
}

static bool
start(struct helper *h, struct err *err)
{
	struct life *l = mem_new(h, struct life);
	char *file = mem_printf(l, "%s/%s", h->spec.dir, h->spec.name);
	const char *argv[] = { file, NULL };
	static const char *const nothing[] = { NULL };
	bool isolated = h->spec.isolated;
	struct child_spec spec = { .file = file, .argv = argv, .nfds = 3, .own_group = isolated };
	int pair[2];

	l->helper = h;
	l->fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		mem_free(l);
		return err_errno(err, "%s: socketpair", h->spec.name);
	}
	l->fd = pair[0];
	mem_on_free(l, life_free);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	spec.fds[0] = spec.fds[1] = pair[1];
	spec.fds[2] = isolated ? -1 : STDERR_FILENO;
	for (size_t i = 0; i < h->spec.pass_count; i++)
		spec.fds[spec.nfds++] = h->spec.pass[i];
	spec.env = isolated ? nothing : NULL;
	l->child = start_child(l, &spec, err);
	close(pair[1]);
	if (l->child == NULL) {
		mem_free(l);
		return false;
	}
	l->pid = child_pid(l->child);
	l->in = frame_reader_new(l, h->spec.frame_max ? h->spec.frame_max : FRAME_MAX);
	text_init(&l->out, l);
	l->watch = watch_fd(l, h->loop, l->fd, WATCH_READ, on_ready, l);
	h->life = l;
	return true;
}

struct helper *
helper_new(const void *ctx, struct loop *loop, const struct helper_spec *spec)
{
	struct helper *h = mem_new(ctx, struct helper);

	h->loop = loop;
	h->spec = *spec;
	h->spec.name = mem_strdup(h, spec->name);
	h->spec.dir = mem_strdup(h, spec->dir);
	h->spec.netns = mem_strdup(h, spec->netns);
	return h;
}

bool
helper_start(struct helper *h, struct err *err)
{
	return h->life != NULL || start(h, err);
}

bool
helper_send(struct helper *h, const json_t *message, struct err *err)
{
	if (!helper_start(h, err))
		return false;
	frame_add(&h->life->out, message);
	flush(h->life);
	return true;
}

bool
helper_send_files(struct helper *h, const json_t *message, const int *fds, size_t n, struct err *err)
{
	struct life *l;

	if (!helper_start(h, err))
		return false;
	l = h->life;
	if (n > HELPER_FILES_MAX || l->nfiles + n > sizeof l->files / sizeof l->files[0])
		return err_set(err, ERR_REFUSED, "too many files wait for %s", h->spec.name);
	for (size_t i = 0; i < n; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return err_errno(err, "%s: file", h->spec.name);
		l->files[l->nfiles++] = fd;
	}
	return helper_send(h, message, err);
}

pid_t
helper_pid(const struct helper *h)
{
	return h->life == NULL ? 0 : child_pid(h->life->child);
}

const char *
helper_name(const struct helper *h)
{
	return h->spec.name;
}

void
helper_kill(struct helper *h, int signo)
{
	if (h->life != NULL)
		child_kill(h->life->child, signo);
}

void
helper_close(struct helper *h)
{
	if (h->life != NULL)
		shutdown(h->life->fd, SHUT_WR);
}
