/* `logging count`: how often each message came, and when last. Engine thread only. */
#ifndef LOGGING_COUNT_H
#define LOGGING_COUNT_H

#include "core/log.h"
#include "logging/logging.h"

struct counts;

struct counts *counts_new(const void *ctx);
void counts_add(struct counts *, const struct log_entry *); /* debug lines have no name: not counted */
void counts_each(const struct counts *, void (*f)(void *arg, const struct logging_count *), void *arg);

#endif
