/*
 * The work of eventd-follow: reads files as they grow and hands their lines on. Jobs come on standard input:
 *     {"files":["/var/log/messages",...],"state":"/var/lib/eventd"}
 * A new job replaces the one before. Positions are kept in STATE/positions; without a state directory nothing
 * is kept. Sequential; it may block.
 */
#ifndef SYSLOG_FOLLOW_FOLLOW_H
#define SYSLOG_FOLLOW_FOLLOW_H

/* Until standard input ends. */
void follow_run(const void *ctx);

#endif
