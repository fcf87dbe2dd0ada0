/*
 * What the events of a policy make together, applet or script: its time to run, its rate limit, and
 * the trigger when there are several (eem-language.md 5). Engine thread only.
 */
#ifndef APPLETS_JOIN_H
#define APPLETS_JOIN_H

#include <stdbool.h>

#include "bus/correlate.h"
#include "core/err.h"
#include "sched/policy.h"

/*
 * The specifications are there, not armed yet. `want`: what the policy's trigger says, texts owned by
 * the policy; has_trigger false: it says nothing. The rate limit is put into it.
 */
bool policy_join(struct policy *, bool has_trigger, struct trigger_spec *want, struct err *);

/* All of them, or false: some may be armed then, until the policy is freed. */
bool policy_arm(struct policy *, struct err *);

#endif
