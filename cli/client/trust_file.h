/* Trust that a user of eventctl brings along as a file, where no daemon has trustpoints. One thread. */
#ifndef CLI_CLIENT_TRUST_FILE_H
#define CLI_CLIENT_TRUST_FILE_H

#include <stdbool.h>

#include "core/err.h"
#include "pki/trust.h"

/* Each certificate of the file becomes an anchor, named by its subject and checked for no revocation. */
bool trust_file_add(struct trust *, const char *path, struct err *);

#endif
