/* Messages of ICMP by the names that IOS has for them in access lists. Any thread. */
#ifndef ACL_ICMP_H
#define ACL_ICMP_H

#include "cli/kw/kw.h"

/* For kw_choice; of ICMP, and of ICMPv6. */
extern const struct kw_alternative icmp_messages[], icmpv6_messages[];

/* Of a value of the table. A code of -1: any. */
int icmp_message_type(int value);
int icmp_message_code(int value);

#endif
