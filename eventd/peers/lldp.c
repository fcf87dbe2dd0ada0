/* Watches lldpd. */
#include "peers/lldp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "peers/dial.h"

#define AGAIN      (2 * USEC_PER_SEC)
#define AT_ONCE    (1 * USEC_PER_SEC)         /* whoever ends within it has not worked */
#define OBJECT_MAX ((size_t)256 * 1024)       /* octets of one change */
#define KNOWN_MAX  ((size_t)16 * 1024 * 1024) /* of all neighbors */

/* One lldpcli that runs. */
struct talk {
	struct lldp *lldp;
	struct child *child;
	struct watch *watch;
	struct text in;
	int fd; /* -1: none */
	usec since;
	bool gone;
	void (*hear)(struct lldp *, const char *s, size_t n); /* n == 0: it has ended */
};

struct lldp {
	struct engine *engine;
	lldp_f *f;
	lldp_lack_f *lack;
	void *arg;
	char *socket; /* NULL: it is not watched */
	struct talk changes;
	struct talk known; /* once, at the start: who was there before */
	bool knows;
	bool failing; /* lldpcli ended as soon as it had begun, which was told */
	struct timer *again;
	struct timer *lives; /* it has failed before: does it stay now? */
};

/* ---- the JSON ---- */

/* "json0" has each element in a list of its own: [{"value":"x"}]. */
static const json_t *
element(const json_t *of, const char *key)
{
	return json_array_get(json_object_get(of, key), 0);
}

static const char *
string(const json_t *j)
{
	return json_is_string(j) ? json_string_value(j) : "";
}

static const char *
value(const json_t *of, const char *key)
{
	return string(json_object_get(element(of, key), "value"));
}

static void
read_capabilities(const json_t *list, struct lldp_change *c)
{
	static const struct {
		const char *word;
		unsigned bit;
	} words[] = {
		{ "Other", LLDP_OTHER },
		{ "Repeater", LLDP_REPEATER },
		{ "Bridge", LLDP_BRIDGE },
		{ "Wlan", LLDP_WLAN },
		{ "Router", LLDP_ROUTER },
		{ "Tel", LLDP_TELEPHONE },
		{ "Telephone", LLDP_TELEPHONE },
		{ "Docsis", LLDP_DOCSIS },
		{ "Station", LLDP_STATION },
	};
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) for (size_t w = 0; w < sizeof words / sizeof *words; w++)
	{
		if (strcmp(words[w].word, string(json_object_get(one, "type"))) != 0)
			continue;
		c->can |= words[w].bit;
		if (json_is_true(json_object_get(one, "enabled")))
			c->does |= words[w].bit;
	}
}

static void
read_addresses(const json_t *list, struct lldp_change *c)
{
	const json_t *one;
	size_t i;

	c->address = c->address6 = "";
	json_array_foreach(list, i, one)
	{
		const char *text = string(json_object_get(one, "value"));
		const char **at = strchr(text, ':') != NULL ? &c->address6 : &c->address;

		if (**at == '\0')
			*at = text;
	}
}

bool
lldp_neighbor_read(const json_t *is, struct lldp_change *c)
{
	const json_t *chassis, *port;

	memset(c, 0, sizeof *c);
	c->interface = string(json_object_get(is, "name"));
	if (c->interface[0] == '\0')
		return false;
	c->is_cdp = strncmp(string(json_object_get(is, "via")), "CDP", 3) == 0;
	/* SONMP, EDP and FDP are neither. */
	if (!c->is_cdp && strcmp(string(json_object_get(is, "via")), "LLDP") != 0)
		return false;
	chassis = element(is, "chassis");
	port = element(is, "port");
	c->chassis = value(chassis, "id");
	c->name = value(chassis, "name");
	c->description = value(chassis, "descr");
	c->port = value(port, "id");
	c->port_description = value(port, "descr");
	c->ttl = strtol(value(port, "ttl"), NULL, 10);
	read_capabilities(json_object_get(chassis, "capability"), c);
	read_addresses(json_object_get(chassis, "mgmt-ip"), c);
	return true;
}

bool
lldp_change_read(const json_t *j, struct lldp_change *c)
{
	static const char *const whats[] = { "lldp-added", "lldp-updated",
		"lldp-deleted" }; /* ORDER: enum lldp_what */
	unsigned what = 0;

	while (what < 2 && element(j, whats[what]) == NULL)
		what++;
	if (!lldp_neighbor_read(element(element(j, whats[what]), "interface"), c))
		return false;
	c->what = (enum lldp_what)what;
	/* The shutdown frame of IEEE 802.1AB (9.2.7.2) says that it goes: that it is deleted follows. */
	return c->what != LLDP_UPDATED || c->is_cdp || c->ttl > 0;
}

size_t
lldp_object(const char *s, size_t n, size_t *from)
{
	size_t depth = 0;
	bool in_string = false, escaped = false;

	for (*from = 0; *from < n && s[*from] != '{'; ++*from)
		;
	for (size_t i = *from; i < n; i++) {
		if (in_string) {
			in_string = escaped || s[i] != '"';
			escaped = !escaped && s[i] == '\\';
		} else if (s[i] == '"') {
			in_string = true;
		} else if (s[i] == '{') {
			depth++;
		} else if (s[i] == '}' && --depth == 0) {
			return i + 1 - *from;
		}
	}
	return 0;
}

void
lldp_feed(struct lldp *l, const char *s, size_t n)
{
	struct text *in = &l->changes.in;
	struct lldp_change change;
	size_t from, size;

	text_addn(in, s, n);
	while ((size = lldp_object(in->s, in->len, &from)) > 0) {
		json_t *j = json_loadb(in->s + from, size, JSON_ALLOW_NUL, NULL);

		if (lldp_change_read(j, &change))
			l->f(l->arg, &change);
		json_decref(j);
		text_drop(in, from + size);
	}
	if (in->len > OBJECT_MAX)
		text_clear(in);
}

/* {"lldp":[{"interface":[...]}]}, whole when it has ended. */
static void
hear_known(struct lldp *l, const char *s, size_t n)
{
	struct text *in = &l->known.in;
	struct lldp_change neighbor;
	const json_t *one;
	json_t *j;
	size_t i;

	if (in->len + n <= KNOWN_MAX)
		text_addn(in, s, n);
	if (n > 0)
		return;
	j = json_loadb(in->s, in->len, JSON_ALLOW_NUL, NULL);
	json_array_foreach(json_object_get(element(j, "lldp"), "interface"), i, one)
	{
		if (lldp_neighbor_read(one, &neighbor))
			l->f(l->arg, &neighbor);
	}
	json_decref(j);
}

static void
hear_changes(struct lldp *l, const char *s, size_t n)
{
	if (n > 0)
		lldp_feed(l, s, n);
	else
		timer_set(l->again, AGAIN);
}

/* ---- the children ---- */

static void
close_pipe(struct talk *t)
{
	mem_free(t->watch);
	t->watch = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	text_clear(&t->in);
}

static void
end(struct talk *t)
{
	close_pipe(t);
	mem_free(t->child);
	t->child = NULL;
}

static void
on_readable(void *arg, int fd, unsigned what)
{
	struct talk *t = arg;
	char octets[16384];
	ssize_t n = read(fd, octets, sizeof octets);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	t->hear(t->lldp, octets, n > 0 ? (size_t)n : 0);
	if (n <= 0)
		close_pipe(t);
}

/* A watch has no end of its own: one that ends at once says what is wrong with lldpcli. */
static void
on_exit_child(void *arg, int exit_code, int term_signal)
{
	struct talk *t = arg;
	struct lldp *l = t->lldp;
	char *why;

	t->gone = true;
	if (t != &l->changes || loop_mono(l->engine->loop) - t->since >= AT_ONCE)
		return;
	l->failing = true;
	timer_stop(l->lives);
	why = term_signal != 0 ? mem_printf(NULL, "lldpd's program: lldpcli ended by signal %d", term_signal)
			       : mem_printf(NULL, "lldpd's program: lldpcli ended with status %d", exit_code);
	l->lack(l->arg, why);
	mem_free(why);
}

static void
on_lives(void *arg)
{
	struct lldp *l = arg;

	if (lldp_pid(l) == 0)
		return;
	l->failing = false;
	l->lack(l->arg, NULL);
}

static bool
start(struct talk *t, const char *const words[3], struct err *err)
{
	struct lldp *l = t->lldp;
	const char *const argv[] = { "lldpcli", "-u", l->socket, "-f", "json0", words[0], words[1], words[2],
		NULL };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	t->gone = false;
	t->since = loop_mono(l->engine->loop);
	t->child = child_start(l, l->engine->loop,
		&(struct child_spec){ .file = argv[0], .argv = argv, .fds = { -1, ends[1], -1 }, .nfds = 3 },
		on_exit_child, t, err);
	close(ends[1]);
	if (t->child == NULL) {
		close(ends[0]);
		return err_wrap(err, "lldpd's program");
	}
	t->fd = ends[0];
	t->watch = watch_fd(l, l->engine->loop, t->fd, WATCH_READ, on_readable, t);
	return true;
}

/* Who was there before the device started is new to it, as after the reload of a router. */
static void
ask_known(struct lldp *l)
{
	/* Hidden ones are those that it hears in a second protocol. */
	static const char *const words[3] = { "show", "neighbors", "hidden" };

	if (!l->knows && !l->engine->is_up)
		start(&l->known, words, NULL);
	l->knows = true;
}

/* Is somebody behind the socket? The program is not started to find out. */
static void
on_again(void *arg)
{
	struct lldp *l = arg;
	static const char *const words[3] = { "watch", NULL, NULL };
	struct err err = ERR_INIT;
	int fd = dial_unix(l->socket, &err);
	char *why;

	end(&l->changes);

	if (fd >= 0) {
		close(fd);
		start(&l->changes, words, &err);
	} else {
		err_wrap(&err, "lldpd");
	}
	if (l->changes.child != NULL) {
		ask_known(l);
		if (l->failing)
			timer_set(l->lives, AT_ONCE);
		else
			l->lack(l->arg, NULL);
		return;
	}
	why = mem_printf(NULL, "%s", err.text);
	l->lack(l->arg, why);
	mem_free(why);
	timer_set(l->again, AGAIN);
}

void
lldp_unwatch(struct lldp *l)
{
	end(&l->changes);
	end(&l->known);
	timer_stop(l->again);
	timer_stop(l->lives);
	l->failing = false;
	mem_free(l->socket);
	l->socket = NULL;
}

void
lldp_watch(struct lldp *l, const char *socket)
{
	if (l->socket != NULL && strcmp(l->socket, socket) == 0)
		return;
	lldp_unwatch(l);
	l->socket = mem_strdup(l, socket);
	timer_set(l->again, 0);
}

pid_t
lldp_pid(const struct lldp *l)
{
	return l->changes.child == NULL || l->changes.gone ? 0 : child_pid(l->changes.child);
}

static int
lldp_free(void *p)
{
	struct lldp *l = p;

	end(&l->changes);
	end(&l->known);
	return 0;
}

struct lldp *
lldp_new(const void *ctx, struct engine *engine, lldp_f *f, lldp_lack_f *lack, void *arg)
{
	struct lldp *l = mem_new(ctx, struct lldp);

	l->engine = engine;
	l->f = f;
	l->lack = lack;
	l->arg = arg;
	l->changes = (struct talk){ .lldp = l, .fd = -1, .hear = hear_changes };
	l->known = (struct talk){ .lldp = l, .fd = -1, .hear = hear_known };
	text_init(&l->changes.in, l);
	text_init(&l->known.in, l);
	mem_on_free(l, lldp_free);
	l->again = timer_after(l, engine->loop, 0, on_again, l);
	timer_stop(l->again);
	l->lives = timer_after(l, engine->loop, 0, on_lives, l);
	timer_stop(l->lives);
	return l;
}
