/*
 * A long `show`: a worker reads what it is about, then the loop writes it a few hundred rows at a time, so that others
 * get their turn. Engine thread only, but for `read`.
 */
#ifndef CLI_PIECES_H
#define CLI_PIECES_H

#include <stdbool.h>

#include "cli/cmd.h"

struct session;

enum {
	PIECES_ROWS = 256, /* that a piece should write */
	PIECES_DOCUMENT =
		20000, /* of a JSON document, which is made in one go: it says how many it leaves out */
};

struct pieces {
	void *(*read)(void *arg); /* in a worker thread: malloc only; what it returns, free_data() frees */
	void (*free_data)(void *data);
	/* Writes the next rows; false: those were the last, or err says why the command failed. */
	bool (*write)(struct session *, void *arg, void *data, struct err *);
};

/*
 * `arg` is of the command's context and is copied for the worker (`arg_size` bytes, no pointers in it that the
 * engine may free meanwhile): `read` gets the copy, `write` the original.
 */
enum cmd_result pieces_begin(struct session *, const struct pieces *, void *arg, size_t arg_size);

#endif
