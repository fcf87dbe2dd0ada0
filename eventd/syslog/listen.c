/* Opens and closes the places where syslog is received. */
#include "syslog/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/mem.h"
#include "syslog/intake.h"

#define RECEIVE_BUFFER   (8 * 1024 * 1024) /* asked for; the kernel may give less */
#define RECEIVED_BYTES   ((size_t)256 * 1024)
#define COMPLAINT_PERIOD (60 * USEC_PER_SEC)
#define BACKLOG          256

struct intake *
intake_new(const void *ctx, struct engine *engine, line_f *f, void *arg)
{
	struct intake *in = mem_new(ctx, struct intake);

	in->engine = engine;
	in->f = f;
	in->arg = arg;
	in->received = received_new(in, RECEIVED_BYTES);
	in->arena = intake_arena_new(in);
	TAILQ_INIT(&in->listeners);
	return in;
}

struct received *
intake_received(const struct intake *in)
{
	return in->received;
}

/* ---- messages ---- */

void
intake_message(struct listener *l, const char *source, struct slice raw, usec mono, usec wall)
{
	struct intake *in = l->intake;
	struct syslog_message m;

	syslog_message_parse(&m, raw.s, raw.n);
	if (m.raw.n == 0)
		return;
	l->count.messages++;
	l->count.octets += raw.n;
	received_add(in->received, wall, source, m.raw);
	in->f(in->arg, &(struct line){
			       .source = source,
			       .raw = m.raw,
			       .subject = syslog_message_subject(&m, in->room),
			       .sequence = m.sequence,
			       .stamp = m.stamp,
			       .facility = syslog_message_facility(&m),
			       .mnemonic = syslog_message_mnemonic(&m),
			       .severity = m.severity,
			       .mono = mono,
			       .wall = wall,
		       });
}

void
intake_complain(struct intake *in)
{
	uint64_t lost = 0, refused = 0, all;
	usec now = loop_mono(in->engine->loop);
	const struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry) {
		lost += l->count.lost;
		refused += l->count.refused;
	}
	all = lost + refused;
	if (all <= in->complained || (in->complained > 0 && now - in->last_complaint < COMPLAINT_PERIOD))
		return;
	in->complained = all;
	in->last_complaint = now;
	log_msg(in->engine->log, NULL, "SYSLOG", SEV_WARNINGS, "LOST",
		"Received messages lost so far: %llu in full buffers; connections refused: %llu",
		(unsigned long long)lost, (unsigned long long)refused);
}

/* ---- opening ---- */

static int
listener_free(void *ptr)
{
	struct listener *l = ptr;
	struct connection *c;

	TAILQ_REMOVE(&l->intake->listeners, l, entry);
	while ((c = TAILQ_FIRST(&l->connections)) != NULL)
		mem_free(c);
	mem_free(l->watch); /* before its descriptor goes */
	if (l->fd >= 0)
		close(l->fd);
	if (l->fd >= 0 && l->transport == SYSLOG_UNIX)
		unlink(l->url + strlen("unix://"));
	return 0;
}

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
remove_stale(const struct syslog_url *u)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&u->address;
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&u->address, u->len) != 0 && errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

static bool
open_socket(struct listener *l, struct syslog_url *u)
{
	const int yes = 1;
	int type = u->transport == SYSLOG_TCP ? SOCK_STREAM : SOCK_DGRAM;

	l->fd = socket(u->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return false;
	if (u->transport == SYSLOG_TCP)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (u->transport != SYSLOG_TCP) {
		enlarge_buffer(l->fd);
		setsockopt(l->fd, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
	}
	if (u->transport == SYSLOG_UNIX) {
		setsockopt(l->fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
		remove_stale(u);
	}
	if (bind(l->fd, (const struct sockaddr *)&u->address, u->len) != 0)
		return false;
	/* Like /dev/log: everybody may write, and the source says who did. */
	if (u->transport == SYSLOG_UNIX)
		return chmod(((const struct sockaddr_un *)&u->address)->sun_path, 0666) == 0;
	u->len = sizeof u->address;
	if (getsockname(l->fd, (struct sockaddr *)&u->address, &u->len) != 0)
		return false;
	return u->transport != SYSLOG_TCP || listen(l->fd, BACKLOG) == 0;
}

static struct listener *
listener_open(struct intake *in, const struct setting_listen *setting, struct err *err)
{
	struct listener *l = mem_new(in, struct listener);
	struct syslog_url u;

	l->intake = in;
	l->fd = -1;
	l->asked = mem_strdup(l, setting->url);
	l->keep = true;
	TAILQ_INIT(&l->connections);
	TAILQ_INSERT_TAIL(&in->listeners, l, entry);
	mem_on_free(l, listener_free);
	if (!syslog_url_parse(setting->url, &u, err)) {
		mem_free(l);
		return NULL;
	}
	l->transport = u.transport;
	if (!open_socket(l, &u)) {
		err_errno(err, "cannot receive syslog on %s", setting->url);
		if (l->transport == SYSLOG_UNIX && l->fd >= 0) { /* the name is not ours to remove */
			close(l->fd);
			l->fd = -1;
		}
		mem_free(l);
		return NULL;
	}
	syslog_url_format(&u, l->url);
	l->count.url = l->url;
	l->watch = watch_fd(l, in->engine->loop, l->fd, WATCH_READ,
		u.transport == SYSLOG_TCP ? stream_ready : datagram_ready, l);
	return l;
}

static struct listener *
find_asked(struct intake *in, const char *url)
{
	struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry)
		if (!l->keep && strcmp(l->asked, url) == 0)
			return l;
	return NULL;
}

/* New listeners stand at the end of the list. */
static void
close_from(struct listener *l)
{
	while (l != NULL) {
		struct listener *next = TAILQ_NEXT(l, entry);

		mem_free(l);
		l = next;
	}
}

static void
close_unwanted(struct intake *in)
{
	struct listener *l, *next;

	for (l = TAILQ_FIRST(&in->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (!l->keep)
			mem_free(l);
	}
}

bool
intake_listen(struct intake *in, const struct setting_listen *setting, size_t n, struct err *err)
{
	struct listener *l, *first_new = NULL;

	TAILQ_FOREACH (l, &in->listeners, entry)
		l->keep = false;
	for (size_t i = 0; i < n; i++) {
		l = find_asked(in, setting[i].url);
		if (l != NULL) {
			l->keep = true;
			continue;
		}
		l = listener_open(in, &setting[i], err);
		if (l == NULL) {
			err_at(err, setting[i].line, setting[i].column);
			close_from(first_new);
			return false;
		}
		if (first_new == NULL)
			first_new = l;
	}
	close_unwanted(in);
	for (l = first_new; l != NULL; l = TAILQ_NEXT(l, entry))
		log_msg(in->engine->log, NULL, "SYSLOG", SEV_INFORMATIONAL, "LISTEN",
			"Receiving messages on %s", l->url);
	return true;
}

void
intake_each(const struct intake *in, void (*f)(void *arg, const struct intake_listener *), void *arg)
{
	const struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry)
		f(arg, &l->count);
}
