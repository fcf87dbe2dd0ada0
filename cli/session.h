/*
 * A CLI session as commands see it: where output goes, who is typing, how to ask, how to wait. A
 * session is owned by its transport (the control socket, a policy's port); a command holds it only
 * while it runs or is parked. Engine thread only.
 *
 * A command that needs time parks the session and goes on in callbacks:
 *
 *   static void
 *   ping_over(void *arg, enum session_end why)      // deadline, Ctrl-C, or the session is gone
 *   ...
 *   return session_wait(s, 5 * USEC_PER_SEC, ping_over, job);      // == CMD_WAIT
 *
 * and later, once, from a timer or a helper's answer: session_done(s) or session_fail(s, &err).
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cmd.h"
#include "core/clock.h"
#include "core/err.h"

struct session;
struct engine;
struct cause;
struct tty;
struct writer;

/* ---- who and where ---- */
struct engine *session_engine(const struct session *);
const char *session_user(const struct session *);     /* "" for a policy's session without a user */
const char *session_tty_name(const struct session *); /* "vty0" */
const char *session_location(const struct session *); /* "local", "10.0.0.1", "EEM:NAME" */
/* "admin on vty0 (local)" or " on vty1 (EEM:NAME)": as log messages name who did it. */
const char *session_who(const struct session *);
unsigned session_level(const struct session *);      /* privilege 0-15 */
struct cause *session_cause(const struct session *); /* borrowed; NULL: a person */
bool session_is_policy(const struct session *);      /* opened by `action cli command` */
const char *session_mode(const struct session *);    /* "exec", "config", "config-applet", ... */

/* The row of the running command: for rows that share a function and differ in cmd.owner. */
const struct exec_cmd *session_row(const struct session *);

/* Memory that lives until the running command ends; watches and timers in it end with it. */
const void *session_cmd_ctx(const struct session *);

/* ---- output ---- */
void session_print(struct session *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void session_write(struct session *, const char *s, size_t n);
/* For EXEC_SHOW commands: text through the filters, or one JSON document. Finished by the session. */
struct writer *session_writer(struct session *);
/* For a `show` with the word `json`: a document, though the session reads text. Before anything else is written. */
struct writer *session_writer_json(struct session *);

/* ---- going on later ---- */
enum session_end {
	SESSION_DEADLINE,    /* the time was up */
	SESSION_INTERRUPTED, /* Ctrl-C */
	SESSION_GONE,        /* the session is being closed: print nothing */
};
/*
 * Has the other end so much output to take that a long command had better wait before it writes more? Only what was
 * written counts: session_write(s, "", 0) writes what the session's writer holds.
 */
enum { SESSION_BACKLOG = 1 << 20 };
bool session_is_behind(const struct session *);

/*
 * `over` is called at most once, when the wait ends otherwise than by session_done()/session_fail();
 * the wait is already over then, and the session reports it: nothing is left to call. For a
 * DEADLINE whose end is no failure (a synchronous policy that goes on behind) `over` may call
 * session_done(); otherwise the command is refused with "% Timed out". deadline 0: none.
 */
typedef void session_over_f(void *arg, enum session_end);
enum cmd_result session_wait(struct session *, usec deadline, session_over_f *over, void *arg);
void session_done(struct session *);
void session_fail(struct session *, const struct err *); /* as CMD_REFUSED */

/* ---- dialogs ---- */
enum ask_kind {
	ASK_LINE,    /* one line; an empty answer means the default that the prompt shows */
	ASK_SECRET,  /* one line, not shown */
	ASK_YESNO,   /* yes or no, or how they begin; else "% Please answer 'yes' or 'no'." and again */
	ASK_CONFIRM, /* "[confirm]": Return or y accepts, anything else does not */
	ASK_COLLECT, /* lines until a blank one or "quit"; text holds them, each with '\n' */
};
struct answer {
	bool yes;         /* of YESNO and CONFIRM */
	const char *text; /* of the others; "" when nothing was there to answer (rulings 24) */
	size_t len;
	bool given; /* false: no terminal and no input to answer from, the default is used */
};
/*
 * Prints `prompt` as it stands (with its own blanks and newlines) and waits for an answer. Ctrl-C
 * or the end of the session cancels the command without calling `answered`: what the command holds
 * belongs in session_cmd_ctx(). Inside `answered` the command asks again, waits, or calls
 * session_done() / session_fail(). Returns CMD_WAIT.
 */
typedef void session_answer_f(struct session *, const struct answer *, void *arg);
enum cmd_result session_ask(
	struct session *, enum ask_kind, const char *prompt, session_answer_f *, void *arg);

/*
 * The session as the terminal of a synchronous policy (core/tty.h). Valid while the command is
 * parked with session_wait(). A pending tty->ask() gets NULL when the wait ends.
 */
struct tty *session_tty(struct session *);

/* ---- what terminal and session commands change ---- */
struct session_term {
	unsigned length, width; /* 0: no paging, no wrapping */
	unsigned history;       /* lines kept */
	bool monitor;           /* terminal monitor */
	bool timestamp;         /* terminal exec prompt timestamp */
};
struct session_term *session_term(struct session *);
/* `file prompt quiet`: files are copied and deleted without questions. */
bool session_is_quiet(const struct session *);

#endif
