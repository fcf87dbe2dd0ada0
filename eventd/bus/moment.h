/*
 * Moments of which somebody may want to keep the evidence: a policy was triggered, a mail failed. Whoever
 * knows tells them; captures listen (`monitor capture NAME trigger`). Probes tell theirs through bus/sla.h.
 * Engine thread only.
 */
#ifndef BUS_MOMENT_H
#define BUS_MOMENT_H

#include "core/clock.h"
#include "core/engine.h"

enum moment_kind { MOMENT_POLICY, MOMENT_MAIL };

struct moment {
	enum moment_kind kind;
	const char *name; /* of the policy; of the applet that the mail is of */
	const char *what; /* for people: "job 17, event syslog 42"; "CERT_EXPIRED in phase tls" */
	usec wall;        /* when it happened */
};

void moment_told(struct engine *, const struct moment *);
bool moment_is_watched(const struct engine *);

/* `f` is called for each, until ctx dies. It must not end the watch. */
typedef void moment_f(void *arg, const struct moment *);
void moment_watch(const void *ctx, struct engine *, moment_f *, void *arg);

#endif
