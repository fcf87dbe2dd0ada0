/* The grammar of an access list's entries. */
#include "acl/entry.h"

#include <inttypes.h>

#include "acl/icmp.h"
#include "acl/values.h"

#define AT(field_) .at = offsetof(struct acl_entry, field_)

enum { GROUP_ACTION = 1, GROUP_END = 2, GROUP_PORT = 3 };
enum { SEQUENCE_MAX = 2147483647 };

/* ---- ports ---- */

#define LIST_KW(name_, list_)                                                                               \
	static const struct kw name_[] = {                                                                  \
		{ .help = "Port number or name", .type = &kw_ports, AT(list_), .flags = KW_REQ | KW_MANY }, \
		KW_END                                                                                      \
	}
#define TO_KW(name_, end_)                                                                      \
	static const struct kw name_[] = {                                                      \
		{ .help = "Last port", .type = &kw_port, AT(end_.to), .flags = KW_REQ }, KW_END \
	}

LIST_KW(source_eq_kw, source.eq);
LIST_KW(source_neq_kw, source.neq);
LIST_KW(destination_eq_kw, destination.eq);
LIST_KW(destination_neq_kw, destination.neq);
TO_KW(source_to_kw, source);
TO_KW(destination_to_kw, destination);

#define PORT_ROW(word_, help_, field_, ...)                                                         \
	{                                                                                           \
		.word = (word_), .help = (help_), AT(field_), .flags = KW_SEQ, .group = GROUP_PORT, \
		__VA_ARGS__                                                                         \
	}
#define PORT_ROWS(end_, eq_kw_, neq_kw_, to_kw_)                                \
	PORT_ROW("eq", "These ports", end_.eq_, .sub = (eq_kw_)),               \
		PORT_ROW("neq", "Any other port", end_.neq_, .sub = (neq_kw_)), \
		PORT_ROW("lt", "Lower ports", end_.lt, .type = &kw_port),       \
		PORT_ROW("gt", "Higher ports", end_.gt, .type = &kw_port),      \
		PORT_ROW("range", "Ports from ... to", end_.from, .type = &kw_port, .sub = (to_kw_))

/* ---- options ---- */

static const struct kw old_code_kw[] = {
	{ .help = "ICMP message code", .type = &kw_number, AT(old_code), .min = 0, .max = 255 },
	KW_END,
};
static const struct kw icmp_code_kw[] = {
	{ .help = "ICMP message code", .type = &kw_number, AT(icmp_code), .min = 0, .max = 255 },
	KW_END,
};

#define FLAG(word_, help_, field_)                           \
	{                                                    \
		.word = (word_), .help = (help_), AT(field_) \
	}
#define UNSUPPORTED(word_, help_, i_)                                                                       \
	{                                                                                                   \
		.word = (word_), .help = (help_), .type = &kw_word, AT(unsupported[i_]), .flags = KW_HIDDEN \
	}
#define OPTIONS                                                                                            \
	FLAG("ack", "TCP with ACK", ack),                                                                  \
		{ .word = "dscp", .help = "With this code point", .type = &kw_dscp, AT(dscp) },            \
		FLAG("established", "TCP with ACK or RST", established), FLAG("fin", "TCP with FIN", fin), \
		FLAG("fragments", "Fragments but the first", fragments),                                   \
		{ .word = "icmp-type",                                                                     \
			.help = "ICMP message type",                                                       \
			.type = &kw_number,                                                                \
			AT(old_type),                                                                      \
			.min = 0,                                                                          \
			.max = 255,                                                                        \
			.flags = KW_HIDDEN,                                                                \
			.sub = old_code_kw },                                                              \
		FLAG("log", "Kept in the line; packets are chosen here, not logged", log),                 \
		FLAG("log-input", "Kept in the line; packets are chosen here, not logged", log_input),     \
		{ .word = "precedence",                                                                    \
			.help = "With this precedence",                                                    \
			.type = &kw_precedence,                                                            \
			AT(precedence) },                                                                  \
		FLAG("psh", "TCP with PSH", psh), FLAG("rst", "TCP with RST", rst),                        \
		FLAG("syn", "TCP with SYN", syn), FLAG("urg", "TCP with URG", urg),                        \
		UNSUPPORTED("time-range", "Not here", 0), UNSUPPORTED("reflect", "Not here", 1),           \
		UNSUPPORTED("option", "Not here", 2), UNSUPPORTED("ttl", "Not here", 3),                   \
		UNSUPPORTED("tos", "Not here", 4)

static const struct kw log_kw[] = {
	FLAG("log", "Kept in the line; packets are chosen here, not logged", only_log),
	KW_END,
};

/* ---- ends: a packet's source and destination ---- */

#define END_ROW(word_, help_, field_, ...)                                                         \
	{                                                                                          \
		.word = (word_), .help = (help_), AT(field_), .flags = KW_SEQ, .group = GROUP_END, \
		__VA_ARGS__                                                                        \
	}
#define WILDCARD_KW(name_, end_, then_, ...)                                                 \
	static const struct kw name_[] = { { .help = "Wildcard: bits that are not compared", \
						   .type = &kw_host4,                        \
						   AT(end_.wildcard),                        \
						   .sub = (then_),                           \
						   __VA_ARGS__ },                            \
		KW_END }
#define END4_ROWS(end_, whose_, masked_, then_)                                                          \
	END_ROW("any", "Any " whose_ " address", end_.any, .sub = (then_)),                              \
		END_ROW("host", "One " whose_ " address", end_.host, .type = &kw_host4, .sub = (then_)), \
	{                                                                                                \
		.help = "The " whose_ " address", .type = &kw_host4, AT(end_.address),                   \
		.flags = KW_SEQ | KW_REQ, .group = GROUP_END, .sub = (masked_)                           \
	}
#define END6_ROWS(end_, whose_, then_)                                                                   \
	END_ROW("any", "Any " whose_ " address", end_.any, .sub = (then_)),                              \
		END_ROW("host", "One " whose_ " address", end_.host, .type = &kw_host6, .sub = (then_)), \
	{                                                                                                \
		.help = "Prefix of the " whose_ " address", .type = &kw_prefix6, AT(end_.prefix),        \
		.flags = KW_SEQ | KW_REQ, .group = GROUP_END, .sub = (then_)                             \
	}

#define ICMP_ROWS(messages_)                                                                          \
	{ .help = "Message of ICMP",                                                                  \
		.type = &kw_choice,                                                                   \
		AT(icmp_message),                                                                     \
		.flags = KW_SEQ,                                                                      \
		.group = GROUP_PORT,                                                                  \
		.choices = (messages_) },                                                             \
	{                                                                                             \
		.help = "ICMP message type", .type = &kw_number, AT(icmp_type), .min = 0, .max = 255, \
		.flags = KW_SEQ, .group = GROUP_PORT, .sub = icmp_code_kw                             \
	}

static const struct kw behind_destination_kw[] = { PORT_ROWS(destination, destination_eq_kw,
							   destination_neq_kw, destination_to_kw),
	ICMP_ROWS(icmp_messages), OPTIONS, KW_END };
static const struct kw behind_destination6_kw[] = { PORT_ROWS(destination, destination_eq_kw,
							    destination_neq_kw, destination_to_kw),
	ICMP_ROWS(icmpv6_messages), OPTIONS, KW_END };
WILDCARD_KW(destination_wildcard_kw, destination, behind_destination_kw, .flags = KW_REQ);
static const struct kw behind_source_kw[] = { PORT_ROWS(source, source_eq_kw, source_neq_kw, source_to_kw),
	END4_ROWS(destination, "destination", destination_wildcard_kw, behind_destination_kw), KW_END };
static const struct kw behind_source6_kw[] = { PORT_ROWS(source, source_eq_kw, source_neq_kw, source_to_kw),
	END6_ROWS(destination, "destination", behind_destination6_kw), KW_END };
WILDCARD_KW(source_wildcard_kw, source, behind_source_kw, .flags = KW_REQ);
WILDCARD_KW(standard_wildcard_kw, only, log_kw, .flags = 0);

static const struct kw extended_ends_kw[] = {
	END4_ROWS(source, "source", source_wildcard_kw, behind_source_kw),
	KW_END,
};
static const struct kw ipv6_ends_kw[] = { END6_ROWS(source, "source", behind_source6_kw), KW_END };

/* ---- entries ---- */

#define STANDARD_ROWS END4_ROWS(only, "source", standard_wildcard_kw, log_kw)
#define PROTOCOL_ROW(type_, ends_, ...)                                                         \
	{                                                                                       \
		.help = "Protocol", .type = &(type_), AT(protocol), .sub = (ends_), __VA_ARGS__ \
	}

static const struct kw standard_kw[] = { STANDARD_ROWS, KW_END };
static const struct kw extended_kw[] = { PROTOCOL_ROW(kw_protocol_or_any4, extended_ends_kw, .flags = KW_REQ),
	KW_END };
static const struct kw ipv6_kw[] = { PROTOCOL_ROW(kw_protocol_or_any6, ipv6_ends_kw, .flags = KW_REQ),
	KW_END };
static const struct kw either_kw[] = {
	PROTOCOL_ROW(kw_protocol_or_any4, extended_ends_kw, .group = GROUP_END),
	STANDARD_ROWS,
	KW_END,
};

#define ACTION(word_, help_, field_, then_)                                             \
	{                                                                               \
		.word = (word_), .help = (help_), AT(field_), .flags = KW_SEQ | KW_REQ, \
		.group = GROUP_ACTION, .sub = (then_)                                   \
	}
#define REMARK                                                                       \
	{                                                                            \
		.word = "remark", .help = "A comment", .type = &kw_line, AT(remark), \
		.flags = KW_SEQ | KW_REQ, .group = GROUP_ACTION                      \
	}
#define ACTIONS(then_)                                       \
	ACTION("deny", "Packets to leave out", deny, then_), \
		ACTION("permit", "Packets to take", permit, then_), REMARK
#define SEQUENCE(word_)                                                                                 \
	{                                                                                               \
		.word = (word_), .help = "Sequence number", .type = &kw_number, AT(sequence), .min = 1, \
		.max = SEQUENCE_MAX, .flags = KW_KEY | KW_SEQ                                           \
	}

const struct kw acl_standard_kw[] = { SEQUENCE(NULL), ACTIONS(standard_kw), KW_END };
const struct kw acl_extended_kw[] = { SEQUENCE(NULL), ACTIONS(extended_kw), KW_END };
const struct kw acl_ipv6_kw[] = { SEQUENCE("sequence"), ACTIONS(ipv6_kw), KW_END };
const struct kw acl_numbered_kw[] = {
	{ .help = "Number of the list: 1-99 and 1300-1999 standard, 100-199 and 2000-2699 extended",
		.type = &kw_number,
		AT(list),
		.min = 1,
		.max = 2699,
		.flags = KW_KEY | KW_REQ },
	ACTIONS(either_kw),
	KW_END,
};

/* ---- what the grammar cannot say ---- */

bool
acl_number_is_standard(int64_t n)
{
	return (n >= 1 && n <= 99) || (n >= 1300 && n <= 1999);
}

static bool
is_list_number(int64_t n)
{
	return acl_number_is_standard(n) || (n >= 100 && n <= 199) || (n >= 2000 && n <= 2699);
}

static bool
number_fits(const struct acl_entry *a, struct err *err)
{
	bool is_standard = acl_number_is_standard(a->list.v);

	if (!is_list_number(a->list.v))
		return err_set(err, ERR_REFUSED,
			"access-list %" PRId64
			" is of no kind that is known here: IPv4 lists are 1-199 and 1300-2699",
			a->list.v);
	if (a->remark.set || a->protocol.set == !is_standard)
		return true;
	return err_set(err, ERR_REFUSED,
		is_standard ? "access-list %" PRId64
			      " is a standard list: it takes a source address, no protocol"
			    : "access-list %" PRId64
			      " is an extended list: a protocol comes before the addresses",
		a->list.v);
}

static bool
has_ports(const struct acl_end *e)
{
	return e->eq_.set || e->neq_.set || e->lt.set || e->gt.set || e->from.set;
}

static bool
is_empty_range(const struct acl_end *e)
{
	return e->from.set && e->from.v > e->to.v;
}

static bool
is_known(const struct acl_entry *a, struct err *err)
{
	/* ORDER: acl_entry.unsupported */
	static const char *const why[] = {
		"'time-range' is not there: let an applet with a timer start and stop the capture",
		"'reflect' is not there: no traffic is filtered here",
		"'option' is not there: IP options cannot be told apart by the packet filter",
		"'ttl' is not there",
		"'tos' is not there: use 'dscp' or 'precedence'",
	};

	for (size_t i = 0; i < sizeof why / sizeof why[0]; i++)
		if (a->unsupported[i].set)
			return err_set(err, ERR_REFUSED, "%s", why[i]);
	return true;
}

void
acl_entry_adopt(struct acl_entry *a)
{
	static const struct kw_int unset = { false, 0 };

	if (!a->old_type.set)
		return;
	a->icmp_type = a->old_type;
	a->icmp_code = a->old_code;
	a->old_type = a->old_code = unset;
}

bool
acl_entry_check(const struct acl_entry *a, bool ipv6, struct err *err)
{
	bool flags = a->established.set || a->ack.set || a->fin.set || a->psh.set || a->rst.set ||
		     a->syn.set || a->urg.set;
	int64_t icmp = ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;

	if (a->list.set && !number_fits(a, err))
		return false;
	if (a->remark.set || !a->protocol.set)
		return true;
	if (!is_known(a, err))
		return false;
	if ((has_ports(&a->source) || has_ports(&a->destination)) && a->protocol.v != PROTOCOL_TCP &&
		a->protocol.v != PROTOCOL_UDP)
		return err_set(err, ERR_REFUSED, "ports need the protocol tcp or udp");
	if (is_empty_range(&a->source) || is_empty_range(&a->destination))
		return err_set(err, ERR_REFUSED, "the port range is empty");
	if (flags && a->protocol.v != PROTOCOL_TCP)
		return err_set(err, ERR_REFUSED, "TCP flags and 'established' need the protocol tcp");
	/* IOS calls ICMPv6 `icmp` in IPv6 lists. */
	if ((a->icmp_message.set || a->icmp_type.set) && a->protocol.v != icmp &&
		a->protocol.v != PROTOCOL_ICMP)
		return err_set(err, ERR_REFUSED, "a message of ICMP needs the protocol icmp");
	if (a->fragments.set && ipv6)
		return err_set(err, ERR_REFUSED,
			"'fragments' is not there for IPv6: the packet filter does not walk extension "
			"headers");
	if (a->fragments.set && (has_ports(&a->source) || has_ports(&a->destination) || flags))
		return err_set(err, ERR_REFUSED, "fragments but the first have no ports and no flags");
	return true;
}
