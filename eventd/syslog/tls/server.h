/*
 * The work of eventd-tls: accepts TLS connections on WIRE_LISTEN_FD, cuts what they say into messages and hands
 * those over as packets. Jobs come on standard input:
 *     {"identity":"{...}"|null,"clients":[...]|null}
 *     {"type":"revocation",...}   what others have learnt
 * identity: the text of pki/identity.h, null: nobody is let in yet; clients: pki/trust.h, null: no
 * certificates are asked for. A new job counts for connections that come after it. A client that is no good costs
 * its connection and a line of the log. What is learnt of revocation goes to the engine (pki/revocation_cache.h).
 * One thread, but for syslog/tls/inquiry.h.
 */
#ifndef SYSLOG_TLS_SERVER_H
#define SYSLOG_TLS_SERVER_H

#include <stdbool.h>

/* Until standard input ends. False: threads are still at work, end without them. */
bool server_run(const void *ctx);

#endif
