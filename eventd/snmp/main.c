/*
 * eventd-snmp: the process that speaks SNMP: it asks agents, sends notifications, receives them, and answers
 * for objects in an AgentX session, so that foreign bytes and the state of the library stay out of the engine.
 * It keeps communities and the keys of users, is root no more, and exits when the engine goes away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include "snmp/listen.h"
#include "snmp/net.h"
#include "snmp/agentx_session.h"

struct helper_state {
	struct frame_reader *in;
	struct net *net; /* NULL before the setup */
	struct snmp_users *users;
	struct listener *listener;      /* NULL while nobody wants notifications */
	struct agentx_session *session; /* NULL while no policy answers for an object */
	json_t *answers_for;            /* what it was made of */
	bool ended;                     /* nobody reads what we write */
};

/* ---- what is said ---- */

static void
say(struct helper_state *h, json_t *message)
{
	h->ended |= !helper_side_say(message);
}

static void
say_error(struct helper_state *h, int64_t id, const struct err *err)
{
	json_t *j = json_pack(
		"{s:I, s:s}", "id", (json_int_t)id, "class", err->class[0] ? err->class : "FH_ESYSERR");

	json_object_set_new(j, "error", frame_octets(err->text, strlen(err->text)));
	say(h, j);
}

static void
on_done(void *arg, int64_t id, const struct snmp_answer *a)
{
	if (a->err.code != ERR_NONE)
		say_error(arg, id, &a->err);
	else
		say(arg, json_pack("{s:I, s:o}", "id", (json_int_t)id, "vars",
				 snmp_vars_to_json(a->vars, a->nvars)));
}

/* ---- what is asked ---- */

static void
on_event(void *arg, json_t *event)
{
	say(arg, event);
}

/* Tells whether notifications are received, and if not, why. */
static void
listen_as(struct helper_state *h, const json_t *want)
{
	uint16_t port = (uint16_t)json_integer_value(json_object_get(want, "port"));
	struct err err = ERR_INIT;
	json_t *j;

	mem_free(h->listener);
	h->listener = NULL;
	if (!json_is_object(want))
		return;
	h->listener =
		listener_new(h, port, json_object_get(want, "communities"), h->users, on_event, h, &err);
	j = json_pack("{s:s, s:i}", "event", "listening", "port", (int)port);
	if (h->listener == NULL)
		json_object_set_new(j, "error", json_string(err.text));
	say(h, j);
}

/* Objects and socket as they are already: the session stays, with the requests that wait in it. */
static void
answer_for(struct helper_state *h, const json_t *objects, const json_t *socket)
{
	json_t *want = json_pack("[O?, O?]", objects, socket);

	if (!json_equal(want, h->answers_for)) {
		mem_free(h->session);
		h->session = NULL;
		if (json_array_size(objects) > 0 && json_is_string(socket))
			h->session = agentx_session_new(h, json_string_value(socket), objects, on_event, h);
	}
	json_decref(h->answers_for);
	h->answers_for = want;
}

/* {"op":"setup","engine_id","users","listen","objects","agentx"}: at first, and whenever the configuration has changed. */
static void
take_setup(struct helper_state *h, const json_t *message)
{
	const char *engine_id = json_string_value(json_object_get(message, "engine_id"));
	struct err err = ERR_INIT;
	struct snmp_users *users = snmp_users_from_json(h, json_object_get(message, "users"), &err);

	if (users == NULL || engine_id == NULL) {
		fprintf(stderr, "eventd-snmp: %s\n",
			err.code != ERR_NONE ? err.text : "no engine identifier");
		h->ended = true;
		return;
	}
	if (h->net == NULL) {
		net_start(engine_id);
		h->net = net_new(h);
	}
	mem_free(h->listener);
	h->listener = NULL;
	snmp_users_forget();
	net_use(h->net, users);
	mem_free(h->users);
	h->users = users;
	listen_as(h, json_object_get(message, "listen"));
	answer_for(h, json_object_get(message, "objects"), json_object_get(message, "agentx"));
}

static void
take_job(struct helper_state *h, const json_t *message)
{
	int64_t id = json_integer_value(json_object_get(message, "id"));
	struct err err = ERR_INIT;
	struct snmp_job *job = NULL;

	if (h->net == NULL)
		err_set(&err, ERR_INVALID, "no setup");
	else
		job = snmp_job_from_json(h, message, &err);
	if (job == NULL)
		say_error(h, id, &err);
	else
		net_begin(h->net, job, id, on_done, h);
	mem_free(job);
}

static void
take_message(void *arg, const json_t *message)
{
	struct helper_state *h = arg;
	const char *op = json_string_value(json_object_get(message, "op"));

	if (op != NULL && strcmp(op, "setup") == 0)
		take_setup(h, message);
	else if (op != NULL && strcmp(op, "answer") == 0) {
		if (h->session != NULL)
			agentx_session_answer(h->session, message);
	} else if (op != NULL && strcmp(op, "cancel") == 0 && h->net != NULL)
		net_cancel(h->net, json_integer_value(json_object_get(message, "id")));
	else
		take_job(h, message);
}

/* At most so many milliseconds (-1: however long). */
static void
wait_at_most(int ms, struct timeval *timeout, int *block)
{
	struct timeval own = { ms / 1000, ms % 1000 * 1000 };

	if (ms >= 0 && (*block || timercmp(&own, timeout, <))) {
		*timeout = own;
		*block = 0;
	}
}

/* The session has a descriptor and a patience of its own. */
static int
wait_for_session(const struct helper_state *h, int *nfds, netsnmp_large_fd_set *fds, struct timeval *timeout,
	int *block)
{
	int fd = agentx_session_fd(h->session);

	if (fd >= 0) {
		netsnmp_large_fd_setfd(fd, fds);
		*nfds = fd >= *nfds ? fd + 1 : *nfds;
	}
	wait_at_most(agentx_session_patience(h->session), timeout, block);
	return fd;
}

static void
turn(struct helper_state *h)
{
	struct timeval timeout = { 0 };
	netsnmp_large_fd_set fds;
	int nfds = STDIN_FILENO + 1, block = 1, n, session = -1;

	netsnmp_large_fd_set_init(&fds, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&fds);
	netsnmp_large_fd_setfd(STDIN_FILENO, &fds);
	if (h->net != NULL)
		net_wait_for(h->net, &nfds, &fds, &timeout, &block);
	if (h->listener != NULL) {
		listener_wait_for(h->listener, &nfds, &fds);
		wait_at_most(listener_patience(h->listener), &timeout, &block);
	}
	if (h->session != NULL)
		session = wait_for_session(h, &nfds, &fds, &timeout, &block);
	n = netsnmp_large_fd_set_select(nfds, &fds, NULL, NULL, block ? NULL : &timeout);
	if (n < 0 && errno != EINTR)
		h->ended = true;
	if (n <= 0)
		NETSNMP_LARGE_FD_ZERO(&fds);
	if (h->listener != NULL)
		listener_turn(h->listener, &fds);
	if (h->session != NULL)
		agentx_session_turn(h->session, session >= 0 && netsnmp_large_fd_is_set(session, &fds));
	/* Last: a message may take away what the descriptors belong to. */
	if (h->net != NULL)
		net_turn(h->net, &fds);
	if (n > 0 && netsnmp_large_fd_is_set(STDIN_FILENO, &fds))
		h->ended |= !helper_side_hear(h->in, take_message, h);
	netsnmp_large_fd_set_cleanup(&fds);
}

int
main(void)
{
	struct helper_state *h;
	struct err err = ERR_INIT;

	helper_side_harden();
	if (!privilege_drop_but_ports(&err)) {
		fprintf(stderr, "eventd-snmp: %s\n", err.text);
		return 1;
	}
	h = mem_new(NULL, struct helper_state);
	h->in = frame_reader_new(h, FRAME_MAX);
	while (!h->ended)
		turn(h);
	mem_free(h);
	return 0;
}
