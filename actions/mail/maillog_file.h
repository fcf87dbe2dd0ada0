/*
 * The file of the delivery log: lines are collected and written by a worker thread, so that a slow disk
 * holds up nothing; a file that has grown to its size makes room (NAME.1 is the newest of the old).
 * Engine thread only.
 */
#ifndef ACTIONS_MAIL_MAILLOG_FILE_H
#define ACTIONS_MAIL_MAILLOG_FILE_H

#include <stddef.h>

struct engine;
struct maillog_file;

/* The path is created with mode 0640 when the first line comes. What waits is written when it is freed. */
struct maillog_file *maillog_file_new(
	const void *ctx, struct engine *, const char *path, size_t size, unsigned count);

/* One line, without its newline. */
void maillog_file_add(struct maillog_file *, const char *line, size_t n);

#endif
