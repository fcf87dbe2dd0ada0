/*
 * A listener behind which a helper process reads: TLS connections, files, the journal. The helper sends
 * messages in packets (syslog/wire.h), and on its other channel (core/helper.h) what it has to say:
 *     {"type":"log","facility":"SYSLOG","severity":4,"mnemonic":"TLS","text":"..."}
 *     {"type":"refused"}      a connection that was no good
 *     {"type":"connections","n":N}
 *     {"type":"revocation",...}  of pki/revocation_cache.h
 * It is started again when it ends by itself. Engine thread only.
 */
#ifndef SYSLOG_RELAY_H
#define SYSLOG_RELAY_H

#include <stdbool.h>

#include <jansson.h>

#include "core/err.h"

struct listener;
struct relay;

/*
 * `program` is the helper's; `fd` is passed along as WIRE_LISTEN_FD, -1: none. Nothing runs before it has
 * been told what to do. NULL: err.
 */
struct relay *relay_new(struct listener *, const char *program, int fd, struct err *);

/* What the helper is to do: told when it differs from what it knows. Takes the reference. */
void relay_tell(struct relay *, json_t *job);

/* What others have learnt of revocation since it was told last (pki/learnt.h), if it runs. */
void relay_brief(struct relay *);

/*
 * No messages from now on; what the helper has read and we have not seen, it reads again next time. It ends by
 * itself and counts in intake->ending until then. Frees the relay, in any case.
 */
void relay_end(struct relay *);

const struct helper *relay_helper(const struct relay *);

#endif
