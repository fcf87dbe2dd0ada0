/* States of interfaces in IOS's words. Any thread. */
#ifndef CLI_SHOW_INTERFACES_H
#define CLI_SHOW_INTERFACES_H

struct link;

const char *interface_status(const struct link *);   /* "up", "down", "administratively down" */
const char *interface_protocol(const struct link *); /* "up", "down": of the line */

#endif
