/*
 * The messages of AgentX (RFC 2741) between us, who know some objects, and the master agent: read and written,
 * without a socket. The master's octets are foreign: every length is checked. Any thread.
 */
#ifndef SNMP_AGENTX_H
#define SNMP_AGENTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/text.h"
#include "snmp/job.h"

enum { AGENTX_HEADER = 20, AGENTX_PAYLOAD_MAX = 65536 };

enum agentx_type {
	AGENTX_OPEN = 1,
	AGENTX_CLOSE = 2,
	AGENTX_REGISTER = 3,
	AGENTX_GET = 5,
	AGENTX_GETNEXT = 6,
	AGENTX_GETBULK = 7,
	AGENTX_TESTSET = 8,
	AGENTX_COMMITSET = 9,
	AGENTX_UNDOSET = 10,
	AGENTX_CLEANUPSET = 11,
	AGENTX_RESPONSE = 18,
};

/* Codes of a response (RFC 2741 6.2.16; RFC 3416 3). */
enum agentx_error {
	AGENTX_NO_ERROR = 0,
	AGENTX_GEN_ERR = 5,
	AGENTX_WRONG_TYPE = 7,
	AGENTX_COMMIT_FAILED = 14,
	AGENTX_UNDO_FAILED = 15,
	AGENTX_NOT_WRITABLE = 17
};

struct agentx_header {
	enum agentx_type type;
	uint8_t flags;
	uint32_t session, transaction, packet, payload; /* octets behind the header */
};

/* Where an answer is looked for: from `start` (itself too when it is included) up to, not with, `end`. */
struct agentx_range {
	struct object_id start, end; /* end.n 0: no end */
	bool include;
};

/* Octets of the message that the data begin with; 0: the header is not there yet. False: no AgentX. */
bool agentx_size(const void *data, size_t n, size_t *size, struct err *);

struct agentx_pdu {
	struct agentx_header head;
	struct agentx_range *ranges; /* of the gets */
	size_t nranges;
	struct snmp_var *vars; /* of a TestSet */
	size_t nvars;
	uint16_t error, index; /* of a Response */
};

/* One whole message; everything in it is allocated in ctx. NULL with err: it is none. */
struct agentx_pdu *agentx_read(const void *ctx, const void *data, size_t n, struct err *);

/* ---- what we say ---- */
void agentx_open(struct text *, uint32_t packet, const char *description);
void agentx_register(
	struct text *, uint32_t session, uint32_t packet, const struct object_id *, unsigned seconds);
void agentx_close(struct text *, uint32_t session, uint32_t packet);

/* A variable of a response: a value, or that there is none. */
enum agentx_found { AGENTX_VALUE, AGENTX_NO_OBJECT, AGENTX_NO_INSTANCE, AGENTX_END_OF_VIEW };
struct agentx_result {
	enum agentx_found found;
	struct object_id id;
	enum object_type type;
	const char *value;
	size_t len;
};
void agentx_response(struct text *, const struct agentx_header *to, enum agentx_error, unsigned index,
	const struct agentx_result *, size_t n);

#endif
