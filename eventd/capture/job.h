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
enum cmd_result capture_start(struct session *, struct captures *, struct capture_point *, struct err *);
enum cmd_result capture_stop(struct session *, struct captures *, struct capture_point *, struct err *);
enum cmd_result capture_clear(struct session *, struct captures *, struct capture_point *, struct err *);
enum cmd_result capture_delete(struct session *, struct captures *, struct capture_point *, struct err *);
/* pcapng when the name ends so, else pcap. Stops an active capture first (rulings 40). */
enum cmd_result capture_export(
	struct session *, struct captures *, struct capture_point *, const char *url, struct err *);

/* ---- a job ---- */
struct job {
	struct captures *captures;
	struct session *session; /* NULL: it went away, nothing is printed */
	char *name;              /* of the capture, which may be deleted meanwhile */
	int fd;                  /* export: the file, closed with the job; -1 = none */
	char *url;
	bool pcapng, absolute;
};

struct job *job_new(struct session *, struct captures *, const char *name);
/* Asks and parks the session. Refused: the job is gone. */
enum cmd_result job_ask(
	struct job *, const char *op, json_t *question, captures_done_f *, usec deadline, struct err *);
/* Parks the session of a job that has asked by itself. */
enum cmd_result job_wait(struct job *, usec deadline);
/* The end: both free the job. `say` is printed as it stands. */
void job_done(struct job *, const char *say);
void job_failed(struct job *, const struct err *);

#endif
