/* The EXEC command `test mail server`. */
#ifndef ACTIONS_MAIL_TEST_COMMAND_H
#define ACTIONS_MAIL_TEST_COMMAND_H

struct cli;

void mail_test_commands(struct cli *);

#endif
