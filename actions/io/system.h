/* Actions upon the device itself, and the configuration that allows them. */
#ifndef ACTIONS_IO_SYSTEM_H
#define ACTIONS_IO_SYSTEM_H

struct engine;

/* Hands `event manager allow {reload | force-switchover} COMMAND` to engine->conf. */
void system_config_start(struct engine *);

#endif
