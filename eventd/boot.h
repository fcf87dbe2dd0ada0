/*
 * Reading settings and configuration: at start, on SIGHUP, and for --check. Findings go where the
 * contract says: to standard error and the log at start, to standard output for --check.
 */
#ifndef EVENTD_BOOT_H
#define EVENTD_BOOT_H

#include "core/engine.h"
#include "options.h"

struct settings;

/* All return an exit status. */
int boot_settings(const void *ctx, const struct options *, struct settings **);
int boot_configuration(struct engine *, const struct options *); /* good lines count, unless --strict */
int boot_check(const struct options *);

/* SIGHUP: settings and configuration anew; a wrong one changes nothing at all (rulings 27). */
void boot_reload(struct engine *, const struct options *);

#endif
