/*
 * What keepalived says of its VRRP instances: it writes a line to a FIFO at each change of state (keepalived.conf(5),
 * vrrp_notify_fifo), `INSTANCE "VI_1" MASTER 100`. We make the FIFO and are its only reader; keepalived may come,
 * go and come again. FRR's vrrpd is heard as well (peers/frr/virtual.h). A change of an instance becomes IOS's
 * %VRRP-6-STATECHANGE. Engine thread only.
 */
#ifndef PEERS_VRRP_H
#define PEERS_VRRP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/err.h"

#define VRRP_NAME_MAX 128u /* octets of the name of an instance or a group */

enum vrrp_word {
	VRRP_MASTER,
	VRRP_BACKUP,
	VRRP_FAULT,
	VRRP_STOP,
	VRRP_DELETED,
	VRRP_LOWER,    /* MASTER_RX_LOWER_PRI: the master heard one of lower priority */
	VRRP_PRIORITY, /* MASTER_PRIORITY, BACKUP_PRIORITY: the own priority changed */
};

struct vrrp_notice {
	bool of_group; /* of a sync group */
	bool of_frr;   /* of vrrpd */
	char name[VRRP_NAME_MAX + 1];
	enum vrrp_word word;
	int64_t priority; /* 0: a group has none */
};

/* One line without its end. False: it is none of keepalived's. Any thread. */
bool vrrp_notice_parse(const char *line, size_t n, struct vrrp_notice *);

/* keepalived's word: "MASTER". */
const char *vrrp_word(enum vrrp_word);

struct vrrp;

/*
 * `before` is what was said of the same one before, or VRRP_STOP when nothing was. Borrowed for the call. Without a
 * notice: somebody is heard who would tell.
 */
typedef void vrrp_f(void *arg, const struct vrrp_notice *, enum vrrp_word before);
struct vrrp *vrrp_new(const void *ctx, struct engine *, vrrp_f *, void *arg);

/* Makes the FIFO, if it is not there, and reads it from now on, and no other. Fine when it is read already. */
bool vrrp_open(struct vrrp *, const char *path, struct err *);

bool vrrp_is_open(const struct vrrp *, const char *path);

/*
 * Of vrrpd: it is heard; an instance is in this state, which is told when it is news and is another one than was known;
 * it has changed; all that it has ended.
 */
void vrrp_frr_heard(struct vrrp *);
void vrrp_frr_is(struct vrrp *, const struct vrrp_notice *, bool news);
void vrrp_frr_changed(struct vrrp *, const struct vrrp_notice *, enum vrrp_word before);
void vrrp_frr_ended(struct vrrp *);

/* Octets as they came from the FIFO. */
void vrrp_feed(struct vrrp *, const char *data, size_t n);

#endif
