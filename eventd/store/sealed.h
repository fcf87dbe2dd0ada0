/*
 * An identity (pki/identity.h) whose key is sealed with the machine key, made ready for a helper process that
 * shows its certificate to others. Engine thread only.
 */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include <jansson.h>

struct secrets;

/*
 * Its JSON text with the key in the clear, wiped when freed; what jansson held of the key is wiped here. NULL:
 * there is no identity (`sealed` is NULL), or its key is not one of this machine.
 */
const char *sealed_identity(const void *ctx, const struct secrets *, const json_t *sealed);

#endif
