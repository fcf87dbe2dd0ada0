/* Inside track/: the objects, and the kinds of them. */
#ifndef TRACK_OBJECT_H
#define TRACK_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/tracked.h"
#include "cli/kw/kw.h"
#include "core/clock.h"
#include "core/engine.h"

struct conf_node;
struct timer;
struct track_kind;
struct writer;

/* The line `track N ...`: one struct for all kinds. */
struct track_args {
	struct kw_int number;
	struct kw_flag stub;
	struct kw_str interface;
	struct kw_flag line_protocol, ip_routing, ip_routing_, ipv6_routing, ipv6_routing_;
	struct kw_flag ip, ipv6, route6;
	struct kw_str network, mask;
	struct kw_flag reachability, metric, threshold;
	struct kw_int sla;
	struct kw_flag sla_reachability, sla_state;
	struct kw_flag list, boolean, list_threshold;
	struct kw_flag and, or, weight, percentage;
};

struct track_object {
	struct track_object *next; /* in order of their numbers */
	struct tracks *all;
	uint32_t number;
	const struct track_kind *kind;
	struct track_args *args; /* copy of the line's */
	void *private;           /* the kind's, with what it subscribed to; renewed when the lines change */
	const char *description; /* "interface Gi0/1 line-protocol": for the message */
	enum tracked state;      /* as reported */
	bool sensed;             /* as it is; reported behind its delay */
	struct timer *delayed;   /* until a change is reported, or NULL */
	usec delay_up, delay_down;
	bool carrier_delay; /* interface: a lost line protocol counts when the carrier stays away */
	bool has_news;      /* with `track timer`: `sensed` waits for the next poll */
	unsigned changes;
	usec changed;      /* mono */
	enum tracked dflt; /* stub: `default-state` */
	bool was_set;      /* stub: by a policy; from then on the default means nothing */
};

/* `track timer`: how often the states of a kind are looked at. ORDER: track_timer_names. */
enum track_timer {
	TIMER_INTERFACE,
	TIMER_IP_ROUTE,
	TIMER_IP_SLA,
	TIMER_IPV6_ROUTE,
	TIMER_LIST,
	TIMER_STUB,
	TIMER_COUNT
};
/* `track resolution ip route`. ORDER: track_resolution_names. */
enum track_resolution {
	RESOLUTION_BGP,
	RESOLUTION_EIGRP,
	RESOLUTION_ISIS,
	RESOLUTION_OSPF,
	RESOLUTION_STATIC,
	RESOLUTION_COUNT
};

/* What can be tracked: a constant row. */
struct track_kind {
	const char *type; /* the "Type" column */
	bool (*is)(const struct track_args *);
	/* Makes o->private in a context of its own, subscribes, and tells the present state by track_sense(). */
	void (*start)(struct track_object *, const struct conf_node *);
	/* "interface Gi0/1 line-protocol", as the message says it. */
	const char *(*describe)(const void *ctx, const struct engine *, const struct track_args *);
	/* The "Instance" and "Parameter" columns. */
	void (*columns)(const struct track_object *, const char **instance, const char **parameter);
	/* The lines behind "Track N", and the kind's own keys. `state`: what stands behind "is": it has the delay in it. */
	void (*show)(const struct track_object *, struct writer *, const char *state);
	/* The lines behind the changes, and those behind the delay. Optional. */
	void (*show_more)(const struct track_object *, struct writer *);
	void (*show_last)(const struct track_object *, struct writer *);
	/* Looks again: something that its state depends on was configured. Optional. */
	void (*look)(struct track_object *);
};

extern const struct track_kind track_stub, track_interface, track_route, track_sla, track_list;

/* How many lists are telling the lists that they are in, one inside the other's call. */
unsigned *tracks_depth(struct tracks *);
struct track_object *tracks_first(const struct tracks *);
struct engine *tracks_engine(const struct tracks *);
struct track_object *tracks_find(const struct tracks *, uint32_t number);

/* timers.c */
enum track_timer track_timer_of(const struct track_object *);
/* 0: changes are seen at once. */
usec tracks_poll(const struct tracks *, enum track_timer);
usec tracks_poll_left(const struct tracks *, enum track_timer);
unsigned tracks_resolution(const struct tracks *, enum track_resolution);
const char *track_resolution_name(enum track_resolution);      /* as the kernel's protocols are called here */
void tracks_set_poll(struct tracks *, enum track_timer, usec); /* 0: at once */
void tracks_set_resolution(struct tracks *, enum track_resolution, unsigned); /* 0: the default */

/* The object is up or down: reported at once, or when it stays so for its delay. */
void track_sense(struct track_object *, bool up, struct cause *);

/* list.c: is it a member? */
bool track_list_has(const struct track_object *, uint32_t number);

/* "Up", "Down" */
const char *track_shown(enum tracked);
/* ", delayed Up (1 sec remaining)" of a change that is not reported yet, else "". */
const char *track_delayed(const struct track_object *, char room[64]);

/* Is it a line of that row? */
bool track_is_line(const struct conf_node *, const char *words);
/* A line of the object's configuration by its row's words; NULL: there is none. */
const void *track_line(const struct conf_node *, const char *words);

/* Arguments of the lines that kinds read. */
struct track_member_args {
	struct kw_int number, weight;
	struct kw_flag not ;
};
struct track_threshold_args {
	struct kw_flag metric, weight, percentage;
	struct kw_int up, down;
};
struct track_default_args {
	struct kw_enum state;
};
struct track_vrf_args {
	struct kw_str name;
};

#endif
