/* The configuration lines and commands about the DNS: `ip name-server`, `dnssec ...`, `show mail dnssec`. */
#ifndef ACTIONS_MAIL_DNS_COMMANDS_H
#define ACTIONS_MAIL_DNS_COMMANDS_H

struct engine;

/* Hands them in; engine->resolver, conf and cli are there. */
void mail_dns_commands(struct engine *);

#endif
