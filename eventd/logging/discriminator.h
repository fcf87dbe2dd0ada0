/*
 * `logging discriminator NAME ...`: which messages a destination gets, by facility, mnemonic, text, severity and
 * number. Made from its line anew whenever the configuration changes. Engine thread only.
 */
#ifndef LOGGING_DISCRIMINATOR_H
#define LOGGING_DISCRIMINATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "logging/rows.h"

struct discriminator;

/* The expressions have been checked when they were typed. */
struct discriminator *discriminator_new(const void *ctx, const struct discriminator_args *);

/* Does this line pass? Counts those that do not. NULL lets all pass. */
bool discriminator_passes(struct discriminator *, const struct log_entry *);

const char *discriminator_name(const struct discriminator *);
uint64_t discriminator_dropped(const struct discriminator *);

#endif
