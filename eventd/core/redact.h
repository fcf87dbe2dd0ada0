/*
 * The secrets we know, so that none is ever shown (rulings 22 and 43): every text on its way to a
 * screen, a log, a trace, the history or a mail passes redact(). Secrets under six characters are
 * not looked for. Kept in locked memory, counted: forgotten when the last owner forgets. One
 * thread a set.
 */
#ifndef CORE_REDACT_H
#define CORE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

struct redact;
struct text;

struct redact *redact_new(const void *ctx);
void redact_learn(struct redact *, const char *secret);
void redact_forget(struct redact *, const char *secret);

/* Communities that everybody knows are words of ordinary sentences: learning them would hide those. */
bool redact_is_word(const char *secret);

/* Replaces each known secret in t by ********; `from` is where to begin. */
void redact_text(const struct redact *, struct text *t, size_t from);

#endif
