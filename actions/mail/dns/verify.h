/*
 * What `daneverify` does with an answer of the DNS (mail-security 9): the hosts in order, each visited
 * and judged, told step by step in the seed's words. Blocks while it visits; never in the engine.
 */
#ifndef ACTIONS_MAIL_DNS_VERIFY_H
#define ACTIONS_MAIL_DNS_VERIFY_H

#include <stdbool.h>

#include <jansson.h>

#include "actions/mail/dns/answer.h"

/* Exit statuses of daneverify. */
enum verify_outcome { VERIFY_SUCCESS = 0, VERIFY_FAILED = 1, VERIFY_UNKNOWN = 3 /* could not look up */ };

/*
 * One step, taken over by the callee: "text" is the line, "step" mx, address, connect, tlsa, starttls,
 * tls, certificate, next or result; beside them what the step is about: "state", "host", "ip", "local_ip", "tlsa_base",
 * "records", "tls", "matched", "reason", "why_bogus".
 */
typedef void verify_step_f(void *arg, json_t *step);

enum verify_outcome dane_verify_domain(
	const struct mail_dns_answer *, unsigned port, verify_step_f *, void *arg);

#endif
