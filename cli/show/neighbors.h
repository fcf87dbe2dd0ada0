/* What the commands on neighbours share: words, and making the kernel forget. */
#ifndef CLI_SHOW_NEIGHBORS_H
#define CLI_SHOW_NEIGHBORS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cmd.h"
#include "net/neighbor_table.h"

struct engine;
struct session;

enum { NEIGHBOR_MAC = 20 }; /* room for a hardware address as text */

/* 7486.0b1c.a3c1 */
const char *neighbor_mac(const unsigned char *mac, size_t n, char room[NEIGHBOR_MAC]);
/* As people name it. */
const char *neighbor_interface(const struct engine *, int index, char room[16]);

/* A bridge that does not tell VLANs apart has one, which IOS calls 1. */
unsigned neighbor_vlan(const struct neighbor *);

/* Which ones; plain values, for a worker. */
struct neighbor_choice {
	int family;
	bool learnt_only;
	int interface; /* index; 0: any */
	bool has_address, has_mac;
	unsigned char address[16], mac[6];
	unsigned vlan; /* 0: any */
};

bool neighbor_is_chosen(const struct neighbor_choice *, const struct neighbor *);
/* What is typed, when it is set; false: err says why it cannot be. */
bool neighbor_choose_interface(
	struct neighbor_choice *, const struct engine *, const struct kw_str *typed, struct err *);
bool neighbor_choose_address(struct neighbor_choice *, const struct kw_str *typed, struct err *);
void neighbor_choose_mac(struct neighbor_choice *, const struct kw_str *typed);

/* The kernel forgets those that are chosen and were learnt; the command waits for it. */
enum cmd_result neighbors_clear(struct session *, struct neighbor_choice *);

#endif
