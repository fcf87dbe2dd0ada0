/*
 * What the engine and eventd-lua say to each other, as frames (core/frame.h). The engine begins:
 *
 *   {"type":"start", "mode":"register"|"run", "name":FILE, "text":BYTES, "seconds":N}
 *
 * The process then calls, one call at a time, and is answered:
 *
 *   {"type":"call", "id":N, "name":"syslog", "args":{...}, "at":"FILE:12"}
 *   {"type":"answer", "id":N, "value":VALUE}
 *   {"type":"answer", "id":N, "error":{"code":"FH_...", "message":TEXT}}
 *
 * Its last word is one of
 *
 *   {"type":"result", "status":N}
 *   {"type":"error", "code":"FH_...", "message":TEXT, "at":"FILE:12"}
 *
 * and its first, once nothing it holds can do harm: {"type":"sandbox", "seccomp":BOOL, "landlock":N}
 * (N: version of the kernel's interface, 0 = none).
 *
 * BYTES are any octets: a JSON string where they are UTF-8, else {"$bytes":"HEX"}.
 */
#ifndef APPLETS_LUA_WIRE_H
#define APPLETS_LUA_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define WIRE_FRAME_MAX  ((size_t)16 * 1024 * 1024) /* one message of the process */
#define WIRE_SOURCE_MAX ((size_t)1024 * 1024)      /* a policy or library */
#define WIRE_MEMORY_MAX ((size_t)64 * 1024 * 1024) /* what one policy may allocate */

#define WIRE_BYTES_KEY "$bytes"

json_t *wire_bytes(const char *s, size_t n);

/* The octets, NUL-terminated, in ctx (or in the JSON value itself); NULL: the value is none. */
const char *wire_text(const void *ctx, const json_t *, size_t *n);

#endif
