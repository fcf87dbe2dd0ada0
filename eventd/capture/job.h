/*
 * What is done with capture points: each asks the helper and parks the session until the answer.
 * A job outlives its session: a capture that starts after Ctrl-C still has to be known. Engine
 * thread only.
 */
#ifndef CAPTURE_JOB_H
#define CAPTURE_JOB_H

#include <stdbool.h>

#include "capture/client.h"
#include "cli/session.h"

/* ---- the commands ---- */
/* `filter`: of libpcap, beside the point's, or NULL. `display`: packets are shown while they come. */
enum cmd_result capture_start(struct session *, struct captures *, struct capture_point *, const char *filter,
	bool display, struct err *);
/* Shows packets in the parked session until the capture ends, or the session does not wait any more. */
void capture_display(struct session *, struct captures *, const char *name);
/* Waits until the packets of `before` seconds before now to `after` behind it are in a file. */
enum cmd_result capture_freeze_now(struct session *, struct captures *, struct capture_point *,
	int64_t before, int64_t after, const char *comment, struct err *);
enum cmd_result capture_stop(struct session *, struct captures *, struct capture_point *, struct err *);
enum cmd_result capture_clear(struct session *, struct captures *, struct capture_point *, struct err *);
enum cmd_result capture_delete(struct session *, struct captures *, struct capture_point *, struct err *);
/* pcapng when the name ends so, else pcap. Stops an active capture first, whatever it waits for (rulings 40). */
enum cmd_result capture_export(
	struct session *, struct captures *, struct capture_point *, const char *url, struct err *);

/* ---- a job ---- */
struct job {
	struct captures *captures;
	struct session *session; /* NULL: it went away, nothing is printed */
	char *name;              /* of the capture, which may be deleted meanwhile */
	int *fds;                /* of the files that the helper writes, closed with the job */
	size_t fd_count;
	char *url;
	bool absolute, display;
};

struct job *job_new(struct session *, struct captures *, const char *name);
/* Asks and parks the session. Refused: the job is gone. */
enum cmd_result job_ask(
	struct job *, const char *op, json_t *question, captures_done_f *, usec deadline, struct err *);
/* Parks the session of a job that has asked by itself. */
enum cmd_result job_wait(struct job *, usec deadline);
/* A file for the helper to write; false with err. */
bool job_open(struct job *, const char *url, bool absolute, struct err *);
/* Says in the question which form the files have, by the name of the first one. */
void job_add_form(json_t *question, const char *url);

/* The end: both free the job. `say` is printed as it stands. */
void job_done(struct job *, const char *say);
void job_failed(struct job *, const struct err *);

#endif
