/*
 * The engine's end of the resolving process (eventd-resolve, libunbound inside): questions out, answers
 * with their DNSSEC state back. Every question has its own deadline of 10 s (mail-security 7). Engine
 * thread only.
 */
#ifndef ACTIONS_MAIL_DNS_RESOLVER_H
#define ACTIONS_MAIL_DNS_RESOLVER_H

#include <stdbool.h>

#include "actions/mail/dns/answer.h"
#include "core/clock.h"

struct engine;
struct helper;
struct resolver;

enum mail_dns_kind {
	MAIL_DNS_DOMAIN, /* MX of the domain, then every host's addresses and TLSA records */
	MAIL_DNS_HOST,   /* a relay: its addresses and TLSA records */
	MAIL_DNS_TXT     /* TXT of the name itself */
};

struct mail_dns_question {
	enum mail_dns_kind kind;
	const char *name; /* A-label */
	unsigned port;    /* of the TLSA name; 0 = 25 */
	bool want_tlsa;
	const char *label; /* "MID 7": for the trace lines; NULL: none */
};

/* Servers and trust anchor are taken from the settings and the configuration. */
struct resolver *resolver_new(const void *ctx, struct engine *);

/* The answer is borrowed for the call; always one, if need be with DNS_LOOKUP_FAILED. */
typedef void resolver_done_f(void *arg, const struct mail_dns_answer *);

void resolver_settings(struct resolver *); /* the settings were read anew */

/* `done` is called once, from the loop. Freeing ctx drops the callback. */
void resolver_ask(const void *ctx, struct resolver *, const struct mail_dns_question *, resolver_done_f *done,
	void *arg);

/* For scenarios: questions go to f instead of the process. The answer is allocated in `ctx`. */
typedef struct mail_dns_answer *resolver_fake_f(
	void *arg, const void *ctx, const struct mail_dns_question *, usec *answer_after);
void resolver_fake(struct resolver *, resolver_fake_f *, void *arg);

/* ---- for the commands (config.c, show.c, daneverify.c) ---- */

/* The configuration's own words go before the settings; each change is told to the process. */
void resolver_add_server(struct resolver *, const char *address);
void resolver_remove_server(struct resolver *, const char *address);
void resolver_set_iterate(struct resolver *, bool);
/* Do configuration or settings say whom to ask? Else it is whom the system asks. */
bool resolver_is_configured(const struct resolver *);
/* The text is copied; NULL: that of the settings, or the root's keys. */
void resolver_set_anchor(struct resolver *, const char *file, const char *text);

struct resolve_config;
/* What the process is told. Borrowed until the next call. */
const struct resolve_config *resolver_config(struct resolver *);
const char *resolver_anchor_file(const struct resolver *); /* NULL: the root's keys */

/* Asks all name servers whether they pass DNSSEC; `status` is borrowed, NULL: the process failed. */
typedef void resolver_status_f(void *arg, const json_t *status);
void resolver_status(const void *ctx, struct resolver *, resolver_status_f *, void *arg);

void resolver_each_helper(const struct resolver *, void (*f)(void *arg, const struct helper *), void *arg);

#endif
