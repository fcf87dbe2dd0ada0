/*
 * Moments that freeze a capture: `monitor capture NAME trigger {event POLICY | sla N | mail} before N after M`. The
 * packets from `before` seconds before the moment to `after` seconds behind it become a pcapng file, the capture goes
 * on. How often, how many files and how large they are is limited. Engine thread only.
 */
#ifndef CAPTURE_TRIGGER_H
#define CAPTURE_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/err.h"

struct capture_point;
struct captures;
struct trigger;
struct writer;

enum { TRIGGER_FILES = 10, TRIGGER_SIZE_MB = 10, TRIGGER_REARM = 60, TRIGGERS_MAX = 16 };

/* What follows `trigger`, and what names one behind `no ... trigger`. */
struct trigger_args {
	struct kw_str policy;
	struct kw_int sla;
	struct kw_flag mail;
	struct kw_int before, after, rearm, files, size;
	struct kw_flag once, secrets;
};
extern const struct kw trigger_kw[], trigger_name_kw[];

/* Adds it, or replaces the one of the same moment. */
bool trigger_set(struct captures *, struct capture_point *, const struct trigger_args *, struct err *);
/* No moment named: all of them. False: there is none such. */
bool trigger_remove(struct capture_point *, const struct trigger_args *);
void triggers_rearm(struct capture_point *); /* it starts anew */

const struct trigger *trigger_next(const struct trigger *);
const char *trigger_command(const void *ctx, const char *head, const struct trigger *);
/* What it waits for and is not there, as a sentence; NULL: it is. And its name, or number. */
const char *trigger_problem(const void *ctx, const struct trigger *);
const char *trigger_names(const void *ctx, const struct trigger *);
void trigger_show_line(const struct trigger *, struct writer *);
/* `show monitor capture NAME trigger` */
void triggers_show(const struct capture_point *, struct writer *);

/* ---- a window that is being taken ---- */

/* `done` is called once: with the file and what the helper says of it, or with NULL and an error. */
typedef void frozen_f(void *arg, const char *file, const json_t *told, const struct err *);

struct freeze {
	const char *label;   /* in the file's name: the policy's name, "sla7", "mail", "manual" */
	const char *comment; /* of the file, without the time */
	usec at, before, after;
	unsigned files, size_mb;
	bool is_masked;
};

bool capture_freeze(struct captures *, struct capture_point *, const struct freeze *, frozen_f *, void *arg,
	struct err *);

/* The helper has told that a window is over, or it has died. */
void captures_frozen(struct captures *, const json_t *told);
void captures_frozen_lost(struct captures *, const struct err *);

#endif
