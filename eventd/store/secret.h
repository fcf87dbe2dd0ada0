/*
 * Secrets at rest: passwords in the configuration are kept as {6}CIPHERTEXT, encrypted with the
 * machine key, a file of 32 random bytes (mode 0600) in the state directory. AES-256-GCM; the text
 * is base64url of nonce, ciphertext and tag, so it holds no ':', '@', blank or quote. Engine thread.
 */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct secrets;
struct text;

/* Reads the key, or makes it when there is none yet. path NULL: a key of this process only (checks). */
struct secrets *secrets_open(const void *ctx, const char *path, struct err *);

/*
 * The key that is there, for a check: nothing is made or written. Without a good one a key of this process, and err says
 * why (ERR_NOT_FOUND: there is none).
 */
struct secrets *secrets_look(const void *ctx, const char *path, struct err *);
/* False: the key is of this process only, so that no text of a configuration can be read. */
bool secrets_are_kept(const struct secrets *);

/* "{6}..." for n bytes of s. */
char *secret_encrypt(const struct secrets *, const void *ctx, const char *s, size_t n);

/* As it, and equal texts become equal: for values that tell lines of the configuration apart. */
char *secret_encrypt_alike(const struct secrets *, const void *ctx, const char *s, size_t n);

/*
 * The clear text of "{6}..." (n bytes), wiped when freed; NULL when s has no such form or does not
 * verify under this key: then it is an ordinary password (README decision 3).
 */
char *secret_decrypt(const struct secrets *, const void *ctx, const char *s, size_t n);

/*
 * The password inside `user:password@host` or `scheme://user:password@rest`, as offsets into s
 * (rulings 43: only when s parses whole as such and holds no blank). False when there is none.
 */
bool secret_find(const char *s, size_t *start, size_t *end);

/* A configuration value: an embedded clear password becomes {6}...; anything else stays as it is. */
char *secret_seal(const struct secrets *, const void *ctx, const char *value);
/* The reverse, for use: an embedded {6} password that verifies becomes clear again. Wiped when freed. */
char *secret_unseal(const struct secrets *, const void *ctx, const char *value);
/* For show: the embedded password, clear or sealed, becomes ********. */
char *secret_mask(const void *ctx, const char *value);

#endif
