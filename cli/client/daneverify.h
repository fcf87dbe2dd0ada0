/* `eventctl daneverify DOMAIN ...`: the seed's lines or JSON, no daemon needed. */
#ifndef CLI_CLIENT_DANEVERIFY_H
#define CLI_CLIENT_DANEVERIFY_H

#define DANEVERIFY_USAGE "daneverify DOMAIN [--port N] [--resolver ADDR[@PORT]] [--anchor FILE] [--json]"

/* argv[0] is "daneverify". Exit status: 0 SUCCESS, 1 FAILED, 2 usage, 3 could not look up. */
int daneverify_main(int argc, char **argv);

/* The interactive form: without an argument the domain is asked for, on standard input. Allocated in ctx. */
const char *client_ask_domain(const void *ctx);

#endif
