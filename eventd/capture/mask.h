/*
 * Credentials out of captured SMTP: what a client says in the clear is kept where it is a command or mail
 * text, and starred out where it is a login or cannot be told. TLS is left alone: nobody can read it.
 * Works on the packets' own octets, in place, by stream position, so that what was sent twice is masked twice.
 * One connection; one thread.
 */
#ifndef CAPTURE_MASK_H
#define CAPTURE_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mask;

struct mask *mask_new(const void *ctx);

/* A segment from the client, in the order of capture; all of them, before the first mask_apply(). */
void mask_learn(struct mask *, uint32_t seq, bool syn, const unsigned char *payload, size_t n);

/* Stars in the payload of the same segment. */
void mask_apply(struct mask *, uint32_t seq, bool syn, unsigned char *payload, size_t n);

#endif
