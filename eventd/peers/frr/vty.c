/* Talks to one daemon of FRR. */
#include "peers/frr/vty.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "peers/dial.h"

#define AGAIN        (2 * USEC_PER_SEC)
#define SOON         (20 * USEC_PER_MSEC) /* a socket that is bound is about to listen */
#define PATIENCE     (5 * USEC_PER_SEC)   /* with an answer */
#define IDLE         (10 * USEC_PER_SEC)  /* then it is asked whether it lives */
#define ANSWER_MAX   ((size_t)4 * 1024 * 1024)
#define MESSAGE_MAX  ((size_t)16 * 1024)
#define MESSAGES_MAX 64u /* then others get their turn */

/* What has been sent, or is to be. The one that is first is under way. */
struct question {
	TAILQ_ENTRY(question) entry;
	char *command;
	struct asker *asker; /* NULL: nobody waits any more */
	void (*own)(struct vty *, int status, const struct text *answer);
};

/* Whoever waits, in its own context: it may go before the answer comes. */
struct asker {
	struct question *question;
	vty_done_f *done;
	void *arg;
};

struct vty {
	struct loop *loop;
	struct vty_spec spec;
	char *path;
	int fd, live; /* -1: none */
	struct watch *watch, *live_watch;
	struct timer *timer; /* dials again, or gives up waiting for an answer */
	struct text in;
	TAILQ_HEAD(, question) questions;
	bool heard, was_told, log_ended;
	bool takes;                                  /* an answer: whoever asks again meanwhile is next */
	bool is_old;                                 /* it has no live log, but can be asked */
	char told[sizeof((struct err *)NULL)->text]; /* why it cannot be heard */
	char *room;
};

static void hang_up(struct vty *v, usec again, const struct err *why);

/* ---- who asks ---- */

static int
asker_free(void *p)
{
	struct asker *a = p;

	if (a->question != NULL)
		a->question->asker = NULL;
	return 0;
}

static void
answer(struct question *q, const struct text *text)
{
	struct asker *a = q->asker;

	if (a == NULL)
		return;
	a->question = NULL;
	q->asker = NULL;
	a->done(a->arg, text != NULL ? text->s : NULL, text != NULL ? text->len : 0);
}

static void
send_first(struct vty *v)
{
	struct question *q = TAILQ_FIRST(&v->questions);
	struct err err = ERR_INIT;
	size_t n;

	if (q == NULL || v->fd < 0 || v->takes)
		return;
	n = strlen(q->command) + 1;
	/* Short, and the daemon reads: a socket without room for it is a daemon that hangs. */
	if (send(v->fd, q->command, n, MSG_NOSIGNAL) == (ssize_t)n) {
		if (!v->log_ended)
			timer_set(v->timer, PATIENCE);
		return;
	}
	err_errno(&err, "%s", v->path);
	hang_up(v, AGAIN, &err);
}

static struct question *
ask(struct vty *v, const char *command)
{
	struct question *q = mem_new(v, struct question);
	bool is_first = TAILQ_EMPTY(&v->questions);

	q->command = mem_strdup(q, command);
	TAILQ_INSERT_TAIL(&v->questions, q, entry);
	if (is_first)
		send_first(v);
	return q;
}

void
vty_ask(const void *ctx, struct vty *v, const char *command, vty_done_f *done, void *arg)
{
	struct asker *a;
	struct question *q;

	if (v->fd < 0) {
		done(arg, NULL, 0);
		return;
	}
	a = mem_new(ctx, struct asker);
	a->done = done;
	a->arg = arg;
	mem_on_free(a, asker_free);
	q = mem_new(v, struct question);
	q->command = mem_strdup(q, command);
	q->asker = a;
	a->question = q;
	TAILQ_INSERT_TAIL(&v->questions, q, entry);
	if (TAILQ_FIRST(&v->questions) == q)
		send_first(v);
}

/* ---- states ---- */

static void
tell(struct vty *v, const struct err *why)
{
	bool heard = why == NULL;

	if (v->was_told && heard == v->heard && (heard || strcmp(v->told, why->text) == 0))
		return;
	v->was_told = true;
	v->heard = heard;
	if (!heard)
		memcpy(v->told, why->text, sizeof v->told);
	v->spec.on_state(v->spec.arg, v->spec.daemon, why);
}

static void
close_all(struct vty *v)
{
	mem_free(v->watch);
	mem_free(v->live_watch);
	v->watch = v->live_watch = NULL;
	if (v->fd >= 0)
		close(v->fd);
	if (v->live >= 0)
		close(v->live);
	v->fd = v->live = -1;
	v->log_ended = false;
	text_clear(&v->in);
}

static void
hang_up(struct vty *v, usec again, const struct err *why)
{
	struct question *q;

	close_all(v);
	timer_set(v->timer, again);
	if (!v->is_old) /* why it is not heard is that it is old */
		tell(v, why);
	v->is_old = false; /* it may be another one that comes */
	while ((q = TAILQ_FIRST(&v->questions)) != NULL) {
		TAILQ_REMOVE(&v->questions, q, entry);
		answer(q, NULL);
		mem_free(q);
	}
}

/* ---- what is heard ---- */

static void
on_live(void *arg, int fd, unsigned what)
{
	struct vty *v = arg;
	struct live_message m;

	for (unsigned i = 0; i < MESSAGES_MAX && v->live == fd; i++) {
		ssize_t n = recv(fd, v->room, MESSAGE_MAX, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) { /* what it has answered is still to be read */
			mem_free(v->live_watch);
			v->live_watch = NULL;
			v->log_ended = true;
			timer_set(v->timer, SOON);
			return;
		}
		if (live_read(v->room, (size_t)n, &m))
			v->spec.on_message(v->spec.arg, v->spec.daemon, &m);
	}
}

static void
on_monitor(struct vty *v, int status, const struct text *text)
{
	struct err err = ERR_INIT;

	if (status == 0 && v->live >= 0) {
		v->live_watch = watch_fd(v, v->loop, v->live, WATCH_READ, on_live, v);
		tell(v, NULL);
		return;
	}
	err_set(&err, ERR_IO, "%s: it has no live log: that needs FRR 8.4", v->path);
	hang_up(v, 0, &err); /* a conversation with log lines in between would be none */
	v->is_old = true;
}

/* ---- answers ---- */

/* The descriptor that came with the octets, or -1. */
static int
passed_fd(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
			c->cmsg_len < CMSG_LEN(sizeof fd))
			continue;
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
		return fd;
	}
	return -1;
}

static bool
is_whole(const struct text *t)
{
	static const char end[3];

	return t->len >= 4 && memcmp(t->s + t->len - 4, end, 3) == 0;
}

static void
take_answer(struct vty *v)
{
	struct question *q = TAILQ_FIRST(&v->questions);
	int status = (unsigned char)v->in.s[v->in.len - 1];

	if (q == NULL)
		return;
	TAILQ_REMOVE(&v->questions, q, entry);
	if (!v->log_ended)
		timer_set(v->timer, IDLE);
	v->in.len -= 4;
	v->takes = true;
	if (q->own != NULL)
		q->own(v, status, &v->in);
	else
		answer(q, status == 0 ? &v->in : NULL);
	v->takes = false;
	mem_free(q);
	text_clear(&v->in);
	send_first(v);
}

static void
on_readable(void *arg, int fd, unsigned what)
{
	struct vty *v = arg;
	union {
		struct cmsghdr header;
		char octets[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec room = { .iov_base = v->room, .iov_len = MESSAGE_MAX };
	struct msghdr msg = {
		.msg_iov = &room, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct err err = ERR_INIT;
	int passed;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	passed = n < 0 ? -1 : passed_fd(&msg);
	if (passed >= 0 && v->live < 0)
		v->live = passed;
	else if (passed >= 0)
		close(passed);
	if (n <= 0) {
		err_set(&err, ERR_NOT_FOUND, "%s: it has ended the conversation", v->path);
		hang_up(v, AGAIN, &err);
		return;
	}
	if (v->in.len + (size_t)n > ANSWER_MAX) {
		err_set(&err, ERR_RANGE, "%s: an answer is longer than %zu octets", v->path, ANSWER_MAX);
		hang_up(v, AGAIN, &err);
		return;
	}
	text_addn(&v->in, v->room, (size_t)n);
	if (is_whole(&v->in))
		take_answer(v);
}

/* ---- dialling ---- */

static void
dial(struct vty *v)
{
	struct err err = ERR_INIT;

	v->fd = dial_unix(v->path, &err);
	if (v->fd < 0) {
		hang_up(v, AGAIN, &err);
		return;
	}
	v->watch = watch_fd(v, v->loop, v->fd, WATCH_READ, on_readable, v);
	ask(v, "enable");
	if (!v->is_old)
		ask(v, "terminal monitor")->own = on_monitor;
}

static void
on_timer(void *arg)
{
	struct vty *v = arg;
	struct err err = ERR_INIT;

	if (v->fd < 0) {
		dial(v);
		return;
	}
	if (!v->log_ended && TAILQ_EMPTY(&v->questions)) {
		ask(v, "enable"); /* does it live? */
		return;
	}
	if (v->log_ended)
		err_set(&err, ERR_NOT_FOUND, "%s: its log has ended", v->path);
	else
		err_set(&err, ERR_TIMEOUT, "%s: no answer", v->path);
	hang_up(v, AGAIN, &err);
}

void
vty_hurry(struct vty *v)
{
	if (v->fd < 0)
		timer_set(v->timer, SOON);
}

bool
vty_is_known(const struct vty *v)
{
	return v->was_told;
}

bool
vty_is_heard(const struct vty *v)
{
	return v->heard;
}

static int
vty_free(void *p)
{
	struct vty *v = p;
	struct question *q;

	close_all(v);
	TAILQ_FOREACH (q, &v->questions, entry)
		if (q->asker != NULL)
			q->asker->question = NULL;
	return 0;
}

struct vty *
vty_new(const void *ctx, struct loop *loop, const struct vty_spec *spec)
{
	struct vty *v = mem_new(ctx, struct vty);

	v->loop = loop;
	v->spec = *spec;
	v->path = mem_printf(v, "%s/%s.vty", spec->dir, spec->daemon);
	v->fd = v->live = -1;
	v->room = mem_alloc(v, MESSAGE_MAX);
	text_init(&v->in, v);
	TAILQ_INIT(&v->questions);
	mem_on_free(v, vty_free);
	v->timer = timer_after(v, loop, 0, on_timer, v);
	return v;
}
