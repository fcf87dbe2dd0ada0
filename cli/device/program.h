/* Which program is the device's own CLI, as the settings say: what is run, and how it behaves. */
#ifndef CLI_DEVICE_PROGRAM_H
#define CLI_DEVICE_PROGRAM_H

#include <stdbool.h>

struct engine;

struct device_program {
	const char *name;        /* "vtysh", "shell", or the file's name: for messages */
	const char *const *argv; /* eventd-device first */
	const char *const *env;
	const char *prompt; /* regular expression, matched against the line that has no end */
	bool is_exact;      /* the expression is the author's or of our making: no second thoughts */
	bool has_modes;     /* knows `enable` and `configure terminal` */
	bool echoes;        /* prints back what is typed, whatever the terminal says (a login elsewhere) */
};

/* Of the settings as they are now, which name a device; allocated in ctx. */
void device_program_read(const void *ctx, const struct engine *, struct device_program *);

#endif
