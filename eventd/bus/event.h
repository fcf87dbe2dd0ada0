/*
 * An event: something that happened, immutable once published and shared by reference. The envelope
 * says where, when and why; the typed fields behind it belong to the detector, whose table of
 * `event_field` names them for applets (`$_syslog_msg`), for JSON and for the manual. Engine thread
 * only.
 */
#ifndef BUS_EVENT_H
#define BUS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/cause.h"
#include "core/clock.h"
#include "core/err.h"

struct detector;
struct engine;
struct text;

/* Origin gates effects: a replayed or simulated event never mails. */
enum event_origin { EVENT_LIVE, EVENT_REPLAY, EVENT_SIMULATED };

enum field_type {
	FIELD_STR,  /* const char *; NULL reads as "" */
	FIELD_INT,  /* int64_t */
	FIELD_TIME, /* usec; "S.mmm" */
};

/* One row a field; a table ends with a NULL name. */
struct event_field {
	const char *name; /* "_syslog_msg": what stands behind the `$` */
	const char *help;
	enum field_type type;
	size_t at;     /* offset in the detector's data (or in struct event, for the common fields) */
	size_t len_at; /* FIELD_STR that may hold NULs: offset of a size_t with its length; 0 = none */
};
#define EVENT_FIELDS_END      \
	{                     \
		.name = NULL, \
	}

/* Fields that every event has: _event_id, _event_type, _event_type_string, _event_pub_time, ... */
extern const struct event_field event_common_fields[];

/* One of the events that a `multiple` event was made of. */
struct event_member {
	const char *tag;
	struct event *event;
};

struct event {
	unsigned refs;
	const struct detector *detector;
	const char *type;    /* "timer watchdog": the "Event Type" column */
	int64_t type_number; /* $_event_type, from the table in eem-language.md 4 */
	uint64_t id;         /* counted by the bus from 1; 0 until published */
	const char *node;    /* host name of the engine that saw it */
	uint64_t boot;       /* that engine's start */
	uint64_t parent;     /* id of the event that led here, 0 = none */
	struct cause *cause; /* NULL = the outside world */
	unsigned depth;      /* runs in the chain of causes */
	enum event_origin origin;
	bool doubted;         /* it tells what a stranger may have written */
	const char *source;   /* "udp 192.0.2.1", "log", "cli vty0"; "" when there is nothing to say */
	const char *severity; /* $_event_severity; default "severity-normal" */
	const void *raw;      /* octets as they came, NULL = none */
	size_t raw_len;
	usec mono, wall;
	usec wall_sec; /* wall without its fraction, and the fraction: $_event_pub_sec, _msec */
	int64_t wall_msec;
	int64_t number;               /* the id, as the field table reads it */
	struct event_member *members; /* the one that occurred last first; NULL = none */
	size_t nmembers;
	/* Variables that this event alone has: event_add(). */
	struct event_field *own;
	const char **own_values;
	size_t nown;
	struct event *of; /* this is that one, told again; NULL = it is the first */
	void *data;       /* detector->data_size bytes; strings in it are owned by the event */
};

/*
 * A new event with one reference and zeroed data, stamped now. Fill ->data with event_str() before
 * publishing. `type` NULL: the detector's name. `cause` may be NULL; it gains a reference.
 */
struct event *event_new(struct engine *, const struct detector *, const char *type, struct cause *cause);
struct event *event_ref(struct event *);
void event_unref(struct event *); /* NULL is fine */

/*
 * A copy of n bytes (or of a string; NULL stays NULL) that lives as long as the event. Thousands of
 * runs may hold an event each, so texts share few pieces of memory: one, when their sum (a byte more
 * for each) is told to event_reserve() before.
 */
void event_reserve(struct event *, size_t bytes);
const char *event_str(struct event *, const char *s);
const char *event_strn(struct event *, const char *s, size_t n);
/* Room for n bytes and a NUL, to be filled by the caller. */
char *event_room(struct event *, size_t n);

/* Its variables are theirs, the first one's where several have it. Tags are copied, references gained. */
void event_set_members(struct event *, const struct event_member *, size_t n);

/* A variable beside those of the detector's table; both texts are copied. The first of one name counts. */
void event_add(struct event *, const char *name, const char *value);

/*
 * The same event once more, stamped now, its parent the first: published when something was held back
 * or collected, so variables can be added.
 */
struct event *event_again(struct engine *, struct event *);

/* One line of what happened, control bytes shown: the detector's words, or "name=value ...". */
void event_say(const struct event *, struct text *);

/* Has this event a variable of that name? Common fields count. */
bool event_has(const struct event *, const char *name);
/* Appends the value of the variable `name` (without `$`); false when the event has none. */
bool event_get(const struct event *, const char *name, struct text *out);
/* Every variable in table order, common ones first. */
void event_each(
	const struct event *, void (*f)(void *arg, const char *name, const char *value, size_t n), void *arg);

/* `type` as a number; 0 for a type that the language does not know. */
int64_t event_type_number(const char *type);

/* The whole event, envelope and fields, as JSON made from the field tables; and back. A decoded
 * event has origin EVENT_REPLAY unless the document says "simulated". The caller owns the results. */
json_t *event_to_json(const struct event *);
struct event *event_from_json(struct engine *, const json_t *, struct err *);

#endif
