/*
 * The addresses of a name, asked of one name server that is given: what `test mail server --resolver` does
 * instead of asking the system's resolver. Blocks for some seconds at most; allocates nothing, any thread.
 */
#ifndef ACTIONS_MAIL_NAMESERVER_H
#define ACTIONS_MAIL_NAMESERVER_H

#include "actions/mail/resolve.h"

/*
 * `server` is ADDR or ADDR@PORT. 0, or what getaddrinfo() would have said: EAI_NONAME (there is no such
 * name), EAI_NODATA, EAI_AGAIN (no answer, or a failure), EAI_BADFLAGS (`server` is no address).
 */
int nameserver_ask(const char *server, const char *host, unsigned port, int family, struct mail_endpoints *);

#endif
