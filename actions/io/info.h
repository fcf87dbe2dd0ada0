/* How the types of `info` are declared: info.c has the table, info_snmp.c those of SNMP. */
#ifndef ACTIONS_IO_INFO_H
#define ACTIONS_IO_INFO_H

#include "actions/action.h"

struct info_args {
	struct kw_flag type, event, cli, snmp, syslog; /* words on the way */
	struct kw_sub what;
};

struct info_kind {
	enum step (*exec)(struct run *, const void *args); /* of the type's own table */
};

/* A word that ends the way: its table fills an object of type_. */
#define INFO_KIND(word_, help_, sub_, type_, exec_)                                                    \
	{                                                                                              \
		.word = word_, .help = help_, KW_AT(struct info_args, what), .flags = KW_REQ | KW_SEQ, \
		.group = 1, .sub = sub_, .sub_size = sizeof(type_), .owner = &(const struct info_kind) \
		{                                                                                      \
			exec_                                                                          \
		}                                                                                      \
	}

extern const struct kw info_snmp_kw[];

/* What can be refused when it is typed. */
bool info_snmp_typed(const struct kw *row, const void *args, struct err *err);

#endif
