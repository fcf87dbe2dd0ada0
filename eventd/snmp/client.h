/*
 * The engine's end of SNMP: jobs to the helper eventd-snmp, answers to whoever asked, and what the helper
 * reports by itself to the detectors that registered for it. The helper starts with the first use; when it
 * dies, what was under way fails and the next job starts it again. Engine thread only.
 */
#ifndef SNMP_CLIENT_H
#define SNMP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/engine.h"
#include "snmp/job.h"

struct helper;
struct snmp_ticket;

struct snmp *snmp_new(const void *ctx, struct engine *);
const struct helper *snmp_helper(const struct snmp *); /* for `show system processes` */

/* The answer is borrowed for the call. */
typedef void snmp_done_f(void *arg, const struct snmp_answer *);

/*
 * Carries the job out (it is copied). `done` is called once, from the loop. Freeing the ticket (or ctx)
 * cancels the job and drops the callback.
 */
struct snmp_ticket *snmp_submit(
	const void *ctx, struct snmp *, const struct snmp_job *, snmp_done_f *done, void *arg);

/* What the configuration says has changed: the helper learns it before its next job. */
void snmp_reconfigure(struct snmp *);

/* For scenarios and simulation: jobs go to f instead of the helper; it fills the answer, in ctx. */
typedef void snmp_fake_f(void *arg, const void *ctx, const struct snmp_job *, struct snmp_answer *);
void snmp_fake(struct snmp *, snmp_fake_f *, void *arg);

#endif
