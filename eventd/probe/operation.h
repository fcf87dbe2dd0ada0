/* Inside probe/: IP SLA operations, their schedules, reactions and what they have found. */
#ifndef PROBE_OPERATION_H
#define PROBE_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/engine.h"
#include "probe/ask.h"
#include "probe/slas.h"

struct conf_node;
struct operation;
struct timer;

enum { SLA_MAX = INT32_MAX };

/* What the lines of `ip sla N` say. */
struct sla_config {
	enum probe_kind kind;
	bool has_kind;
	const char *target; /* address, name, or URL */
	unsigned port;
	const char *server, *source_address, *source_interface, *vrf;
	unsigned frequency;          /* s */
	unsigned timeout, threshold; /* ms */
	const char *tag, *owner;     /* "" */
	unsigned tos, size;
	uint32_t pattern;
	bool verify;
};

enum sla_start { SLA_PENDING, SLA_NOW, SLA_AFTER, SLA_AT };

struct sla_schedule {
	bool is_set;
	enum sla_start start;
	usec after;               /* of SLA_AFTER */
	int hour, minute, second; /* of SLA_AT, local time */
	usec life;                /* 0: forever */
	bool recurring;
};

enum sla_state { SLA_IS_PENDING, SLA_IS_WAITING, SLA_IS_ACTIVE, SLA_IS_INACTIVE };

/* ---- reactions ---- */
enum react_type { REACT_CONNECTION_LOSS, REACT_RTT, REACT_TIMEOUT, REACT_VERIFY_ERROR, REACT_COUNT };
enum react_threshold {
	THRESHOLD_NEVER,
	THRESHOLD_IMMEDIATE,
	THRESHOLD_CONSECUTIVE,
	THRESHOLD_X_OF_Y,
	THRESHOLD_AVERAGE
};
enum react_action { ACTION_NONE, ACTION_TRAP, ACTION_TRIGGER, ACTION_BOTH };

#define REACT_WINDOW 16

struct reaction {
	struct reaction *next;
	enum react_type type;
	enum react_threshold threshold;
	enum react_action action;
	unsigned x, y; /* consecutive and average: x */
	int64_t upper, lower;
	bool occurred;
	/* The last runs, the newest at `at - 1`. */
	int64_t values[REACT_WINDOW];
	unsigned count, at;
};

/* One run's value of that type; false: the run says nothing about it. */
bool reaction_value(enum react_type, const struct probe_answer *, int64_t *value);
enum reaction_verdict { REACTION_NONE, REACTION_OCCURRED, REACTION_CLEARED };
/* Takes the value of a run; `measured` is what was compared. Pure. */
enum reaction_verdict reaction_take(struct reaction *, int64_t value, int64_t *measured);
const char *react_type_name(enum react_type);
const char *react_threshold_name(enum react_threshold);
void reaction_forget(struct reaction *); /* as if nothing had been seen */

/* ---- an operation ---- */
struct operation {
	struct operation *next; /* in order of their numbers */
	struct slas_world *all;
	uint32_t number;
	bool configured; /* `ip sla N` is there; else only its schedule or reactions are */
	struct sla_config config;
	void *texts; /* of config */
	struct sla_schedule schedule;
	struct reaction *reactions;
	uint32_t triggers[8]; /* `ip sla reaction-trigger`: operations to start */
	size_t trigger_count;

	enum sla_state state;
	struct timer *timer;       /* begins, or runs it again */
	struct timer *life;        /* ends it */
	struct timer *forgetting;  /* operation_forget_lines() */
	void *run;                 /* context of the run under way; NULL: none */
	usec ends;                 /* mono; 0: never */
	usec last_wall, last_mono; /* of the latest run */
	bool has_run;
	enum probe_code code;
	int64_t rtt_us, dns_us, tcp_us, http_us; /* -1: none */
	char address[46];
	uint64_t successes, failures;
	int64_t rtt_min, rtt_max, rtt_sum; /* us, of the successes */
	uint64_t over;
	usec reset_wall; /* when its statistics began anew; 0: never */
};

struct slas_world {
	struct engine *engine;
	struct prober *prober;
	struct operation *first;
	bool logging_traps, reaction_alerts;
	usec changed_wall;
};

struct operation *slas_find(const struct slas_world *, uint32_t number);
struct operation *slas_get(struct slas_world *, uint32_t number); /* made when missing */
void slas_tidy(struct slas_world *, struct operation *);          /* gone when nothing is configured of it */

/* known.c: hints for lines that are refused (conf_hint_f) */
const char *sla_type_hint(const char *line);
const char *sla_global_hint(const char *line);

/* rows.c: is the entry in the configuration that `n` is a global line of? */
bool sla_entry_is_there(const struct conf_node *n, uint32_t number, bool with_type, struct err *);
/* operations.c: the entry is gone; the lines about it go, too, unless it is there again at once. */
void operation_forget_lines(struct operation *);

/* operations.c: what was configured has changed: everything begins anew. */
void operation_reconfigured(struct operation *);
void operation_rescheduled(struct operation *);
void operation_restart(struct operation *); /* `ip sla restart N`, a trigger */

/* reaction.c: judges a run. */
void operation_react(struct operation *, const struct probe_answer *);

/* rows.c, reaction_rows.c, show.c */
struct conf;
struct cli;
void sla_rows(struct conf *);
void sla_reaction_rows(struct conf *);
void sla_show_commands(struct cli *);

#endif
