/*
 * What the engine (or eventctl) and eventd-resolve say to each other (core/frame.h):
 *
 *   {"type":"configure","servers":["192.0.2.1@53"],"iterate":false,"anchor":TEXT,"state":DIR}
 *       first, and again whenever it changes; "anchor" replaces the root's keys, "state" is where those
 *       are kept (only of the first message)
 *   {"type":"ask","id":7,"kind":"domain","name":"example.net","port":25,"tlsa":true,"log":true}
 *   {"type":"cancel","id":7}
 *   {"type":"status","id":8}        asks the resolvers anew
 *   {"type":"verify","id":9,"port":25,"answer":{...}}    blocks: in a process of its own
 * and back:
 *   {"type":"log","id":7,"at":WALL,"text":"DNS query: ..."}    one for each line; warnings also without "log"
 *   {"type":"answer","id":7,"answer":{...}}                    one for each ask that was not cancelled
 *   {"type":"status","id":8,"weakness":null,"resolvers":[{"address","passes","why","last"}]}
 *   {"type":"step","id":9,"step":{...}}, {"type":"verified","id":9,"outcome":0}    verify.h
 *   {"type":"trouble","text":...}    nothing is validated, or the configuration cannot be used at all
 */
#ifndef ACTIONS_MAIL_DNS_WIRE_H
#define ACTIONS_MAIL_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "actions/mail/dns/resolver.h"

#define RESOLVE_PROGRAM "eventd-resolve"

struct resolve_config {
	const char *const *servers;
	size_t server_count;
	bool iterate;
	const char *anchor; /* text of a file, or NULL */
	const char *state;  /* directory, or NULL */
};

json_t *resolve_configure_message(const struct resolve_config *);
json_t *resolve_ask_message(json_int_t id, const struct mail_dns_question *, bool log);
json_t *resolve_verify_message(json_int_t id, unsigned port, const struct mail_dns_answer *);
/* The strings are borrowed from the message. */
bool resolve_question_read(const json_t *message, struct mail_dns_question *);

/* "192.0.2.1", "::1@5353" */
bool resolve_server_is_valid(const char *);

/* The name servers of /etc/resolv.conf, for those who name none. */
const char **resolve_system_servers(const void *ctx, size_t *n);
/* Of its text (resolv.conf(5)), which is written to; addresses with a zone are passed over. */
const char **resolve_servers_of(const void *ctx, char *text, size_t *n);

#endif
