/* The commands of the syslog intake: show logging received. */
#ifndef SYSLOG_SHOW_H
#define SYSLOG_SHOW_H

struct cli;

void intake_commands(struct cli *);

#endif
