/*
 * The tables of the durable state, version by version: an entry is carried out once and never changed
 * afterwards. Every table has an integer key, so that a damaged file can be read from both ends.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char *const store_schema[]; /* ends with NULL */

#endif
