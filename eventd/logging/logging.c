/* Where this device's own messages go. */
#include "logging/logging.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/ifname.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/settings.h"
#include "logging/count.h"
#include "logging/host.h"
#include "logging/rows.h"
#include "pki/store.h"
#include "store/sealed.h"

#define LOOK (10 * USEC_PER_SEC) /* for certificates that came or went */

struct entry {
	struct host *host;
	bool wanted; /* by the configuration that is being looked at */
	TAILQ_ENTRY(entry) link;
};

struct logging {
	struct engine *engine;
	struct timer *work;
	TAILQ_HEAD(, entry) hosts; /* in the order of the configuration */
	void *discriminators;      /* context of those of the present configuration */
	struct counts *counts;     /* NULL: nothing is counted */
	bool trap_off;
	enum severity trap;
	unsigned facility;
	const struct origin_args *origin; /* of the line, or NULL */
	uint64_t lines;
};

/* ---- lines of the configuration ---- */

static const struct conf_node *
line_of(const struct logging *l, const char *words)
{
	return conf_find(l->engine->conf, words);
}

static enum severity
level_of(const struct conf_node *n, enum severity otherwise)
{
	const struct level_args *a = n == NULL || n->no ? NULL : n->args;

	return a != NULL && a->level.set ? (enum severity)a->level.v : otherwise;
}

static struct discriminator *
discriminator_of(struct logging *l, const struct kw_str *name)
{
	char *key = name->set ? mem_printf(NULL, "%s %s", LOGGING_DISCRIMINATOR, name->s) : NULL;
	const struct conf_node *n = key != NULL ? conf_find(l->engine->conf, key) : NULL;

	mem_free(key);
	return n != NULL ? discriminator_new(l->discriminators, n->args) : NULL;
}

static bool
passes(void *arg, const struct log_entry *e)
{
	return discriminator_passes(arg, e);
}

static void
set_filter(struct logging *l, enum log_place place, const struct conf_node *n)
{
	const struct level_args *a = n == NULL || n->no ? NULL : n->args;
	struct discriminator *d = a != NULL ? discriminator_of(l, &a->discriminator) : NULL;

	log_set_filter(l->engine->log, place, d != NULL ? passes : NULL, d);
}

/* Without a line the settings say what the console shows. */
static void
set_places(struct logging *l)
{
	const struct engine *e = l->engine;
	const struct settings *s = e->settings;
	const struct conf_node *console = line_of(l, LOGGING_CONSOLE), *monitor = line_of(l, LOGGING_MONITOR);
	const struct conf_node *buffered = line_of(l, LOGGING_BUFFERED);
	const struct level_args *a = buffered == NULL || buffered->no ? NULL : buffered->args;
	size_t size = a != NULL && a->size.set ? (size_t)a->size.v : LOGGING_BUFFER;
	bool settled = console == NULL && s != NULL;

	log_set_place(e->log, LOG_CONSOLE, settled ? s->console : console == NULL || !console->no,
		level_of(console, settled ? (enum severity)s->log_level : SEV_DEBUGGING));
	log_set_place(e->log, LOG_MONITOR, monitor == NULL || !monitor->no, level_of(monitor, SEV_DEBUGGING));
	log_set_buffer(
		e->log, buffered != NULL && buffered->no ? 0 : size, level_of(buffered, SEV_DEBUGGING));
	set_filter(l, LOG_CONSOLE, console);
	set_filter(l, LOG_MONITOR, monitor);
	set_filter(l, LOG_BUFFER, buffered);
}

static void
set_rate(struct logging *l)
{
	const struct conf_node *n = line_of(l, LOGGING_RATE);
	const struct rate_args *a = n != NULL ? n->args : NULL;
	struct log_rate rate = { .never = -1 };

	if (a != NULL)
		rate = (struct log_rate){ .per_second = (unsigned)a->number.v,
			.console_only = a->console.set,
			.debugs = a->all.set,
			.never = a->except.set ? a->except.v : -1 };
	log_set_rate(l->engine->log, &rate);
}

static void
set_trap(struct logging *l)
{
	const struct conf_node *trap = line_of(l, LOGGING_TRAP), *facility = line_of(l, LOGGING_FACILITY);
	const struct conf_node *origin = line_of(l, LOGGING_ORIGIN);

	l->trap_off = trap != NULL && trap->no;
	l->trap = level_of(trap, SEV_INFORMATIONAL);
	l->origin = origin != NULL ? origin->args : NULL;
	l->facility = facility != NULL ? (unsigned)((const struct facility_args *)facility->args)->facility.v
				       : (unsigned)LOGGING_LOCAL7;
}

/* ---- hosts ---- */

static const struct conf_node *
profile_of(const struct logging *l, const struct host_args *a)
{
	char *key = a->profile.set ? mem_printf(NULL, "%s %s", LOGGING_PROFILE, a->profile.s) : NULL;
	const struct conf_node *n = key != NULL ? conf_find(l->engine->conf, key) : NULL;

	mem_free(key);
	return n;
}

/* Whom we trust, and who we are. */
static void
add_tls(const struct logging *l, const struct host_args *a, json_t *setup)
{
	const struct engine *e = l->engine;
	const struct conf_node *profile = profile_of(l, a);
	const struct conf_node *version =
		profile != NULL ? conf_child(profile, LOGGING_PROFILE_VERSION) : NULL;
	const struct conf_node *id = profile != NULL ? conf_child(profile, LOGGING_PROFILE_IDENTITY) : NULL;
	struct trust *trust = pki_snapshot(NULL, e->pki);
	const char *identity = NULL;

	if (id != NULL)
		identity = sealed_identity(NULL, e->secrets,
			pki_identity(e->pki, ((const struct trustpoint_args *)id->args)->name.s));
	json_object_set_new(setup, "trust", trust_to_json(trust));
	json_object_set_new(setup, "identity", identity != NULL ? json_string(identity) : json_null());
	json_object_set_new(setup, "identity_wanted", json_boolean(id != NULL));
	json_object_set_new(setup, "version",
		json_integer(version != NULL ? ((const struct version_args *)version->args)->version.v : 0));
	mem_free((char *)(uintptr_t)identity);
	mem_free(trust);
}

static json_t *
setup_of(const struct logging *l, const struct host_args *a)
{
	static const char *const transports[] = {
		[LOGGING_UDP] = "udp", [LOGGING_TCP] = "tcp", [LOGGING_TLS] = "tls"
	};
	const struct conf_node *source = line_of(l, LOGGING_SOURCE);
	const struct origin_args *o = l->origin;
	const char *interface = source == NULL
					? NULL
					: ifname_kernel(l->engine->settings,
						  ((const struct source_args *)source->args)->interface.s);
	json_t *setup = json_pack("{s:s, s:s, s:i, s:s?, s:s?, s:b}", "host", a->host.s, "transport",
		transports[host_transport(a)], "port", (int)host_port(a), "vrf", a->vrf.set ? a->vrf.s : NULL,
		"interface", interface, "origin_address", o != NULL && (o->ip.set || o->ipv6.set));

	if (host_transport(a) == LOGGING_TLS)
		add_tls(l, a, setup);
	return setup;
}

static struct entry *
find_host(const struct logging *l, const char *key)
{
	struct entry *at;

	TAILQ_FOREACH (at, &l->hosts, link)
		if (strcmp(host_key(at->host), key) == 0)
			return at;
	return NULL;
}

static void
want_host(struct logging *l, const struct conf_node *n)
{
	const struct host_args *a = n->args;
	struct entry *at = find_host(l, n->key);

	if (at == NULL) {
		at = mem_new(l, struct entry);
		at->host = host_new(at, l->engine, n->key, a);
		TAILQ_INSERT_TAIL(&l->hosts, at, link);
	}
	at->wanted = true;
	host_setup(at->host, setup_of(l, a), discriminator_of(l, &a->discriminator));
}

static void
drop_unwanted(struct logging *l)
{
	struct entry *at, *next;

	for (at = TAILQ_FIRST(&l->hosts); at != NULL; at = next) {
		next = TAILQ_NEXT(at, link);
		if (at->wanted)
			continue;
		TAILQ_REMOVE(&l->hosts, at, link);
		host_stop(at->host);
		mem_free(at);
	}
}

static void
look(void *arg)
{
	struct logging *l = arg;
	struct entry *at;
	bool tls = false;

	TAILQ_FOREACH (at, &l->hosts, link)
		at->wanted = false;
	for (const struct conf_node *n = conf_root(l->engine->conf)->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, LOGGING_HOST) == 0) {
			want_host(l, n);
			tls |= host_transport(n->args) == LOGGING_TLS;
		}
	drop_unwanted(l);
	if (tls)
		timer_set(l->work, LOOK);
}

static void
set_counts(struct logging *l)
{
	bool wanted = line_of(l, LOGGING_COUNT) != NULL;

	if (wanted && l->counts == NULL)
		l->counts = counts_new(l);
	if (!wanted)
		mem_free(l->counts);
	if (!wanted)
		l->counts = NULL;
}

void
logging_settings(struct logging *l)
{
	logging_reconfigure(l);
}

void
logging_reconfigure(struct logging *l)
{
	const struct conf_node *on = line_of(l, LOGGING_ON);
	void *old = l->discriminators;

	l->discriminators = mem_ctx(l, "discriminators");
	set_places(l);
	set_rate(l);
	set_trap(l);
	set_counts(l);
	log_set_on(l->engine->log, on == NULL || !on->no);
	/* Hosts get theirs anew before the old ones go. Without a state directory it is a check, or a test. */
	if (l->engine->state_dir != NULL && !l->engine->is_check)
		look(l);
	mem_free(old);
}

/* ---- messages ---- */

/* What stands between the number and the line; addresses are put there by the process, which knows its own. */
static void
add_origin(const struct logging *l, char *out, size_t size)
{
	const struct origin_args *o = l->origin;
	const char *name = o == NULL         ? NULL
			   : o->hostname.set ? engine_hostname(l->engine)
			   : o->string.set   ? o->string.s
					     : NULL;

	snprintf(out, size, "%s%s", name != NULL ? name : "", name != NULL ? ": " : "");
}

static void
on_line(void *arg, const struct log_entry *e)
{
	struct logging *l = arg;
	struct entry *at;
	char head[320], origin[256];

	if (l->counts != NULL)
		counts_add(l->counts, e);
	if (TAILQ_EMPTY(&l->hosts) || !log_is_on(l->engine->log) || l->trap_off || e->severity > l->trap)
		return;
	l->lines++;
	add_origin(l, origin, sizeof origin);
	snprintf(head, sizeof head, "<%u>%llu: %s", l->facility * 8 + (unsigned)e->severity,
		(unsigned long long)l->lines, origin);
	TAILQ_FOREACH (at, &l->hosts, link)
		host_line(at->host, head, e);
}

/* ---- for show ---- */

struct logging_trap
logging_trap(const struct logging *l)
{
	const struct conf_node *source = line_of(l, LOGGING_SOURCE);

	return (struct logging_trap){ .on = !l->trap_off && log_is_on(l->engine->log),
		.level = l->trap,
		.lines = l->lines,
		.source = source != NULL ? ((const struct source_args *)source->args)->interface.s : NULL };
}

void
logging_each_host(const struct logging *l, void (*f)(void *arg, const struct logging_host *), void *arg)
{
	const struct entry *at;

	TAILQ_FOREACH (at, &l->hosts, link) {
		struct logging_host facts;

		host_facts(at->host, &facts);
		f(arg, &facts);
	}
}

void
logging_discriminators(const struct logging *l, struct text *active, struct text *idle)
{
	const struct conf_node *root = conf_root(l->engine->conf);

	for (const struct conf_node *n = root->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, LOGGING_DISCRIMINATOR) == 0) {
			const struct discriminator_args *a = n->args;
			struct text *out = logging_names(root, a->name.s, false) != NULL ? active : idle;

			text_printf(out, "%s", a->name.s);
			kw_print_rows(n->row->cmd.kw + 1, a, out); /* behind the name */
			text_add(out, "\n");
		}
}

bool
logging_counts(const struct logging *l)
{
	return l->counts != NULL;
}

void
logging_each_count(const struct logging *l, void (*f)(void *arg, const struct logging_count *), void *arg)
{
	if (l->counts != NULL)
		counts_each(l->counts, f, arg);
}

void
logging_each_helper(const struct logging *l, void (*f)(void *arg, const struct helper *), void *arg)
{
	const struct entry *at;

	TAILQ_FOREACH (at, &l->hosts, link)
		f(arg, host_helper(at->host));
}

struct logging *
logging_new(const void *ctx, struct engine *engine)
{
	struct logging *l = mem_new(ctx, struct logging);

	l->engine = engine;
	TAILQ_INIT(&l->hosts);
	l->work = timer_after(l, engine->loop, 0, look, l);
	timer_stop(l->work);
	engine->logging = l;
	logging_rows(engine);
	log_sink(l, engine->log, on_line, l);
	logging_reconfigure(l);
	return l;
}
