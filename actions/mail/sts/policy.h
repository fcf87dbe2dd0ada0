/*
 * An MTA-STS policy (RFC 8461 section 3.2) as a value, and the record that announces it. Pure; any
 * thread.
 */
#ifndef ACTIONS_MAIL_STS_POLICY_H
#define ACTIONS_MAIL_STS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE, STS_MODE_COUNT };

struct sts_policy {
	const char *domain; /* A-label */
	const char *id;     /* of the TXT record it was fetched for */
	enum sts_mode mode;
	uint32_t max_age; /* seconds, cut to 31,557,600 */
	const char **mx;  /* patterns, lower case: "mail.example.com" or "*.example.com" */
	size_t mx_count;
	const char *text; /* as fetched */
};

/* NULL and err with the line that is wrong: a malformed policy counts as a failed fetch. */
struct sts_policy *sts_policy_parse(const void *ctx, const char *text, size_t n, struct err *);

/* The id of the one `v=STSv1;` record among texts, or NULL and err ("no record", "two records", ...). */
const char *sts_record_id(const void *ctx, const char *const *texts, size_t count, struct err *);

/* RFC 8461 4.1: `*.` stands for exactly one label. */
bool sts_policy_matches(const struct sts_policy *, const char *host);

const char *sts_mode_name(enum sts_mode);

#endif
