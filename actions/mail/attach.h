/*
 * What a mail carries besides its text: files by IOS name, the packets of a capture, a text of the run.
 * Read before the message is built; nothing of it blocks the engine. Engine thread only.
 */
#ifndef ACTIONS_MAIL_ATTACH_H
#define ACTIONS_MAIL_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "actions/mail/message.h"
#include "core/err.h"

struct engine;
struct run;
struct template;

#define ATTACH_MAX 16 /* of one mail */

enum attach_kind { ATTACH_TEXT, ATTACH_FILE, ATTACH_CAPTURE };

struct attach_want {
	enum attach_kind kind;
	const char *name; /* of the file ("flash:x"), of the capture, or under which the text travels */
	const char *text; /* of ATTACH_TEXT */
	size_t len;
};

/* The statement's list with the values of the run; at most ATTACH_MAX wants. What they hold is allocated in ctx. */
bool attach_list(const void *ctx, struct run *, const struct template *, struct attach_want *wants,
	size_t *count, struct err *);

/*
 * What there is; borrowed for the call. What cannot be read is left out and told in `missing`, a line each ("attachment
 * flash:x: No such file or directory"; "" when nothing is missing): an alert is worth more than what it carries.
 * NULL with err (class MESSAGE_TOO_BIG, or without memory CONFIG) when there is too much of it.
 */
struct attach_gathered {
	const struct mail_attachment *items;
	size_t count;
	const char *missing;
};
typedef void attach_done_f(void *arg, const struct attach_gathered *, const struct err *);

/* `done` is called once, from the loop. The wants are copied. More than `max` octets in all are refused. Freeing ctx drops the callback. */
void attach_gather(const void *ctx, struct engine *, const struct attach_want *, size_t count, size_t max,
	attach_done_f *done, void *arg);

#endif
