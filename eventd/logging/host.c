/* One logging host. */
#include "logging/host.h"

#include <net/if.h>
#include <string.h>

#include "core/frame.h"
#include "core/helper.h"
#include "core/mem.h"
#include "core/netns.h"
#include "core/text.h"
#include "pki/store.h"

#define HELPER_NAME "eventd-forward"

struct host {
	struct engine *engine;
	const char *key, *name, *vrf;
	enum logging_transport transport;
	unsigned port;
	struct helper *helper;
	struct discriminator *discriminator; /* NULL: everything */
	json_t *setup;
	pid_t knows; /* the process that was told `setup` */
	bool started, down;
	bool met;          /* it has taken a line: what else would be known of it? */
	bool in_namespace; /* named `vrf`: its process works there */
	char *trouble;     /* why lines do not arrive */
	uint64_t lines, dropped, waiting;
	uint64_t revocation_known;
};

static void
say_state(struct host *h, const char *what, const char *why)
{
	log_msg(h->engine->log, NULL, "SYS", SEV_INFORMATIONAL, "LOGGINGHOST_STARTSTOP",
		"Logging to host %s port %u %s - %s", h->name, h->port, what, why);
}

/* ---- what the process says ---- */

static void
take_state(struct host *h, const json_t *j)
{
	const char *error = json_string_value(json_object_get(j, "error"));
	bool was_down = h->down;

	h->down = error != NULL;
	mem_free(h->trouble);
	h->trouble = mem_strdup(h, error);
	if (h->down && !was_down)
		log_msg(h->engine->log, NULL, "SYS", SEV_ERRORS, "LOGGINGHOST_FAIL",
			"Logging to host %s port %u failed: %s", h->name, h->port, error);
	else if (was_down && !h->down)
		say_state(h, "started", "reconnection");
}

static void
on_message(void *arg, json_t *j)
{
	struct host *h = arg;
	uint64_t n = (uint64_t)json_integer_value(json_object_get(j, "sent"));

	if (json_object_get(j, "type") != NULL)
		pki_learn(h->engine->pki, j, &h->revocation_known);
	else if (json_object_get(j, "sent") != NULL) {
		n = n < h->waiting ? n : h->waiting;
		h->waiting -= n;
		h->lines += n;
		h->met |= n > 0;
	} else {
		take_state(h, j);
	}
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct host *h = arg;

	(void)pid, (void)exit_code, (void)term_signal;
	h->dropped += h->waiting;
	h->waiting = 0;
	h->knows = 0;
}

/* ---- what it is told ---- */

static bool
tell_setup(struct host *h)
{
	if (!helper_send(h->helper, h->setup, NULL))
		return false;
	h->knows = helper_pid(h->helper);
	return true;
}

void
host_setup(struct host *h, json_t *setup, struct discriminator *d)
{
	bool same;

	if (h->in_namespace)
		json_object_set_new(setup, "vrf", json_null());
	same = h->setup != NULL && json_equal(setup, h->setup);
	h->discriminator = d;
	json_decref(h->setup);
	h->setup = setup;
	if (!same)
		tell_setup(h);
	if (h->started)
		return;
	h->started = true;
	say_state(h, "started", "CLI initiated");
}

/* One line, whatever foreign text is in it: a collector would take what stands behind a line end for another message. */
static void
add_message(struct text *out, const char *line)
{
	text_add_screen(out, line, strlen(line));
	for (char *p = out->s; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

void
host_line(struct host *h, const char *head, const struct log_entry *e)
{
	struct text line;
	json_t *j;

	if (!h->started || !discriminator_passes(h->discriminator, e))
		return;
	if (h->waiting >= HOST_WAITING ||
		((helper_pid(h->helper) == 0 || helper_pid(h->helper) != h->knows) && !tell_setup(h))) {
		h->dropped++;
		return;
	}
	text_init(&line, h);
	add_message(&line, e->line);
	j = json_pack("{s:s, s:o}", "head", head, "line", frame_octets(line.s, line.len));
	mem_free(line.s);
	if (helper_send(h->helper, j, NULL))
		h->waiting++;
	else
		h->dropped++;
	json_decref(j);
}

void
host_stop(struct host *h)
{
	if (h->started)
		say_state(h, "stopped", "CLI initiated");
	helper_close(h->helper);
}

/* ---- the rest ---- */

const char *
host_key(const struct host *h)
{
	return h->key;
}

void
host_facts(const struct host *h, struct logging_host *out)
{
	*out = (struct logging_host){ .name = h->name,
		.vrf = h->vrf,
		.discriminator = h->discriminator != NULL ? discriminator_name(h->discriminator) : NULL,
		.transport = h->transport,
		.port = h->port,
		.up = h->started && !h->down && (h->transport == LOGGING_UDP || h->met),
		.trouble = h->trouble,
		.lines = h->lines,
		.dropped = h->dropped,
		.by_discriminator = h->discriminator != NULL ? discriminator_dropped(h->discriminator) : 0 };
}

const struct helper *
host_helper(const struct host *h)
{
	return h->helper;
}

static int
host_free(void *p)
{
	json_decref(((struct host *)p)->setup);
	return 0;
}

struct host *
host_new(const void *ctx, struct engine *engine, const char *key, const struct host_args *a)
{
	struct host *h = mem_new(ctx, struct host);
	struct netns_id id;

	h->engine = engine;
	h->key = mem_strdup(h, key);
	h->name = mem_strdup(h, a->host.s);
	h->vrf = a->vrf.set ? mem_strdup(h, a->vrf.s) : NULL;
	h->transport = host_transport(a);
	h->port = host_port(a);
	/* A VRF is a device; a name that no device has may be that of a network namespace. */
	h->in_namespace = h->vrf != NULL && if_nametoindex(h->vrf) == 0 && netns_look(h->vrf, &id);
	h->helper = helper_new(h, engine->loop,
		&(struct helper_spec){ .name = HELPER_NAME,
			.dir = engine->program_dir,
			.netns = h->in_namespace ? h->vrf : NULL,
			.on_message = on_message,
			.on_exit = on_exit_helper,
			.arg = h });
	mem_on_free(h, host_free);
	return h;
}
