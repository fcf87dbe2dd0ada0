/* Inside probe/: the global lines of IP SLA. */
#ifndef PROBE_ROWS_H
#define PROBE_ROWS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "probe/operation.h"

enum { SLA_ORDER = 7700 };

/* A bare entry number (struct number_args). */
extern const struct kw sla_number_kw[];

/* `ip sla N` in the configuration that this global line stands in, or NULL. */
const struct conf_node *sla_entry(const struct conf_node *any_global, uint32_t number);

/* schedule_rows.c: ip sla schedule, ip sla group schedule. */
void sla_schedule_rows(struct conf *);
/* responder_rows.c: ip sla responder. */
void sla_responder_rows(struct conf *);

#endif
