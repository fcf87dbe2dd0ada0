/*
 * A change of a routing adjacency, as FRR's daemons tell it, and what IOS says of the same. The daemons log each one
 * in a sentence (`bgp log-neighbor-changes`, `log-adjacency-changes`); those sentences are taken apart here. Nothing
 * of a router is needed for that: any thread.
 */
#ifndef PEERS_FRR_ADJACENCY_H
#define PEERS_FRR_ADJACENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "core/settings.h"
#include "core/text.h"

enum adjacency_protocol {
	ADJACENCY_BFD,
	ADJACENCY_BGP,
	ADJACENCY_ISIS,
	ADJACENCY_OSPF,
	ADJACENCY_OSPFV3,
};
/* "bgp" */
const char *adjacency_protocol_word(enum adjacency_protocol);

enum adjacency_kind {
	ADJACENCY_DOWN,
	ADJACENCY_UP,
	ADJACENCY_CHANGE,       /* between two states that are neither */
	ADJACENCY_NOTIFICATION, /* BGP: an error that one of both told the other */
};
const char *adjacency_kind_word(enum adjacency_kind);

/* Empty texts and 0 for what the protocol does not say. */
struct adjacency {
	enum adjacency_protocol protocol;
	enum adjacency_kind kind;
	char neighbor[80]; /* address, or the interface of an unnumbered BGP neighbor */
	char router_id[48];
	char interface[64]; /* as the kernel names it */
	char vrf[64];
	char from[16], to[16]; /* states in IOS's words: "FULL", "DOWN", "Established", "Up" */
	char reason[160];
	char notification[128]; /* BGP: "6/2 (Administrative Shutdown)" */
	char sent[12],
		data[64];  /* of it: sent or received, and its data in hexadecimal, where it is all there */
	unsigned octets;   /* of its data */
	char hostname[80]; /* as BGP and IS-IS learnt it */
	char afi[8];       /* "ipv4", "ipv6", or "" */
	char level[12];    /* IS-IS: "level-1", "level-2" */
	int64_t process;   /* OSPF: FRR's instance; 0: it has no number */
	int64_t as, local_as;  /* BGP */
	int64_t discriminator; /* BFD: the local one */
	unsigned handle;       /* BFD: counted here from 1, as IOS counts sessions */
};

/*
 * The text of a message of the daemon ("bgpd", "ospfd", "ospf6d", "isisd"), without FRR's "[XXXXX-XXXXX] ". False: it
 * is about something else.
 */
bool adjacency_from_log(const char *daemon, const char *text, size_t n, struct adjacency *);

/* Where the text begins behind "[XXXXX-XXXXX][EC 123] ", which depends on the router's settings. */
const char *adjacency_log_text(const char *text, const char *end);

/* A name made of what names of neighbors are made of; anything else is no neighbor. */
bool adjacency_is_name(const char *s);

/* "ipv4" or "ipv6" by the form of the address; "" when it is none. */
void adjacency_set_afi(struct adjacency *);

/*
 * The message of IOS: facility, severity, mnemonic and text. False: IOS says nothing of it.
 * Interfaces have the names that people see.
 */
struct adjacency_message {
	const char *facility;
	enum severity severity;
	const char *mnemonic;
};
bool adjacency_message(
	const struct adjacency *, const struct settings *, struct adjacency_message *, struct text *out);

#endif
