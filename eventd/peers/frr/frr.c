/* Follows FRR's daemons. */
#include "peers/frr/frr.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/slice.h"
#include "core/text.h"
#include "peers/dial.h"
#include "peers/frr/bfd.h"
#include "peers/frr/standing.h"
#include "peers/frr/virtual.h"
#include "peers/frr/vty.h"

#define AGAIN    (2 * USEC_PER_SEC)
#define SOON     (20 * USEC_PER_MSEC)
#define PATIENCE (1 * USEC_PER_SEC) /* with what bgpd knows of a neighbor */

#define SOURCES_MAX 64u /* daemons, and instances of ospfd */

static const char *const daemons[] = { "bgpd", "ospfd", "ospf6d", "isisd", "vrrpd" };
#define DAEMONS (sizeof daemons / sizeof *daemons)
#define BGPD    daemons[0]
#define VRRPD   daemons[4]

/* One that can be heard: a daemon, or the instance N of ospfd, whose socket is ospfd-N.vty. */
struct source {
	struct frr *frr;
	char name[24];
	const char *daemon;
	int64_t process;
	struct vty *vty;
	bool hears;
	bool was_away; /* once: what it has when it is heard again has happened since */
};

struct frr {
	struct engine *engine;
	const char *dir; /* NULL: they are not followed */
	struct source *sources[SOURCES_MAX];
	size_t nsources;
	struct standing *standing;
	struct bfd_sessions *sessions;
	int bfd;
	struct watch *bfd_watch;
	struct timer *bfd_again;
	int inotify; /* of the directory of the sockets: a daemon that starts is heard from its first word on */
	struct watch *inotify_watch;
	struct text bfd_in;
	frr_f *f;
	void *arg;
	frr_lack_f *lack;
	void *lack_arg;
	bool was_heard, lack_was_told;
};

/* ---- changes ---- */

static void
tell(void *arg, const struct adjacency *a)
{
	struct frr *frr = arg;
	struct engine *e = frr->engine;
	struct adjacency_message m;
	struct text *text = text_new(frr);

	if (adjacency_message(a, e->settings, &m, text))
		log_msg(e->log, NULL, m.facility, m.severity, m.mnemonic, "%s", text->s);
	mem_free(text);
	if (frr->f != NULL)
		frr->f(frr->arg, a);
}

static void
changed(struct frr *frr, const char *source, struct adjacency *a)
{
	if (standing_take(frr->standing, source, a))
		tell(frr, a);
}

/* A change of a BGP neighbor that waits for what bgpd knows of it besides: its log says no AS. */
struct pending {
	struct frr *frr;
	struct adjacency adjacency;
	struct timer *timer;
};

static void
conclude(struct pending *p)
{
	changed(p->frr, BGPD, &p->adjacency);
	mem_free(p);
}

static void
on_late(void *arg)
{
	conclude(arg);
}

/* {"default":{"vrfName":"default","10.0.0.2":{"remoteAs":65002,...}},...} */
static void
fill_bgp(struct adjacency *a, const json_t *vrfs)
{
	const json_t *n = json_object_get(json_object_get(vrfs, a->vrf), a->neighbor);
	const char *id = json_string_value(json_object_get(n, "remoteRouterId"));
	const char *address = json_string_value(json_object_get(n, "bgpNeighborAddr"));
	const char *hostname = json_string_value(json_object_get(n, "hostname"));

	a->as = json_integer_value(json_object_get(n, "remoteAs"));
	a->local_as = json_integer_value(json_object_get(n, "localAs"));
	if (id != NULL && strcmp(id, "0.0.0.0") != 0)
		snprintf(a->router_id, sizeof a->router_id, "%s", id);
	if (hostname != NULL && a->hostname[0] == '\0')
		snprintf(a->hostname, sizeof a->hostname, "%s", hostname);
	/* An unnumbered neighbor is known by its interface. */
	if (address != NULL && a->afi[0] == '\0' && adjacency_is_name(address)) {
		snprintf(
			a->interface, sizeof a->interface, "%.*s", (int)sizeof a->interface - 1, a->neighbor);
		snprintf(a->neighbor, sizeof a->neighbor, "%s", address);
		adjacency_set_afi(a);
	}
}

static void
on_neighbor(void *arg, const char *text, size_t n)
{
	struct pending *p = arg;
	json_t *vrfs = text == NULL ? NULL : json_loadb(text, n, 0, NULL);

	fill_bgp(&p->adjacency, vrfs);
	json_decref(vrfs);
	conclude(p);
}

static void
ask_bgpd(struct frr *frr, struct vty *bgpd, const struct adjacency *a)
{
	struct pending *p = mem_new(frr, struct pending);
	char command[160];

	p->frr = frr;
	p->adjacency = *a;
	p->timer = timer_after(p, frr->engine->loop, PATIENCE, on_late, p);
	snprintf(command, sizeof command, "show bgp vrf all neighbors %s json", a->neighbor);
	vty_ask(p, bgpd, command, on_neighbor, p);
}

static void
take_text(struct source *src, const char *text, size_t n)
{
	struct adjacency a;

	if (src->daemon == VRRPD)
		virtual_message(src, src->vty, src->frr->engine, text, n);
	if (!adjacency_from_log(src->daemon, text, n, &a))
		return;
	a.process = src->process;
	if (a.protocol == ADJACENCY_BGP)
		ask_bgpd(src->frr, src->vty, &a);
	else
		changed(src->frr, src->name, &a);
}

static void
on_message(void *arg, const char *daemon, const struct live_message *m)
{
	struct source *src = arg;
	struct frr *frr = src->frr;

	if (m->lost > 0)
		log_msg(frr->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_FRR",
			"%u messages of FRR's %s were lost: changes of adjacencies may be among them",
			m->lost, daemon);
	take_text(src, m->text.s, m->text.n);
}

static const char *
name_kept(const char *daemon)
{
	size_t i = 0;

	while (i < DAEMONS - 2 && strcmp(daemons[i], daemon) != 0)
		i++;
	return daemons[i];
}

void
frr_syslog(struct frr *frr, const char *daemon, const char *text, size_t n)
{
	const char *at = adjacency_log_text(text, text + n);
	struct source *found = NULL;
	struct adjacency a;

	for (size_t i = 0; i < frr->nsources; i++) {
		if (strcmp(frr->sources[i]->daemon, daemon) != 0)
			continue;
		if (vty_is_heard(frr->sources[i]->vty))
			return;
		if (found == NULL)
			found = frr->sources[i];
	}
	/* One without a live log may still be asked for the AS. */
	if (found != NULL)
		take_text(found, at, n - (size_t)(at - text));
	else if (adjacency_from_log(daemon, at, n - (size_t)(at - text), &a))
		changed(frr, name_kept(daemon), &a);
}

/* In its own log files a daemon has another name: "2026/11/22 22:22:35 BGP: [N9HHH-F8H1M] %ADJCHANGE: ...". */
static const struct {
	const char *daemon, *in_files;
} names[] = { { "bgpd", "BGP" }, { "ospfd", "OSPF" }, { "ospf6d", "OSPF6" }, { "isisd", "ISIS" } };

/* The word in front of ": [XXXXX-XXXXX] ", where that stands in front of `at`. */
static struct slice
word_before(struct slice line, const char *at)
{
	struct slice w = SLICE_NONE;

	while (at > line.s && at[-1] != ']' && at[-1] == ' ')
		at--;
	if (at > line.s && at[-1] == ']')
		while (at > line.s && at[0] != '[')
			at--;
	while (at > line.s && (at[-1] == ' ' || at[-1] == ':'))
		at--;
	for (w.s = at; w.s > line.s && w.s[-1] != ' '; w.s--)
		w.n++;
	return w;
}

void
frr_line(struct frr *frr, struct slice program, struct slice line)
{
	static const char *const marks[] = { "AdjChg: ", "%ADJCHANGE", "%NOTIFICATION" };
	const char *at = NULL;
	struct slice word;

	for (size_t i = 0; i < sizeof marks / sizeof *marks && at == NULL && line.n > 0; i++)
		at = memmem(line.s, line.n, marks[i], strlen(marks[i]));
	if (at == NULL)
		return;
	word = word_before(line, at);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is(program, names[i].daemon) || slice_is(word, names[i].in_files)) {
			frr_syslog(frr, names[i].daemon, at, (size_t)(line.s + line.n - at));
			return;
		}
}

/* ---- what can be heard ---- */

static bool
hears(const struct frr *frr)
{
	for (size_t i = 0; i < frr->nsources; i++)
		if (vty_is_heard(frr->sources[i]->vty))
			return true;
	return frr->bfd >= 0;
}

/* At the start all are dialled at once; before the last has answered nobody knows. */
static bool
is_known(const struct frr *frr)
{
	for (size_t i = 0; i < frr->nsources; i++)
		if (!vty_is_known(frr->sources[i]->vty))
			return false;
	return true;
}

static void
tell_lack(struct frr *frr)
{
	char text[512];
	bool heard = hears(frr);

	if (!heard && !is_known(frr))
		return;
	if (frr->lack == NULL || (frr->lack_was_told && heard == frr->was_heard))
		return;
	frr->lack_was_told = true;
	frr->was_heard = heard;
	if (frr->dir == NULL)
		snprintf(text, sizeof text, "FRR, and the setting daemons.frr says none");
	else
		snprintf(text, sizeof text,
			"a daemon of FRR: there is no socket like %s/bgpd.vty that we may open and that "
			"answers",
			frr->dir);
	frr->lack(frr->lack_arg, heard ? NULL : text);
}

static void
on_summary(void *arg, const char *text, size_t n)
{
	struct source *src = arg;
	json_t *j = text == NULL ? NULL : json_loadb(text, n, 0, NULL);

	standing_bgp(src->frr->standing, BGPD, j, src->was_away, tell, src->frr);
	json_decref(j);
}

static void
began(struct source *src)
{
	if (src->daemon == BGPD)
		vty_ask(src, src->vty, "show bgp vrf all summary json", on_summary, src);
	if (src->daemon == VRRPD)
		virtual_begin(src, src->vty, src->frr->engine, src->was_away);
}

static void
ended(struct source *src)
{
	struct frr *frr = src->frr;

	if (src->daemon == VRRPD && frr->engine->vrrp != NULL)
		vrrp_frr_ended(frr->engine->vrrp);
	else
		standing_end(frr->standing, src->daemon == BGPD ? BGPD : src->name, tell, frr);
}

/* A daemon that does not run is nothing to tell, but that it runs no more is. */
static void
on_state(void *arg, const char *daemon, const struct err *why)
{
	struct source *src = arg;
	struct frr *frr = src->frr;
	bool was_heard = src->hears;

	src->hears = why == NULL;
	src->was_away = src->was_away || why != NULL;
	if (why != NULL &&
		(was_heard || why->code == ERR_TIMEOUT || why->code == ERR_RANGE ||
			strstr(why->text, strerror(EACCES)) != NULL || strstr(why->text, "live log") != NULL))
		log_msg(frr->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_FRR",
			"FRR's %s is not heard: %s", daemon, why->text);
	if (was_heard && why != NULL && why->code == ERR_NOT_FOUND)
		ended(src);
	if (why == NULL)
		began(src);
	tell_lack(frr);
}

/* ---- bfdd ---- */

void
frr_bfd(struct frr *frr, const char *json, size_t n)
{
	json_t *j = json_loadb(json, n, 0, NULL);
	struct adjacency a;

	if (bfd_sessions_take(frr->sessions, j, &a))
		tell(frr, &a);
	json_decref(j);
}

static void
end_bfd(struct frr *frr)
{
	mem_free(frr->bfd_watch);
	frr->bfd_watch = NULL;
	if (frr->bfd >= 0)
		close(frr->bfd);
	frr->bfd = -1;
	text_clear(&frr->bfd_in);
	timer_set(frr->bfd_again, AGAIN);
	tell_lack(frr);
}

static void
on_bfd(void *arg, int fd, unsigned what)
{
	struct frr *frr = arg;
	char octets[16384];
	ssize_t n = recv(fd, octets, sizeof octets, 0);
	struct slice text;
	long size = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		text_addn(&frr->bfd_in, octets, (size_t)n);
	while (n > 0 && (size = bfd_frame(frr->bfd_in.s, frr->bfd_in.len, &text)) > 0) {
		frr_bfd(frr, text.s, text.n);
		text_drop(&frr->bfd_in, (size_t)size);
	}
	if (n <= 0 || size < 0)
		end_bfd(frr);
}

static void
follow(struct frr *frr, const char *name, const char *daemon, int64_t process)
{
	struct source *src;

	if (frr->nsources == SOURCES_MAX)
		return;
	src = mem_new(frr, struct source);
	src->frr = frr;
	snprintf(src->name, sizeof src->name, "%s", name);
	src->daemon = daemon;
	src->process = process;
	src->vty = vty_new(src, frr->engine->loop,
		&(struct vty_spec){ .daemon = src->name,
			.dir = frr->dir,
			.on_message = on_message,
			.on_state = on_state,
			.arg = src });
	frr->sources[frr->nsources++] = src;
}

static bool
is_followed(const struct frr *frr, int64_t process)
{
	for (size_t i = 0; i < frr->nsources; i++)
		if (frr->sources[i]->process == process)
			return true;
	return false;
}

/* `ospfd -n 5` has ospfd-5.vty. */
static void
look_for_instances(struct frr *frr)
{
	DIR *dir = opendir(frr->dir);
	const struct dirent *d;
	int process, end;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char name[24];

		end = 0;
		if (sscanf(d->d_name, "ospfd-%5d.vty%n", &process, &end) != 1 || end == 0 ||
			d->d_name[end] != '\0' || process < 1 || process > UINT16_MAX ||
			is_followed(frr, process))
			continue;
		snprintf(name, sizeof name, "ospfd-%d", process);
		follow(frr, name, daemons[1], process);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
on_directory(void *arg, int fd, unsigned what)
{
	struct frr *frr = arg;
	char events[4096];

	if (read(fd, events, sizeof events) <= 0)
		return;
	look_for_instances(frr);
	for (size_t i = 0; i < frr->nsources; i++)
		vty_hurry(frr->sources[i]->vty);
	if (frr->bfd < 0)
		timer_set(frr->bfd_again, SOON);
}

/* A directory that is not there yet is looked for every time that nothing could be dialled. */
static void
watch_directory(struct frr *frr)
{
	if (frr->inotify_watch != NULL || frr->inotify < 0 ||
		inotify_add_watch(frr->inotify, frr->dir, IN_CREATE) < 0)
		return;
	frr->inotify_watch = watch_fd(frr, frr->engine->loop, frr->inotify, WATCH_READ, on_directory, frr);
}

static void
dial_bfd(void *arg)
{
	struct frr *frr = arg;
	char *path = mem_printf(frr, "%s/bfdd.sock", frr->dir);
	unsigned char ask[BFD_ASK_SIZE];

	watch_directory(frr);
	look_for_instances(frr);
	frr->bfd = dial_unix(path, NULL);
	mem_free(path);
	bfd_ask(ask);
	if (frr->bfd < 0 || send(frr->bfd, ask, sizeof ask, MSG_NOSIGNAL) != (ssize_t)sizeof ask) {
		end_bfd(frr);
		return;
	}
	frr->bfd_watch = watch_fd(frr, frr->engine->loop, frr->bfd, WATCH_READ, on_bfd, frr);
	tell_lack(frr);
}

/* ---- the whole ---- */

static void
unfollow(struct frr *frr)
{
	mem_free(frr->bfd_again);
	mem_free(frr->bfd_watch);
	mem_free(frr->inotify_watch);
	frr->bfd_again = NULL;
	frr->bfd_watch = frr->inotify_watch = NULL;
	if (frr->bfd >= 0)
		close(frr->bfd);
	if (frr->inotify >= 0)
		close(frr->inotify);
	frr->bfd = frr->inotify = -1;
	text_clear(&frr->bfd_in);
	for (; frr->nsources > 0; frr->nsources--)
		mem_free(frr->sources[frr->nsources - 1]);
	mem_free(frr->sessions);
	frr->sessions = bfd_sessions_new(frr);
	mem_free(frr->standing);
	frr->standing = standing_new(frr);
	mem_free((void *)(uintptr_t)frr->dir);
	frr->dir = NULL;
	frr->lack_was_told = false;
}

void
frr_follow(struct frr *frr, const char *dir)
{
	if (frr->dir != NULL && dir != NULL && strcmp(frr->dir, dir) == 0)
		return;
	unfollow(frr);
	if (dir == NULL) {
		tell_lack(frr);
		return;
	}
	frr->dir = mem_strdup(frr, dir);
	frr->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (size_t i = 0; i < DAEMONS; i++)
		follow(frr, daemons[i], daemons[i], 0);
	look_for_instances(frr);
	frr->bfd_again = timer_after(frr, frr->engine->loop, 0, dial_bfd, frr);
}

void
frr_on_change(struct frr *frr, frr_f *f, void *arg)
{
	frr->f = f;
	frr->arg = arg;
}

void
frr_on_lack(struct frr *frr, frr_lack_f *f, void *arg)
{
	frr->lack = f;
	frr->lack_arg = arg;
}

static int
frr_free(void *p)
{
	struct frr *frr = p;

	mem_free(frr->bfd_watch);
	mem_free(frr->inotify_watch);
	if (frr->bfd >= 0)
		close(frr->bfd);
	if (frr->inotify >= 0)
		close(frr->inotify);
	return 0;
}

struct frr *
frr_new(const void *ctx, struct engine *engine)
{
	struct frr *frr = mem_new(ctx, struct frr);

	frr->engine = engine;
	frr->sessions = bfd_sessions_new(frr);
	frr->standing = standing_new(frr);
	frr->bfd = frr->inotify = -1;
	text_init(&frr->bfd_in, frr);
	mem_on_free(frr, frr_free);
	return frr;
}
