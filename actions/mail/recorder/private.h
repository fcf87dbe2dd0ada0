/* What the files of the recorder share. */
#ifndef ACTIONS_MAIL_RECORDER_PRIVATE_H
#define ACTIONS_MAIL_RECORDER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "actions/mail/recorder/failures.h"
#include "actions/mail/recorder/recorder.h"

enum { RECORDER_PORTS_MAX = 16, RECORDER_SIZE_MB = 1, RECORDER_SIZE_MAX_MB = 16, RECORDER_FILES = 20 };

/* The packets of some ports, in the capture helper. */
struct recorded_port {
	unsigned port;    /* the first of `filter` */
	const char *name; /* of the recording */
	const char *filter;
	bool is_default; /* 25, 465 and 587 together */
	struct mail_recorder *recorder;
	bool is_running; /* the helper has said yes */
	bool is_asked;   /* the helper was told to record, and has not said no */
};

struct mail_recorder {
	struct engine *engine;
	struct failures *failures;
	bool on, include_secrets;
	unsigned size_mb;
	struct recorded_port ports[RECORDER_PORTS_MAX];
	size_t port_count;
	bool told;           /* why nothing can be captured was logged */
	struct timer *again; /* the helper has died: recording begins anew */
	usec began_again;    /* monotonic; 0: never yet */
};

/* The packets of the connections become a file, told in the record `no`. Takes `question` (capture/extract.h). */
void recorder_write(struct mail_recorder *, const struct recorded_port *, uint64_t no, const char *name,
	json_t *question);

#endif
