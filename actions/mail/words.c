/* What stands behind `secure` and `dane`. */
#include "actions/mail/words.h"

#include "actions/mail/destination/profile.h"
#include "actions/mail/job.h"

const struct kw_alternative mail_secure_words[] = {
	{ "none", "Do not use TLS", MAIL_SECURE_NONE, false },
	{ "smtps", "TLS from the first byte (RFC 8314)", MAIL_SECURE_SMTPS, false },
	{ "tls", "Demand STARTTLS and validate the server", MAIL_SECURE_TLS, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative mail_dane_words[] = {
	{ "mandatory", "Demand DANE", MAIL_DANE_MANDATORY, false },
	{ "none", "Do not use DANE", MAIL_DANE_NONE, false },
	{ "opportunistic", "Use DANE where it is published", MAIL_DANE_OPPORTUNISTIC, false },
	{ NULL, NULL, 0, false },
};
