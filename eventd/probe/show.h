/* Inside probe/: what the commands `show ip sla ...` have in common. */
#ifndef PROBE_SHOW_H
#define PROBE_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cmd.h"
#include "probe/operation.h"

struct session;
struct writer;

struct sla_show_args {
	struct kw_int number, interval;
	struct kw_flag details, full, tabular;
};

/* An optional entry number, and with `details` behind it. */
#define SLA_SHOW_NUMBER                                                                                    \
	{                                                                                                  \
		.help = "Entry number", .type = &kw_number, KW_AT(struct sla_show_args, number), .min = 1, \
		.max = SLA_MAX                                                                             \
	}
extern const struct kw sla_show_number_kw[], sla_show_details_kw[];

typedef void sla_each_f(struct writer *, const struct operation *, const struct sla_show_args *);

/* The one that was asked for, or all, in the list `key`; operations that are not configured are none. */
bool sla_each(struct session *, const struct sla_show_args *, const char *key, sla_each_f *, struct err *);
/* Before a heading is printed. */
bool sla_is_known(struct session *, const struct sla_show_args *, struct err *);

void sla_date(usec wall, char *out, size_t size);    /* "10:16:41 UTC Thu Feb 18 2016" */
void sla_date_ms(usec wall, char *out, size_t size); /* "10:16:41.307 UTC Thu Feb 18 2016" */
const char *sla_state_name(enum sla_state);          /* "active" */
const char *sla_kind_name(const struct operation *);
const char *sla_destination(const struct operation *);

#define SLA_SHOW(words_, help_, kw_, run_)                    \
	{                                                     \
		.cmd = { .words = words_,                     \
			.help = help_,                        \
			.kw = kw_,                            \
			.size = sizeof(struct sla_show_args), \
			.level = 1 },                         \
		.flags = EXEC_SHOW, .run = run_               \
	}

#endif
