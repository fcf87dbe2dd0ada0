/* What `show interfaces` counts: since the counters were cleared. */
#ifndef CLI_SHOW_INTERFACE_COUNTERS_H
#define CLI_SHOW_INTERFACE_COUNTERS_H

#include "core/writer.h"
#include "net/links.h"

struct link_counters interface_counters(const struct link *);
/* As keys of an object. */
void interface_counters_json(struct writer *, const struct link_counters *);

#endif
