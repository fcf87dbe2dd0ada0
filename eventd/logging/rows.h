/* The lines `logging ...` as they are typed (IOS XE 17, System Message Logging). */
#ifndef LOGGING_ROWS_H
#define LOGGING_ROWS_H

#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "logging/logging.h"

#define LOGGING_HOST          "logging host"
#define LOGGING_TRAP          "logging trap"
#define LOGGING_FACILITY      "logging facility"
#define LOGGING_ORIGIN        "logging origin-id"
#define LOGGING_SOURCE        "logging source-interface"
#define LOGGING_DISCRIMINATOR "logging discriminator"
#define LOGGING_PROFILE       "logging tls-profile"
#define LOGGING_COUNT         "logging count"
#define LOGGING_ON            "logging on"
#define LOGGING_RATE          "logging rate-limit"
#define LOGGING_BUFFERED      "logging buffered"
#define LOGGING_CONSOLE       "logging console"
#define LOGGING_MONITOR       "logging monitor"

enum { LOGGING_LOCAL7 = 23, LOGGING_BUFFER = 1024 * 1024 /* rulings 38 */ };

struct host_args {
	struct kw_str host, vrf;
	struct kw_flag ipv6, transport, udp, tcp, tls;
	struct kw_int port;
	struct kw_str profile, discriminator;
};
enum logging_transport host_transport(const struct host_args *);
unsigned host_port(const struct host_args *); /* as typed, or that of the transport: 514, 601, 6514 */

struct level_args {
	struct kw_str discriminator;
	struct kw_int size;
	struct kw_enum level;
};
struct facility_args {
	struct kw_enum facility; /* of RFC 5424 table 1 */
};
struct origin_args {
	struct kw_flag hostname, ip, ipv6;
	struct kw_str string;
};
struct source_args {
	struct kw_str interface;
};
/* One part of a message, and what becomes of those that match. */
struct part_args {
	struct kw_str drops, includes;
};
struct discriminator_args {
	struct kw_str name;
	struct kw_flag has_facility, has_mnemonics, has_body, has_severity;
	struct part_args facility, mnemonics, body, severity; /* severity: "0,3,5-7" */
	struct kw_int rate;                                   /* messages a second */
};
struct profile_args {
	struct kw_str name;
};
struct version_args {
	struct kw_enum version; /* of OpenSSL */
};
struct trustpoint_args {
	struct kw_str name;
};
struct rate_args {
	struct kw_flag console, all;
	struct kw_int number;
	struct kw_enum except;
};

#define LOGGING_PROFILE_VERSION  "tls-version"
#define LOGGING_PROFILE_IDENTITY "client-id-trustpoint"

/* "0,3,5-7" as bits; false when it is no such list. */
bool severities_parse(const char *list, unsigned *bits);

/* The line that names this discriminator, or this TLS profile; or NULL. */
const struct conf_node *logging_names(const struct conf_node *root, const char *name, bool profile);

void logging_rows(struct engine *);

#endif
