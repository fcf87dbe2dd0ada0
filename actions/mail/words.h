/* The words of the mail commands for how a connection is secured. */
#ifndef ACTIONS_MAIL_WORDS_H
#define ACTIONS_MAIL_WORDS_H

#include "cli/kw/kw.h"

extern const struct kw_alternative mail_secure_words[]; /* enum mail_secure */
extern const struct kw_alternative mail_dane_words[];   /* enum mail_dane */

#endif
