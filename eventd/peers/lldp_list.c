/* Asking lldpd once. */
#include "peers/lldp_list.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "peers/dial.h"

#define PATIENCE   (10 * USEC_PER_SEC)
#define ANSWER_MAX ((size_t)8 << 20)

struct asking {
	struct engine *engine;
	char *socket;
	lldp_list_f *f;
	void *arg;
	struct child *child;
	struct watch *watch;
	struct timer *deadline; /* and the beginning: nothing is told from inside lldp_list() */
	struct text in;
	int fd;
	bool begun, read, gone; /* gone: with this status, or by this signal */
	int status, signal;
};

void
lldp_list_read(const json_t *answer, lldp_neighbor_f *f, void *arg)
{
	const json_t *all = json_array_get(json_object_get(answer, "lldp"), 0), *one;
	struct lldp_change c;
	size_t i;

	json_array_foreach(json_object_get(all, "interface"), i, one) if (lldp_neighbor_read(one, &c))
		f(arg, &c);
}

static int
asking_free(void *ptr)
{
	struct asking *a = ptr;

	mem_free(a->watch); /* before its descriptor goes */
	if (a->fd >= 0)
		close(a->fd);
	return 0;
}

/* The last thing that happens: `f` may free everything. */
static void
answer(struct asking *a, const json_t *j, const char *why)
{
	timer_stop(a->deadline);
	watch_set(a->watch, 0);
	a->f(a->arg, j, a->fd >= 0, why);
}

/* With its answer and its end. */
static void
all_read(struct asking *a)
{
	json_t *j = json_loadb(a->in.s, a->in.len, JSON_ALLOW_NUL, NULL);
	char *why = NULL;

	if (j == NULL && a->signal != 0)
		why = mem_printf(NULL, "lldpcli ended by signal %d", a->signal);
	else if (j == NULL && a->status != 0)
		why = mem_printf(NULL, "lldpcli ended with status %d", a->status);
	else if (j == NULL)
		why = mem_strdup(NULL, "lldpcli did not answer");
	answer(a, j, why);
	mem_free(why);
	json_decref(j);
}

static void
on_readable(void *arg, int fd, unsigned what)
{
	struct asking *a = arg;
	char octets[16384];
	ssize_t n = read(fd, octets, sizeof octets);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && a->in.len < ANSWER_MAX)
		text_addn(&a->in, octets, (size_t)n);
	else {
		a->read = true;
		watch_set(a->watch, 0);
		if (a->gone)
			all_read(a);
	}
}

static void
on_exit_child(void *arg, int exit_code, int term_signal)
{
	struct asking *a = arg;

	a->gone = true;
	a->status = exit_code;
	a->signal = term_signal;
	if (a->read)
		all_read(a);
}

static bool
start(struct asking *a, struct err *err)
{
	const char *const argv[] = { "lldpcli", "-u", a->socket, "-f", "json0", "show", "neighbors",
		"details", "hidden", NULL };
	int fd = dial_unix(a->socket, err), ends[2];

	if (fd < 0)
		return err_wrap(err, "lldpd");
	close(fd);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	a->fd = ends[0];
	a->child = child_start(a, a->engine->loop,
		&(struct child_spec){ .file = argv[0], .argv = argv, .fds = { -1, ends[1], -1 }, .nfds = 3 },
		on_exit_child, a, err);
	close(ends[1]);
	if (a->child == NULL)
		return err_wrap(err, "lldpd's program");
	a->watch = watch_fd(a, a->engine->loop, a->fd, WATCH_READ, on_readable, a);
	return true;
}

static void
on_timer(void *arg)
{
	struct asking *a = arg;
	struct err err = ERR_INIT;

	if (a->begun) {
		answer(a, NULL, "lldpd does not answer");
		return;
	}
	a->begun = true;
	if (start(a, &err))
		timer_set(a->deadline, PATIENCE);
	else
		a->f(a->arg, NULL, a->fd >= 0, err.text);
}

void
lldp_list(const void *ctx, struct engine *engine, const char *socket, lldp_list_f *f, void *arg)
{
	struct asking *a = mem_new(ctx, struct asking);

	a->engine = engine;
	a->socket = mem_strdup(a, socket);
	a->f = f;
	a->arg = arg;
	a->fd = -1;
	text_init(&a->in, a);
	mem_on_free(a, asking_free);
	a->deadline = timer_after(a, engine->loop, 0, on_timer, a);
}
