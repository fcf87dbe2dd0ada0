/*
 * A mail as it was accepted: everything of it that outlives a restart, and nothing that the
 * configuration says (trustpoints, HELO name, times), which is taken anew for every attempt. By value;
 * owned by its context.
 */
#ifndef ACTIONS_MAIL_QUEUE_REQUEST_H
#define ACTIONS_MAIL_QUEUE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "actions/mail/destination/profile.h"
#include "actions/mail/job.h"
#include "core/err.h"

struct engine;
struct secrets;

struct mail_request {
	const char *applet;
	const char *server; /* as substituted: user:pass@host; "USEDNS". Kept encrypted as a whole */
	/* The environment variable whose whole value that was: attempts read it anew. NULL: none */
	const char *server_variable;
	const char *credential; /* name of the credential instead of a password, or NULL */
	unsigned port;          /* 0: the default of `secure` */
	enum mail_secure secure;
	enum mail_dane dane;
	const char *source_interface, *source_address;
	const char *vrf;        /* NULL: the table of the system */
	const char *message_id; /* stays the same over all attempts */
	const char *from;
	const char **recipients;
	size_t recipient_count;
	const char *message;
	size_t message_len;
	bool tls_report;  /* as struct mail_job has it */
	debug_mask debug; /* what the run asked for; of the first attempt, not kept */
};

/* False and err (a mail class) when no job can be made of it: a wrong server string, no password, ... */
bool mail_request_check(struct engine *, const struct mail_request *, struct err *);

/* The envelope as it is kept, without message and recipients. */
char *mail_request_keep(const void *ctx, const struct secrets *, const struct mail_request *);
/* NULL when what was kept cannot be read, or was encrypted with another machine key. */
struct mail_request *mail_request_read(
	const void *ctx, const struct secrets *, const char *kept, struct err *);

/*
 * Takes the server string from its environment variable again. True when it has changed; what the variable
 * says is left alone when it is gone or wrong, or would make direct delivery of a server or the reverse.
 */
bool mail_request_renew(struct engine *, struct mail_request *);

bool mail_request_is_direct(const struct mail_request *);

/*
 * Where it goes, as schedule and `show` name it: "host:port", or the domain. NULL and err (a mail class) when
 * the server string is wrong.
 */
char *mail_request_host(const void *ctx, const struct mail_request *, struct err *);

/*
 * The job of one attempt: `recipients` (count of them) of the request at `domain`, with what the
 * configuration says now. `domain` NULL: the server that the action names. NULL and err (a mail class)
 * when it cannot be: no password, a source that is no address, ...
 */
struct mail_job *mail_request_job(const void *ctx, struct engine *, const struct mail_request *,
	const char *domain, const char *const *recipients, size_t count, struct err *);

#endif
