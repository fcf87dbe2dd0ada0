/*
 * Access lists and class maps: which packets something is about, by name. Configuration lines (`access-list`,
 * `ip access-list`, `ipv6 access-list`, `class-map`), their shows, and the filter they make in libpcap's
 * language. Nothing is forwarded or dropped by them here; captures use them. Engine thread only.
 */
#ifndef ACL_ACL_H
#define ACL_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct acl_entry;
struct cli;
struct conf;
struct conf_node;
struct engine;
struct text;

void acl_rows(struct conf *);
void acl_commands(struct cli *); /* show access-lists, show class-map */

/*
 * Appends the expression of the list or class map as it is configured now. False with a sentence when it is
 * not there, is empty, or can match no packet. A name of both an IPv4 and an IPv6 list cannot be.
 */
bool acl_expression(struct engine *, const char *list, struct text *, struct err *);
bool class_map_expression(struct engine *, const char *name, struct text *, struct err *);

/* ---- what is there, below the root of a configuration ---- */
bool acl_is_there(const struct conf_node *root, const char *list);
bool class_map_is_there(const struct conf_node *root, const char *name);

/* A line of a class map that names a list, or another class map. */
struct class_map_reference {
	const struct conf_node *line;
	const char *map;         /* whose line it is */
	const char *list, *name; /* one of them: the access list, or the class map, that it names */
};
typedef void class_map_reference_f(void *arg, const struct class_map_reference *);
void class_map_references(const struct conf_node *root, class_map_reference_f *, void *arg);

/* ---- for the files of this folder ---- */

enum acl_kind { ACL_STANDARD, ACL_EXTENDED, ACL_IPV6 };

struct acl_line {
	int64_t sequence; /* typed, or ten more than the highest before it */
	const struct acl_entry *entry;
	const struct conf_node *node;
};

/* A list as it is evaluated: by sequence. */
struct acl {
	enum acl_kind kind;
	const char *name;
	struct acl_line *lines;
	size_t n;
};

/* NULL: there is no such list. Allocated in ctx; its texts are borrowed from the configuration. */
struct acl *acl_find(const void *ctx, struct engine *, const char *name);
/* Of the lines below the node of `ip access-list ...` or `ipv6 access-list ...`. */
struct acl *acl_below(const void *ctx, const struct conf_node *);
/* Of all, those of IPv6 behind those of IPv4; standard before extended lists are not told apart. */
void acl_each(struct engine *, void (*f)(void *arg, const struct acl *), void *arg);

void class_map_rows(struct conf *);
void class_map_commands(struct cli *);

#endif
