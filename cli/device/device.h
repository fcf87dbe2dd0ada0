/*
 * The device's own CLI behind `cli command` (settings cli.device, cli.program, cli.prompt): a program on
 * a terminal - FRR's vtysh, a shell, or whatever logs in to another box - started by eventd-device, one
 * for each CLI session of a policy. Lines go in, output and prompts come out. It is killed, with all it
 * started, when it is freed. Engine thread only.
 */
#ifndef CLI_DEVICE_DEVICE_H
#define CLI_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/tty.h"

struct device;
struct engine;

/* Told from the loop only, never from inside a call. */
struct device_events {
	void (*output)(
		void *arg, const char *s, size_t n); /* without the echo of the line, with the prompt */
	void (*prompt)(void *arg);                   /* the line is answered (or the program has started) */
	void (*quiet)(void *arg); /* stands behind text that is no prompt: a question, perhaps */
	/* It has ended or would not start; free it. */
	void (*failed)(void *arg, enum cli_port_failure, const char *why);
};

bool device_is_configured(const struct engine *);

/* NULL with err: no terminal, or no process. A program that cannot be run is told by failed(). */
struct device *device_open(
	const void *ctx, struct engine *, const struct device_events *, void *arg, struct err *);
/* A line at the prompt, or the answer to what a command asks. False with err: too long for a terminal. */
bool device_send(struct device *, const char *line, struct err *);

const char *device_prompt(const struct device *);   /* "r1(config-if)# "; the last one */
bool device_in_config(const struct device *);       /* the prompt is that of a configuration mode */
bool device_has_modes(const struct device *);       /* knows `configure terminal`; a shell does not */
bool device_is_unprivileged(const struct device *); /* has modes, and the prompt ends with '>' */
const char *device_name(const struct device *);     /* "vtysh" */
pid_t device_pid(const struct device *);

#endif
