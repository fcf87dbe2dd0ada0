/* `eventctl daneverify DOMAIN ...`: the seed's lines or JSON, no daemon needed. */
#ifndef CLI_CLIENT_DANEVERIFY_H
#define CLI_CLIENT_DANEVERIFY_H

#define DANEVERIFY_USAGE "daneverify DOMAIN [--port N] [--resolver ADDR[@PORT]] [--anchor FILE] [--json]"

/* argv[0] is "daneverify"; without a domain it asks for one. Exit status: 0 SUCCESS, 1 FAILED, 2 usage, 3 could not look up. */
int daneverify_main(int argc, char **argv);

#endif
