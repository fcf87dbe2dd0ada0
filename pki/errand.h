/*
 * Errands: what a PKI command needs from the network is fetched by a process of its own, eventd-pki, which
 * does one thing and ends: foreign bytes and waiting stay out of the engine. A process that hangs, dies or
 * says nonsense fails its command only. Engine thread only.
 *
 * Messages (core/frame.h) to the process, one, and from it, one:
 *   {"type":"chain","host":H,"port":N,"starttls":"smtp"|null,"trust":[...],"timeout_ms":N,
 *    "addresses":[A,...]}               of the host; none: the system is asked for them
 *       {"type":"chain","certificates":[BASE64,...],"address":A,"version":V,"cipher":C,
 *        "class":"OK"|"CERT_...","detail":S,"trustpoint":NAME|null}         judged against `trust`
 *   {"type":"fetch","url":U,"max":N,"trust":[...],"timeout_ms":N}
 *       {"type":"data","data":BASE64}
 *   {"type":"crls","urls":[U,...],"timeout_ms":N}
 *       {"type":"revocation",...} of pki/revocation_cache.h, with "errors":[S,...]
 *   any of them: {"type":"error","class":C,"text":S,"hint":S}
 */
#ifndef PKI_ERRAND_H
#define PKI_ERRAND_H

#include <jansson.h>

#include "core/clock.h"
#include "core/err.h"

struct engine;
struct errand;

/* Called once, from the loop: the answer (borrowed), or NULL and why there is none. */
typedef void errand_f(void *arg, const json_t *answer, const struct err *);

/*
 * Takes the reference on `job`. Freeing the errand (or ctx) ends the process and drops the callback. NULL
 * and err when the process cannot be started.
 */
struct errand *errand_run(
	const void *ctx, struct engine *, json_t *job, usec deadline, errand_f *, void *arg, struct err *);

#endif
