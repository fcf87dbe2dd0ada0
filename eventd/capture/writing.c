/* Writes a window to its file, in a process of its own. */
#include "capture/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/credentials.h"
#include "capture/recording.h"
#include "capture/window.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

enum { PIECE = 256 * 1024 };

struct writing {
	struct window *window;
	pid_t pid;
	int fd;
};

static int
end(void *p)
{
	struct writing *w = p;

	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
	}
	if (w->fd >= 0)
		close(w->fd);
	return 0;
}

/* ---- the other process ---- */

struct output {
	struct recording *recording;
	const struct window *window;
	struct credentials *credentials; /* NULL: nothing is starred out */
	struct text piece;
	struct written *result;
};

static bool
fail(struct output *o, const char *why)
{
	snprintf(o->result->why, sizeof o->result->why, "%.150s", why);
	return false;
}

static bool
write_out(struct output *o)
{
	bool ok = path_write_all(o->window->fd, o->piece.s, o->piece.len);

	o->result->bytes += o->piece.len;
	text_clear(&o->piece);
	return ok || fail(o, strerror(errno));
}

static bool
is_inside(const struct window *w, const struct packet *p)
{
	return p->ns >= w->from_ns && p->ns <= w->until_ns;
}

/* Who says what in the packets. Answers the number of the last one that is not behind the moment. */
static uint64_t
learn(struct output *o)
{
	struct ring *ring = recording_ring(o->recording);
	uint64_t before = UINT64_MAX;
	struct packet p;

	for (uint64_t at = o->window->first; ring_get(ring, at, &p); at = p.number + 1) {
		if (!is_inside(o->window, &p))
			continue;
		if (p.ns <= o->window->at_ns || before == UINT64_MAX)
			before = p.number;
		if (o->credentials != NULL)
			credentials_learn(
				o->credentials, recording_linktype(o->recording, p.tap), p.data, p.len);
	}
	return before;
}

static void
add(struct output *o, const struct packet *p, const char *comment)
{
	struct packet copy = *p;
	unsigned char *data = NULL;

	if (o->credentials != NULL) {
		copy.data = data = mem_dup(NULL, p->data, p->len);
		credentials_star(o->credentials, recording_linktype(o->recording, p->tap), data, p->len);
	}
	recording_file_packet_comment(o->window->is_pcapng, &o->piece, &copy, comment);
	mem_free(data);
	if (o->result->packets++ == 0)
		o->result->first_ns = p->ns;
	o->result->last_ns = p->ns;
}

static bool
write_file(struct output *o)
{
	struct ring *ring = recording_ring(o->recording);
	struct err err = ERR_INIT;
	struct packet p;
	uint64_t before = learn(o);
	char *comment = o->window->comment[0] == '\0'
				? mem_strdup(NULL, "")
				: mem_printf(NULL, "%s%s", o->window->comment,
					  o->window->is_early ? "; it ended before its time" : "");

	if (!recording_file_begin(o->recording, o->window->is_pcapng, comment, &o->piece, &err))
		return fail(o, err.text);
	for (uint64_t at = o->window->first; ring_get(ring, at, &p); at = p.number + 1) {
		if (!is_inside(o->window, &p))
			continue;
		if (o->window->max_bytes > 0 &&
			o->result->bytes + o->piece.len + p.len > o->window->max_bytes) {
			o->result->is_cut = true;
			break;
		}
		add(o, &p, p.number == before ? comment : "");
		if (o->piece.len >= PIECE && !write_out(o))
			return false;
	}
	recording_file_end(o->recording, o->window->is_pcapng, &o->piece);
	return write_out(o);
}

static void
work(struct recording *r, const struct window *w, int report)
{
	struct written result = { 0 };
	struct output o = { .recording = r, .window = w, .result = &result };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	text_init(&o.piece, NULL);
	if (w->is_masked)
		o.credentials = credentials_keep(NULL);
	if (write_file(&o) && fsync(w->fd) != 0 && errno != EINVAL)
		fail(&o, strerror(errno));
	_exit(path_write_all(report, &result, sizeof result) ? 0 : 1);
}

/* ---- this process ---- */

struct writing *
writing_start(const void *ctx, struct recording *r, struct window *window, struct err *err)
{
	struct writing *w = mem_new(ctx, struct writing);
	int report[2];

	w->window = mem_steal(w, window);
	w->fd = -1;
	mem_on_free(w, end);
	if (pipe2(report, O_CLOEXEC) != 0) {
		err_errno(err, "pipe");
		mem_free(w);
		return NULL;
	}
	w->fd = report[0];
	w->pid = fork();
	if (w->pid == 0)
		work(r, w->window, report[1]);
	close(report[1]);
	if (w->pid > 0)
		return w;
	err_errno(err, "fork");
	mem_free(w);
	return NULL;
}

int
writing_fd(const struct writing *w)
{
	return w->fd;
}

const struct window *
writing_window(const struct writing *w)
{
	return w->window;
}

void
writing_finish(struct writing *w, struct written *out)
{
	ssize_t n;

	*out = (struct written){ 0 };
	do
		n = read(w->fd, out, sizeof *out);
	while (n < 0 && errno == EINTR);
	waitpid(w->pid, NULL, 0);
	w->pid = 0;
	if (n != (ssize_t)sizeof *out) {
		*out = (struct written){ 0 };
		snprintf(out->why, sizeof out->why, "the process that wrote the file has died");
	}
}
