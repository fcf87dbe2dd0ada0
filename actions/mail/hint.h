/* What to do about a failed mail: one sentence for every class of actions/mail/class.h. Constant data; any thread. */
#ifndef ACTIONS_MAIL_HINT_H
#define ACTIONS_MAIL_HINT_H

#include "actions/mail/class.h"

/* `code` is that of the reply that decided, 0 when there was none. Never NULL; "" for MAIL_OK. */
const char *mail_hint(enum mail_class, int code);

#endif
