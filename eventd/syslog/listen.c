/* Opens and closes the places where syslog is received. */
#include "syslog/listen.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "syslog/intake.h"
#include "syslog/relay.h"
#include "syslog/socket.h"

#define RECEIVED_BYTES   ((size_t)256 * 1024)
#define COMPLAINT_PERIOD (60 * USEC_PER_SEC)
#define TRUST_PERIOD     USEC_PER_SEC

/* A listener as the settings want it. */
struct wanted {
	const char *asked;
	const struct setting_listen *setting; /* of a URL; NULL: of what `program` reads by itself */
	enum syslog_transport transport;
	const char *program;
	struct listener *listener;
	bool is_new;
};

struct intake *
intake_new(const void *ctx, struct engine *engine, line_f *f, void *arg)
{
	struct intake *in = mem_new(ctx, struct intake);

	in->engine = engine;
	in->f = f;
	in->arg = arg;
	in->received = received_new(in, RECEIVED_BYTES);
	in->sources = sources_new(in);
	in->arena = intake_arena_new(in);
	in->turns = turns_new(in, engine->loop);
	TAILQ_INIT(&in->listeners);
	TAILQ_INIT(&in->ended);
	return in;
}

struct received *
intake_received(const struct intake *in)
{
	return in->received;
}

/* ---- messages ---- */

struct source *
intake_source(struct intake *in, enum syslog_transport transport, const struct sockaddr_storage *address)
{
	struct source_key key;
	struct source *s;
	bool is_new;

	source_key_of_address(&key, transport, address);
	s = sources_find(in->sources, &key, &is_new);
	if (is_new) {
		syslog_source_format(transport, address, s->text);
		strcpy(s->host, strchr(s->text, ' ') + 1);
	}
	return s;
}

struct source *
intake_user(struct intake *in, enum syslog_transport transport, uid_t user)
{
	struct source_key key = { .transport = (uint8_t)transport, .number = user };
	bool is_new;
	struct source *s = sources_find(in->sources, &key, &is_new);

	if (is_new) {
		snprintf(s->text, sizeof s->text, "unix uid %u", (unsigned)user);
		strcpy(s->host, "local");
		s->trusted = true;
	}
	return s;
}

void
intake_message(struct listener *l, struct source *source, struct slice raw, usec mono, usec wall)
{
	struct intake *in = l->intake;
	struct syslog_message m;

	while (raw.n > 0 &&
		(raw.s[raw.n - 1] == '\n' || raw.s[raw.n - 1] == '\r' || raw.s[raw.n - 1] == '\0'))
		raw.n--;
	if (raw.n == 0)
		return;
	l->count.messages++;
	l->count.octets += raw.n;
	source->last = wall;
	if (!sources_admit(in->sources, source, syslog_message_severity(raw.s, raw.n), mono)) {
		l->count.limited++;
		return;
	}
	syslog_message_parse(&m, raw.s, raw.n);
	received_add(in->received, wall, source->text, m.raw);
	l->count.matched += in->f(in->arg, &(struct line){
						   .source = source->text,
						   .listener = l->url,
						   .host = source->host,
						   .trusted = source->trusted,
						   .raw = m.raw,
						   .subject = syslog_message_subject(&m, in->room),
						   .sequence = m.sequence,
						   .stamp = m.stamp,
						   .facility = syslog_message_facility(&m),
						   .mnemonic = syslog_message_mnemonic(&m),
						   .claimed = m.host,
						   .app = m.app,
						   .procid = m.procid,
						   .msgid = m.msgid,
						   .data = m.data,
						   .severity = m.severity,
						   .mono = mono,
						   .wall = wall,
					   });
}

void
intake_complain(struct intake *in)
{
	uint64_t lost = 0, refused = 0, limited = sources_limited(in->sources), all;
	usec now = loop_mono(in->engine->loop);
	const struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry) {
		lost += l->count.lost;
		refused += l->count.refused;
	}
	all = lost + refused + limited;
	if (all <= in->complained || (in->complained > 0 && now - in->last_complaint < COMPLAINT_PERIOD))
		return;
	in->complained = all;
	in->last_complaint = now;
	log_msg(in->engine->log, NULL, "SYSLOG", SEV_WARNINGS, "LOST",
		"Received messages lost so far: %llu in full buffers, %llu beyond the rate limit of their "
		"source; "
		"connections refused: %llu",
		(unsigned long long)lost, (unsigned long long)limited, (unsigned long long)refused);
}

/* ---- opening ---- */

static int
listener_free(void *ptr)
{
	struct listener *l = ptr;
	struct connection *c;

	TAILQ_REMOVE(l->is_ended ? &l->intake->ended : &l->intake->listeners, l, entry);
	while ((c = TAILQ_FIRST(&l->connections)) != NULL)
		mem_free(c);
	mem_free(l->watch); /* before its descriptor goes */
	json_decref(l->told_identity);
	if (l->fd >= 0)
		close(l->fd);
	if (l->fd >= 0 && syslog_is_unix(l->transport))
		unlink(strstr(l->url, "://") + strlen("://"));
	return 0;
}

static struct listener *
listener_new(struct intake *in, enum syslog_transport transport, const char *asked)
{
	struct listener *l = mem_new(in, struct listener);

	l->intake = in;
	l->fd = -1;
	l->transport = transport;
	l->asked = mem_strdup(l, asked);
	l->count.url = l->url;
	l->keep = true;
	TAILQ_INIT(&l->connections);
	TAILQ_INSERT_TAIL(&in->listeners, l, entry);
	mem_on_free(l, listener_free);
	return l;
}

static bool
open_url(struct listener *l, struct syslog_url *u, struct err *err)
{
	struct loop *loop = l->intake->engine->loop;

	l->fd = syslog_socket(u);
	if (l->fd < 0)
		return err_errno(err, "cannot receive syslog on %s", l->asked);
	syslog_url_format(u, l->url);
	if (u->transport == SYSLOG_TLS) {
		l->relay = relay_new(l, "eventd-tls", l->fd, err);
		return l->relay != NULL;
	}
	l->watch = watch_fd(l, loop, l->fd, WATCH_READ,
		syslog_is_stream(u->transport) ? stream_ready : datagram_ready, l);
	return true;
}

/* [::] takes IPv4 too, unless another listener wants that. */
static bool
is_only_v6(const struct syslog_url *u, const struct wanted *all, size_t n)
{
	struct err ignored = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		struct syslog_url other;

		if (all[i].setting != NULL && syslog_url_parse(all[i].asked, &other, &ignored) &&
			syslog_url_shares(u, &other))
			return true;
	}
	return false;
}

/* A listener with a URL, or one that a helper reads by itself; one of `all`. */
static struct listener *
listener_open(struct intake *in, const struct wanted *w, const struct wanted *all, size_t n, struct err *err)
{
	struct syslog_url u = { .transport = w->transport };
	struct listener *l;
	bool ok;

	if (w->setting != NULL && !syslog_url_parse(w->asked, &u, err))
		return NULL;
	u.only_v6 = w->setting != NULL && is_only_v6(&u, all, n);
	l = listener_new(in, u.transport, w->asked);
	l->only_v6 = u.only_v6;
	if (w->setting != NULL) {
		ok = open_url(l, &u, err);
	} else {
		snprintf(l->url, sizeof l->url, "%s", w->asked);
		l->relay = relay_new(l, w->program, -1, err);
		ok = l->relay != NULL;
	}
	if (ok)
		return l;
	mem_free(l);
	return NULL;
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

static bool
is_wanted(const struct listener *l, const struct wanted *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w[i].asked, l->asked) == 0)
			return true;
	return false;
}

/* True: it is in the way of [::], `u`, as that is wanted now. */
static bool
is_in_way(const struct listener *l, const struct syslog_url *u, const struct wanted *w, size_t n)
{
	struct err ignored = ERR_INIT;
	struct syslog_url own;

	if (l->relay != NULL || !syslog_url_parse(l->asked, &own, &ignored))
		return false;
	if (syslog_url_same(&own, u) && own.transport == u->transport)
		return l->only_v6 != u->only_v6;
	return !u->only_v6 && syslog_url_shares(u, &own) && !is_wanted(l, w, n);
}

/*
 * One at [::] that is to take IPv4 from now on, or to leave it to another, has to be bound anew: it and those in
 * its way go first. (Who cannot have the new listeners asks for the old ones again.)
 */
static void
close_in_way(struct intake *in, const struct wanted *w, size_t n)
{
	struct err ignored = ERR_INIT;
	struct listener *l, *next;

	for (size_t i = 0; i < n; i++) {
		struct syslog_url u;

		if (w[i].setting == NULL || !syslog_url_parse(w[i].asked, &u, &ignored) ||
			u.address.ss_family != AF_INET6)
			continue;
		u.only_v6 = is_only_v6(&u, w, n);
		for (l = TAILQ_FIRST(&in->listeners); l != NULL; l = next) {
			next = TAILQ_NEXT(l, entry);
			if (is_in_way(l, &u, w, n))
				mem_free(l);
		}
	}
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

/* A helper gets the time to write down where it stands. */
static void
close_helped(struct listener *l)
{
	TAILQ_REMOVE(&l->intake->listeners, l, entry);
	TAILQ_INSERT_TAIL(&l->intake->ended, l, entry);
	l->is_ended = true;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	relay_end(l->relay);
}

static void
close_unwanted(struct intake *in)
{
	struct listener *l, *next;

	for (l = TAILQ_FIRST(&in->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (l->keep)
			continue;
		if (l->relay != NULL)
			close_helped(l);
		else
			mem_free(l);
	}
}

/* ---- what helpers are to do ---- */

static json_t *
follow_job(const struct intake *in, const struct settings *settings, enum syslog_transport transport)
{
	const char *dir = in->engine->state_dir;
	json_t *files = json_array();

	for (size_t i = 0; transport == SYSLOG_FILES && i < settings->files.n; i++)
		json_array_append_new(
			files, frame_string(settings->files.v[i], strlen(settings->files.v[i])));
	return json_pack("{s:o, s:s, s:s}", "files", files, "journal",
		transport == SYSLOG_JOURNAL ? settings->journal : "", "state", dir != NULL ? dir : "");
}

static void
copy_list(const void *ctx, struct setting_list *to, const struct setting_list *from)
{
	mem_free(to->v);
	to->v = mem_array(ctx, const char *, from->n + 1);
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++)
		to->v[i] = mem_strdup(to->v, from->v[i]);
}

static void
instruct(struct listener *l, const struct wanted *w, const struct settings *settings)
{
	if (l->transport == SYSLOG_TLS) {
		mem_free((char *)(uintptr_t)l->identity);
		l->told = false;
		l->identity = mem_strdup(l, w->setting->identity);
		copy_list(l, &l->client_ca, &w->setting->client_ca);
		tls_tell(l);
	} else if (l->relay != NULL) {
		relay_tell(l->relay, follow_job(l->intake, settings, l->transport));
	}
}

/* Trustpoints come, go and are renewed while connections wait for them. */
static void
on_refresh(void *arg)
{
	struct intake *in = arg;
	struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry)
		if (l->transport == SYSLOG_TLS)
			tls_tell(l);
	timer_set(in->refresh, TRUST_PERIOD);
}

/* ---- all of them ---- */

#define HELPED_MAX 2u /* files, journal */

static size_t
all_wanted(const struct settings *settings, struct wanted *w)
{
	size_t n = 0;

	if (settings == NULL)
		return 0;
	for (size_t i = 0; i < settings->listen_count; i++)
		w[n++] = (struct wanted){ .asked = settings->listen[i].url, .setting = &settings->listen[i] };
	if (settings->files.n > 0)
		w[n++] = (struct wanted){
			.asked = "files", .transport = SYSLOG_FILES, .program = "eventd-follow"
		};
	if (settings->journal != NULL)
		w[n++] = (struct wanted){
			.asked = "journal", .transport = SYSLOG_JOURNAL, .program = "eventd-journal"
		};
	return n;
}

/* False: everything is as it was. */
static bool
open_wanted(struct intake *in, struct wanted *w, size_t n, struct err *err)
{
	struct listener *l, *first_new = NULL;

	close_in_way(in, w, n);
	TAILQ_FOREACH (l, &in->listeners, entry)
		l->keep = false;
	for (size_t i = 0; i < n; i++) {
		l = w[i].listener = find_asked(in, w[i].asked);
		if (l != NULL) {
			l->keep = true;
			continue;
		}
		l = w[i].listener = listener_open(in, &w[i], w, n, err);
		if (l == NULL) {
			if (w[i].setting != NULL)
				err_at(err, w[i].setting->line, w[i].setting->column);
			close_from(first_new);
			return false;
		}
		w[i].is_new = true;
		if (first_new == NULL)
			first_new = l;
	}
	return true;
}

bool
intake_listen(struct intake *in, const struct settings *settings, struct err *err)
{
	size_t most = (settings != NULL ? settings->listen_count : 0) + HELPED_MAX;
	struct wanted *w = mem_array(in, struct wanted, most);
	size_t n = all_wanted(settings, w);
	bool ok = open_wanted(in, w, n, err);

	if (ok) {
		close_unwanted(in);
		if (settings != NULL)
			sources_limit(in->sources, (unsigned)settings->rate_limit);
		for (size_t i = 0; i < n; i++) {
			if (w[i].is_new)
				log_msg(in->engine->log, NULL, "SYSLOG", SEV_INFORMATIONAL, "LISTEN",
					"Receiving messages on %s", w[i].listener->url);
			instruct(w[i].listener, &w[i], settings);
		}
		if (in->refresh == NULL)
			in->refresh = timer_after(in, in->engine->loop, TRUST_PERIOD, on_refresh, in);
	}
	mem_free(w);
	return ok;
}

unsigned
intake_ending(const struct intake *in)
{
	return in->ending;
}

void
intake_each(struct intake *in, void (*f)(void *arg, const struct intake_listener *), void *arg)
{
	struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry) {
		datagram_count_lost(l);
		f(arg, &l->count);
	}
}

void
intake_each_helper(const struct intake *in, void (*f)(void *arg, const struct helper *), void *arg)
{
	const struct listener *l;

	TAILQ_FOREACH (l, &in->listeners, entry)
		if (l->relay != NULL)
			f(arg, relay_helper(l->relay));
}

const struct sources *
intake_sources(const struct intake *in)
{
	return in->sources;
}
