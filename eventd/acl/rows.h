/* The configuration lines of access lists, as the files of this folder look at them. */
#ifndef ACL_ROWS_H
#define ACL_ROWS_H

#include <stdbool.h>

#include "acl/acl.h"

/* `access-list N ...`: its args are a struct acl_entry. */
bool acl_is_numbered(const struct conf_node *);
bool acl_number_is(const struct conf_node *, const char *number);

/* `ip access-list standard NAME` and the like. */
bool acl_opens_mode(const struct conf_node *);
const char *acl_name_of(const struct conf_node *);
enum acl_kind acl_kind_of(const struct conf_node *);

#endif
