/* The words of syslog severities, as IOS and its script interfaces write them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/log.h"

/* ORDER: enum severity */
static const char *const names[] = { "emergencies", "alerts", "critical", "errors", "warnings",
	"notifications", "informational", "debugging" };

/* Singular and short forms: eem-language 6.5. */
static const struct {
	const char *word;
	enum severity severity;
} others[] = {
	{ "emergency", SEV_EMERGENCIES },
	{ "emerg", SEV_EMERGENCIES },
	{ "alert", SEV_ALERTS },
	{ "crit", SEV_CRITICAL },
	{ "error", SEV_ERRORS },
	{ "err", SEV_ERRORS },
	{ "warning", SEV_WARNINGS },
	{ "warn", SEV_WARNINGS },
	{ "notification", SEV_NOTIFICATIONS },
	{ "notice", SEV_NOTIFICATIONS },
	{ "info", SEV_INFORMATIONAL },
	{ "information", SEV_INFORMATIONAL },
	{ "debug", SEV_DEBUGGING },
};

const char *
severity_name(enum severity s)
{
	return (size_t)s < sizeof names / sizeof *names ? names[s] : "debugging";
}

bool
severity_parse(const char *word, enum severity *out)
{
	if (word[0] >= '0' && word[0] <= '7' && word[1] == '\0') {
		*out = (enum severity)(word[0] - '0');
		return true;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcasecmp(word, names[i]) == 0) {
			*out = (enum severity)i;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (strcasecmp(word, others[i].word) == 0) {
			*out = others[i].severity;
			return true;
		}
	}
	return false;
}
