/*
 * The counters behind TLS reports, in the form in which RFC 8460 section 4.4 writes them: by day and
 * domain the list "policies". A file a day in the state directory. Engine thread only.
 */
#ifndef ACTIONS_MAIL_REPORT_COLLECT_H
#define ACTIONS_MAIL_REPORT_COLLECT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/clock.h"

struct collection;
struct engine;

/* One session, or one policy that failed. What is NULL is left out. */
struct tlsrpt_session {
	const char *domain;        /* of the recipients: whose report it is */
	const char *policy_type;   /* "tlsa", "sts", "no-policy-found" */
	const char *policy_domain; /* RFC 8460 1.1: the recipients' domain; the TLSA base with DANE */
	json_t *policy_string;     /* array of strings; borrowed */
	json_t *mx_host;           /* the same */
	const char *result_type;   /* NULL: a success */
	const char *sending_ip, *mx_hostname, *receiving_ip;
	const char *reason_code, *information;
};

struct collection *collection_new(const void *ctx, struct engine *);
void collection_add(struct collection *, const struct tlsrpt_session *);

/* "2026-11-22", UTC. */
#define COLLECTION_DAY_SIZE 16
void collection_day(usec wall, char day[COLLECTION_DAY_SIZE]);

/* Oldest day first, domains by name. `record` is {"policies":[...],"sent":[...]}, borrowed. */
typedef void collection_f(void *arg, const char *day, const char *domain, json_t *record);
void collection_each(const struct collection *, collection_f *, void *arg);

/* What was done with a domain's report of that day: kept with it. Taken. */
void collection_mark(struct collection *, const char *day, const char *domain, json_t *sent);

#endif
