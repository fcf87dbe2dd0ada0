/*
 * The responder of IP SLA, inside eventd-probe: listens for control messages, opens the ports that they ask for a while,
 * and answers what comes to them. What the engine says and hears of it, by value:
 *
 *   to eventd-probe    {"type":"responder","enabled":true,"permanent":[{"kind":"udp-echo","address":"192.0.2.1","port":7}]}
 *   from eventd-probe  {"type":"responder","received":3,"errors":1,"sources":[...],"error_sources":[...],
 *                       "ports":[{"kind":...,"address":...,"port":...,"permanent":true,"error":"..."}]}
 * The latter after each change, at most five times a second. The process' own loop.
 */
#ifndef PROBE_RESPONDER_H
#define PROBE_RESPONDER_H

#include <jansson.h>

struct loop;
struct responder;

struct responder *responder_new(const void *ctx, struct loop *);
void responder_take(struct responder *, const json_t *message);

#endif
