/* Reads the export format of the systemd journal. */
#include "syslog/journal/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "syslog/message.h"

#define NAME_MAX_LEN 64u
#define SHORT        512u

/* ORDER: enum export_field */
static const char *const names[EXPORT_FIELDS] = { "__CURSOR", "__REALTIME_TIMESTAMP",
	"_SOURCE_REALTIME_TIMESTAMP", "MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "_COMM",
	"SYSLOG_PID", "_PID", "_UID", "_HOSTNAME", "_TRANSPORT", "_SYSTEMD_UNIT", "_SYSTEMD_INVOCATION_ID",
	"MESSAGE_ID" };

/* A field is NAME=VALUE and a newline, or NAME, a newline, its size in 8 octets, so many octets, a newline. */
enum state { IN_NAME, IN_VALUE, IN_SIZE, IN_DATA, BEHIND_DATA, LOST };

struct export
{
	enum state state;
	char name[NAME_MAX_LEN];
	size_t name_n; /* may be more than is kept */
	unsigned size_n;
	uint64_t size;
	int field; /* under the hand; -1: one that is not kept */
	bool done; /* what is held is the entry before */
	bool line_begins;
	size_t n[EXPORT_FIELDS];
	bool has[EXPORT_FIELDS];
	char brief[EXPORT_FIELDS][SHORT];
	char message[SYSLOG_LINE_MAX];
};

struct export *
export_new(const void *ctx)
{
	return mem_new(ctx, struct export);
}

const char *
export_field_name(enum export_field f)
{
	return names[f];
}

static char *
room_of(struct export *x, int field, size_t *room)
{
	*room = field == EXPORT_MESSAGE ? sizeof x->message : SHORT;
	return field == EXPORT_MESSAGE ? x->message : x->brief[field];
}

static void
choose_field(struct export *x)
{
	x->field = -1;
	for (int i = 0; i < EXPORT_FIELDS; i++)
		if (x->name_n == strlen(names[i]) && memcmp(names[i], x->name, x->name_n) == 0 && !x->has[i])
			x->field = i;
	if (x->field >= 0)
		x->has[x->field] = true;
	x->name_n = 0;
}

static void
keep(struct export *x, const char *s, size_t n)
{
	size_t room;
	char *to;

	if (x->field < 0)
		return;
	to = room_of(x, x->field, &room);
	if (n > room - x->n[x->field])
		n = room - x->n[x->field];
	memcpy(to + x->n[x->field], s, n);
	x->n[x->field] += n;
}

/* A name, or the empty line that ends an entry. True: that. */
static bool
take_name(struct export *x, char c)
{
	if (c == '\n' && x->name_n == 0)
		return true;
	if (c == '=' || c == '\n') {
		choose_field(x);
		x->state = c == '=' ? IN_VALUE : IN_SIZE;
		x->size = x->size_n = 0;
	} else {
		if (x->name_n < NAME_MAX_LEN)
			x->name[x->name_n] = c;
		x->name_n++;
	}
	return false;
}

/* Octets of a value that lie together. */
static size_t
take_run(struct export *x, const char *p, size_t n)
{
	const char *end;

	if (x->state == IN_VALUE) {
		end = memchr(p, '\n', n);
		if (end != NULL) {
			n = (size_t)(end - p);
			x->state = IN_NAME;
		}
		keep(x, p, n);
		return end != NULL ? n + 1 : n;
	}
	if (n > x->size)
		n = (size_t)x->size;
	keep(x, p, n);
	x->size -= n;
	if (x->size == 0)
		x->state = BEHIND_DATA;
	return n;
}

/* Not this format: on with the next entry, which an empty line begins. True: the lost one ends here. */
static bool
take_lost(struct export *x, char c)
{
	bool ends = c == '\n' && x->line_begins;

	x->line_begins = c == '\n';
	if (ends) {
		x->state = IN_NAME;
		x->done = true;
	}
	return ends;
}

static void
take_octet(struct export *x, char c)
{
	switch (x->state) {
	case IN_SIZE:
		x->size |= (uint64_t)(uint8_t)c << (8 * x->size_n++);
		if (x->size_n == 8)
			x->state = x->size > 0 ? IN_DATA : BEHIND_DATA;
		break;
	case BEHIND_DATA:
		x->state = c == '\n' ? IN_NAME : LOST;
		x->line_begins = false;
		break;
	default:
		break;
	}
}

static void
begin_entry(struct export *x)
{
	x->done = false;
	memset(x->n, 0, sizeof x->n);
	memset(x->has, 0, sizeof x->has);
}

bool
export_feed(struct export *x, const char *data, size_t n, size_t *used)
{
	size_t at = 0;

	if (x->done)
		begin_entry(x);
	while (at < n) {
		if (x->state == IN_VALUE || x->state == IN_DATA) {
			at += take_run(x, data + at, n - at);
			continue;
		}
		if (x->state == LOST) {
			if (take_lost(x, data[at++]))
				begin_entry(x);
			continue;
		}
		if (x->state == IN_NAME) {
			if (!take_name(x, data[at++]))
				continue;
			x->done = x->has[EXPORT_CURSOR];
			if (x->done) {
				*used = at;
				return true;
			}
			begin_entry(x); /* none of the journal's */
			continue;
		}
		take_octet(x, data[at++]);
	}
	*used = at;
	return false;
}

struct slice
export_field(const struct export *x, enum export_field f)
{
	return (struct slice){ f == EXPORT_MESSAGE ? x->message : x->brief[f], x->n[f] };
}

/* ---- as a message ---- */

/* A number at the beginning, or `otherwise`. */
static uint64_t
number(struct slice s, uint64_t otherwise)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 19)
		return otherwise;
	for (size_t i = 0; i < s.n; i++) {
		if (s.s[i] < '0' || s.s[i] > '9')
			return otherwise;
		n = n * 10 + (uint64_t)(s.s[i] - '0');
	}
	return n;
}

struct out {
	char *to;
	size_t n;
};

static void
put(struct out *o, const char *s, size_t n)
{
	size_t room = EXPORT_ROOM - o->n;

	if (n > room)
		n = room;
	memcpy(o->to + o->n, s, n);
	o->n += n;
}

/* A word of the header: printable ASCII without blanks, "-" when there is none. */
static void
put_word(struct out *o, struct slice s, size_t most)
{
	if (s.n > most)
		s.n = most;
	if (s.n == 0)
		put(o, "-", 1);
	for (size_t i = 0; i < s.n; i++)
		put(o, s.s[i] > ' ' && s.s[i] < 0x7f ? &s.s[i] : "_", 1);
	put(o, " ", 1);
}

/* NAME="VALUE" of structured data (RFC 5424 6.3.3). */
static void
put_param(struct out *o, const char *name, struct slice s)
{
	if (s.n == 0)
		return;
	put(o, " ", 1);
	put(o, name, strlen(name));
	put(o, "=\"", 2);
	for (size_t i = 0; i < s.n; i++) {
		if (s.s[i] == '"' || s.s[i] == '\\' || s.s[i] == ']')
			put(o, "\\", 1);
		put(o, &s.s[i], 1);
	}
	put(o, "\"", 1);
}

static struct slice
first_of(const struct export *x, enum export_field a, enum export_field b)
{
	struct slice s = export_field(x, a);

	return s.n > 0 ? s : export_field(x, b);
}

static void
put_time(struct out *o, const struct export *x)
{
	uint64_t us = number(first_of(x, EXPORT_SOURCE_REALTIME, EXPORT_REALTIME), 0);
	time_t s = (time_t)(us / 1000000);
	char text[64];
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || tm.tm_year > 8099)
		memset(&tm, 0, sizeof tm);
	put(o, text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm));
	put(o, text, (size_t)snprintf(text, sizeof text, ".%06uZ ", (unsigned)(us % 1000000)));
}

struct slice
export_message(const struct export *x, char room[EXPORT_ROOM])
{
	struct out o = { .to = room };
	uint64_t facility = number(export_field(x, EXPORT_FACILITY), 1); /* user */
	uint64_t priority = number(export_field(x, EXPORT_PRIORITY), SEV_INFORMATIONAL);
	char pri[16];

	if (facility > 23)
		facility = 1;
	if (priority > 7)
		priority = SEV_INFORMATIONAL;
	put(&o, pri, (size_t)snprintf(pri, sizeof pri, "<%u>1 ", (unsigned)(facility * 8 + priority)));
	put_time(&o, x);
	put_word(&o, export_field(x, EXPORT_HOSTNAME), 255);
	put_word(&o, first_of(x, EXPORT_IDENTIFIER, EXPORT_COMM), 48);
	put_word(&o, first_of(x, EXPORT_SYSLOG_PID, EXPORT_PID), 128);
	put_word(&o, export_field(x, EXPORT_MESSAGE_ID), 32);
	put(&o, "[journal", 8);
	put_param(&o, "transport", export_field(x, EXPORT_TRANSPORT));
	put_param(&o, "unit", export_field(x, EXPORT_UNIT));
	put_param(&o, "uid", export_field(x, EXPORT_UID));
	put(&o, "] ", 2);
	put(&o, x->message, x->n[EXPORT_MESSAGE]);
	return (struct slice){ room, o.n };
}
