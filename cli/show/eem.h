/* What the shows of the event manager share. */
#ifndef CLI_SHOW_EEM_H
#define CLI_SHOW_EEM_H

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

void show_eem_policy_register(struct cli *);   /* policy registered, active, pending */
void show_eem_detector_register(struct cli *); /* detector, version */

#endif
