/*
 * The `debug` switches: one row each, with the command's words, the name that "... debugging is on"
 * prints, and the title it stands under in `show debugging`. A mask of switches travels with every
 * helper job, so that a helper produces only what somebody wants to see.
 */
#ifndef CORE_DEBUG_H
#define CORE_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum debug_switch {
	DEBUG_EEM_MAIL, /* debug event manager action mail */
	DEBUG_EEM_CLI,
	DEBUG_EEM_SNMP,         /* what actions ask of agents, and send */
	DEBUG_EEM_DETECTOR,     /* why an event did or did not trigger */
	DEBUG_EEM_DETECTOR_ONE, /* the same, of the detectors that bus_debug_detector() names */
	DEBUG_EEM_EVENTS,       /* what detectors publish */
	DEBUG_EEM_SCHEDULING,   /* jobs queued, started, ended */
	DEBUG_EEM_COMMON,       /* what policies have in common: who is registered, environment, contexts */
	DEBUG_EEM_API_CALLS,    /* of scripts */
	DEBUG_EEM_API_ERRORS,
	DEBUG_EEM_POLICYDIR, /* looking for policy files */
	DEBUG_EEM_TCL_CLI,   /* DEBUG_EEM_CLI of scripts only; IOS calls them Tcl */
	DEBUG_EEM_TCL_COMMANDS,
	DEBUG_EEM_TCL_SMTP,
	DEBUG_PKI_API,
	DEBUG_PKI_CALLBACKS,
	DEBUG_PKI_MESSAGES,
	DEBUG_PKI_SCEP,
	DEBUG_PKI_SERVER,
	DEBUG_PKI_TRANSACTIONS,
	DEBUG_PKI_VALIDATION,
	DEBUG_SSL_ERRORS,
	DEBUG_SSL_EXT,
	DEBUG_SSL_MSG,
	DEBUG_SSL_STATES,
	DEBUG_MAIL_DNS,  /* look-ups of mail hosts with their DNSSEC state */
	DEBUG_SLA_ERROR, /* runs of operations that failed */
	DEBUG_SLA_TRACE, /* every run */
	DEBUG_COUNT
};

typedef uint32_t debug_mask;
#define DEBUG_BIT(s) ((debug_mask)1 << (s))
/* A line that somebody asked for in another way than by a switch: shown whatever they say. */
#define DEBUG_ALWAYS DEBUG_BIT(31)
_Static_assert(DEBUG_COUNT < 31, "a switch has a bit of its own");
/* The event manager's stand first. */
#define DEBUG_EEM_ALL ((DEBUG_BIT(DEBUG_EEM_TCL_SMTP + 1) - 1) & ~DEBUG_BIT(DEBUG_EEM_DETECTOR_ONE))

struct debug_row {
	const char *words;   /* "crypto pki API": what follows `debug`; NULL: its commands stand elsewhere */
	const char *help;    /* of the last word */
	const char *name;    /* "Crypto PKI API": "<name> debugging is on" */
	const char *section; /* "PKI": title in `show debugging` */
};

/* ORDER: enum debug_switch */
extern const struct debug_row debug_rows[DEBUG_COUNT];

#endif
