/* The engine's end of eventd-probe: asks out, answers back. Engine thread only. */
#ifndef PROBE_PROBER_H
#define PROBE_PROBER_H

#include "core/clock.h"
#include "probe/ask.h"

struct engine;
struct helper;
struct prober;

/* netns: the network namespace that it probes from; NULL: ours. */
struct prober *prober_new(const void *ctx, struct engine *, const char *netns);
/* Its process ends: at once with what is under way (which fails), or as soon as nothing is; the next ask starts another. */
void prober_restart(struct prober *);
void prober_rest(struct prober *);

/* The answer is borrowed for the call; called once, from the loop. */
typedef void prober_done_f(void *arg, const struct probe_answer *);

/* Numbers the ask. Freeing ctx cancels. An answer that does not come within a second of its time is a timeout. */
void prober_ask(const void *ctx, struct prober *, struct probe_ask *, prober_done_f *done, void *arg);

/* For scenarios: asks go to f, which fills the answer; `after` says when it arrives. */
typedef void prober_fake_f(void *arg, const struct probe_ask *, struct probe_answer *, usec *after);
void prober_fake(struct prober *, prober_fake_f *, void *arg);

/*
 * What the responder is to do (probe/responder.h), now and after each start of the process; NULL: nothing. Taken. `heard`
 * is told what it says: borrowed for the call; NULL: the process ended.
 */
typedef void prober_heard_f(void *arg, const json_t *message);
void prober_responder(struct prober *, json_t *wanted, prober_heard_f *heard, void *arg);

const struct helper *prober_helper(const struct prober *);

#endif
