/*
 * The SNMP of a scenario, in place of the helper: an agent whose objects the scenario says, and a record of
 * what was sent.
 *
 *   agent 1.3.6.1.2.1.1.5.0 string "r1"        an object there is from here on
 *   agent fails FH_ETIMEOUT "no answer"        what every job is answered from here on; `agent works` ends it
 *   notify 192.0.2.7 1.3.6.1.6.3.1.1.5.3 [OID TYPE VALUE]...   a notification from there, with these variables
 *   request get|getnext|set OBJECT OID [TYPE VALUE]    the agent is asked for it; replies stand in what was sent:
 *       reply 1: value int {5} next 1.3.6.1
 *   expect sent "TEXT"                         in a line of what was sent, one a job:
 *       get 127.0.0.1:161 version 2c public: 1.3.6.1.2.1.1.5.0
 *       set 192.0.2.1:161 version 2c priv8: 1.3.6.1.2.1.1.5.0 string {r2}
 *       trap 192.0.2.9:162 version 1 public: 1.3.6.1.4.1.9.10.134.0.2 (1.3.6.1.4.1.9.10.134 6 2) OID TYPE {VALUE} ...
 */
#ifndef SCENARIO_AGENT_H
#define SCENARIO_AGENT_H

#include "script.h"
#include "world.h"

void agent_new(struct world *);

bool verb_agent(struct world *, const struct statement *);
bool verb_notify(struct world *, const struct statement *);
bool verb_request(struct world *, const struct statement *);
bool expect_sent(struct world *, const struct statement *, bool no);

#endif
