/* `eventctl mtastsverify`: the MTA-STS of a domain, looked at without a daemon (contract 3). */
#ifndef CLI_CLIENT_MTASTSVERIFY_H
#define CLI_CLIENT_MTASTSVERIFY_H

#define MTASTSVERIFY_USAGE "mtastsverify DOMAIN [--resolver ADDR[@PORT]] [--anchor FILE] [--ca FILE] [--json]"

/* Exit status: 0 valid, 1 not, 2 usage, 3 could not look. argv[0] is the command's word. */
int mtastsverify_main(int argc, char **argv);

#endif
