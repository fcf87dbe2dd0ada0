/*
 * `eventctl pki verify`: validation of one chain, or with --batch of one request a line, without a
 * daemon. Answers are JSON: result, class, detail, depth, anchor, hint, findings.
 */
#ifndef CLI_CLIENT_PKI_VERIFY_H
#define CLI_CLIENT_PKI_VERIFY_H

#include <jansson.h>

/* argv[0] is the word "verify", options follow. Exit status: 0 good, 1 bad, 2 usage. */
int pki_verify_main(int argc, char **argv);

#endif
