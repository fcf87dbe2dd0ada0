/*
 * action LABEL snmp-trap and snmp-object-value: known, and refused when typed, for no SNMP agent
 * carries them out (eem-language 6.5).
 */
#include "actions/action.h"
#include "actions/io/io.h"

struct trap_args {
	struct kw_template intdata1, intdata2, strdata;
};

static const struct kw trap_kw[] = {
	{ .word = "intdata1",
		.help = "First integer of the trap",
		.type = &kw_operand,
		KW_AT(struct trap_args, intdata1) },
	{ .word = "intdata2",
		.help = "Second integer of the trap",
		.type = &kw_operand,
		KW_AT(struct trap_args, intdata2) },
	{ .word = "strdata",
		.help = "Text of the trap",
		.type = &kw_template,
		KW_AT(struct trap_args, strdata) },
	KW_END,
};

struct value_args {
	struct kw_enum type;
	struct kw_template value, next;
};

static const struct kw_alternative value_types[] = {
	{ "counter", "32-bit counter", 0, false },
	{ "counter64", "64-bit counter", 1, false },
	{ "gauge", "32-bit gauge", 2, false },
	{ "int", "32-bit integer", 3, false },
	{ "ipv4", "IPv4 address", 4, false },
	{ "octet", "Octets in hexadecimal", 5, false },
	{ "oid", "Object identifier", 6, false },
	{ "string", "Text", 7, false },
	{ "uint", "32-bit unsigned integer", 8, false },
	{ NULL, NULL, 0, false },
};

static const struct kw value_kw[] = {
	{ .help = "Type of the value",
		.type = &kw_choice,
		KW_AT(struct value_args, type),
		.flags = KW_REQ,
		.choices = value_types },
	{ .help = "Value of the object",
		.type = &kw_template,
		KW_AT(struct value_args, value),
		.flags = KW_REQ },
	{ .word = "next-oid",
		.help = "Object identifier that follows",
		.type = &kw_template,
		KW_AT(struct value_args, next) },
	KW_END,
};

static bool
no_agent(struct engine *engine, void *args, struct err *err)
{
	return err_set(err, ERR_REFUSED, "SNMP actions are not supported: there is no SNMP agent");
}

const struct action action_snmp_trap = {
	.name = "snmp-trap",
	.help = "Send an SNMP trap",
	.kw = trap_kw,
	.args_size = sizeof(struct trap_args),
	.typed = no_agent,
};

const struct action action_snmp_object_value = {
	.name = "snmp-object-value",
	.help = "object value for snmp request",
	.kw = value_kw,
	.args_size = sizeof(struct value_args),
	.typed = no_agent,
};
