/* Inside probe/: the lines below `ip sla N`. */
#ifndef PROBE_LINES_H
#define PROBE_LINES_H

#include <stdbool.h>

#include "conf/conf.h"
#include "probe/operation.h"

struct engine;

struct number_args {
	struct kw_int number;
};

/* One struct for all lines below `ip sla N`. */
struct line_args {
	struct kw_str target, server, source_ip, source_interface, text, version, proxy;
	struct kw_int port, source_port, n, buckets;
	struct kw_enum control, choice, cache, codec;
	struct kw_int packets, interval, codec_packets, codec_interval, codec_size, advantage;
	struct kw_str pattern;
};

extern const char sla_mode_name[];

void sla_line_rows(struct conf *);

/* The kind of operation that the line says; -1: it says none. */
int sla_kind_of(const struct conf_node *);
/* The line that says it, or NULL. */
const struct conf_node *sla_kind_line(const struct conf_node *entry);
const struct line_args *sla_line(const struct conf_node *entry, const char *words);
/* Has this kind of operation a use for the line, and for what it says? */
bool sla_line_fits(const struct conf_node *entry, const char *words, const struct line_args *, struct err *);

#endif
