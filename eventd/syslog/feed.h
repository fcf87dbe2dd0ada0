/*
 * One connection's stream of syslog as its reads come in: who reads puts what was left over in front of what it
 * reads, and gets every whole message. One thread.
 */
#ifndef SYSLOG_FEED_H
#define SYSLOG_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"
#include "syslog/message.h"
#include "syslog/octets.h"

struct feed {
	struct octets octets;
	char *rest; /* the beginning of a message whose end has not come */
	size_t rest_n;
};

/* The most that feed_begin() puts in front. */
#define FEED_REST_MAX (SYSLOG_LINE_MAX + 16u)

void feed_init(struct feed *);

/* Puts what was left over at the beginning of `buf`. Answers how many octets: read behind them. */
size_t feed_begin(const struct feed *, char *buf);

/* `cut`: the message was longer than SYSLOG_LINE_MAX. */
typedef void feed_f(void *arg, struct slice message, bool cut);

/*
 * Every whole message of buf[0..n), which begins with what was left over; keeps the rest in `ctx`. `end`:
 * nothing comes behind it. False: this is no syslog.
 */
bool feed_take(struct feed *, const void *ctx, const char *buf, size_t n, bool end, feed_f *, void *arg);

#endif
