/* The startup configuration as commands see it. Engine thread only. */
#ifndef CLI_STARTUP_H
#define CLI_STARTUP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct conf;
struct session;
struct text;

/* "startup-config is not present" when there is none. */
bool startup_read(const struct conf *, struct text *, struct err *);
bool startup_write(const struct conf *, const char *s, size_t n, struct err *);
bool startup_erase(const struct conf *, struct err *);
/* Saves the running configuration (rulings 27), with what IOS prints: Building configuration..., [OK]. */
bool startup_save(struct session *, struct err *);

#endif
