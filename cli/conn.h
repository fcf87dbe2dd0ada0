/*
 * One client of the control protocol (described in cli/server.h), without its socket: bytes in,
 * frames out. Engine thread only.
 */
#ifndef CLI_CONN_H
#define CLI_CONN_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct cli_conn;
struct text;

#define CONN_BACKLOG ((size_t)1 << 20)  /* waiting output that holds up the next line */
#define CONN_LIMIT   ((size_t)64 << 20) /* ... that ends the connection */

struct conn_peer {
	const char *user;
	unsigned level;
};

/* Frames are appended to *out; `more` is called when some were, and when the connection is over. */
struct cli_conn *cli_conn_new(const void *ctx, struct cli *, const struct conn_peer *, struct text *out,
	void (*more)(void *arg), void *arg);
void cli_conn_feed(struct cli_conn *, const void *data, size_t n);
/* Output was taken away: lines that waited for it go on. */
void cli_conn_resume(struct cli_conn *);
bool cli_conn_wants_input(const struct cli_conn *); /* false: enough lines are waiting */
bool cli_conn_is_over(const struct cli_conn *);     /* close when the output is out */

#endif
