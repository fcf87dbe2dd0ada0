/* Inside probe/: IP SLA operations, their schedules, reactions and what they have found. */
#ifndef PROBE_OPERATION_H
#define PROBE_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/engine.h"
#include "probe/ask.h"
#include "probe/jitter.h"
#include "probe/slas.h"

struct conf_node;
struct operation;
struct timer;

enum { SLA_MAX = INT32_MAX };

enum sla_filter { SLA_FILTER_NONE, SLA_FILTER_ALL, SLA_FILTER_OVER_THRESHOLD, SLA_FILTER_FAILURES };

/* `history ...`: what is kept of the runs. */
struct sla_keep {
	unsigned buckets, lives;
	enum sla_filter filter;
	unsigned hours, distributions, width_ms;
	unsigned enhanced_interval, enhanced_buckets; /* 0: not asked for */
};

/* What the lines of `ip sla N` say. */
struct sla_config {
	enum probe_kind kind;
	bool has_kind;
	const char *target; /* address, name, or URL as it is shown */
	const char *url;    /* of http: with its password sealed; NULL: another type */
	unsigned port, source_port;
	const char *server, *source_address, *source_interface, *vrf;
	const char *proxy, *proxy_url; /* as target and url */
	const char *request;           /* of http raw: as it is sent; NULL: none yet, or another type */
	bool is_raw;
	bool no_cache;
	unsigned http_version;                   /* 10, 11; 0: as it comes */
	bool control;                            /* the responder is asked for the port */
	unsigned control_retry, control_timeout; /* s */
	unsigned packets, interval;              /* of jitter; ms */
	unsigned codec;                          /* enum codec */
	unsigned advantage;
	bool microseconds;
	unsigned frequency;          /* s */
	unsigned timeout, threshold; /* ms */
	const char *tag, *owner;     /* "" */
	unsigned tos, size;
	uint32_t pattern;
	bool verify;
	struct sla_keep history;
};

enum sla_start { SLA_PENDING, SLA_NOW, SLA_AFTER, SLA_AT, SLA_RANDOM };

struct sla_schedule {
	bool is_set;
	enum sla_start start;
	usec after;               /* of SLA_AFTER; the most of SLA_RANDOM */
	int hour, minute, second; /* of SLA_AT, local time */
	int month, day;           /* 0: today or tomorrow */
	usec life;                /* 0: forever */
	usec ageout;              /* 0: never */
	bool recurring;
	uint32_t group;     /* `ip sla group schedule`: its number, or 0 */
	usec offset;        /* behind the start of the group */
	unsigned frequency; /* s, instead of the operation's; 0: its own */
};

/* `ip sla group schedule`, for show. */
struct sla_group {
	struct sla_group *next;
	uint32_t number;
	const char *ids;
	unsigned period, frequency; /* s; 0: equals the period */
};

enum sla_state { SLA_IS_PENDING, SLA_IS_WAITING, SLA_IS_ACTIVE, SLA_IS_INACTIVE };

/* ---- reactions ---- */
/* ORDER: reaction_kinds; as the alphabet has them. */
enum react_type {
	REACT_CONNECTION_LOSS,
	REACT_ICPIF,
	REACT_JITTER_AVG,
	REACT_JITTER_DS_AVG,
	REACT_JITTER_SD_AVG,
	REACT_LATENCY_DS_AVG,
	REACT_LATENCY_SD_AVG,
	REACT_MAX_LATENCY_DS,
	REACT_MAX_LATENCY_SD,
	REACT_MAX_NEGATIVE_DS,
	REACT_MAX_NEGATIVE_SD,
	REACT_MAX_POSITIVE_DS,
	REACT_MAX_POSITIVE_SD,
	REACT_MOS,
	REACT_PACKET_LATE,
	REACT_PACKET_LOSS,
	REACT_PACKET_LOSS_DS,
	REACT_PACKET_LOSS_SD,
	REACT_PACKET_MIA,
	REACT_PACKET_ORDER,
	REACT_RTT,
	REACT_SUCCESSIVE_LOSS,
	REACT_TIMEOUT,
	REACT_VERIFY_ERROR,
	REACT_COUNT
};

/* What is known of each. */
struct reaction_kind {
	const char *name;
	const char *unit;          /* "milliseconds", "packets", ...; NULL: it happened or not */
	int64_t upper, lower, max; /* of the limits: defaults, and the most */
	bool falls;                /* the alarm is that it falls below the lower limit */
	unsigned kinds;            /* 1 << enum probe_kind of the operations that have it */
};
const struct reaction_kind *reaction_kind(enum react_type);
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
	bool falls;
	bool occurred;
	/* The last runs, the newest at `at - 1`. */
	int64_t values[REACT_WINDOW];
	unsigned count, at;
};

/* One run's value of that type; false: the run says nothing about it. icpif and mos (hundredths) are of its codec. */
bool reaction_value(enum react_type, const struct probe_answer *, int icpif, int mos, int64_t *value);
enum reaction_verdict { REACTION_NONE, REACTION_OCCURRED, REACTION_CLEARED };
/* Takes the value of a run; `measured` is what was compared. Pure. */
enum reaction_verdict reaction_take(struct reaction *, int64_t value, int64_t *measured);
const char *react_type_name(enum react_type);
const char *react_threshold_name(enum react_threshold);
void reaction_forget(struct reaction *); /* as if nothing had been seen */

/* ---- an operation ---- */
struct sla_history;

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
	struct timer *age;         /* forgets it */
	struct timer *forgetting;  /* operation_forget_lines() */
	void *run;                 /* context of the run under way; NULL: none */
	usec ends;                 /* mono; 0: never */
	usec last_wall, last_mono; /* of the latest run */
	bool has_run;
	char *absent; /* what it lacks of VRF and source interface, which is logged; or NULL */
	enum probe_code code;
	int64_t rtt_us, dns_us, tcp_us, http_us; /* -1: none */
	char address[46];
	char detail[400]; /* why the latest run failed; "": it did not, or its return code says all */
	struct jitter_result *jitter; /* of the latest run; NULL: none */
	int icpif, mos;               /* of it; hundredths */
	struct sla_history *history;  /* history.h; NULL: nothing yet */
	uint64_t successes, failures;
	int64_t rtt_min, rtt_max, rtt_sum; /* us, of the successes */
	uint64_t over;
	usec reset_wall; /* when its statistics began anew; 0: never */
};

struct slas_world {
	struct engine *engine;
	struct prober *prober;
	struct operation *first;
	struct sla_place *places; /* places.c */
	struct sla_group *groups; /* in order of their numbers */
	bool logging_traps, reaction_alerts;
	uint64_t low_memory; /* bytes that must be free for one more operation */
	usec changed_wall;
	struct sla_responder *responder; /* responder_rows.c */
};

struct operation *slas_find(const struct slas_world *, uint32_t number);
struct operation *slas_get(struct slas_world *, uint32_t number); /* made when missing */
void slas_tidy(struct slas_world *, struct operation *);          /* gone when nothing is configured of it */
/* A group came or changed, or went (ids NULL). */
void slas_group(struct slas_world *, uint32_t number, const char *ids, unsigned period, unsigned frequency);

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
void operation_restart(struct operation *);             /* `ip sla restart N`, a trigger */
unsigned operation_frequency(const struct operation *); /* s: of its group, or its own */

/*
 * places.c: who sends probes of that `vrf` (NULL: none). Where no device has the name it may be that of a network
 * namespace, where there is no VRF to bind to.
 */
struct prober *sla_prober(struct slas_world *, const char *vrf, bool *is_namespace);
void sla_places_tidy(struct slas_world *); /* processes of namespaces that no operation names end */

/* url.c: their passwords are never shown while ctx lives; and as they are used. */
void sla_urls_learn(void *ctx, const struct engine *, const struct sla_config *);
const char *sla_url_clear(const void *ctx, const struct engine *, const char *url);

/* anchors.c: as PEM, or NULL: there is none. */
struct pki;
const char *sla_anchors(const void *ctx, const struct pki *);

/* reaction.c: judges a run. */
void operation_react(struct operation *, const struct probe_answer *);

/* rows.c, reaction_rows.c, show.c */
struct conf;
struct cli;
void sla_rows(struct conf *);
void sla_reaction_rows(struct conf *);
void sla_show_commands(struct cli *);
void sla_show_configuration_commands(struct cli *);
void sla_show_history_commands(struct cli *);
void sla_commands(struct cli *); /* commands.c: restart, reset */
/* responder_rows.c */
struct sla_responder *sla_responder_new(struct slas_world *);
void sla_responder_commands(struct cli *);

#endif
