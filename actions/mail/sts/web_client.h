/*
 * The engine's end of eventd-sts: requests out, several at a time, answers back; one that the process
 * died of has failed. Engine thread only.
 */
#ifndef ACTIONS_MAIL_STS_WEB_CLIENT_H
#define ACTIONS_MAIL_STS_WEB_CLIENT_H

#include "actions/mail/sts/web.h"
#include "core/clock.h"

struct engine;
struct helper;
struct web;

struct web *web_new(const void *ctx, struct engine *);

/* The answer is borrowed for the call. */
typedef void web_done_f(void *arg, const struct web_answer *);

/* Takes the request. `done` is called once, from the loop; freeing ctx drops it. */
void web_submit(const void *ctx, struct web *, struct web_request *, web_done_f *done, void *arg);

/* For scenarios: f fills the answer (texts in it) and says when it arrives. */
typedef void web_fake_f(void *arg, const struct web_request *, struct web_answer *answer, usec *answer_after);
void web_fake(struct web *, web_fake_f *, void *arg);

const struct helper *web_helper(const struct web *);

#endif
