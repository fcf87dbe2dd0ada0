/* The configuration of access lists. */
#include "acl/rows.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl/entry.h"
#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "core/text.h"

enum { ORDER_NAMED = 7000, ORDER_NUMBERED = 7010, ORDER_IPV6 = 7020 };

static const char standard_mode[] = "config-std-nacl", extended_mode[] = "config-ext-nacl",
		  ipv6_mode[] = "config-ipv6-acl";

struct list_args {
	struct kw_str name;
};

static const struct kw list_kw[] = {
	{ .help = "Number or name of the list",
		.type = &kw_word,
		KW_AT(struct list_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

/* ---- lists ---- */

static const struct conf_row *row_of(enum acl_kind);

bool
acl_opens_mode(const struct conf_node *n)
{
	return n->row == row_of(ACL_STANDARD) || n->row == row_of(ACL_EXTENDED) || n->row == row_of(ACL_IPV6);
}

enum acl_kind
acl_kind_of(const struct conf_node *n)
{
	return n->row == row_of(ACL_STANDARD)   ? ACL_STANDARD
	       : n->row == row_of(ACL_EXTENDED) ? ACL_EXTENDED
						: ACL_IPV6;
}

const char *
acl_name_of(const struct conf_node *n)
{
	return ((const struct list_args *)n->args)->name.s;
}

bool
acl_number_is(const struct conf_node *n, const char *number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, ((const struct acl_entry *)n->args)->list.v);
	return strcmp(text, number) == 0;
}

/* A number as the name of a list must fit its kind. */
static bool
name_fits(enum acl_kind kind, const char *name, struct err *err)
{
	char *end;
	long long n = strtoll(name, &end, 10);

	if (!isdigit((unsigned char)name[0]))
		return isalpha((unsigned char)name[0]) ||
		       err_set(err, ERR_REFUSED, "the name of an access list begins with a letter");
	if (*end != '\0' || kind == ACL_IPV6)
		return err_set(err, ERR_REFUSED, "the name of an access list begins with a letter");
	if (acl_number_is_standard(n) != (kind == ACL_STANDARD) || n < 1 || n > 2699 || (n > 199 && n < 1300))
		return err_set(err, ERR_REFUSED, "%s is not the number of %s list (%s)", name,
			kind == ACL_STANDARD ? "a standard" : "an extended",
			kind == ACL_STANDARD ? "1-99, 1300-1999" : "100-199, 2000-2699");
	return true;
}

static bool
standard_adopt(struct engine *e, void *args, struct err *err)
{
	return name_fits(ACL_STANDARD, ((struct list_args *)args)->name.s, err);
}

static bool
extended_adopt(struct engine *e, void *args, struct err *err)
{
	return name_fits(ACL_EXTENDED, ((struct list_args *)args)->name.s, err);
}

static bool
ipv6_adopt(struct engine *e, void *args, struct err *err)
{
	return name_fits(ACL_IPV6, ((struct list_args *)args)->name.s, err);
}

/* One name, one list. */
static bool
list_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const char *name = acl_name_of(n);

	for (const struct conf_node *other = n->parent->first; other != NULL; other = other->next) {
		if (other != n && acl_opens_mode(other) && strcmp(acl_name_of(other), name) == 0)
			return err_set(
				err, ERR_REFUSED, "access list %s is there as another kind of list", name);
		if (acl_is_numbered(other) && acl_number_is(other, name))
			return err_set(err, ERR_REFUSED,
				"access list %s is written with 'access-list %s' lines: remove these first "
				"with 'no access-list %s'",
				name, name, name);
	}
	return true;
}

/* ---- entries ---- */

static bool
entry_adopt(struct engine *e, void *args, struct err *err)
{
	acl_entry_adopt(args);
	return acl_entry_check(args, false, err);
}

static bool
entry6_adopt(struct engine *e, void *args, struct err *err)
{
	acl_entry_adopt(args);
	return acl_entry_check(args, true, err);
}

static bool
entry_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct acl_entry *a = args;
	struct acl *acl;
	bool taken = false;

	if (!a->sequence.set)
		return true;
	acl = acl_below(NULL, parent);
	for (size_t i = 0; i < acl->n; i++)
		taken |= acl->lines[i].sequence == a->sequence.v;
	mem_free(acl);
	return !taken || err_set(err, ERR_REFUSED, "Duplicate sequence number %" PRId64, a->sequence.v);
}

/* `no 10`: the entry that stands there, its number typed or counted. */
static bool
entry_covers(const struct conf_node *line, const void *args)
{
	const struct acl_entry *a = args;
	struct acl *acl;
	bool is_it = false;

	if (!a->sequence.set || line->parent == NULL || !acl_opens_mode(line->parent))
		return false;
	acl = acl_below(NULL, line->parent);
	for (size_t i = 0; i < acl->n; i++)
		is_it |= acl->lines[i].node == line && acl->lines[i].sequence == a->sequence.v;
	mem_free(acl);
	return is_it;
}

/* `no access-list 101`: all of it. */
static bool
numbered_covers(const struct conf_node *line, const void *args)
{
	return ((const struct acl_entry *)line->args)->list.v == ((const struct acl_entry *)args)->list.v;
}

#define LIST(kind_, words_, help_, mode_, order_, adopt_)     \
	[kind_] = { .cmd = { .words = (words_),               \
			    .help = (help_),                  \
			    .kw = list_kw,                    \
			    .size = sizeof(struct list_args), \
			    .level = 15 },                    \
		.mode = "config",                             \
		.enters = (mode_),                            \
		.order = (order_),                            \
		.adopt = (adopt_),                            \
		.check = list_check }
#define ENTRY(words_, help_, kw_, mode_, order_, adopt_, covers_, ...)                         \
	{                                                                                      \
		.cmd = { .words = (words_),                                                    \
			.help = (help_),                                                       \
			.kw = (kw_),                                                           \
			.size = sizeof(struct acl_entry),                                      \
			.level = 15 },                                                         \
		.mode = (mode_), .order = (order_), .whole_line_key = true, .adopt = (adopt_), \
		.covers = (covers_), __VA_ARGS__                                               \
	}

/* ORDER: enum acl_kind, then entries */
static const struct conf_row rows[] = {
	LIST(ACL_STANDARD, "ip access-list standard", "IPv4 list by source address", standard_mode,
		ORDER_NAMED, standard_adopt),
	LIST(ACL_EXTENDED, "ip access-list extended", "IPv4 list by addresses, protocol and ports",
		extended_mode, ORDER_NAMED, extended_adopt),
	LIST(ACL_IPV6, "ipv6 access-list", "IPv6 list", ipv6_mode, ORDER_IPV6, ipv6_adopt),
	ENTRY("access-list", "Add an entry to a numbered access list", acl_numbered_kw, "config",
		ORDER_NUMBERED, entry_adopt, numbered_covers),
	ENTRY("", "Entry of the access list", acl_standard_kw, standard_mode, 1, entry_adopt, entry_covers,
		.place = entry_place),
	ENTRY("", "Entry of the access list", acl_extended_kw, extended_mode, 1, entry_adopt, entry_covers,
		.place = entry_place),
	ENTRY("", "Entry of the access list", acl_ipv6_kw, ipv6_mode, 1, entry6_adopt, entry_covers,
		.place = entry_place),
};

static const struct conf_row *
row_of(enum acl_kind kind)
{
	return &rows[kind];
}

bool
acl_is_numbered(const struct conf_node *n)
{
	return n->row == &rows[ACL_IPV6 + 1];
}

void
acl_rows(struct conf *conf)
{
	static const struct conf_mode modes[] = {
		{ .name = standard_mode, .parent = "config" },
		{ .name = extended_mode, .parent = "config" },
		{ .name = ipv6_mode, .parent = "config" },
	};

	conf_modes(conf, modes, sizeof modes / sizeof modes[0]);
	conf_word(conf, "config", "ip access-list", "Named access list");
	conf_word(conf, "config", "ipv6", "Global IPv6 configuration subcommands");
	conf_rows(conf, rows, sizeof rows / sizeof rows[0]);
	class_map_rows(conf);
}
