/* What the shows of the event manager share. */
#ifndef CLI_SHOW_EEM_H
#define CLI_SHOW_EEM_H

#include "cli/kw/kw.h"
#include "core/clock.h"

struct cli;
struct writer;
struct engine;

/* "Mon May 29 22:55:49 2017": registration and creation times; the day without padding (rulings 15). */
void eem_date(usec wall, char out[40]);
/* "Sun May17 18:06:42 2026": history, active, pending. */
void eem_glued_date(usec wall, char out[40]);

/* Another row of a text table: pads with blanks to `column`, at least one. */
void eem_cell(struct writer *, unsigned *at, unsigned column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* "0.012": run times. */
void eem_seconds(usec, char out[32]);
/* The name of a scheduler class: "default", "A". */
const char *eem_class(char class, char out[8]);
/* `queue-type {applet | script}`: values of enum policy_kind. */
extern const struct kw_alternative eem_queue_types[];

void show_eem_history_register(struct cli *);  /* history events, traps */
void show_eem_policy_register(struct cli *);   /* policy registered */
void show_eem_queue_register(struct cli *);    /* policy active, pending; scheduler thread */
void show_eem_files_register(struct cli *);    /* policy available, directory user */
void show_eem_damping_register(struct cli *);  /* damping */
void show_eem_detector_register(struct cli *); /* detector, version */

#endif
