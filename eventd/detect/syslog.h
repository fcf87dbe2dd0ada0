/*
 * Where messages enter the syslog detector. eventd's own log comes by itself (debug lines never);
 * whoever receives messages offers them here. A message is only looked at; one that some pattern
 * matches becomes an event. Engine thread.
 */
#ifndef DETECT_SYSLOG_H
#define DETECT_SYSLOG_H

#include "bus/line.h"
#include "core/engine.h"

/* How many specifications it matched. */
unsigned syslog_offer(struct engine *, const struct line *);

#endif
