/*
 * The work of eventd-journal: runs journalctl(1), which knows every form that a journal's files may have, and hands
 * on what it prints as messages. Jobs come on standard input:
 *     {"journal":"DIRECTORY"|"","state":"/var/lib/eventd"}
 * "": the system's journal. Where it stands (a cursor) is kept in STATE/positions; the first time it begins with
 * what is logged from then on. Rotation and vacuuming change nothing: the next entry that there is comes next.
 */
#ifndef SYSLOG_JOURNAL_JOURNAL_H
#define SYSLOG_JOURNAL_JOURNAL_H

/* Until standard input ends. */
void journal_run(const void *ctx);

#endif
