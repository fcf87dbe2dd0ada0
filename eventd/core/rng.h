/*
 * Random numbers of one engine: seeded from the kernel, or from a number so that a run repeats.
 * For ids, jitter and tests; keys and nonces come from the kernel (getrandom) directly.
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stdint.h>

struct rng;

struct rng *rng_new(const void *ctx, uint64_t seed); /* 0: from the kernel */
uint64_t rng_next(struct rng *);
uint64_t rng_below(struct rng *, uint64_t n); /* 0..n-1; n > 0 */

#endif
