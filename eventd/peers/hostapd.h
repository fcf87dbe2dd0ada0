/*
 * Who authenticates at which port (IEEE 802.1X), as hostapd tells on its control sockets: one datagram socket for each
 * interface, in one directory. After ATTACH it sends what happens; STA asks what it knows of a station, which is where
 * the name of the user, the session and the VLAN come from. hostapd may be absent, come, go and come again. Engine
 * thread only, but for the texts.
 */
#ifndef PEERS_HOSTAPD_H
#define PEERS_HOSTAPD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"

enum hostapd_what {
	HOSTAPD_SUCCESS,      /* the authentication of a station succeeded */
	HOSTAPD_FAILURE,      /* it failed */
	HOSTAPD_AUTHORIZED,   /* the port is open for it */
	HOSTAPD_UNAUTHORIZED, /* it is no more, or not at all */
};

#define HOSTAPD_MAC_SIZE sizeof "00:11:22:33:44:55"

struct hostapd_notice {
	enum hostapd_what what;
	char mac[HOSTAPD_MAC_SIZE]; /* in small letters, with colons */
};

/* One message of a control socket: "<3>CTRL-EVENT-EAP-SUCCESS 00:11:...". False: it is about something else. Any thread. */
bool hostapd_notice_read(const char *message, size_t n, struct hostapd_notice *);

/*
 * The attributes of an answer to STA, a line each: "vlan_id=10". Names are in small letters; anything but letters,
 * digits and _ in them is an _. Beside hostapd's own there are `username`, `session_id` and `method`. Any thread.
 */
typedef void hostapd_attribute_f(void *arg, const char *name, const char *value);
void hostapd_attributes(const char *answer, size_t n, hostapd_attribute_f *, void *arg);

struct hostapd;

/* `answer`: of STA, NULL when there was none. Borrowed for the call. */
typedef void hostapd_f(void *arg, const char *interface, const struct hostapd_notice *, const char *answer,
	size_t answer_len);
typedef void hostapd_lack_f(void *arg, const char *why); /* what is missing; NULL: nothing */

struct hostapd *hostapd_new(const void *ctx, struct engine *, hostapd_f *, hostapd_lack_f *, void *arg);

/* From now on hostapd is watched, there and nowhere else. Fine when it is already. */
void hostapd_watch(struct hostapd *, const char *dir);
void hostapd_unwatch(struct hostapd *);

/* A message of an interface, and what hostapd would answer to STA. */
void hostapd_feed(struct hostapd *, const char *interface, const char *message, const char *answer);

#endif
