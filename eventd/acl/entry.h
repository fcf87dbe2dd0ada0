/*
 * One entry of an access list: its grammar, as IOS writes it, and the packets it means, in libpcap's
 * filter language.
 *
 *   standard: {permit | deny} {any | host A | A [WILDCARD]} [log]
 *   extended: {permit | deny} PROTOCOL SOURCE [ports] DESTINATION [ports] [options]
 *   ipv6:     the same with prefixes, and `sequence N` instead of N in front
 *   remark TEXT
 *
 * ports = eq P... | neq P... | lt P | gt P | range P P; options = a message of ICMP by name, or by type and code,
 * established, TCP flags, dscp, precedence, fragments, log, log-input. Engine thread only.
 */
#ifndef ACL_ENTRY_H
#define ACL_ENTRY_H

#include <stdbool.h>

#include "cli/kw/kw.h"
#include "core/err.h"

struct acl_end {
	struct kw_flag any, eq_, neq_;
	struct kw_str host, address, wildcard, prefix;
	struct kw_list eq, neq;
	struct kw_int lt, gt, from, to;
};

struct acl_entry {
	struct kw_int list; /* of `access-list N` */
	struct kw_int sequence;
	struct kw_flag permit, deny;
	struct kw_str remark;
	struct kw_int protocol; /* not set: the entry of a standard list */
	struct acl_end source, destination;
	struct acl_end only; /* of a standard list: the source */
	struct kw_flag only_log;
	struct kw_flag established, ack, fin, psh, rst, syn, urg, fragments, log, log_input;
	struct kw_enum icmp_message;        /* acl/icmp.h */
	struct kw_int icmp_type, icmp_code; /* instead of it */
	struct kw_int old_type, old_code;   /* behind the word `icmp-type` */
	struct kw_int dscp, precedence;
	struct kw_str unsupported[5]; /* words that IOS knows */
};

extern const struct kw acl_numbered_kw[], acl_standard_kw[], acl_extended_kw[], acl_ipv6_kw[];

/* `icmp-type 8 0`, which was the form here once, becomes that of IOS, `8 0`. */
void acl_entry_adopt(struct acl_entry *);
/* What the grammar cannot say: numbers of lists, ports without TCP, words for which there is nothing here. */
bool acl_entry_check(const struct acl_entry *, bool ipv6, struct err *);

/* Appends the expression. Not for remarks. */
void acl_entry_build(const struct acl_entry *, bool ipv6, struct text *);

bool acl_number_is_standard(int64_t); /* 1-99, 1300-1999 */

#endif
