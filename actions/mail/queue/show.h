/* `show mail queue [detail]`. */
#ifndef ACTIONS_MAIL_QUEUE_SHOW_H
#define ACTIONS_MAIL_QUEUE_SHOW_H

struct cli;

void queue_show_commands(struct cli *);

#endif
