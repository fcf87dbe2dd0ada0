/*
 * The configuration lines and commands about the DNS: `ip name-server`, `dnssec ...`, `show mail dnssec`,
 * `daneverify`.
 */
#ifndef ACTIONS_MAIL_DNS_COMMANDS_H
#define ACTIONS_MAIL_DNS_COMMANDS_H

struct cli;
struct engine;

/* Hands them in; engine->resolver, conf and cli are there. */
void mail_dns_commands(struct engine *);

void mail_dns_daneverify(struct cli *); /* daneverify.c */

#endif
