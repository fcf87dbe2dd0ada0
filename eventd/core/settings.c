/* The daemon's settings: one table of keys over libyaml's document tree. */
#include "core/settings.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "core/log.h"
#include "core/mem.h"

enum setting_type {
	SET_STRING,
	SET_INT,
	SET_SEVERITY,
	SET_CONSOLE, /* stderr or none */
	SET_LIST,    /* of strings: struct setting_list */
	SET_PAIRS,   /* any key: string; array and count at `at`, `count_at` */
	SET_LISTEN,
	SET_LATER, /* known, but only its default is possible in this release: `only` */
};

struct setting {
	const char *key; /* "mail.max-parallel" */
	const char *help;
	enum setting_type type;
	size_t at, count_at;
	int64_t min, max;
	const char *dflt; /* as written in the manual */
	const char *only; /* SET_LATER: the one value that is possible; NULL = only an empty list or map */
};

#define AT(field) offsetof(struct settings, field)

static const struct setting table[] = {
	{ .key = "hostname",
		.help = "Name in prompts, messages and mail",
		.type = SET_STRING,
		.at = AT(hostname),
		.dflt = "the kernel's" },
	{ .key = "log.level",
		.help = "Least severe level on the console",
		.type = SET_SEVERITY,
		.at = AT(log_level),
		.dflt = "informational" },
	{ .key = "log.console",
		.help = "stderr or none",
		.type = SET_CONSOLE,
		.at = AT(console),
		.dflt = "stderr" },
	{ .key = "syslog.listen",
		.help = "Where messages are received: udp://, tcp:// and unix:// URLs",
		.type = SET_LISTEN,
		.dflt = "[]" },
	{ .key = "syslog.journal",
		.help = "Follow the systemd journal",
		.type = SET_LATER,
		.only = "false",
		.dflt = "false" },
	{ .key = "syslog.files", .help = "Files to follow", .type = SET_LATER, .dflt = "[]" },
	{ .key = "dns.servers",
		.help = "Resolvers, as ADDRESS or ADDRESS@PORT",
		.type = SET_LIST,
		.at = AT(dns_servers),
		.dflt = "the system's" },
	{ .key = "dns.trust-anchor",
		.help = "File with the DNSSEC trust anchor",
		.type = SET_STRING,
		.at = AT(dns_anchor),
		.dflt = "the root's" },
	{ .key = "filesystem.flash",
		.help = "Directory behind flash:",
		.type = SET_STRING,
		.at = AT(flash),
		.dflt = "STATE/flash" },
	{ .key = "filesystem.bootflash",
		.help = "Directory behind bootflash:",
		.type = SET_STRING,
		.at = AT(bootflash),
		.dflt = "STATE/bootflash" },
	{ .key = "filesystem.nvram",
		.help = "Directory behind nvram:",
		.type = SET_STRING,
		.at = AT(nvram),
		.dflt = "STATE/nvram" },
	{ .key = "interfaces.alias",
		.help = "IOS names of kernel interfaces",
		.type = SET_PAIRS,
		.at = AT(aliases),
		.count_at = AT(alias_count),
		.dflt = "{}" },
	{ .key = "cli.device",
		.help = "The device's own CLI behind `cli command`",
		.type = SET_LATER,
		.only = "none",
		.dflt = "none" },
	{ .key = "cli.users", .help = "Users of the CLI", .type = SET_LATER, .dflt = "{}" },
	{ .key = "mail.helo-name",
		.help = "Name said in EHLO",
		.type = SET_STRING,
		.at = AT(mail_helo_name),
		.dflt = "the host name" },
	{ .key = "mail.max-parallel",
		.help = "Deliveries at the same time",
		.type = SET_INT,
		.at = AT(mail_max_parallel),
		.min = 1,
		.max = 64,
		.dflt = "4" },
};

#define TABLE_SIZE (sizeof table / sizeof *table)

struct parsing {
	yaml_document_t doc;
	struct settings *out;
	settings_finding_f *f;
	void *arg;
	bool failed;
	bool given[TABLE_SIZE]; /* rows of the table that the file has set */
};

static void
complain(struct parsing *p, const yaml_node_t *at, struct err *err)
{
	err->code = ERR_CONFIG;
	err_at(err, at == NULL ? 1 : (int)at->start_mark.line + 1,
		at == NULL ? 1 : (int)at->start_mark.column + 1);
	p->failed = true;
	p->f(p->arg, err);
}

static void
wrong_value(struct parsing *p, const yaml_node_t *at, const char *key, const char *wanted)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_CONFIG, "'%s' takes %s", key, wanted);
	complain(p, at, &err);
}

static const char *
scalar(const yaml_node_t *n)
{
	if (n == NULL || n->type != YAML_SCALAR_NODE ||
		strlen((char *)n->data.scalar.value) != n->data.scalar.length)
		return NULL;
	return (const char *)n->data.scalar.value;
}

/* ---- lists and maps ---- */

static void
take_list(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	struct setting_list *l = (struct setting_list *)((char *)p->out + row->at);
	size_t count;

	if (n->type != YAML_SEQUENCE_NODE) {
		wrong_value(p, n, row->key, "a list");
		return;
	}
	count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	l->v = mem_array(p->out, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);

		if (scalar(item) == NULL)
			wrong_value(p, item, row->key, "a list of words");
		else
			l->v[l->n++] = mem_strdup(l->v, scalar(item));
	}
}

static void
take_pairs(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	struct setting_pair **pairs = (struct setting_pair **)((char *)p->out + row->at);
	size_t *count = (size_t *)((char *)p->out + row->count_at);
	size_t max;

	if (n->type != YAML_MAPPING_NODE) {
		wrong_value(p, n, row->key, "a map of names");
		return;
	}
	max = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
	*pairs = mem_array(p->out, struct setting_pair, max + 1);
	for (size_t i = 0; i < max; i++) {
		const yaml_node_pair_t *pair = &n->data.mapping.pairs.start[i];
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);

		if (scalar(key) == NULL || scalar(value) == NULL) {
			wrong_value(p, key, row->key, "a map of names");
			continue;
		}
		(*pairs)[*count].key = mem_strdup(*pairs, scalar(key));
		(*pairs)[(*count)++].value = mem_strdup(*pairs, scalar(value));
	}
}

static bool
is_listen_url(const char *url)
{
	static const char *const schemes[] = { "udp://", "tcp://", "tls://", "unix://" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	}
	return false;
}

static void
add_listen(struct parsing *p, const yaml_node_t *at, const char *url, const char *identity)
{
	struct setting_listen *l;
	struct err err = ERR_INIT;

	if (url == NULL || !is_listen_url(url)) {
		wrong_value(p, at, "syslog.listen", "URLs that begin with udp://, tcp:// or unix://");
		return;
	}
	if (strncmp(url, "tls://", 6) == 0) {
		err_set(&err, ERR_CONFIG, "%s: listeners with TLS are not part of this release", url);
		complain(p, at, &err);
		return;
	}
	l = &p->out->listen[p->out->listen_count++];
	l->url = mem_strdup(p->out->listen, url);
	l->identity = mem_strdup(p->out->listen, identity);
	l->line = (int)at->start_mark.line + 1;
	l->column = (int)at->start_mark.column + 1;
}

/* One listener as a map: url, and for tls:// identity and client-ca. */
static void
take_listen_map(struct parsing *p, const yaml_node_t *n)
{
	static const char *const keys[] = { "url", "identity", "client-ca" };
	const char *url = NULL, *identity = NULL;

	for (yaml_node_pair_t *pair = n->data.mapping.pairs.start; pair < n->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);
		const char *name = scalar(key), *near;
		struct err err = ERR_INIT;

		if (name != NULL && strcmp(name, "url") == 0) {
			url = scalar(value);
		} else if (name != NULL && strcmp(name, "identity") == 0) {
			identity = scalar(value);
		} else if (name == NULL || strcmp(name, "client-ca") != 0) {
			near = name == NULL ? NULL : nearest_word(name, keys, 3);
			err_set(&err, ERR_CONFIG, "unknown key '%s' of a listener%s%s%s",
				name == NULL ? "?" : name, near == NULL ? "" : ", did you mean '",
				near == NULL ? "" : near, near == NULL ? "" : "'?");
			complain(p, key, &err);
		}
	}
	add_listen(p, n, url, identity);
}

static void
take_listen(struct parsing *p, const yaml_node_t *n)
{
	size_t count;

	if (n->type != YAML_SEQUENCE_NODE) {
		wrong_value(p, n, "syslog.listen", "a list");
		return;
	}
	count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	p->out->listen = mem_array(p->out, struct setting_listen, count + 1);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);

		if (item->type == YAML_MAPPING_NODE)
			take_listen_map(p, item);
		else
			add_listen(p, item, scalar(item), NULL);
	}
}

/* ---- single values ---- */

static void
take_int(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = scalar(n);
	char *end = NULL, *wanted;
	long long v = s == NULL ? 0 : strtoll(s, &end, 10);

	if (s == NULL || *s == '\0' || *end != '\0' || v < row->min || v > row->max) {
		wanted = mem_printf(
			NULL, "a number from %lld to %lld", (long long)row->min, (long long)row->max);
		wrong_value(p, n, row->key, wanted);
		mem_free(wanted);
		return;
	}
	*(int64_t *)((char *)p->out + row->at) = v;
}

static void
take_later(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = scalar(n);
	struct err err = ERR_INIT;

	if (row->only != NULL && s != NULL && strcmp(s, row->only) == 0)
		return;
	if (row->only == NULL && n->type == YAML_SEQUENCE_NODE &&
		n->data.sequence.items.top == n->data.sequence.items.start)
		return;
	if (row->only == NULL && n->type == YAML_MAPPING_NODE &&
		n->data.mapping.pairs.top == n->data.mapping.pairs.start)
		return;
	err_set(&err, ERR_CONFIG, "'%s' can only be %s in this release", row->key, row->dflt);
	complain(p, n, &err);
}

static void
take(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	char *at = (char *)p->out + row->at;
	const char *s = scalar(n);
	enum severity severity;

	switch (row->type) {
	case SET_STRING:
		if (s == NULL || *s == '\0')
			wrong_value(p, n, row->key, "a word");
		else
			*(const char **)(void *)at = mem_strdup(p->out, s);
		break;
	case SET_INT:
		take_int(p, row, n);
		break;
	case SET_SEVERITY:
		if (s == NULL || !severity_parse(s, &severity))
			wrong_value(p, n, row->key, "a severity: emergencies ... debugging, or 0-7");
		else
			*(int *)(void *)at = (int)severity;
		break;
	case SET_CONSOLE:
		if (s == NULL || (strcmp(s, "stderr") != 0 && strcmp(s, "none") != 0))
			wrong_value(p, n, row->key, "stderr or none");
		else
			*(bool *)at = s[0] == 's';
		break;
	case SET_LIST:
		take_list(p, row, n);
		break;
	case SET_PAIRS:
		take_pairs(p, row, n);
		break;
	case SET_LISTEN:
		take_listen(p, n);
		break;
	case SET_LATER:
		take_later(p, row, n);
		break;
	}
}

/* ---- the tree of keys ---- */

static const struct setting *
find_row(const char *path)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strcmp(table[i].key, path) == 0)
			return &table[i];
	}
	return NULL;
}

static bool
is_group(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strncmp(table[i].key, path, n) == 0 && table[i].key[n] == '.')
			return true;
	}
	return false;
}

static void
unknown_key(struct parsing *p, const yaml_node_t *at, const char *path)
{
	const char *names[2 * TABLE_SIZE], *near;
	char groups[TABLE_SIZE][64];
	struct err err = ERR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		size_t dot = strcspn(table[i].key, ".");

		names[n++] = table[i].key;
		memcpy(groups[i], table[i].key, dot);
		groups[i][dot] = '\0';
		names[n++] = groups[i];
	}
	near = nearest_word(path, names, n);
	if (near != NULL)
		err_set(&err, ERR_CONFIG, "unknown key '%s', did you mean '%s'?", path, near);
	else
		err_set(&err, ERR_CONFIG, "unknown key '%s'", path);
	complain(p, at, &err);
}

static void
walk(struct parsing *p, const yaml_node_t *map, const char *prefix)
{
	struct err err = ERR_INIT;

	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
		pair++) {
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);
		const char *name = scalar(key);
		const struct setting *row;
		char *path;

		if (name == NULL) {
			err_set(&err, ERR_CONFIG, "a key must be a word");
			complain(p, key, &err);
			continue;
		}
		path = mem_printf(NULL, "%s%s", prefix, name);
		row = find_row(path);
		if (row != NULL && p->given[row - table]) {
			err_set(&err, ERR_CONFIG, "'%s' is given twice", path);
			complain(p, key, &err);
		} else if (row != NULL) {
			p->given[row - table] = true;
			take(p, row, value);
		} else if (is_group(path) && value->type == YAML_MAPPING_NODE) {
			char *below = mem_printf(path, "%s.", path);

			walk(p, value, below);
		} else if (is_group(path)) {
			wrong_value(p, value, path, "a map of settings");
		} else {
			unknown_key(p, key, path);
		}
		mem_free(path);
	}
}

static void
syntax_error(struct parsing *p, const yaml_parser_t *y)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_CONFIG, "not YAML: %s", y->problem != NULL ? y->problem : "cannot be read");
	err_at(&err, (int)y->problem_mark.line + 1, (int)y->problem_mark.column + 1);
	p->failed = true;
	p->f(p->arg, &err);
}

struct settings *
settings_parse(const void *ctx, const char *text, size_t n, settings_finding_f *f, void *arg)
{
	struct parsing p = { .f = f, .arg = arg };
	yaml_parser_t y;
	yaml_node_t *root;
	struct err err = ERR_INIT;

	p.out = mem_new(ctx, struct settings);
	p.out->log_level = SEV_INFORMATIONAL;
	p.out->console = true;
	p.out->mail_max_parallel = 4;
	if (yaml_parser_initialize(&y) == 0)
		abort();
	yaml_parser_set_input_string(&y, (const unsigned char *)text, n);
	if (yaml_parser_load(&y, &p.doc) == 0) {
		syntax_error(&p, &y);
	} else {
		root = yaml_document_get_root_node(&p.doc);
		if (root != NULL && root->type == YAML_MAPPING_NODE) {
			walk(&p, root, "");
		} else if (root != NULL && !(scalar(root) != NULL && *scalar(root) == '\0')) {
			err_set(&err, ERR_CONFIG, "settings must be a map of keys");
			complain(&p, root, &err);
		}
		yaml_document_delete(&p.doc);
	}
	yaml_parser_delete(&y);
	if (!p.failed)
		return p.out;
	mem_free(p.out);
	return NULL;
}

void
settings_describe(struct text *out)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		text_printf(out, "%s\t%s\t%s\n", table[i].key, table[i].dflt, table[i].help);
}
