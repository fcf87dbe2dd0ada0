/* Certificates that a server shows, for the `crypto pki` commands of cli/exec/pki.c. Engine thread only. */
#ifndef CLI_EXEC_PKI_CHAIN_H
#define CLI_EXEC_PKI_CHAIN_H

#include "cli/cmd.h"
#include "cli/kw/kw.h"

/* HOST [port N] [starttls smtp] [timeout S] */
struct pki_server_args {
	struct kw_str host;
	struct kw_int port;
	struct kw_enum starttls;
	struct kw_int timeout;
};
extern const struct kw pki_server_kw[];

/*
 * Fetches the chain, shows each certificate from the topmost down and asks for each. The first that is
 * accepted goes to trustpoint `name` (made when it is not there), further ones to NAME-2, NAME-3, ...
 */
enum cmd_result pki_from_server(
	struct session *, const char *name, const struct pki_server_args *, struct err *);

#endif
