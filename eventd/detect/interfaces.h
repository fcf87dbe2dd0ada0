/*
 * Which interfaces a statement means: `interface {IFNAME | regexp RE}` (WORDS_INTERFACES). Names are
 * compared as the kernel has them, patterns match the names that people see.
 */
#ifndef DETECT_INTERFACES_H
#define DETECT_INTERFACES_H

#include <stdbool.h>

#include "cli/kw/kw.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/regex.h"

struct interfaces_wanted {
	const struct engine *engine; /* not its settings: SIGHUP replaces them */
	const char *name;            /* as it was typed; NULL: any, or the pattern */
	struct regex *pattern;
};

/* Both unset: every interface. */
bool interfaces_wanted(const void *ctx, const struct engine *, const struct kw_str *ifname,
	const struct kw_str *regexp, struct interfaces_wanted *, struct err *);
bool interfaces_want(const struct interfaces_wanted *, struct regex_scratch *, const char *kernel_name);

#endif
