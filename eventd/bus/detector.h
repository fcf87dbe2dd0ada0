/*
 * A detector: whatever can be named behind `event` in an applet. One constant row says its word, its
 * grammar, its variables and its functions; detect/registry.c lists the rows and hands them to the
 * bus. Adding one touches its own file, a line there and its scenario. Engine thread only.
 */
#ifndef BUS_DETECTOR_H
#define BUS_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/event.h"
#include "bus/spec.h"
#include "cli/kw/kw.h"
#include "core/engine.h"
#include "core/err.h"

struct bus;
struct text;

struct detector {
	const char *name;  /* the word after `event` */
	const char *alias; /* another spelling of it, accepted only; NULL: none */
	const char *help;  /* as IOS prints it behind `event ?` */
	const char *note;  /* sentences for the manual: what it needs besides, what decides; NULL: none */
	const char *version;
	const struct kw *kw; /* grammar of one statement, SPEC_COMMON_ROWS() at its end */
	size_t spec_size;    /* of the struct that kw fills; begins with struct spec_common */
	size_t data_size;    /* of event->data */
	const struct event_field *fields;

	bool awaited;       /* what publishes its events comes later: bus_detector_come() */
	bool of_scripts;    /* script policies only: no word behind `event` in applets */
	bool is_foreign;    /* its events tell what strangers wrote: messages made of them prove nothing */
	bool not_by_itself; /* an applet is not triggered by what it caused (rulings 44) */

	/* What its events are told apart by when they are damped: names of variables, commas between.
	 * NULL: what they say. */
	const char *key;
	/* Variable that names the device an event came from, where that may be another; "local": this one.
	 * NULL: what happens is always this device's own. */
	const char *device;
	/* One line of what happened, control bytes shown; NULL: the variables. */
	void (*say)(const struct event *, struct text *);

	/* "timer cron" and so on; NULL: the name. */
	const char *(*type)(const void *args);
	/* What was typed in several ways becomes one; once, before check(). */
	void (*normalise)(void *args);
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

/* The table (ending with NULL) is handed in once; starts every detector. */
bool bus_detectors(struct bus *, const struct detector *const *, struct err *);
const struct detector *const *bus_detector_table(const struct bus *);
const struct detector *bus_detector_find(const struct bus *, const char *name);

/*
 * Is there anybody who publishes this detector's events? Until then its statements are accepted, listed
 * and registered, and wait; when it comes they are armed. Both may be asked again and again.
 */
bool bus_detector_is_there(const struct bus *, const struct detector *);
void bus_detector_come(struct bus *, const struct detector *);

/* Have its events a variable of that name, without `$`? Those of single events are not known. */
bool detector_has_variable(const struct detector *, const char *name);
/*
 * What a detector needs to see events ("keepalived's FIFO: ..."), NULL: nothing. Its statements are armed all the
 * same, and each is told of it, those that come later too: spec_lacks().
 */
void bus_detector_lacks(struct bus *, const struct detector *, const char *what);
const char *bus_detector_lack(const struct bus *, const struct detector *); /* NULL: nothing */

/* Where a detector keeps what it needs for this engine: allocate it in the bus. Take the value at once,
 * the place moves. */
void **bus_detector_state(struct bus *, const struct detector *);

#endif
