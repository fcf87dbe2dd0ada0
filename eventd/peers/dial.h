/* Connecting to a daemon of this device without waiting: it is there, or it is not. Any thread. */
#ifndef PEERS_DIAL_H
#define PEERS_DIAL_H

#include "core/err.h"

/* A connected stream socket that does not block, or -1: err says why, beginning with the path. */
int dial_unix(const char *path, struct err *);

#endif
