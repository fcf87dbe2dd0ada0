/* The lines `logging ...` as they are typed. */
#include "logging/rows.h"

#include <string.h>

#include <openssl/tls1.h>

#include "core/log.h"
#include "core/mem.h"
#include "logging/logging.h"

enum {
	ORDER_LOGGING = 30,
	BUFFER_MIN = 4096,
	PORT_UDP = 514,  /* RFC 5426 */
	PORT_TCP = 601,  /* RFC 3195; what IOS takes for plain TCP */
	PORT_TLS = 6514, /* RFC 5425 */
};
#define MODE_PROFILE "config-tls-profile"

enum logging_transport
host_transport(const struct host_args *a)
{
	return a->tcp.set ? LOGGING_TCP : a->tls.set ? LOGGING_TLS : LOGGING_UDP;
}

unsigned
host_port(const struct host_args *a)
{
	static const unsigned usual[] = {
		[LOGGING_UDP] = PORT_UDP, [LOGGING_TCP] = PORT_TCP, [LOGGING_TLS] = PORT_TLS
	};

	return a->port.set ? (unsigned)a->port.v : usual[host_transport(a)];
}

bool
severities_parse(const char *list, unsigned *bits)
{
	*bits = 0;
	for (const char *p = list;; p++) {
		unsigned from = (unsigned)(*p - '0'), to = from;

		if (from > SEV_DEBUGGING)
			return false;
		if (p[1] == '-') {
			to = (unsigned)(p[2] - '0');
			p += 2;
		}
		if (to > SEV_DEBUGGING || to < from)
			return false;
		for (unsigned i = from; i <= to; i++)
			*bits |= 1u << i;
		if (*++p == '\0')
			return true;
		if (*p != ',')
			return false;
	}
}

/* ---- words ---- */

#define LEVEL(word_, help_, value_)                           \
	{                                                     \
		.word = word_, .help = help_, .value = value_ \
	}
#define LEGACY(word_, value_)                                  \
	{                                                      \
		.word = word_, .value = value_, .hidden = true \
	}
static const struct kw_alternative levels[] = {
	LEVEL("alerts", "Immediate action needed           (severity=1)", SEV_ALERTS),
	LEVEL("critical", "Critical conditions               (severity=2)", SEV_CRITICAL),
	LEVEL("debugging", "Debugging messages                (severity=7)", SEV_DEBUGGING),
	LEVEL("emergencies", "System is unusable                (severity=0)", SEV_EMERGENCIES),
	LEVEL("errors", "Error conditions                  (severity=3)", SEV_ERRORS),
	LEVEL("informational", "Informational messages            (severity=6)", SEV_INFORMATIONAL),
	LEVEL("notifications", "Normal but significant conditions (severity=5)", SEV_NOTIFICATIONS),
	LEVEL("warnings", "Warning conditions                (severity=4)", SEV_WARNINGS),
	LEGACY("0", SEV_EMERGENCIES),
	LEGACY("1", SEV_ALERTS),
	LEGACY("2", SEV_CRITICAL),
	LEGACY("3", SEV_ERRORS),
	LEGACY("4", SEV_WARNINGS),
	LEGACY("5", SEV_NOTIFICATIONS),
	LEGACY("6", SEV_INFORMATIONAL),
	LEGACY("7", SEV_DEBUGGING),
	{ .word = NULL },
};

/* ORDER of the numbers: RFC 5424 table 1. */
static const struct kw_alternative facilities[] = {
	LEVEL("auth", "Authorization system", 4),
	LEVEL("cron", "Cron/at facility", 9),
	LEVEL("daemon", "System daemons", 3),
	LEVEL("kern", "Kernel", 0),
	LEVEL("local0", "Local use", 16),
	LEVEL("local1", "Local use", 17),
	LEVEL("local2", "Local use", 18),
	LEVEL("local3", "Local use", 19),
	LEVEL("local4", "Local use", 20),
	LEVEL("local5", "Local use", 21),
	LEVEL("local6", "Local use", 22),
	LEVEL("local7", "Local use", LOGGING_LOCAL7),
	LEVEL("lpr", "Line printer system", 6),
	LEVEL("mail", "Mail system", 2),
	LEVEL("news", "USENET news", 7),
	LEVEL("sys10", "System use", 10),
	LEVEL("sys11", "System use", 11),
	LEVEL("sys12", "System use", 12),
	LEVEL("sys13", "System use", 13),
	LEVEL("sys14", "System use", 14),
	LEVEL("syslog", "Syslog itself", 5),
	LEVEL("user", "User process", 1),
	LEVEL("uucp", "Unix-to-Unix copy system", 8),
	{ .word = NULL },
};

static const struct kw_alternative versions[] = {
	LEVEL("TLSv1.2", "TLS 1.2 and what is newer", TLS1_2_VERSION),
	LEVEL("TLSv1.3", "TLS 1.3 alone", TLS1_3_VERSION),
	{ .word = NULL },
};

#define BARE(type_, field_, kind_, help_, ...)                                          \
	{                                                                               \
		.help = help_, .type = &kind_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}
#define WORD(type_, word_, field_, kind_, help_, ...)                                                  \
	{                                                                                              \
		.word = word_, .help = help_, .type = &kind_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}
#define FLAG(type_, word_, field_, help_, ...)                                         \
	{                                                                              \
		.word = word_, .help = help_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}
#define SEVERITY(type_, field_) BARE(type_, field_, kw_choice, "Logging severity level", .choices = levels)
#define DISCRIMINATOR(type_, flags_)                                                                 \
	WORD(type_, "discriminator", discriminator, kw_word, "Establish MD-Destination association", \
		.flags = (flags_))

static const struct kw buffered_kw[] = {
	DISCRIMINATOR(level_args, KW_SEQ),
	BARE(level_args, size, kw_number, "Logging buffer size", .min = BUFFER_MIN, .max = 2147483647),
	SEVERITY(level_args, level),
	KW_END,
};
static const struct kw place_kw[] = {
	DISCRIMINATOR(level_args, KW_SEQ),
	SEVERITY(level_args, level),
	KW_END,
};
static const struct kw trap_kw[] = {
	SEVERITY(level_args, level),
	KW_END,
};
static const struct kw facility_kw[] = {
	BARE(facility_args, facility, kw_choice, "Facility of messages to hosts", .flags = KW_REQ,
		.choices = facilities),
	KW_END,
};
static const struct kw origin_kw[] = {
	FLAG(origin_args, "hostname", hostname, "Use origin hostname as ID", .flags = KW_REQ, .group = 1),
	FLAG(origin_args, "ip", ip, "Use origin IP address as ID", .flags = KW_REQ, .group = 1),
	FLAG(origin_args, "ipv6", ipv6, "Use origin IPv6 address as ID", .flags = KW_REQ, .group = 1),
	WORD(origin_args, "string", string, kw_text, "Define a unique text string as ID", .flags = KW_REQ,
		.group = 1),
	KW_END,
};
static const struct kw source_kw[] = {
	BARE(source_args, interface, kw_ifname, "Interface whose address messages come from",
		.flags = KW_REQ),
	KW_END,
};
static const struct kw udp_kw[] = {
	WORD(host_args, "port", port, kw_number, "Specify the UDP port number", .min = 1, .max = 65535,
		.dflt = PORT_UDP, .has_dflt = true),
	KW_END,
};
static const struct kw tcp_kw[] = {
	WORD(host_args, "port", port, kw_number, "Specify the TCP port number", .min = 1, .max = 65535,
		.dflt = PORT_TCP, .has_dflt = true),
	KW_END,
};
static const struct kw tls_kw[] = {
	WORD(host_args, "port", port, kw_number, "Specify the TLS port number", .min = 1, .max = 65535,
		.dflt = PORT_TLS, .has_dflt = true),
	WORD(host_args, "profile", profile, kw_word, "Use this TLS profile"),
	KW_END,
};
static const struct kw transport_kw[] = {
	FLAG(host_args, "tcp", tcp, "Transport Control Protocol", .flags = KW_REQ | KW_SEQ, .group = 1,
		.sub = tcp_kw),
	FLAG(host_args, "tls", tls, "Transport Layer Security Protocol", .flags = KW_REQ | KW_SEQ, .group = 1,
		.sub = tls_kw),
	FLAG(host_args, "udp", udp, "User Datagram Protocol", .flags = KW_REQ | KW_SEQ, .group = 1,
		.sub = udp_kw),
	KW_END,
};
static const struct kw host_kw[] = {
	FLAG(host_args, "ipv6", ipv6, "The address is one of IPv6", .flags = KW_SEQ | KW_HIDDEN),
	BARE(host_args, host, kw_word, "Hostname or address of the logging host", .flags = KW_REQ,
		.param = "Hostname, A.B.C.D or X:X:X:X::X"),
	WORD(host_args, "vrf", vrf, kw_word, "Set VRF option"),
	FLAG(host_args, "transport", transport, "Specify the transport protocol", .sub = transport_kw),
	DISCRIMINATOR(host_args, 0),
	KW_END,
};
/* As people write it who learnt it before there was the word `host`. */
static const struct kw address_kw[] = {
	BARE(host_args, host, kw_ip, "IP address of the logging host", .flags = KW_REQ),
	KW_END,
};

#define PART_KW(name_, what_, field_, kind_)                                                               \
	static const struct kw name_##_kw[] = {                                                            \
		WORD(discriminator_args, "drops", field_.drops, kind_, "Drop messages with this " what_,   \
			.flags = KW_REQ | KW_SEQ, .group = 1),                                             \
		WORD(discriminator_args, "includes", field_.includes, kind_,                               \
			"Let messages with this " what_ " through", .flags = KW_REQ | KW_SEQ, .group = 1), \
		KW_END,                                                                                    \
	}
PART_KW(severity, "severity, or list of severities", severity, kw_word);
PART_KW(of_facility, "facility", facility, kw_pattern);
PART_KW(mnemonics, "mnemonic", mnemonics, kw_pattern);
PART_KW(body, "text", body, kw_pattern);

static const struct kw discriminator_kw[] = {
	BARE(discriminator_args, name, kw_word, "Name of the discriminator", .flags = KW_REQ | KW_KEY),
	FLAG(discriminator_args, "severity", has_severity, "Severity group for filtering",
		.sub = severity_kw),
	FLAG(discriminator_args, "facility", has_facility, "Facility pattern for filtering",
		.sub = of_facility_kw),
	FLAG(discriminator_args, "mnemonics", has_mnemonics, "Mnemonics pattern for filtering",
		.sub = mnemonics_kw),
	FLAG(discriminator_args, "msg-body", has_body, "Text pattern for filtering", .sub = body_kw),
	WORD(discriminator_args, "rate-limit", rate, kw_number, "Messages a second", .min = 1, .max = 10000),
	KW_END,
};
static const struct kw rate_kw[] = {
	FLAG(rate_args, "console", console, "Rate limit console messages only", .flags = KW_SEQ),
	FLAG(rate_args, "all", all, "Rate limit all messages, debugging included", .flags = KW_SEQ),
	BARE(rate_args, number, kw_number, "Messages a second", .flags = KW_REQ, .min = 1, .max = 10000),
	WORD(rate_args, "except", except, kw_choice, "Messages of this severity or higher are not limited",
		.choices = levels),
	KW_END,
};
static const struct kw profile_kw[] = {
	BARE(profile_args, name, kw_word, "Name of the TLS profile", .flags = KW_REQ | KW_KEY),
	KW_END,
};
static const struct kw version_kw[] = {
	BARE(version_args, version, kw_choice, "Oldest version of TLS", .flags = KW_REQ, .choices = versions),
	KW_END,
};
static const struct kw trustpoint_kw[] = {
	BARE(trustpoint_args, name, kw_word, "Trustpoint with our certificate", .flags = KW_REQ),
	KW_END,
};

/* ---- what is refused ---- */

static bool
host_adopt(struct engine *e, void *args, struct err *err)
{
	const struct host_args *a = args;

	(void)e;
	if (a->host.s[0] == '-' ||
		strspn(a->host.s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_:") != strlen(a->host.s) ||
		a->host.s[0] == '\0')
		return err_set(err, ERR_REFUSED, "'%.60s' is neither a name nor an address", a->host.s);
	return true;
}

static const struct conf_node *
root_of(const struct conf_node *n)
{
	while (n->parent != NULL)
		n = n->parent;
	return n;
}

static bool
is_there(const struct conf_node *n, const char *words, const char *name, const char *what, struct err *err)
{
	char *key = mem_printf(NULL, "%s %s", words, name);
	bool is = conf_child(root_of(n), key) != NULL;

	mem_free(key);
	if (!is) {
		err_set(err, ERR_NOT_FOUND, "there is no %s %.80s", what, name);
		err_hint(err, "%s %.80s ... comes first", words, name);
	}
	return is;
}

static bool
host_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct host_args *a = n->args;

	(void)e;
	return (!a->profile.set || is_there(n, LOGGING_PROFILE, a->profile.s, "TLS profile", err)) &&
	       (!a->discriminator.set ||
		       is_there(n, LOGGING_DISCRIMINATOR, a->discriminator.s, "discriminator", err));
}

static bool
place_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct level_args *a = n->args;

	(void)e;
	return n->no || !a->discriminator.set ||
	       is_there(n, LOGGING_DISCRIMINATOR, a->discriminator.s, "discriminator", err);
}

static bool
discriminator_adopt(struct engine *e, void *args, struct err *err)
{
	const struct discriminator_args *a = args;
	const struct kw_str *list = a->severity.drops.set ? &a->severity.drops : &a->severity.includes;
	unsigned bits;

	(void)e;
	if (strlen(a->name.s) > 8)
		return err_set(err, ERR_REFUSED, "the name of a discriminator has 8 characters at most");
	if (list->set && !severities_parse(list->s, &bits)) {
		err_set(err, ERR_REFUSED, "'%.40s' is no list of severities", list->s);
		err_hint(err, "0,3,5-7 is one");
		return false;
	}
	return true;
}

static bool
names_it(const struct conf_node *n, const char *name, bool profile)
{
	const char *words = n->row->cmd.words;
	const struct kw_str *named = NULL;

	if (strcmp(words, LOGGING_HOST) == 0) {
		const struct host_args *a = n->args;

		named = profile ? &a->profile : &a->discriminator;
	} else if (!profile && !n->no &&
		   (strcmp(words, LOGGING_BUFFERED) == 0 || strcmp(words, LOGGING_CONSOLE) == 0 ||
			   strcmp(words, LOGGING_MONITOR) == 0)) {
		named = &((const struct level_args *)n->args)->discriminator;
	}
	return named != NULL && named->set && strcmp(named->s, name) == 0;
}

const struct conf_node *
logging_names(const struct conf_node *root, const char *name, bool profile)
{
	const struct conf_node *n = root->first;

	while (n != NULL && !names_it(n, name, profile))
		n = n->next;
	return n;
}

static bool
is_unused(const struct conf_node *root, const char *name, bool profile, struct err *err)
{
	const struct conf_node *user = logging_names(root, name, profile);

	if (user == NULL)
		return true;
	err_set(err, ERR_REFUSED, "%s %.60s is in use", profile ? "TLS profile" : "discriminator", name);
	err_hint(err, "by '%.80s'", user->key);
	return false;
}

static bool
discriminator_may_go(
	struct engine *e, const struct conf_node *gone, const struct conf_node *root, struct err *err)
{
	(void)e;
	return is_unused(root, ((const struct discriminator_args *)gone->args)->name.s, false, err);
}

static bool
profile_may_go(struct engine *e, const struct conf_node *gone, const struct conf_node *root, struct err *err)
{
	(void)e;
	return is_unused(root, ((const struct profile_args *)gone->args)->name.s, true, err);
}

/* ---- tables ---- */

static bool
apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)new, (void)err;
	logging_reconfigure(e->logging);
	return true;
}

#define LINE(order_, words_, help_, kw_, args_, ...)                                             \
	{                                                                                        \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = sizeof(args_) },     \
		.mode = "config", .order = ORDER_LOGGING + (order_), .apply = apply, __VA_ARGS__ \
	}
static const struct conf_row rows[] = {
	LINE(2, LOGGING_HOST, "Set syslog server IP address and parameters", host_kw, struct host_args,
		.adopt = host_adopt, .check = host_check, .whole_line_key = true,
		.missing = "there is no such logging host; 'no' takes the line as running-config has it"),
	LINE(0, "logging", "Modify message logging facilities", address_kw, struct host_args,
		.alias_of = &rows[0]),
	LINE(0, LOGGING_DISCRIMINATOR, "Create or modify a message discriminator", discriminator_kw,
		struct discriminator_args, .adopt = discriminator_adopt, .may_go = discriminator_may_go),
	LINE(0, LOGGING_PROFILE, "TLS profile configuration", profile_kw, struct profile_args,
		.enters = MODE_PROFILE, .may_go = profile_may_go),
	LINE(1, LOGGING_ON, "Enable logging to all enabled destinations", NULL, struct kw_flag,
		.keep_no = true),
	LINE(1, LOGGING_COUNT, "Count every log message and timestamp last occurrence", NULL, struct kw_flag),
	LINE(1, LOGGING_BUFFERED, "Set buffered logging parameters", buffered_kw, struct level_args,
		.keep_no = true, .check = place_check),
	LINE(1, LOGGING_RATE, "Set messages per second limit", rate_kw, struct rate_args),
	LINE(1, LOGGING_CONSOLE, "Set console logging parameters", place_kw, struct level_args,
		.keep_no = true, .check = place_check),
	LINE(1, LOGGING_MONITOR, "Set terminal line (monitor) logging parameters", place_kw,
		struct level_args, .keep_no = true, .check = place_check),
	LINE(1, LOGGING_TRAP, "Set syslog server logging level", trap_kw, struct level_args, .keep_no = true),
	LINE(1, LOGGING_ORIGIN, "Add origin ID to syslog messages", origin_kw, struct origin_args),
	LINE(1, LOGGING_FACILITY, "Facility parameter for syslog messages", facility_kw,
		struct facility_args),
	LINE(1, LOGGING_SOURCE, "Specify interface for source address in logging transactions", source_kw,
		struct source_args),
	{ .cmd = { .words = LOGGING_PROFILE_VERSION,
		  .help = "Oldest version of TLS",
		  .kw = version_kw,
		  .size = sizeof(struct version_args) },
		.mode = MODE_PROFILE,
		.order = 10 },
	{ .cmd = { .words = LOGGING_PROFILE_IDENTITY,
		  .help = "Trustpoint of the certificate that we show",
		  .kw = trustpoint_kw,
		  .size = sizeof(struct trustpoint_args) },
		.mode = MODE_PROFILE,
		.order = 20 },
};

static const struct conf_mode modes[] = {
	{ .name = MODE_PROFILE, .parent = "config" },
};

#define NO_HISTORY                                                                                          \
	"messages are no notifications of SNMP here: an applet with 'event syslog' and 'action snmp-trap' " \
	"sends them"
static const struct kw_absent absent[] = {
	{ "logging history", NO_HISTORY },
	{ "logging snmp-trap", NO_HISTORY },
	{ "logging event link-status", "links of every interface are told here" },
	{ "logging persistent",
		"the log is kept in the journal of the system, and with 'show logging | append "
		"flash:FILE' in a file" },
	{ "logging file", "the log is kept in the journal of the system, and with 'show logging | append "
			  "flash:FILE' in a file" },
	{ "logging userinfo",
		"who gives 'enable' a password is told here without it (%SYS-5-PRIV_AUTH_PASS)" },
	{ "logging exception", "there are no crash files of this program's own here: see 'coredumpctl'" },
	{ "logging queue-limit", "messages do not wait in a queue here; a host has one of its own" },
	{ "logging buginf", "debug messages go where their level says" },
	{ "logging message-counter",
		"messages to hosts are counted, and 'service sequence-numbers' numbers all" },
	{ "logging esm",
		"filters here are 'logging discriminator', and applets with 'event syslog ... skip yes'" },
	{ "logging filter",
		"filters here are 'logging discriminator', and applets with 'event syslog ... skip yes'" },
};

void
logging_rows(struct engine *e)
{
	conf_word(e->conf, "config", "logging", "Modify message logging facilities");
	conf_modes(e->conf, modes, sizeof modes / sizeof *modes);
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	conf_absent(e->conf, "config", absent, sizeof absent / sizeof *absent);
}
