/*
 * The files behind one name that is followed: those that were rotated away and are not read to their end yet,
 * oldest first, and last the one that has the name now. Rotation by renaming, by copying and truncating, by
 * deleting and making anew; also while nobody looked, as the position of each is kept. Engine-free: for the
 * helper process and its tests.
 */
#ifndef SYSLOG_FOLLOW_CHAIN_H
#define SYSLOG_FOLLOW_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "core/clock.h"
#include "core/slice.h"
#include "syslog/lines.h"

#define CHAIN_HEAD 256u /* octets at a file's beginning that tell it from others */
#define CHAIN_MAX  16u  /* files of one name that are open */

/* One file. */
struct part {
	int fd;
	dev_t device;
	ino_t inode;
	off_t at;        /* of the next line */
	uint32_t head_n; /* octets of its beginning that were seen */
	uint32_t head_sum;
	struct lines lines;
	usec quiet_since; /* of one that was rotated away */
	TAILQ_ENTRY(part) entry;
};

struct chain {
	const char *path;
	TAILQ_HEAD(part_list, part) parts;
	unsigned count;
	void (*say)(void *arg, const char *text); /* for people */
	void *arg;
	int failed; /* errno that people have been told of */
};

/* `position` is what chain_position() gave, or NULL: then what stands in the file already is not read. */
struct chain *chain_new(const void *ctx, const char *path, const char *position,
	void (*say)(void *arg, const char *text), void *arg);

/* What has become of the name? Then chain_read() for all that there is. */
void chain_look(struct chain *, usec now);

/*
 * Calls f for lines until there is no more or so many octets were read. False: there was nothing; look again
 * when something changes. What was rotated away is let go after a while without news, its last line told as it
 * stands.
 */
typedef void chain_line_f(void *arg, struct slice line, bool cut);
bool chain_read(struct chain *, usec now, chain_line_f *, void *arg);

/* A text for position_save(). The caller frees it. */
char *chain_position(const void *ctx, const struct chain *);

#endif
