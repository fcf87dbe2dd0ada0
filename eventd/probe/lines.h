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
	struct kw_str request; /* http-raw-request: its lines as they were typed, each with a newline */
};

extern const char sla_mode_name[];

void sla_line_rows(struct conf *);

/* The kind of operation that the line says; -1: it says none. */
int sla_kind_of(const struct conf_node *);
/* The line that says it, or NULL. */
const struct conf_node *sla_kind_line(const struct conf_node *entry);
const struct line_args *sla_line(const struct conf_node *entry, const char *words);
/* Does `?` list lines that begin with the word, in an entry of this type, or of none yet? */
bool sla_offers(const struct conf_node *entry, const char *word);
/* Has this kind of operation a use for the line, and for what it says? */
bool sla_line_fits(const struct conf_node *entry, const char *words, const struct line_args *, struct err *);

/* ---- request_rows.c ---- */
extern const char sla_request_words[]; /* "http-raw-request" */
void sla_request_rows(struct conf *);
/* What it sends: \r, \n and their like are characters, and every line ends with CR LF. */
char *sla_request(const void *ctx, const char *lines);
/* It goes with `raw`, has the empty line that servers wait for, and is not endless. */
bool sla_request_fits(const struct conf_node *type, const struct line_args *, struct err *);

#endif
