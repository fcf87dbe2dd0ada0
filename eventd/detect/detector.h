/*
 * A detector: whatever can be named behind `event` in an applet. One constant row says its word, its
 * grammar, its variables and its functions; detect/registry.c lists the rows. Adding one touches its
 * own file, a line there and its scenario.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/bus.h"
#include "bus/event.h"
#include "bus/spec.h"
#include "cli/kw/kw.h"
#include "core/engine.h"
#include "core/err.h"

struct text;

struct detector {
	const char *name; /* the word after `event` */
	const char *help; /* as IOS prints it behind `event ?` */
	const char *version;
	const struct kw *kw; /* grammar of one statement, SPEC_COMMON_ROWS() at its end */
	size_t spec_size;    /* of the struct that kw fills; begins with struct spec_common */
	size_t data_size;    /* of event->data */
	const struct event_field *fields;

	/* "timer cron" and so on; NULL: the name. */
	const char *(*type)(const void *args);
	/* When typed (final = false: values may hold $variables, then leave them alone) and at commit. */
	bool (*check)(struct engine *, const void *args, bool final, struct err *);
	/* Once for each engine, before anything is armed. */
	bool (*start)(struct engine *, struct err *);
	bool (*arm)(struct spec *, struct err *);
	void (*disarm)(struct spec *);
	/* Confirms; NULL when the detector always publishes to chosen targets. */
	bool (*match)(const struct spec *, const struct event *);
	/* What stands in `show event manager policy registered`; NULL: the options as typed. */
	void (*describe)(const struct spec *, struct text *);
};

/* ORDER: as `event ?` lists them. Ends with NULL. */
extern const struct detector *const detectors[];

const struct detector *detector_find(const char *name);
bool detectors_start(struct engine *, struct err *);

#endif
