/*
 * eventd-capture: the process that holds capture buffers and reads packets, so that foreign bytes and
 * the right to read them stay out of the engine. Questions and answers are JSON frames on the
 * descriptors 0 and 1: {"id","op","name",...} -> {"id",...} or {"id","error"}. A recording that ends
 * by itself is told with {"event":"ended","name","reason"}, an interface that comes or goes with
 * {"event":"lost"|"resumed","name","interface"}, a window that has become a file with {"event":"frozen","name",
 * "window","packets","bytes","cut","early","error"}. It exits when the engine goes away.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "capture/state.h"
#include "capture/writing.h"
#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"

enum { MAX_FDS = 256 };

static bool
answer_one(struct helper_state *h, const json_t *ask)
{
	json_t *answer = json_object();
	struct err err = ERR_INIT;
	size_t files = (size_t)json_integer_value(json_object_get(ask, "files"));
	size_t left = h->ngiven > files ? h->ngiven - files : 0;

	h->id = json_object_get(ask, "id");
	h->is_answered_later = false;
	json_object_set(answer, "id", (json_t *)(uintptr_t)h->id);
	if (!capture_carry_out(h, ask, answer, &err))
		json_object_set_new(answer, "error", frame_string(err.text, strlen(err.text)));
	capture_drop_files(h, left);
	if (!h->is_answered_later)
		return capture_tell(answer);
	json_decref(answer);
	return true;
}

/* As read(), with the files that come along. */
static ssize_t
receive(struct helper_state *h, char *bytes, size_t size)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof h->given)];
	} control;
	struct iovec piece = { bytes, size };
	struct msghdr m = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room };
	ssize_t n = recvmsg(STDIN_FILENO, &m, MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		size_t files = (c->cmsg_len - CMSG_LEN(0)) / sizeof *h->given;
		int file;

		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < files; i++) {
			memcpy(&file, CMSG_DATA(c) + i * sizeof file, sizeof file);
			if (h->ngiven < GIVEN_MAX)
				h->given[h->ngiven++] = file;
			else
				close(file);
		}
	}
	return n;
}

static bool
read_questions(struct helper_state *h)
{
	struct err err = ERR_INIT;
	char bytes[65536];
	ssize_t n = receive(h, bytes, sizeof bytes);
	json_t *ask;
	bool ok = true;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	frame_reader_feed(h->in, bytes, (size_t)n);
	while (ok && (ask = frame_reader_next(h->in, &err)) != NULL) {
		ok = answer_one(h, ask);
		json_decref(ask);
	}
	return ok && err.code == ERR_NONE;
}

static bool
tell_ends(struct helper_state *h)
{
	for (struct entry *e = h->first; e != NULL; e = e->next) {
		const char *reason = recording_end_reason(e->recording);

		if (reason == NULL || e->told_end)
			continue;
		e->told_end = true;
		if (!capture_tell(json_pack("{ssssss}", "event", "ended", "name",
			    recording_name(e->recording), "reason", reason)))
			return false;
	}
	return true;
}

/* Files that are written, and those that will never be. */
static bool
tell_files(struct helper_state *h)
{
	struct file **at = &h->files, *f;

	while ((f = *at) != NULL) {
		struct pollfd p = { .fd = writing_fd(f->writing), .events = POLLIN };

		if (poll(&p, 1, 0) <= 0) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (!capture_tell_file(f))
			return false;
		mem_free(f);
	}
	return true;
}

static bool
turn(struct helper_state *h)
{
	struct pollfd polled[MAX_FDS] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	int fds[MAX_FDS], timeout = -1;
	size_t n = 1;

	for (const struct file *f = h->files; f != NULL && n < MAX_FDS; f = f->next)
		polled[n++] = (struct pollfd){ .fd = writing_fd(f->writing), .events = POLLIN };
	for (struct entry *e = h->first; e != NULL; e = e->next) {
		size_t added = recording_fds(e->recording, fds, MAX_FDS - n);
		int wait = recording_timeout(e->recording);

		for (size_t i = 0; i < added; i++)
			polled[n++] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		if (wait >= 0 && (timeout < 0 || wait < timeout))
			timeout = wait;
	}
	if (poll(polled, (nfds_t)n, timeout) < 0 && errno != EINTR)
		return false;
	for (struct entry *e = h->first; e != NULL; e = e->next)
		recording_read(e->recording);
	if (polled[0].revents != 0 && !read_questions(h))
		return false;
	return tell_ends(h) && tell_files(h) && !h->is_engine_gone;
}

int
main(void)
{
	struct helper_state *h;

	helper_side_harden();
	signal(SIGINT, SIG_IGN); /* of the terminal: the engine decides when we end */
	h = mem_new(NULL, struct helper_state);
	h->in = frame_reader_new(h, FRAME_MAX);
	while (turn(h))
		continue;
	mem_free(h);
	return 0;
}
