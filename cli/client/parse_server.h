/* `eventctl mail parse-server STRING`: how a mail server string is read (contract 3). */
#ifndef CLI_CLIENT_PARSE_SERVER_H
#define CLI_CLIENT_PARSE_SERVER_H

/* argv[0] is the word "parse-server". Exit status: 0 good, 1 bad, 2 usage. */
int parse_server_main(int argc, char **argv);

#endif
