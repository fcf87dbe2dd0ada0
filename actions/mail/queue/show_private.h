/*
 * What the files of `show mail queue` share: rows as mailqueue_view() gives them, and what the index knows
 * better. Engine thread only.
 */
#ifndef ACTIONS_MAIL_QUEUE_SHOW_PRIVATE_H
#define ACTIONS_MAIL_QUEUE_SHOW_PRIVATE_H

#include "actions/mail/queue/private.h"
#include "cli/kw/kw.h"
#include "core/writer.h"

struct session;

struct show_args {
	struct kw_flag detail, summary, json;
	struct kw_int id, number;
};

struct show {
	struct session *session;
	struct mail_queue *queue;
	struct writer *w;
	const struct show_args *args;
	int64_t after;
	bool begun;
};

/* ---- show.c ---- */
int64_t show_integer(const json_t *, const char *key);
const char *show_string(const json_t *, const char *key);
const char *show_moment(int64_t wall, char out[32]); /* "2026-11-22T19:37:01Z" */
const char *show_recipient_state(const json_t *recipient);
const char *show_kind(const json_t *message);

enum mailqueue_state show_state(const struct show *, const json_t *part);
int64_t show_next_try(const struct show *, const json_t *part); /* seconds; -1: not at all */

/* Was there a next try behind the attempt, or is there one to come? Not behind the last one of a mail that is held. */
bool show_next_try_was(const struct show *, const json_t *part, size_t attempt);

/* ---- show_head.c ---- */
/* The state of a mail is that of its liveliest part. */
extern const char *const show_states[MAILQUEUE_STATE_COUNT];
bool show_is_livelier(enum mailqueue_state, enum mailqueue_state than);
/* Seconds; 0: its mails are tried when they are due. */
int64_t show_put_off(const struct mail_queue *, const struct queue_host *);
/* "[,] since MID 7: CLASS PHASE" and the line end; of a mail that is gone, no MID. */
void show_put_off_why(const struct show *, const char *comma, const struct queue_host *);
/* `counters` of mailqueue_view() */
void show_head(const struct show *, const json_t *counters);

/* ---- show_json.c, show_text.c ---- */
void show_json(const struct show *, const json_t *message);
void show_text(const struct show *, const json_t *message);

#endif
