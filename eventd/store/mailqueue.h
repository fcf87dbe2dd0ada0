/*
 * The mail queue's rows: pieces of work for store_submit() (the store's thread). They know what a message,
 * its parts (recipients that share a destination) and attempts are, and nothing of mail. What they take and
 * give are JSON objects whose keys are the columns of store/schema.c, unless said.
 */
#ifndef STORE_MAILQUEUE_H
#define STORE_MAILQUEUE_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct db;

/* ORDER: as stored. */
enum mailqueue_state {
	MAILQUEUE_QUEUED,
	MAILQUEUE_ACTIVE, /* an attempt is under way; stored: its final dot may have been said */
	MAILQUEUE_DEFERRED,
	MAILQUEUE_HELD,
	MAILQUEUE_FAILED, /* for good; kept to be seen */
	MAILQUEUE_DONE,   /* kept to be seen while another part of its message is not */
	MAILQUEUE_STATE_COUNT
};

/* REFUSED: for good, the sender was told. KEPT: refused, waits for `mail queue retry`. */
enum mailqueue_recipient { MAILQUEUE_WAITS, MAILQUEUE_SENT, MAILQUEUE_REFUSED, MAILQUEUE_KEPT };

/* What is to be done, some parts at a time: {after, limit} -> {parts: [[...]], last}; ORDER: enum mailqueue_row */
enum mailqueue_row {
	ROW_PART,
	ROW_MID,
	ROW_HOST,
	ROW_STATE,
	ROW_NEXT_TRY,
	ROW_TRIES,
	ROW_UNCONFIRMED,
	ROW_CREATED,
	ROW_SIZE,
	ROW_KIND,
	ROW_WARNED,
	ROW_APPLET,
	ROW_SERVER,
	ROW_DOMAIN,
	ROW_SINCE,
	ROW_RENEWED_AT
};
bool mailqueue_load(struct db *, const json_t *in, json_t **out, struct err *);
/*
 * Once, before: parts whose final dot may have been said, and whose answer is not known, become queued, marked
 * as unconfirmed, with an attempt {class, phase, detail} that says so. -> {recovered}
 */
bool mailqueue_recover(struct db *, const json_t *in, json_t **out, struct err *);

/* {message, text, parts: [{host, domain, state, next_try, recipients: [{rid, mailbox}]}]} -> {mid, parts: [id]} */
bool mailqueue_add(struct db *, const json_t *in, json_t **out, struct err *);

/* {part} -> {request, text, message_id, recipients: [{id, rid, mailbox}], kept}: of those that wait */
bool mailqueue_claim(struct db *, const json_t *in, json_t **out, struct err *);
/* {part, at}: its final dot may be said once this is committed. */
bool mailqueue_sending(struct db *, const json_t *in, json_t **out, struct err *);

/*
 * {part, mid, state, next_try, tries, unconfirmed, class, phase, reason, warned, recipients: [{id, state, ...}],
 * attempt: {...}, bounce: what mailqueue_add() takes, duplicates} -> {bounce: {mid, parts}}. With the
 * last part that is done the message goes.
 */
bool mailqueue_conclude(struct db *, const json_t *in, json_t **out, struct err *);

/* {parts: [id], state, next_try, class, phase, reason}: the last three may be absent. Of
 * queued parts, refused recipients wait again; `renewed` (wall time) is when their time and tries begin anew. */
bool mailqueue_set(struct db *, const json_t *in, json_t **out, struct err *);
/* {part, mid, host, server}: it goes to another server, or to the same by another name */
bool mailqueue_move(struct db *, const json_t *in, json_t **out, struct err *);
/* {mids: [id]} */
bool mailqueue_delete(struct db *, const json_t *in, json_t **out, struct err *);

/* {mid or null, after, limit, attempts, texts} -> {messages: [{..., parts: [{..., recipients, attempts}]}], counters} */
bool mailqueue_view(struct db *, const json_t *in, json_t **out, struct err *);
/* {mid} -> {text, message_id} */
bool mailqueue_text(struct db *, const json_t *in, json_t **out, struct err *);

/* {at, digests: [{add: what mailqueue_add() takes, mids, digested: [{...}]}]} -> {added: [what mailqueue_add() gives]} */
bool mailqueue_digest(struct db *, const json_t *in, json_t **out, struct err *);
/* {digest: message id or null} -> {digested: [{...}]} */
bool mailqueue_digested(struct db *, const json_t *in, json_t **out, struct err *);

#endif
