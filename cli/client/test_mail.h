/*
 * `eventctl test mail server STRING ...`: the trial of a mail server without a daemon, before anything is
 * configured (contract 3). Trust comes from files.
 */
#ifndef CLI_CLIENT_TEST_MAIL_H
#define CLI_CLIENT_TEST_MAIL_H

#define TEST_MAIL_USAGE                                                                     \
	"test mail server STRING [port N] [secure tls|smtps|none] [from F] [to T]\n"        \
	"                [source-interface IF | source-address A] [allow-cleartext-auth]\n" \
	"                [--trust FILE...] [--resolver ADDR[@PORT]] [--timeout S] [--json]"

/* argv[0] is the word "mail". Exit status: 0 connected, 1 not, 2 usage. */
int test_mail_main(int argc, char **argv);

#endif
