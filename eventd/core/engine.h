/*
 * The engine: everything one daemon is, passed to whoever needs it. There may be several in one
 * process (candidate checks, simulation), so nothing of it is global. Each module owns the struct
 * behind its pointer and is found by its own header; this file names them only.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

struct engine {
	struct clock *clock;
	struct loop *loop;
	struct log *log;
	struct redact *redact;
	struct rng *rng;
	struct settings *settings;
	struct files *files;               /* core/files.h: flash: and the other prefixes */
	struct secrets *secrets;           /* store/secret.h: the machine key */
	struct store *store;               /* store/store.h: durable state */
	struct pki *pki;                   /* pki/store.h: trustpoints */
	struct conf *conf;                 /* conf/conf.h: running and startup configuration */
	struct bus *bus;                   /* bus/bus.h */
	struct history *history;           /* bus/history.h: of runs */
	struct history *traps;             /* bus/history.h: of traps, whose type is "server" or "policy" */
	struct recent *commands;           /* bus/recent.h: that were typed */
	struct recent *messages;           /* of the own log */
	struct counters *counters;         /* bus/counter.h: event manager's named counters */
	struct sched *sched;               /* sched/sched.h */
	struct journal *journal;           /* sched/journal.h; NULL: nothing is kept */
	struct policies *policies;         /* sched/policy.h: registered policies */
	struct environment *env;           /* applets/env.h: event manager environment */
	struct contexts *contexts;         /* applets/context.h: what policies have laid down */
	struct scripts *scripts;           /* applets/lua/scripts.h: Lua policies */
	struct mailer *mailer;             /* actions/mail/mailer.h */
	struct credentials *credentials;   /* actions/mail/credential.h */
	struct mail_recorder *recorder;    /* actions/mail/recorder/recorder.h */
	struct mail_queue *mail_queue;     /* actions/mail/queue/queue.h */
	struct resolver *resolver;         /* actions/mail/dns/resolver.h */
	struct sts *sts;                   /* actions/mail/sts/sts.h */
	struct destinations *destinations; /* actions/mail/destination/profile.h */
	struct tlsrpt *tlsrpt;             /* actions/mail/report/tlsrpt.h */
	struct maillog *maillog;           /* actions/mail/maillog.h */
	struct load_intervals *load_intervals; /* net/load_intervals.h */
	struct links *links;                   /* net/links.h; NULL: there is no netlink */
	struct addresses *addresses;           /* net/addresses.h; NULL: there is no netlink */
	struct routes *routes;                 /* net/routes.h: routes_of() */
	struct fdb *fdb;                       /* net/fdb.h: fdb_of() */
	struct busy *busy;                     /* host/busy.h; NULL: processors are not measured */
	struct vrrp *vrrp;                     /* peers/vrrp.h: what keepalived says */
	struct frr *frr;                       /* peers/frr/frr.h: adjacencies of its daemons */
	struct lldp *lldp;                     /* peers/lldp.h: what lldpd knows of neighbors */
	struct hostapd *hostapd;               /* peers/hostapd.h: who authenticates at a port */
	struct flows *flows;                   /* flow/monitor.h */
	struct slas_world *sla_world;          /* probe/slas.h */
	struct prober *prober;                 /* probe/prober.h */
	struct slas *slas;                     /* bus/sla.h */
	struct tracks *tracks;                 /* track/track.h */
	struct moments *moments;               /* bus/moment.h */
	struct captures *captures;             /* capture/capture.h */
	struct snmp *snmp;                     /* snmp/client.h */
	struct rpc *rpc;                       /* rpc/rpc.h */
	struct logging *logging;               /* logging/logging.h */
	struct intake *intake;                 /* syslog/listen.h */
	struct cli *cli;                       /* cli/server.h */
	const struct cli_port_ops *cli_port;
	const struct capture_port_ops *capture_port; /* core/capture_port.h */

	const char *hostname;    /* of the configuration or the settings: conf/global.h */
	const char *program_dir; /* where eventd and its helpers stand */
	const char *state_dir;   /* NULL in a check or a unit test */
	usec started_wall, started_mono;
	size_t value_max; /* bytes of one variable of a run */
	uint64_t boot;    /* random number of this start: part of stored keys */
	bool is_check;    /* no effects on the outside world */
	bool is_up;       /* the startup configuration stands: what is armed from now on was typed */
};

/* The host name of prompts, messages and `info type routername`. Never NULL. */
const char *engine_hostname(const struct engine *);

#endif
