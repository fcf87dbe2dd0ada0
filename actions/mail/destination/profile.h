/*
 * Destination controls (mail-security 11): for each recipient domain what TLS, DANE and MTA-STS are to
 * do. `mail destination DOMAIN ...`, `mail route ...`, `mail bounce-profile ...` fill them. Engine
 * thread; a profile is valid until the configuration changes.
 */
#ifndef ACTIONS_MAIL_DESTINATION_PROFILE_H
#define ACTIONS_MAIL_DESTINATION_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"

struct destinations;
struct engine;

/* ORDER: the menu of seed 003, options 1 to 6. */
enum mail_tls_setting {
	MAIL_TLS_NO,
	MAIL_TLS_PREFERRED,
	MAIL_TLS_REQUIRED,
	MAIL_TLS_PREFERRED_VERIFY,
	MAIL_TLS_REQUIRED_VERIFY,
	MAIL_TLS_REQUIRED_VERIFY_HOSTED,
	MAIL_TLS_SETTING_COUNT
};

enum mail_dane { MAIL_DANE_NONE, MAIL_DANE_OPPORTUNISTIC, MAIL_DANE_MANDATORY };

/* "No", "Preferred", ..., "Required - Verify Hosted Domains": as the seed's menu says it. */
const char *mail_tls_setting_name(enum mail_tls_setting);
/* "none", "opportunistic", "mandatory" */
const char *mail_dane_name(enum mail_dane);

/* Retry and bounce times (mail-security 13: ESA's defaults). */
struct bounce_profile {
	const char *name;                                /* "default" */
	usec first_wait, max_wait, lifetime, warn_after; /* 60 s, 3,600 s, 72 h, 4 h */
	unsigned max_tries;                              /* 100 */
	bool send_bounces;                               /* DSNs to the sender */
};

struct mail_profile {
	const char *domain; /* "example.com", ".example.com", "default" */
	enum mail_tls_setting tls;
	enum mail_dane dane;
	bool mta_sts;
	bool legacy_cn;
	unsigned max_connections, max_messages; /* at once, of one connection; 0: the mailer's own */
	const struct bounce_profile *bounce;    /* never NULL */
};

/* An SMTP route: where mail for a domain goes instead of its MX hosts. */
struct mail_smtp_route {
	const char *domain; /* "example.com", ".example.com", "ALL" */
	bool use_dns;       /* USEDNS */
	const char *host;   /* A-label or address */
	unsigned port;
};

struct destinations *destinations_new(const void *ctx, struct engine *);

/* The longest match; never NULL: at last the built-in default (Preferred, no DANE, no MTA-STS). */
const struct mail_profile *destination_for(const struct destinations *, const char *domain);
/* NULL when the domain has none. */
const struct mail_smtp_route *destination_route(const struct destinations *, const char *domain);

/* Controls for a server that actions name (`mail relay HOST ...`). */
struct mail_relay {
	const char *host; /* "smtp.example.net", ".example.net", "default" */
	enum mail_dane dane;
	const struct bounce_profile *bounce; /* never NULL */
};

/* Never NULL: at last no DANE and the bounce profile "default". */
const struct mail_relay *destination_relay(const struct destinations *, const char *host);
/* Its bounce profile. */
const struct bounce_profile *destination_bounce(const struct destinations *, const char *host);

/* Everything that is configured, in the order of its definition: `f` is called for each. */
void destination_each(
	const struct destinations *, void (*f)(void *arg, const struct mail_profile *), void *arg);
void destination_each_route(
	const struct destinations *, void (*f)(void *arg, const struct mail_smtp_route *), void *arg);

/* Would the profile's DANE and MTA-STS be undone by this route (mail-security 11.2)? */
bool destination_is_undone(const struct mail_profile *, const struct mail_smtp_route *);

#endif
