/* The mail action's row (actions/registry.c lists it) and the configuration lines about mail. */
#ifndef ACTIONS_MAIL_MAIL_H
#define ACTIONS_MAIL_MAIL_H

#include "actions/action.h"

struct engine;

extern const struct action action_mail;

/* Hands the `mail ...` configuration rows to engine->conf. */
void mail_config_start(struct engine *);

#endif
