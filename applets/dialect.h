/*
 * What other systems call their event managers, and what web pages invent: lines that IOS does not
 * have, with the words that say whose they are and what IOS has instead (eem-language.md 15.1). Any
 * thread.
 */
#ifndef APPLETS_DIALECT_H
#define APPLETS_DIALECT_H

/* For a refused line, `no` left out: the hint, or NULL when the line is not known from anywhere. */
const char *dialect_hint(const char *line);
/* For a variable that does not exist: as it. The name is without its `$`. */
const char *dialect_variable(const char *name);

#endif
