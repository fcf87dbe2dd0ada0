/*
 * The packets of a few connections out of a recording, as a pcapng file: what the flight recorder of
 * failed mails keeps. Lives in the capture helper; one thread.
 */
#ifndef CAPTURE_EXTRACT_H
#define CAPTURE_EXTRACT_H

#include <stdbool.h>

#include <jansson.h>

#include "capture/recording.h"
#include "core/err.h"
#include "core/text.h"

/*
 * `ask`: "flows" [{"local","lport","remote","rport"}] (local "" and lport 0: any), "since_ns" (wall clock), "comment" (of the file,
 * and of the last packet), "secrets" (TLS key log lines) or null; without them, logins in the clear
 * are starred out. Waits until the kernel has handed over what it has. *packets is their number.
 */
bool extract(struct recording *, const json_t *ask, struct text *out, size_t *packets, struct err *);

#endif
