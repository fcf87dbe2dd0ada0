/* A listener behind which a helper process reads. */
#include "syslog/relay.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uthash.h>

#include "core/helper.h"
#include "core/mem.h"
#include "pki/learnt.h"
#include "pki/store.h"
#include "syslog/intake.h"
#include "syslog/wire.h"

#define PACKETS_MAX   8u                    /* then others get their turn */
#define RESTART_FIRST (200 * USEC_PER_MSEC) /* doubled with each death */
#define RESTART_MAX   (30 * USEC_PER_SEC)
#define HEALTHY       (60 * USEC_PER_SEC) /* a life as long as this makes up for all deaths before */
#define END_MARK_MS   200                 /* for the rest of a batch that has begun to arrive */
#define END_MAX       (5 * USEC_PER_SEC)  /* then it is killed */
#define TEXT_MAX      4096u

struct peer {
	uint32_t number;
	struct source *source; /* held */
	UT_hash_handle hh;
};

struct relay {
	struct listener *listener;
	struct helper *helper;
	int ours, theirs; /* the ends of the packets' channel; theirs is passed to every life of the helper */
	struct watch *watch;
	struct peer *peers;
	unsigned unmarked; /* messages since the last mark */
	json_t *job;
	uint64_t revocation_known; /* by the process that runs */
	struct timer *timer;       /* of the next start; when ending, the end of patience */
	usec delay, started;
	bool ending;
};

static void
forget(struct relay *r, struct peer *p)
{
	HASH_DEL(r->peers, p);
	sources_release(r->listener->intake->sources, p->source);
	mem_free(p);
}

static void
forget_all(struct relay *r)
{
	struct peer *p, *next;

	HASH_ITER (hh, r->peers, p, next)
		forget(r, p);
}

static int
relay_free(void *ptr)
{
	struct relay *r = ptr;

	forget_all(r);
	mem_free(r->watch); /* before its descriptor goes */
	close(r->ours);
	close(r->theirs);
	json_decref(r->job);
	return 0;
}

/* ---- packets ---- */

static struct peer *
find(const struct relay *r, uint32_t number)
{
	struct peer *p;

	HASH_FIND(hh, r->peers, &number, sizeof number, p);
	return p;
}

/* "SOURCE\0HOST\0" */
static void
take_peer(struct relay *r, const struct wire_head *head, struct slice body)
{
	struct sources *sources = r->listener->intake->sources;
	struct source_key key = { .transport = (uint8_t)r->listener->transport };
	const char *host = body.n > 0 ? memchr(body.s, '\0', body.n) : NULL;
	struct peer *p = find(r, head->number);
	bool is_new;

	if (host == NULL || ++host == body.s + body.n || body.s[body.n - 1] != '\0' || p != NULL ||
		HASH_COUNT(r->peers) >= WIRE_PEERS_MAX)
		return;
	/* One row for all connections of a device; told apart by a digest, since names are long. */
	HASH_JEN(body.s, (unsigned)body.n, key.number);
	for (size_t i = 0; i < body.n; i++)
		key.address[i % sizeof key.address] =
			(uint8_t)(key.address[i % sizeof key.address] * 31 + (uint8_t)body.s[i]);
	p = mem_new(r, struct peer);
	p->number = head->number;
	p->source = sources_find(sources, &key, &is_new);
	if (is_new) {
		strncpy(p->source->text, body.s, sizeof p->source->text - 1);
		strncpy(p->source->host, host, sizeof p->source->host - 1);
		p->source->trusted = (head->flags & WIRE_TRUSTED) != 0;
		p->source->patient = r->listener->transport != SYSLOG_TLS;
	}
	sources_hold(sources, p->source);
	HASH_ADD(hh, r->peers, number, sizeof p->number, p);
}

static void
take_message(struct relay *r, const struct wire_head *head, struct slice body, usec mono, usec wall)
{
	struct peer *p = find(r, head->number);

	r->unmarked++;
	if (p == NULL)
		return;
	if ((head->flags & WIRE_CUT) != 0)
		r->listener->count.cut++;
	intake_message(r->listener, p->source, body, mono, wall);
}

static void
take_record(struct relay *r, const struct wire_head *head, struct slice body, usec mono, usec wall)
{
	struct peer *p;

	switch ((enum wire_kind)head->kind) {
	case WIRE_PEER:
		take_peer(r, head, body);
		break;
	case WIRE_GONE:
		if ((p = find(r, head->number)) != NULL)
			forget(r, p);
		break;
	case WIRE_MESSAGE:
		take_message(r, head, body, mono, wall);
		break;
	case WIRE_MARK:
		r->unmarked = 0;
		send(r->ours, head, sizeof *head, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	}
}

/* A packet. False: nothing was there. */
static bool
take_packet(struct relay *r)
{
	struct intake *in = r->listener->intake;
	struct loop *loop = in->engine->loop;
	char *p = arena_bytes(in->arena);
	ssize_t n = recv(r->ours, p, WIRE_PACKET_MAX, MSG_DONTWAIT);
	const char *end = p + n;
	usec mono = loop_mono(loop), wall = loop_wall(loop);
	struct wire_head head;

	while (end - p >= (ptrdiff_t)sizeof head) {
		memcpy(&head, p, sizeof head);
		p += sizeof head;
		if (head.n > end - p)
			break;
		take_record(r, &head, (struct slice){ p, head.n }, mono, wall);
		p += head.n;
	}
	return n > 0;
}

static void
relay_ready(void *arg, int fd, unsigned what)
{
	struct relay *r = arg;

	for (unsigned i = 0; i < PACKETS_MAX && take_packet(r); i++)
		;
	intake_complain(r->listener->intake);
}

/* ---- the helper ---- */

static void
on_message(void *arg, json_t *message)
{
	struct relay *r = arg;
	const char *type = json_string_value(json_object_get(message, "type"));
	const char *text = json_string_value(json_object_get(message, "text"));
	const char *facility = json_string_value(json_object_get(message, "facility"));
	const char *mnemonic = json_string_value(json_object_get(message, "mnemonic"));
	json_int_t severity = json_integer_value(json_object_get(message, "severity"));

	if (type == NULL || r->ending)
		return;
	if (strcmp(type, "refused") == 0)
		r->listener->count.refused++;
	else if (strcmp(type, "connections") == 0)
		r->listener->count.connections = (unsigned)json_integer_value(json_object_get(message, "n"));
	else if (strcmp(type, "revocation") == 0)
		pki_learn(r->listener->intake->engine->pki, message, &r->revocation_known);
	else if (strcmp(type, "log") == 0 && text != NULL && facility != NULL && mnemonic != NULL &&
		 severity >= 0 && severity <= SEV_DEBUGGING)
		log_msg(r->listener->intake->engine->log, NULL, facility, (enum severity)severity, mnemonic,
			"%s: %.*s", r->listener->url, (int)TEXT_MAX, text);
}

static void
start(struct relay *r)
{
	struct engine *e = r->listener->intake->engine;
	struct err err = ERR_INIT;

	r->started = loop_mono(e->loop);
	if (!helper_send(r->helper, r->job, &err)) {
		log_msg(e->log, NULL, "SYSLOG", SEV_ERRORS, "HELPER", "%s: %s", r->listener->url, err.text);
		timer_set(r->timer, RESTART_MAX);
	}
}

static void
on_timer(void *arg)
{
	struct relay *r = arg;

	if (r->ending)
		helper_kill(r->helper, SIGKILL);
	else
		start(r);
}

static void
on_exit_helper(void *arg, pid_t pid, int exit_code, int term_signal)
{
	struct relay *r = arg;
	struct engine *e = r->listener->intake->engine;

	(void)pid;
	if (r->ending) {
		r->listener->intake->ending--;
		mem_free(r->listener);
		return;
	}
	while (take_packet(r))
		;
	forget_all(r);
	r->unmarked = 0;
	r->revocation_known = 0;
	r->listener->count.connections = 0;
	log_msg(e->log, NULL, "SYSLOG", SEV_ERRORS, "HELPER", "%s: %s ended %s %d; it is started again",
		r->listener->url, helper_name(r->helper), term_signal != 0 ? "by signal" : "with status",
		term_signal != 0 ? term_signal : exit_code);
	if (r->delay == 0 || loop_mono(e->loop) - r->started >= HEALTHY)
		r->delay = RESTART_FIRST;
	timer_set(r->timer, r->delay);
	r->delay = r->delay * 2 < RESTART_MAX ? r->delay * 2 : RESTART_MAX;
}

struct relay *
relay_new(struct listener *l, const char *program, int fd, struct err *err)
{
	struct engine *e = l->intake->engine;
	struct relay *r;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		err_errno(err, "%s: socketpair", l->url);
		return NULL;
	}
	r = mem_new(l, struct relay);
	r->listener = l;
	r->ours = pair[0];
	r->theirs = pair[1];
	mem_on_free(r, relay_free);
	r->watch = watch_fd(r, e->loop, r->ours, WATCH_READ, relay_ready, r);
	r->timer = timer_after(r, e->loop, 0, on_timer, r);
	timer_stop(r->timer);
	r->helper = helper_new(r, e->loop,
		&(struct helper_spec){ .name = program,
			.dir = e->program_dir,
			.pass = { r->theirs, fd },
			.pass_count = fd >= 0 ? 2 : 1,
			.on_message = on_message,
			.on_exit = on_exit_helper,
			.arg = r });
	return r;
}

void
relay_tell(struct relay *r, json_t *job)
{
	bool same = r->job != NULL && json_equal(r->job, job);

	json_decref(r->job);
	r->job = job;
	if (!same && !timer_is_set(r->timer))
		start(r);
}

void
relay_brief(struct relay *r)
{
	const struct engine *e = r->listener->intake->engine;
	json_t *news = NULL;
	struct err err = ERR_INIT;

	if (helper_pid(r->helper) != 0)
		news = learnt_brief(pki_learnt(e->pki), &r->revocation_known);
	if (news != NULL && !helper_send(r->helper, news, &err))
		r->revocation_known = 0; /* it is ending */
	json_decref(news);
}

/* The rest of a batch that has begun to arrive: else its first messages would come twice. */
static void
finish_batch(struct relay *r)
{
	struct pollfd p = { .fd = r->ours, .events = POLLIN };

	if (r->listener->transport == SYSLOG_TLS) { /* knows no batches */
		while (take_packet(r))
			;
		return;
	}
	while (r->unmarked > 0 && poll(&p, 1, END_MARK_MS) > 0)
		if (!take_packet(r))
			return;
}

void
relay_end(struct relay *r)
{
	finish_batch(r);
	r->ending = true;
	mem_free(r->watch);
	r->watch = NULL;
	if (helper_pid(r->helper) == 0) {
		mem_free(r->listener);
		return;
	}
	r->listener->intake->ending++;
	helper_close(r->helper);
	timer_set(r->timer, END_MAX);
}

const struct helper *
relay_helper(const struct relay *r)
{
	return r->helper;
}
