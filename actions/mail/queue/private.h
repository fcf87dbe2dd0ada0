/*
 * What the files of the mail queue share: the index of what is kept, by message, part and host. A part is
 * the recipients of one message at one destination: they are attempted together. Engine thread only.
 */
#ifndef ACTIONS_MAIL_QUEUE_PRIVATE_H
#define ACTIONS_MAIL_QUEUE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>
#include <uthash.h>

#include "actions/mail/destination/profile.h"
#include "actions/mail/queue/queue.h"
#include "cli/cmd.h"
#include "core/clock.h"
#include "store/mailqueue.h"
#include "store/store.h"

struct attempt;
struct queue_command;
struct heap;
struct submission;

enum { QUEUE_MESSAGES_MAX = 1000, QUEUE_MIB_MAX = 100 }; /* unless configured */
enum { QUEUE_FAILED_MAX = 1000 };                        /* that are kept to be seen */

/* ORDER: as stored. */
enum queue_kind { QUEUE_MAIL, QUEUE_BOUNCE, QUEUE_WARNING, QUEUE_DIGEST };

/* A server or a domain: what answers or does not, for all its messages alike. */
struct queue_host {
	const char *name; /* "mail.example.net:587", or a recipient domain */
	UT_hash_handle hh;
	struct mail_queue *queue;
	TAILQ_ENTRY(queue_host) link; /* among those with something due */
	bool is_linked;
	TAILQ_HEAD(, queue_part) fresh, due; /* first attempts go before repeated ones */
	size_t parts;                        /* of any state */
	unsigned active, slow;
	bool proven; /* the last attempt got an answer */
	usec put_off_until;
	unsigned failures;     /* attempts to connect in a row */
	uint64_t failed_mid;   /* the message of the last of them */
	enum mail_class class; /* of the last of them */
	enum mail_phase phase;
	struct timer *timer; /* when the put-off ends */
};

struct queue_message {
	uint64_t mid;
	UT_hash_handle hh;
	const char *applet, *server; /* shown form; interned */
	usec created;                /* wall: when it was accepted */
	usec born; /* monotonic, since then or since a retry: a clock that is set makes no mail old */
	size_t size;
	enum queue_kind kind;
	bool warned;
	unsigned part_count;
	LIST_HEAD(, queue_part) parts;
	struct submission *submission; /* who waits for the first attempt, or NULL */
};

struct queue_part {
	uint64_t id;
	UT_hash_handle hh;
	struct queue_message *message;
	struct queue_host *host;
	LIST_ENTRY(queue_part) sibling;
	TAILQ_ENTRY(queue_part) link; /* in a lane of the host */
	const char *domain;           /* of direct delivery; NULL: the server that the action names */
	enum mailqueue_state state;
	bool in_lane, is_fresh;
	bool is_waiting;  /* deferred because of the host: due when the host is back */
	bool is_stale;    /* too old to go on waiting: looked at without an attempt */
	bool is_reported; /* who waits for the message knows of this part */
	bool hold;        /* to be held when the attempt under way ends */
	unsigned tries, unconfirmed;
	unsigned renewed_at; /* how many tries were made before the last retry */
	usec next_try;       /* monotonic; of deferred ones */
	size_t heap_at;      /* place in the heap; 0: not in it */
	struct attempt *attempt;
};

struct interned; /* a text that many messages share */

struct mail_queue {
	struct engine *engine;
	struct store *store;
	struct queue_host *hosts;       /* by name */
	struct queue_message *messages; /* by mid */
	struct queue_part *parts;       /* by id */
	struct interned *texts;
	struct heap *deferred; /* by next_try */
	struct timer *timer;   /* the first of them is due */
	struct timer *kick;    /* hand out again, from the loop */
	struct timer *reading; /* what is kept could not be read: again */
	TAILQ_HEAD(, queue_host) ready;
	size_t bytes, count, kept_failed; /* of what counts against the limits; and what does not */
	size_t offered_bytes, offered;    /* on their way into the store */
	unsigned active, slow;
	unsigned parallel, parallel_max, per_host;
	size_t max_messages, max_bytes;
	bool disabled;                          /* no event manager mail queue */
	bool opened, loaded, is_read, stopping; /* mails may be offered; attempts may begin */
	uint64_t load_after;
	LIST_HEAD(, queue_command) commands; /* that wait for a commit */
	uint64_t last_command;
	TAILQ_HEAD(, submission) early; /* offered before the queue was read */
	mail_queue_loaded_f *on_loaded;
	void *on_loaded_arg;
};

/* ---- index.c ---- */
struct queue_message *queue_message_add(struct mail_queue *, uint64_t mid, const char *applet,
	const char *server, usec created, size_t size, enum queue_kind);
struct queue_part *queue_part_add(struct queue_message *, struct mail_queue *, uint64_t id, const char *host,
	const char *domain, enum mailqueue_state);
/* Its time to expire begins then (wall). */
void queue_message_born(const struct mail_queue *, struct queue_message *, usec since);
/* Tries since a retry: what back-off and max-tries count. */
unsigned queue_part_tries(const struct queue_part *);
usec queue_message_age(const struct mail_queue *, const struct queue_message *);
struct queue_message *queue_message_find(const struct mail_queue *, uint64_t mid);
struct queue_part *queue_part_find(const struct mail_queue *, uint64_t id);
/* Its server is called so now. */
void queue_message_at(struct mail_queue *, struct queue_message *, const char *server);
/* It goes to another host, and is in no lane yet. */
void queue_part_move(struct mail_queue *, struct queue_part *, const char *host);
/* Forgets the part, and its message with the last one. */
void queue_part_drop(struct mail_queue *, struct queue_part *);
/* The same for a whole message; an attempt under way is given up. */
void queue_message_drop(struct mail_queue *, struct queue_message *);
void queue_index_clear(struct mail_queue *); /* the queue ends */
/* Leaves lane and heap, takes the state, and goes where parts of that state are. */
void queue_part_place(struct mail_queue *, struct queue_part *, enum mailqueue_state, usec next_try);
usec queue_wall_of(const struct mail_queue *, usec mono);

/* ---- schedule.c ---- */
void queue_schedule(struct mail_queue *);      /* hands out what may start now */
void queue_schedule_soon(struct mail_queue *); /* the same, from the loop */
/* When the part is due again behind `tries` attempts (jitter included): from now, monotonic. */
usec queue_back_off(struct mail_queue *, const struct bounce_profile *, unsigned tries);
void queue_host_answered(struct mail_queue *, struct queue_host *);
/* By the attempt for the part; its host is put off for `wait`. */
void queue_host_failed(struct mail_queue *, const struct queue_part *, const struct mail_result *, usec wait);
void queue_host_clear(struct mail_queue *, struct queue_host *); /* `flush`: no put-off */
const struct bounce_profile *queue_bounce_profile(const struct mail_queue *, const struct queue_part *);

/* ---- attempt.c ---- */
/* The part leaves its lane. A stale one is concluded with its host's failure, and nothing is sent. */
void queue_attempt_start(struct mail_queue *, struct queue_part *);
void queue_attempt_cancel(struct queue_part *);
/* A job has come to its final dot: that it may say it is written down first. `arg` is the queue. */
void queue_attempt_announced(void *arg, const struct mail_job *);

/* ---- conclude.c ---- */
/*
 * `claim` is what mailqueue_claim() gave; without `attempted` nothing was sent, the part has grown old. The
 * part stays active until what became of it is committed.
 */
void queue_conclude(struct mail_queue *, struct queue_part *, const json_t *claim, const struct mail_result *,
	bool attempted);

/* ---- queue.c ---- */
/* Submits a work that must succeed in the end: while the disk is full it is tried again each second. */
typedef void queue_stored_f(struct mail_queue *, const json_t *in, const json_t *out);
void queue_store(struct mail_queue *, store_work_f *, json_t *in, queue_stored_f *done);

/* ---- commands.c ---- */
struct session;
typedef void queue_refused_f(struct mail_queue *, const json_t *in);
/*
 * Carries out a work; `done` ends with queue_command_done(), which answers the session "N mails WHAT" behind the
 * commit. What the store refuses (a full disk) is not tried again: the session fails with the reason, behind
 * `refused` (may be NULL). `what` lives as long as the session's command.
 */
enum cmd_result queue_command(struct session *, struct mail_queue *, store_work_f *, json_t *in,
	queue_stored_f *done, queue_refused_f *refused, size_t count, const char *what);
queue_stored_f queue_command_done;
void queue_commands_forget(struct mail_queue *); /* the queue ends before they are answered */

/* ---- bounce.c ---- */
enum queue_notice { NOTICE_FAILED, NOTICE_DELAYED };
/*
 * What tells the sender: mailqueue_add() takes it. NULL when nobody is to be told (a bounce itself).
 * `failed` lists the recipients (objects with mailbox, class, phase, code, enhanced, reply).
 */
json_t *queue_bounce_make(struct mail_queue *, const struct queue_part *, const json_t *claim,
	enum queue_notice, const json_t *failed, const struct mail_result *);

#endif
