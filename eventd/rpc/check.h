/*
 * What has to be fetched before a client's certificate is believed (pki/tls_check.h), each in a thread of its own:
 * who shows the certificate waits for it, nobody else does. Helper only, one thread but for those here.
 */
#ifndef RPC_CHECK_H
#define RPC_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct checks;
struct revocation_cache;
struct tls_check;

/* Keeps `cache`, which learns what is fetched. NULL with err. */
struct checks *checks_new(const void *ctx, struct revocation_cache *cache, struct err *err);

/* Takes the check, also when it returns false: too many are under way. */
bool checks_start(struct checks *, int64_t id, struct tls_check *);

/* Readable when one has ended: checks_turn() then tells which, and why its certificate is not believed. */
int checks_fd(const struct checks *);
typedef void checks_f(void *arg, int64_t id, bool good, const struct err *why);
void checks_turn(struct checks *, checks_f *, void *arg);

#endif
