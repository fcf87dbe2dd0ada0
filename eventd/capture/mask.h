/*
 * Credentials out of one half of a captured conversation, by rules. MASK_SMTP: what a client says in the clear is
 * kept where it is a command or mail text, and starred out where it is a login or cannot be told; TLS is left
 * alone: nobody can read it. MASK_LOGINS: what looks like a login of any protocol (capture/login.h) is starred
 * out. MASK_ALL: everything is.
 * Works on the packets' own octets, in place, by stream position, so that what was sent twice is masked twice.
 * One connection; one thread.
 */
#ifndef CAPTURE_MASK_H
#define CAPTURE_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mask;

enum mask_rules { MASK_SMTP, MASK_LOGINS, MASK_ALL };

/* What it keeps in memory is taken off *budget (borrowed), octets; NULL: so much that one mail has room. */
struct mask *mask_new(const void *ctx, enum mask_rules, size_t *budget);

/* A segment, in the order of capture; all of them, before the first mask_apply(). */
void mask_learn(struct mask *, uint32_t seq, bool syn, const unsigned char *payload, size_t n);

/* Stars in the payload of the same segment. Of what was not kept nobody knows anything: it is starred out whole. */
void mask_apply(struct mask *, uint32_t seq, bool syn, unsigned char *payload, size_t n);

#endif
