/*
 * A capture point: what `monitor capture NAME ...` has said about it so far, and whether it runs.
 * Engine thread only.
 */
#ifndef CAPTURE_POINT_H
#define CAPTURE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "capture/capture.h"
#include "capture/filter.h"
#include "core/err.h"

struct engine;
struct text;
struct writer;

enum capture_direction { CAPTURE_IN, CAPTURE_OUT, CAPTURE_BOTH };
enum { CAPTURE_MAX_INTERFACES = 16, CAPTURE_BUFFER_MB = 10, CAPTURE_PPS = 1000 };

struct capture_interface {
	const char *name; /* as people call it; "" for the control plane */
	enum capture_direction direction;
};

/* `monitor capture NAME file location URL ...` */
struct capture_file {
	const char *url; /* NULL: none */
	struct kw_int ring, size_mb, buffer_mb;
};

struct trigger; /* capture/trigger.h */

struct capture_point {
	const char *name;
	struct capture_interface interfaces[CAPTURE_MAX_INTERFACES];
	size_t interface_count;
	struct filter_args *filter; /* NULL: none yet; owns the texts below */
	const char *filter_text;    /* as `match` prints it, behind a blank */
	const char *filter_pcap;    /* the same for libpcap */
	const char *list, *map; /* instead of it: an access list, a class map; what they say when it starts */
	struct kw_int buffer_mb;
	bool circular, has_buffer_kind;
	struct kw_int duration, every, packet_len, packets, pps;
	struct capture_file file;
	struct trigger *triggers;
	bool active, has_packets; /* the helper records; it holds a buffer of ours */
	bool begins_again;        /* its helper has died, and it has triggers */
	const char *more;         /* the filter beside its own that it was started with, or NULL */
	const char *reason;       /* why it ended without a `stop`, or NULL */
	const char *lost;         /* interface that is gone meanwhile, or NULL */
	struct capture_point *next;
};

/* Adds the interface, as typed ("" for the control plane), or changes its direction. False when there are too many. */
bool point_interface(const struct engine *, struct capture_point *, const char *typed, enum capture_direction,
	struct err *);
/* False: it is none of the point's. */
bool point_no_interface(const struct engine *, struct capture_point *, const char *typed);
/* Copies the values; false when they make no filter. */
bool point_filter(struct capture_point *, const struct filter_args *, struct err *);
/* The packets that an access list permits, or a class map takes; one of the two. */
void point_filter_by(struct capture_point *, const char *list, const char *map);
void point_no_filter(struct capture_point *);
bool point_has_filter(const struct capture_point *);

/*
 * What the helper is told to record; "interfaces" hold kernel names (interfaces.alias of the settings). `more`: a filter in
 * libpcap's language beside the point's, or NULL. NULL with err: the access list says nothing.
 */
json_t *point_spec(struct engine *, const struct capture_point *, const char *more, struct err *);

/* capture/capture.h */
void point_problems(struct engine *, const struct capture_point *, captures_problem_f *, void *arg);

/* `show monitor capture NAME`, and `... parameter`: the commands that would make it again. */
void point_show(struct engine *, const struct capture_point *, struct writer *);
void point_show_parameter(const struct capture_point *, struct writer *);

#endif
