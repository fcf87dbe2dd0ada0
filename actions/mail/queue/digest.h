/*
 * `mail queue digest`: an outage leaves a heap of old alarms; those of one applet for the same people become
 * one mail. What was collapsed is recorded. Engine thread only.
 */
#ifndef ACTIONS_MAIL_QUEUE_DIGEST_H
#define ACTIONS_MAIL_QUEUE_DIGEST_H

struct cli;

void queue_digest_commands(struct cli *);

#endif
