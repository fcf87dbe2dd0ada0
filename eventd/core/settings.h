/*
 * The daemon's settings (YAML, contract 4): what must be known before the configuration is read. One
 * table in settings.c says every key with type, limits, default and help; unknown keys are errors
 * with a suggestion; every error has line and column. Read-only once loaded; owned by its context.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/text.h"

struct setting_pair {
	const char *key, *value;
};

struct setting_list {
	size_t n;
	const char **v;
};

/* In the file; both begin at 1. */
struct setting_place {
	int line, column;
};

struct setting_listen {
	const char *url;      /* "udp://127.0.0.1:5514" */
	const char *identity; /* of a tls:// listener: the trustpoint whose identity it shows */
	struct setting_list
		client_ca; /* trustpoints that clients' certificates must lead to; none: not asked for */
	int line, column;  /* of the file, for errors found when it is opened */
	struct setting_place identity_at, *client_ca_at; /* of the names, for `--check` */
};

/* The device's own CLI behind `cli command`. */
enum setting_device { DEVICE_NONE, DEVICE_VTYSH, DEVICE_SHELL, DEVICE_PROGRAM };

struct settings {
	const char *hostname; /* NULL: the kernel's */

	int log_level; /* enum severity */
	bool console;  /* log.console: stderr (true) or none */

	struct setting_listen *listen;
	size_t listen_count;
	const char *journal; /* directory of the journal; "" = the system's; NULL = not followed */
	struct setting_list files;
	int64_t rate_limit; /* messages a second of one source; 0 = any number */

	struct setting_list dns_servers;
	const char *dns_anchor;

	const char *flash, *bootflash, *nvram; /* NULL: in the state directory */

	struct setting_pair *aliases; /* IOS name -> kernel name */
	size_t alias_count;
	int64_t load_interval; /* s: rates of interfaces are averaged over it */

	int cli_device;                  /* enum setting_device */
	struct setting_list cli_program; /* argv; empty: that of the device */
	const char *cli_prompt;          /* regular expression; NULL: that of the device */
	struct setting_pair *cli_users;  /* name -> crypt(3) hash of the password of `enable` */
	size_t cli_user_count;

	const char *sysfs, *procfs; /* where the kernel tells of hardware and processes: /sys and /proc */

	int64_t mail_max_parallel;
	const char *mail_helo_name;

	const char *telemetry_socket; /* NULL: nobody listens */

	/* Daemons of this device whose events we read; NULL: the usual place. */
	const char *frr;        /* directory of FRR's sockets */
	const char *keepalived; /* FIFO that keepalived notifies */
	const char *hostapd;    /* directory of hostapd's control sockets */
	const char *lldpd;      /* control socket of lldpd */
};

typedef void settings_finding_f(void *arg, const struct err *);

/*
 * All findings are told, not only the first. NULL when there was an error. An empty text gives the
 * defaults.
 */
struct settings *settings_parse(const void *ctx, const char *text, size_t n, settings_finding_f *, void *arg);

/* Every key with its default and help, for manuals. */
void settings_describe(struct text *out);

#endif
