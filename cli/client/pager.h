/* Output on a terminal a page at a time, with IOS's keys at --More--. */
#ifndef CLI_CLIENT_PAGER_H
#define CLI_CLIENT_PAGER_H

struct pager;

/* Reads keys from standard input, writes to standard output. */
struct pager *pager_new(const void *ctx);
/* A command begins: `length` lines a page (0: no paging), `width` columns. */
void pager_start(struct pager *, int length, int width);
void pager_write(struct pager *, const char *s);
void pager_end(struct pager *); /* what is left of the last line */

/* One key without echo; -1 at the end of the input. */
int pager_key(void);

#endif
