/* Reading settings, shared by the table of keys and what reads their values. */
#ifndef CORE_SETTINGS_PRIVATE_H
#define CORE_SETTINGS_PRIVATE_H

#include <yaml.h>

#include "core/settings.h"

enum setting_type {
	SET_STRING,
	SET_INT,
	SET_SEVERITY,
	SET_CONSOLE, /* stderr or none */
	SET_LIST,    /* of strings: struct setting_list */
	SET_PAIRS,   /* any key: string; array and count at `at`, `count_at` */
	SET_LISTEN,
	SET_DEVICE,  /* one of `devices` */
	SET_PATTERN, /* a regular expression */
	SET_USERS,   /* as SET_PAIRS, of hashes */
	SET_PATHS,   /* as SET_LIST, of absolute paths */
	SET_JOURNAL, /* true, false or a directory */
};

struct setting {
	const char *key; /* "mail.max-parallel" */
	const char *help;
	enum setting_type type;
	size_t at, count_at;
	int64_t min, max;
	const char *dflt; /* as written in the manual */
};

struct parsing {
	yaml_document_t doc;
	struct settings *out;
	settings_finding_f *f;
	void *arg;
	bool failed;
	const yaml_node_t **given; /* of the rows that the file has set, in the table's order */
};

/* A finding at a place of the file. */
void settings_complain(struct parsing *, const yaml_node_t *at, struct err *);
void settings_wrong_value(struct parsing *, const yaml_node_t *at, const char *key, const char *wanted);
const char *settings_scalar(const yaml_node_t *); /* NULL: no scalar, or one with a NUL inside */

/* Reads the value of a row into the settings. */
void settings_take(struct parsing *, const struct setting *, const yaml_node_t *);

#endif
