/* BFD sessions, as bfdd tells of them. */
#include "peers/frr/bfd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "core/slice.h"

#define SESSIONS_MAX 4096u

enum { HEADER = 8, TYPE_NOTIFY = 4, VERSION = 1 };
enum { NOTIFY_STATES = 1, NOTIFY_SESSIONS = 2 };

struct session {
	LIST_ENTRY(session) entry;
	char key[256];
	char state[16];
	unsigned handle;
	int64_t discriminator;
};

struct bfd_sessions {
	LIST_HEAD(, session) all;
	unsigned n, last_handle;
};

/* ---- frames ---- */

void
bfd_ask(unsigned char out[BFD_ASK_SIZE])
{
	uint64_t what = NOTIFY_STATES | NOTIFY_SESSIONS; /* in the machine's own order */

	memset(out, 0, BFD_ASK_SIZE);
	out[3] = sizeof what;
	out[5] = 1; /* number of the request */
	out[6] = TYPE_NOTIFY;
	out[7] = VERSION;
	memcpy(out + HEADER, &what, sizeof what);
}

long
bfd_frame(const void *octets, size_t n, struct slice *text)
{
	const unsigned char *o = octets;
	uint32_t length;

	if (n < HEADER)
		return 0;
	memcpy(&length, o, sizeof length);
	length = ntohl(length);
	if (o[7] != VERSION || length > BFD_FRAME_MAX)
		return -1;
	if (n - HEADER < length)
		return 0;
	text->s = (const char *)o + HEADER;
	text->n = length;
	return HEADER + (long)length;
}

/* ---- sessions ---- */

/* What RFC 5880 (4.1) calls the reason, in the words of IOS. */
static const char *
diagnostic(json_int_t code)
{
	static const char *const words[] = { "NO DIAGNOSTIC", "DETECT TIMER EXPIRED", "ECHO FAILURE",
		"RX DOWN", "FORWARDING PLANE RESET", "PATH DOWN", "CONCATENATED PATH DOWN", "ADMIN DOWN",
		"REVERSE CONCATENATED PATH DOWN" };

	return code >= 0 && code < (json_int_t)(sizeof words / sizeof *words) ? words[code] : "UNKNOWN";
}

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static struct session *
find(const struct bfd_sessions *all, const char *key)
{
	struct session *s;

	LIST_FOREACH (s, &all->all, entry)
		if (strcmp(s->key, key) == 0)
			return s;
	return NULL;
}

static struct session *
add(struct bfd_sessions *all, const char *key)
{
	struct session *s;

	if (all->n == SESSIONS_MAX)
		return NULL;
	s = mem_new(all, struct session);
	snprintf(s->key, sizeof s->key, "%s", key);
	s->handle = ++all->last_handle;
	LIST_INSERT_HEAD(&all->all, s, entry);
	all->n++;
	return s;
}

/* The state changed within the last second: this is the change itself, not the news of an old one. */
static bool
is_fresh(const json_t *j)
{
	const json_t *up = json_object_get(j, "uptime"), *down = json_object_get(j, "downtime");

	return json_integer_value(up != NULL ? up : down) == 0;
}

static const char *
ios_state(const char *state)
{
	return strcmp(state, "up") == 0     ? "UP"
	       : strcmp(state, "init") == 0 ? "INIT"
	       : strcmp(state, "down") == 0 ? "DOWN"
	       : state[0] == '\0'           ? ""
					    : "ADMINDOWN";
}

static void
describe(const json_t *j, const struct session *s, const char *from, const char *to, struct adjacency *a)
{
	json_int_t code = json_integer_value(json_object_get(j, "diagnostics"));

	memset(a, 0, sizeof *a);
	a->protocol = ADJACENCY_BFD;
	snprintf(a->neighbor, sizeof a->neighbor, "%s", text_of(j, "peer-address"));
	snprintf(a->interface, sizeof a->interface, "%s", text_of(j, "local-interface"));
	snprintf(a->vrf, sizeof a->vrf, "%s",
		json_object_get(j, "vrf-name") != NULL ? text_of(j, "vrf-name") : "default");
	strcpy(a->from, ios_state(from));
	strcpy(a->to, ios_state(to));
	a->handle = s->handle;
	a->discriminator = s->discriminator;
	a->kind = strcmp(to, "up") == 0     ? ADJACENCY_UP
		  : strcmp(from, "up") == 0 ? ADJACENCY_DOWN
					    : ADJACENCY_CHANGE;
	if (a->kind == ADJACENCY_DOWN)
		strcpy(a->reason, strcmp(to, "shutdown") == 0 ? "ADMIN DOWN" : diagnostic(code));
	adjacency_set_afi(a);
}

static bool
take_state(struct bfd_sessions *all, const char *key, const json_t *j, struct adjacency *out)
{
	struct session *s = find(all, key);
	const char *state = text_of(j, "state");
	bool is_new = s == NULL || s->state[0] == '\0';
	char from[sizeof s->state];

	if (s == NULL)
		s = add(all, key);
	if (s == NULL || state[0] == '\0')
		return false;
	s->discriminator = json_integer_value(json_object_get(j, "id"));
	snprintf(from, sizeof from, "%s", is_new ? "down" : s->state);
	snprintf(s->state, sizeof s->state, "%s", state);
	if (strcmp(from, s->state) == 0 || (is_new && !is_fresh(j)))
		return false;
	describe(j, s, from, s->state, out);
	return true;
}

static bool
take_end(struct bfd_sessions *all, const char *key, const json_t *j, struct adjacency *out)
{
	struct session *s = find(all, key);
	bool was_up = s != NULL && strcmp(s->state, "up") == 0;

	if (was_up) {
		describe(j, s, "up", "down", out);
		strcpy(out->reason, "SESSION DELETED");
	}
	if (s != NULL) {
		LIST_REMOVE(s, entry);
		mem_free(s);
		all->n--;
	}
	return was_up;
}

bool
bfd_sessions_take(struct bfd_sessions *all, const json_t *j, struct adjacency *out)
{
	const char *op = text_of(j, "op");
	char key[256];

	snprintf(key, sizeof key, "%s|%s|%s|%s", text_of(j, "peer-address"), text_of(j, "local-address"),
		text_of(j, "local-interface"), text_of(j, "vrf-name"));
	if (!adjacency_is_name(text_of(j, "peer-address")))
		return false;
	if (strcmp(op, "status") == 0)
		return take_state(all, key, j, out);
	if (strcmp(op, "delete") == 0)
		return take_end(all, key, j, out);
	return false;
}

struct bfd_sessions *
bfd_sessions_new(const void *ctx)
{
	struct bfd_sessions *all = mem_new(ctx, struct bfd_sessions);

	LIST_INIT(&all->all);
	return all;
}
