/*
 * Embedded Packet Capture: capture points of one engine (`monitor capture`, EXEC commands that
 * configure nothing) and the helper process that records for them. Points live in memory only, as on
 * IOS; packets live in the helper. Engine thread only.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

struct capture_port_ops;
struct captures;
struct cli;
struct engine;
struct helper;

struct captures *captures_new(const void *ctx, struct engine *);
void capture_commands(struct cli *); /* monitor capture, show monitor capture */
struct helper *captures_helper(const struct captures *);

/*
 * What captures name and is not there: access lists, class maps, policies, IP SLA operations. `command` is the one
 * that names it, `name` the word in it, `why` a sentence.
 */
typedef void captures_problem_f(void *arg, const char *command, const char *name, const char *why);
void captures_problems(const struct captures *, captures_problem_f *, void *arg);

extern const struct capture_port_ops capture_port; /* core/capture_port.h */

#endif
