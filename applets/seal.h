/*
 * Passwords in the arguments of actions (rulings 22 and 43): in the configuration they are kept as
 * user:{6}CIPHERTEXT@host, in the compiled program they are clear and known to the redaction list
 * for as long as the program lives.
 */
#ifndef APPLETS_SEAL_H
#define APPLETS_SEAL_H

#include "cli/kw/kw.h"
#include "core/engine.h"

struct kw_template;

/* Is this row's value a text that is substituted? */
bool row_is_template(const struct kw *row);

/* Every text in args that is a server string with a password, a URL with one, or secret as a whole (KW_SECRET):
 * sealed in place. */
void seal_args(struct engine *, const struct kw *rows, void *args);

/*
 * The typed text with its password clear, ready for template_new(): characters that would be read as
 * escapes or variables stand behind a backslash. Lives in ctx, and so long the password is redacted.
 */
const char *seal_open(struct engine *, const void *ctx, const struct kw *row, const char *typed);

#endif
