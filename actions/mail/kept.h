/*
 * The session that stays open behind a mail, so that the next one to the same place needs no connection,
 * handshake and login of its own. It is handed out only to a delivery that demands the same of the same host:
 * host, port, TLS with its names, records and policy, trust, identity, login, source. What the handshake
 * proved goes along with it. Private to eventd-mail, which has one thread.
 */
#ifndef ACTIONS_MAIL_KEPT_H
#define ACTIONS_MAIL_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "actions/mail/delivery.h"

#define KEPT_IDLE_MS     2000         /* it waits so long for the next mail */
#define KEPT_LIFETIME_MS (300 * 1000) /* by then names, certificates and revocation are looked at anew */

struct kept;

struct kept *kept_new(const void *ctx, struct cancel *);

/*
 * Takes the open session out of the delivery, if it may go on. False: it stays the delivery's. Whatever was
 * kept before is closed.
 */
bool kept_put(struct kept *, struct delivery *);

/*
 * The session becomes the delivery's, with what is known of it in the result of the hop. False: there is none
 * for this hop; one for another place is closed.
 */
bool kept_take(struct kept *, struct delivery *, const struct mail_hop *);

/* The moment, as tls_now() counts, when it is to be closed; 0: there is none. */
int64_t kept_until(const struct kept *);

/* QUIT, and a short wait for its answer. */
void kept_close(struct kept *);

#endif
