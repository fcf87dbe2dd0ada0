/*
 * The connection to the server: octets in and out, in the clear or inside TLS, each wait under a deadline
 * and ended by a cancelled job. Helper process only.
 */
#ifndef ACTIONS_MAIL_WIRE_H
#define ACTIONS_MAIL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail/cancel.h"
#include "core/err.h"
#include "pki/tls.h"

struct wire {
	int fd;
	struct tls *tls; /* NULL: in the clear */
	struct cancel *cancel;
	int64_t job_deadline;
	char in[4096];
	size_t in_at, in_len; /* what was read and not yet taken */
};

/* Takes the socket. */
void wire_open(struct wire *, int fd, struct cancel *, int64_t job_deadline);
void wire_close(struct wire *);

/* The moment `ms` from now, or the job's deadline if that is nearer. */
int64_t wire_deadline(const struct wire *, unsigned ms);

/* On failure err->class is TIMEOUT, CONNECTION_LOST or CANCELLED. */
bool wire_write(struct wire *, const void *data, size_t n, int64_t deadline, struct err *);

/* Waits until w->in holds something that was not yet taken. */
bool wire_fill(struct wire *, int64_t deadline, struct err *);

/* Has the server sent anything that we did not ask for? Looks into the socket too, without waiting. */
bool wire_has_input(const struct wire *);

#endif
