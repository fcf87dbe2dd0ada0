/*
 * The work of eventd-forward: brings lines to one host (`logging host`). From the engine:
 *     {"host":S,"transport":"udp"|"tcp"|"tls","port":N,"vrf":S|null,"interface":S|null,"origin_address":B,
 *      "trust":[...],"identity":S|null,"identity_wanted":B,"version":N}     once, and when it changes
 *     {"head":S,"line":S}                                                  a line; octets as core/frame.h has them
 *     {"type":"revocation",...}                                            pki/revocation_cache.h
 * and to it:
 *     {"sent":N}                 lines that are with the system, or with the other end's
 *     {"up":true} | {"error":S}  when that changes
 *     {"type":"revocation",...}
 * Names are resolved, connections made and TLS spoken here, where all of it may block. A stream that breaks is made
 * anew after a second, later after up to a minute; the line that was being written is written again. Lines of a
 * stream end with LF (RFC 6587 3.4.2), over TLS they carry their length (RFC 5425 4.3). One thread.
 */
#ifndef LOGGING_FORWARD_FORWARD_H
#define LOGGING_FORWARD_FORWARD_H

/* Until standard input ends; what waits then has two seconds. */
void forward_run(const void *ctx);

#endif
