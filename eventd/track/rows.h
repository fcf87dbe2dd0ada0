/* Inside track/: the lines `track N ...` and those below them. */
#ifndef TRACK_ROWS_H
#define TRACK_ROWS_H

#include "track/object.h"

struct conf;

struct track_delay_args {
	struct kw_int up, down; /* s */
};

void track_rows(struct conf *);
/* timers.c: track timer, track resolution. */
void track_timer_rows(struct conf *);
struct cli;
void track_timer_commands(struct cli *);

/* loop.c: is `to` the object, or among the members of the list, or of the lists in it, as these lines say? */
bool track_leads_to(const struct conf_node *root, uint32_t from, uint32_t to);

/* A copy whose network is PREFIX/LEN, however it was written. */
struct track_args *track_args_copy(const void *ctx, const struct track_args *);

/* track.c: a line came, changed or went (conf/row.h). */
void tracks_apply(struct tracks *, const struct conf_node *old, const struct conf_node *new);

#endif
