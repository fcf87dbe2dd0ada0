/* Watches hostapd. */
#include "peers/hostapd.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/if.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/slice.h"

#define EVERY        (2 * USEC_PER_SEC) /* new sockets are looked for, old ones are asked whether they live */
#define PATIENCE     (1 * USEC_PER_SEC) /* with an answer to STA */
#define MESSAGE_MAX  8192u
#define SILENT_MAX   4u /* then it hangs */
#define PORTS_MAX    256u
#define PENDING_MAX  256u /* of one port; more are told without what hostapd knows of them */
#define MESSAGES_MAX 64u  /* then others get their turn */

/* What waits for the answer to its STA; answers come in the order of the questions. */
struct pending {
	STAILQ_ENTRY(pending) entry;
	struct hostapd_notice notice;
};

struct port {
	LIST_ENTRY(port) entry;
	struct hostapd *all;
	char interface[IFNAMSIZ];
	int fd;
	struct watch *watch;
	struct timer *late;
	STAILQ_HEAD(, pending) pending;
	unsigned npending;
	bool attached;
	unsigned silent; /* PINGs since it said anything */
};

struct hostapd {
	struct engine *engine;
	hostapd_f *f;
	hostapd_lack_f *lack;
	void *arg;
	char *dir; /* NULL: it is not watched */
	struct timer *timer;
	LIST_HEAD(, port) ports;
	unsigned nports;
};

/* ---- texts ---- */

static bool
read_mac(const char *s, size_t n, char out[HOSTAPD_MAC_SIZE])
{
	size_t i;

	if (n < HOSTAPD_MAC_SIZE - 1)
		return false;
	for (i = 0; i < HOSTAPD_MAC_SIZE - 1; i++) {
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return false;
		out[i] = (char)tolower((unsigned char)s[i]);
	}
	out[i] = '\0';
	return n == i || s[i] == ' ' || s[i] == '\n' || s[i] == '\0';
}

bool
hostapd_notice_read(const char *message, size_t n, struct hostapd_notice *out)
{
	/* SUCCESS2 and its like: a RADIUS server has decided. */
	static const struct {
		const char *word;
		enum hostapd_what what;
	} words[] = {
		{ "CTRL-EVENT-EAP-SUCCESS ", HOSTAPD_SUCCESS },
		{ "CTRL-EVENT-EAP-SUCCESS2 ", HOSTAPD_SUCCESS },
		{ "CTRL-EVENT-EAP-FAILURE ", HOSTAPD_FAILURE },
		{ "CTRL-EVENT-EAP-FAILURE2 ", HOSTAPD_FAILURE },
		{ "CTRL-EVENT-EAP-TIMEOUT-FAILURE ", HOSTAPD_FAILURE },
		{ "CTRL-EVENT-EAP-TIMEOUT-FAILURE2 ", HOSTAPD_FAILURE },
		{ "AP-STA-CONNECTED ", HOSTAPD_AUTHORIZED },
		{ "AP-STA-DISCONNECTED ", HOSTAPD_UNAUTHORIZED },
	};
	const char *at, *end = message + n;

	/* "<3>": the priority. */
	at = n > 0 && message[0] == '<' ? memchr(message, '>', n) : NULL;
	if (at == NULL)
		return false;
	at++;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i].word);

		if ((size_t)(end - at) < len || memcmp(at, words[i].word, len) != 0)
			continue;
		out->what = words[i].what;
		return read_mac(at + len, (size_t)(end - at) - len, out->mac);
	}
	return false;
}

/* Attributes that have a name of their own here, besides that of hostapd. */
static const struct {
	const char *hostapd, *name;
} also[] = {
	{ "dot1xauthsessionusername", "username" },
	{ "dot1xauthsessionid", "session_id" },
	{ "last_eap_type_sta", "method" },
};

static void
tell_attribute(const char *line, size_t n, hostapd_attribute_f *f, void *arg)
{
	const char *equals = memchr(line, '=', n);
	size_t len = equals == NULL ? 0 : (size_t)(equals - line), rest;
	char name[64], text[512];

	if (len == 0 || len >= sizeof name)
		return;
	for (size_t i = 0; i < len; i++)
		name[i] = isalnum((unsigned char)line[i]) ? (char)tolower((unsigned char)line[i]) : '_';
	name[len] = '\0';
	rest = n - len - 1;
	rest = rest < sizeof text ? rest : sizeof text - 1;
	memcpy(text, equals + 1, rest);
	text[rest] = '\0';
	f(arg, name, text);
	for (size_t i = 0; i < sizeof also / sizeof *also; i++)
		if (strcmp(also[i].hostapd, name) == 0)
			f(arg, also[i].name, text);
}

void
hostapd_attributes(const char *answer, size_t n, hostapd_attribute_f *f, void *arg)
{
	const char *end = answer + n;

	while (answer < end) {
		const char *stop = memchr(answer, '\n', (size_t)(end - answer));

		if (stop == NULL)
			stop = end;
		tell_attribute(answer, (size_t)(stop - answer), f, arg);
		answer = stop + (stop < end);
	}
}

/* ---- one port ---- */

static bool
say(const struct port *p, const char *what)
{
	return send(p->fd, what, strlen(what), MSG_NOSIGNAL) >= 0 || errno == EAGAIN;
}

static void
conclude(struct port *p, const char *answer, size_t n)
{
	struct pending *first = STAILQ_FIRST(&p->pending);
	struct hostapd *all = p->all;

	STAILQ_REMOVE_HEAD(&p->pending, entry);
	p->npending--;
	all->f(all->arg, p->interface, &first->notice, answer, n);
	mem_free(first);
}

static void
on_late(void *arg)
{
	struct port *p = arg;

	while (!STAILQ_EMPTY(&p->pending))
		conclude(p, NULL, 0);
}

static void
take_notice(struct port *p, const struct hostapd_notice *notice)
{
	struct hostapd *all = p->all;
	struct pending *pending;
	char ask[32];

	snprintf(ask, sizeof ask, "STA %s", notice->mac);
	if (p->npending == PENDING_MAX || !say(p, ask)) {
		all->f(all->arg, p->interface, notice, NULL, 0);
		return;
	}
	pending = mem_new(p, struct pending);
	pending->notice = *notice;
	STAILQ_INSERT_TAIL(&p->pending, pending, entry);
	p->npending++;
	timer_set(p->late, PATIENCE);
}

/* An event, or the answer to ATTACH, PING or STA. */
static void
take_message(struct port *p, const char *message, size_t n)
{
	struct hostapd_notice notice;
	char mac[HOSTAPD_MAC_SIZE];

	if (p->silent >= SILENT_MAX)
		p->all->lack(p->all->arg, NULL);
	p->silent = 0;
	if (n > 0 && message[0] == '<') {
		if (hostapd_notice_read(message, n, &notice))
			take_notice(p, &notice);
		return;
	}
	if (!p->attached) {
		p->attached = n >= 2 && memcmp(message, "OK", 2) == 0;
		if (p->attached)
			p->all->lack(p->all->arg, NULL);
		return;
	}
	if (n >= 4 && memcmp(message, "PONG", 4) == 0)
		return;
	if (!STAILQ_EMPTY(&p->pending))
		conclude(p, read_mac(message, n, mac) ? message : NULL, n);
}

static void
on_readable(void *arg, int fd, unsigned what)
{
	struct port *p = arg;
	char message[MESSAGE_MAX];

	for (unsigned i = 0; i < MESSAGES_MAX; i++) {
		ssize_t n = recv(fd, message, sizeof message, 0);

		if (n < 0)
			return; /* the timer finds out whether it lives */
		take_message(p, message, (size_t)n);
	}
}

static int
port_free(void *ptr)
{
	struct port *p = ptr;

	LIST_REMOVE(p, entry);
	p->all->nports--;
	mem_free(p->watch);
	close(p->fd);
	return 0;
}

/* A datagram socket with an address of its own, so that hostapd can answer, and nothing to clean up. */
static int
dial(const char *path, struct err *err)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX }, to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof to.sun_path) {
		err_set(err, ERR_IO, "%s: longer than the path of a socket can be", path);
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own.sun_family) < 0 ||
		connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		err_errno(err, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void
add_port(struct hostapd *all, const char *interface, struct err *err)
{
	char *path = mem_printf(all, "%s/%s", all->dir, interface);
	int fd = dial(path, err);
	struct port *p;

	mem_free(path);
	if (fd < 0)
		return;
	p = mem_new(all, struct port);
	p->all = all;
	p->fd = fd;
	snprintf(p->interface, sizeof p->interface, "%s", interface);
	STAILQ_INIT(&p->pending);
	LIST_INSERT_HEAD(&all->ports, p, entry);
	all->nports++;
	mem_on_free(p, port_free);
	p->late = timer_after(p, all->engine->loop, 0, on_late, p);
	timer_stop(p->late);
	p->watch = watch_fd(p, all->engine->loop, fd, WATCH_READ, on_readable, p);
	if (!say(p, "ATTACH"))
		mem_free(p);
}

/* ---- all ports ---- */

static bool
is_known(const struct hostapd *all, const char *interface)
{
	const struct port *p;

	LIST_FOREACH (p, &all->ports, entry)
		if (strcmp(p->interface, interface) == 0)
			return true;
	return false;
}

static void
tell_silent(const struct port *p)
{
	char *why = mem_printf(NULL, "hostapd: %s/%s: it does not answer", p->all->dir, p->interface);

	p->all->lack(p->all->arg, why);
	mem_free(why);
}

static void
drop_dead(struct hostapd *all)
{
	struct port *p, *next;

	for (p = LIST_FIRST(&all->ports); p != NULL; p = next) {
		next = LIST_NEXT(p, entry);
		if (say(p, p->attached ? "PING" : "ATTACH")) {
			if (++p->silent == SILENT_MAX)
				tell_silent(p);
			continue;
		}
		on_late(p);
		mem_free(p);
	}
}

static void
look_around(struct hostapd *all, struct err *err)
{
	DIR *dir = opendir(all->dir);
	struct dirent *d;
	struct stat st;

	if (dir == NULL) {
		err_errno(err, "%s", all->dir);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (strlen(d->d_name) < IFNAMSIZ &&
			fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISSOCK(st.st_mode) && all->nports < PORTS_MAX && !is_known(all, d->d_name))
			add_port(all, d->d_name, err);
	closedir(dir);
}

static void
on_timer(void *arg)
{
	struct hostapd *all = arg;
	struct err err = ERR_INIT;
	char *why;

	drop_dead(all);
	look_around(all, &err);
	if (LIST_EMPTY(&all->ports)) {
		why = mem_printf(NULL, "hostapd: %s%s", err.code != ERR_NONE ? err.text : all->dir,
			err.code != ERR_NONE ? "" : ": no control socket is there");
		all->lack(all->arg, why);
		mem_free(why);
	}
	timer_set(all->timer, EVERY);
}

void
hostapd_unwatch(struct hostapd *all)
{
	struct port *p;

	while ((p = LIST_FIRST(&all->ports)) != NULL) {
		on_late(p);
		mem_free(p);
	}
	mem_free(all->dir);
	all->dir = NULL;
	timer_stop(all->timer);
}

void
hostapd_watch(struct hostapd *all, const char *dir)
{
	if (all->dir != NULL && strcmp(all->dir, dir) == 0)
		return;
	hostapd_unwatch(all);
	all->dir = mem_strdup(all, dir);
	timer_set(all->timer, 0);
}

void
hostapd_feed(struct hostapd *all, const char *interface, const char *message, const char *answer)
{
	struct hostapd_notice notice;

	if (hostapd_notice_read(message, strlen(message), &notice))
		all->f(all->arg, interface, &notice, answer, answer == NULL ? 0 : strlen(answer));
}

struct hostapd *
hostapd_new(const void *ctx, struct engine *engine, hostapd_f *f, hostapd_lack_f *lack, void *arg)
{
	struct hostapd *all = mem_new(ctx, struct hostapd);

	all->engine = engine;
	all->f = f;
	all->lack = lack;
	all->arg = arg;
	LIST_INIT(&all->ports);
	all->timer = timer_after(all, engine->loop, 0, on_timer, all);
	timer_stop(all->timer);
	return all;
}
