/*
 * DNSSEC trust anchors as files have them: DS and DNSKEY records in master file form (RFC 1035 5.1), as
 * /usr/share/dns/root.key, `dnssec-signzone` and `kzonesign` write them. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_DNS_ANCHOR_H
#define ACTIONS_MAIL_DNS_ANCHOR_H

#include <stddef.h>

#include "core/err.h"

#define ANCHOR_FILE_MAX (64u * 1024u)
#define ANCHOR_SYSTEM   "/usr/share/dns/root.key" /* of Debian's dns-root-data */

/*
 * Each record on a line of its own, comments and parentheses removed; other records and $ lines are
 * passed over. NULL with err when there is none.
 */
char **anchor_records(const void *ctx, const char *text, size_t *n, struct err *);

#endif
