/*
 * Nodes by their key: a table of pointers with open addressing, since tens of thousands of lines have no
 * room for more. Keys live in the nodes' lines. Engine thread only.
 */
#ifndef CONF_INDEX_H
#define CONF_INDEX_H

#include <stddef.h>

struct index;
struct node;

struct index *index_new(const void *ctx);
void index_add(struct index *, struct node *); /* its key is not in it yet */
void index_remove(struct index *, const struct node *);
struct node *index_find(const struct index *, const char *key); /* or NULL */

#endif
