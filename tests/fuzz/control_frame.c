/*
 * Fuzz target: what a client of the control socket may send. The first byte chooses the privilege and
 * whether a session is open already; the rest is the byte stream. There are no files behind the engine.
 */
#include <stddef.h>
#include <stdint.h>

#include "../lib/clihost.h"
#include "cli/conn.h"
#include "core/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
more(void *arg)
{
	(void)arg;
}

static void
feed_json(struct cli_conn *conn, const char *json)
{
	json_t *m = json_loads(json, 0, NULL);
	struct text *t = text_new(NULL);

	frame_add(t, m);
	cli_conn_feed(conn, t->s, t->len);
	json_decref(m);
	mem_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	struct engine *e = host_new(ctx);
	struct text *out = text_new(ctx);
	struct conn_peer peer = { .user = "fuzz", .level = 15 };
	struct cli_conn *conn;

	if (size > 0 && (data[0] & 2) != 0)
		peer.level = 1;
	conn = cli_conn_new(ctx, e->cli, &peer, out, more, NULL);
	if (size > 0 && (data[0] & 1) != 0) {
		feed_json(conn, "{\"t\":\"hello\",\"version\":1}");
		feed_json(conn, (data[0] & 4) != 0 ? "{\"t\":\"open\",\"json\":true}"
						   : "{\"t\":\"open\",\"terminal\":true}");
	}
	if (size > 1)
		cli_conn_feed(conn, data + 1, size - 1);
	loop_advance(e->loop, 10 * USEC_PER_SEC);
	text_clear(out);
	cli_conn_resume(conn);
	loop_advance(e->loop, 10 * USEC_PER_SEC);
	mem_free(conn);
	mem_free(ctx);
	return 0;
}
