/* Values of settings: words, numbers, lists, maps, listeners. */
#include "core/settings_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/regex.h"

#define PATH_LONGEST 240u /* so that it fits where sources are shown */

void
settings_complain(struct parsing *p, const yaml_node_t *at, struct err *err)
{
	err->code = ERR_CONFIG;
	err_at(err, at == NULL ? 1 : (int)at->start_mark.line + 1,
		at == NULL ? 1 : (int)at->start_mark.column + 1);
	p->failed = true;
	p->f(p->arg, err);
}

void
settings_wrong_value(struct parsing *p, const yaml_node_t *at, const char *key, const char *wanted)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_CONFIG, "'%s' takes %s", key, wanted);
	settings_complain(p, at, &err);
}

const char *
settings_scalar(const yaml_node_t *n)
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
		settings_wrong_value(p, n, row->key, "a list");
		return;
	}
	count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	l->v = mem_array(p->out, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);

		if (settings_scalar(item) == NULL)
			settings_wrong_value(p, item, row->key, "a list of words");
		else
			l->v[l->n++] = mem_strdup(l->v, settings_scalar(item));
	}
}

#define FILES_MAX 64u

/* Each once: a file that is followed twice would be read twice. */
static void
take_paths(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const struct setting_list *l = (const struct setting_list *)((char *)p->out + row->at);
	struct err err = ERR_INIT;

	take_list(p, row, n);
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i][0] != '/' || strlen(l->v[i]) >= PATH_LONGEST)
			err_set(&err, ERR_CONFIG, "'%s': \"%s\" is no absolute path", row->key, l->v[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(l->v[i], l->v[k]) == 0)
				err_set(&err, ERR_CONFIG, "'%s': %s is there twice", row->key, l->v[i]);
	}
	if (l->n > FILES_MAX)
		err_set(&err, ERR_CONFIG, "'%s' takes at most %u files", row->key, FILES_MAX);
	if (err.code != ERR_NONE)
		settings_complain(p, n, &err);
}

static void
take_journal(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = settings_scalar(n);
	const char **at = (const char **)(void *)((char *)p->out + row->at);

	if (s != NULL && strcmp(s, "true") == 0)
		*at = "";
	else if (s != NULL && *s == '/')
		*at = mem_strdup(p->out, s);
	else if (s == NULL || strcmp(s, "false") != 0)
		settings_wrong_value(p, n, row->key, "true, false or the directory of a journal");
}

static void
take_pairs(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	struct setting_pair **pairs = (struct setting_pair **)((char *)p->out + row->at);
	size_t *count = (size_t *)((char *)p->out + row->count_at);
	size_t max;

	if (n->type != YAML_MAPPING_NODE) {
		settings_wrong_value(p, n, row->key, "a map of names");
		return;
	}
	max = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
	*pairs = mem_array(p->out, struct setting_pair, max + 1);
	for (size_t i = 0; i < max; i++) {
		const yaml_node_pair_t *pair = &n->data.mapping.pairs.start[i];
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);

		if (settings_scalar(key) == NULL || settings_scalar(value) == NULL) {
			settings_wrong_value(p, key, row->key, "a map of names");
			continue;
		}
		(*pairs)[*count].key = mem_strdup(*pairs, settings_scalar(key));
		(*pairs)[(*count)++].value = mem_strdup(*pairs, settings_scalar(value));
	}
}

/* Never a password in the open: the file may be read by many. */
static void
take_users(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	take_pairs(p, row, n);
	for (size_t i = 0; i < p->out->cli_user_count; i++) {
		const char *hash = p->out->cli_users[i].value;

		if ((strncmp(hash, "$y$", 3) == 0 || strncmp(hash, "$6$", 3) == 0) &&
			strchr(hash + 3, '$') != NULL)
			continue;
		settings_wrong_value(
			p, n, row->key, "hashes as mkpasswd(1) makes them, that begin with $y$ or $6$");
		return;
	}
}

static bool
is_listen_url(const char *url)
{
	static const char *const schemes[] = { "udp://", "tcp://", "tls://", "unix://", "unix-stream://" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	}
	return false;
}

/* What a listener's map says. */
struct listener_words {
	const char *url, *identity;
	const yaml_node_t *identity_at, *client_ca;
};

static struct setting_place
place_of(const yaml_node_t *n)
{
	return (struct setting_place){ (int)n->start_mark.line + 1, (int)n->start_mark.column + 1 };
}

static void
take_client_ca(struct parsing *p, struct setting_listen *l, const yaml_node_t *n)
{
	yaml_node_item_t *item;
	size_t most;

	if (n == NULL)
		return;
	if (n->type != YAML_SEQUENCE_NODE) {
		settings_wrong_value(p, n, "client-ca", "a list of trustpoints");
		return;
	}
	most = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start) + 1;
	l->client_ca.v = mem_array(p->out, const char *, most);
	l->client_ca_at = mem_array(p->out, struct setting_place, most);
	for (item = n->data.sequence.items.start; item < n->data.sequence.items.top; item++) {
		const yaml_node_t *at = yaml_document_get_node(&p->doc, *item);
		const char *name = settings_scalar(at);

		if (name == NULL || *name == '\0') {
			settings_wrong_value(p, n, "client-ca", "a list of trustpoints");
			continue;
		}
		l->client_ca_at[l->client_ca.n] = place_of(at);
		l->client_ca.v[l->client_ca.n++] = mem_strdup(l->client_ca.v, name);
	}
}

static void
add_listen(struct parsing *p, const yaml_node_t *at, const struct listener_words *words)
{
	const char *url = words->url;
	struct setting_listen *l;
	struct err err = ERR_INIT;
	bool is_tls;

	if (url == NULL || !is_listen_url(url)) {
		settings_wrong_value(
			p, at, "syslog.listen", "URLs that begin with udp://, tcp://, tls:// or unix://");
		return;
	}
	is_tls = strncmp(url, "tls://", 6) == 0;
	if (is_tls && (words->identity == NULL || *words->identity == '\0'))
		err_set(&err, ERR_CONFIG,
			"%s needs a server's certificate: { url: '%s', identity: TRUSTPOINT }", url, url);
	else if (!is_tls && (words->identity != NULL || words->client_ca != NULL))
		err_set(&err, ERR_CONFIG, "%s: 'identity' and 'client-ca' are for tls:// listeners", url);
	if (err.code != ERR_NONE) {
		settings_complain(p, at, &err);
		return;
	}
	l = &p->out->listen[p->out->listen_count++];
	l->url = mem_strdup(p->out->listen, url);
	l->identity = mem_strdup(p->out->listen, words->identity);
	if (words->identity != NULL)
		l->identity_at = place_of(words->identity_at);
	take_client_ca(p, l, words->client_ca);
	l->line = (int)at->start_mark.line + 1;
	l->column = (int)at->start_mark.column + 1;
}

/* One listener as a map: url, and for tls:// identity and client-ca. */
static void
take_listen_map(struct parsing *p, const yaml_node_t *n)
{
	static const char *const keys[] = { "url", "identity", "client-ca" };
	struct listener_words words = { 0 };

	for (yaml_node_pair_t *pair = n->data.mapping.pairs.start; pair < n->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);
		const char *name = settings_scalar(key), *near;
		struct err err = ERR_INIT;

		if (name != NULL && strcmp(name, "url") == 0) {
			words.url = settings_scalar(value);
		} else if (name != NULL && strcmp(name, "identity") == 0) {
			words.identity = settings_scalar(value);
			words.identity_at = value;
		} else if (name != NULL && strcmp(name, "client-ca") == 0) {
			words.client_ca = value;
		} else {
			near = name == NULL ? NULL : nearest_word(name, keys, 3);
			err_set(&err, ERR_CONFIG, "unknown key '%s' of a listener%s%s%s",
				name == NULL ? "?" : name, near == NULL ? "" : ", did you mean '",
				near == NULL ? "" : near, near == NULL ? "" : "'?");
			settings_complain(p, key, &err);
		}
	}
	add_listen(p, n, &words);
}

static void
take_listen(struct parsing *p, const yaml_node_t *n)
{
	size_t count;

	if (n->type != YAML_SEQUENCE_NODE) {
		settings_wrong_value(p, n, "syslog.listen", "a list");
		return;
	}
	count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	p->out->listen = mem_array(p->out, struct setting_listen, count + 1);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);

		if (item->type == YAML_MAPPING_NODE)
			take_listen_map(p, item);
		else
			add_listen(p, item, &(struct listener_words){ .url = settings_scalar(item) });
	}
}

/* ---- single values ---- */

static void
take_int(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = settings_scalar(n);
	char *end = NULL, *wanted;
	long long v = s == NULL ? 0 : strtoll(s, &end, 10);

	if (s == NULL || *s == '\0' || *end != '\0' || v < row->min || v > row->max) {
		wanted = mem_printf(
			NULL, "a number from %lld to %lld", (long long)row->min, (long long)row->max);
		settings_wrong_value(p, n, row->key, wanted);
		mem_free(wanted);
		return;
	}
	*(int64_t *)((char *)p->out + row->at) = v;
}

static const char *const devices[] = { "none", "vtysh", "shell", "program" }; /* ORDER: enum setting_device */

static void
take_device(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = settings_scalar(n);

	for (size_t i = 0; s != NULL && i < sizeof devices / sizeof *devices; i++)
		if (strcmp(s, devices[i]) == 0) {
			*(int *)(void *)((char *)p->out + row->at) = (int)i;
			return;
		}
	settings_wrong_value(p, n, row->key, "none, vtysh, shell or program");
}

static void
take_pattern(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	const char *s = settings_scalar(n);
	struct err err = ERR_INIT;

	if (s == NULL || *s == '\0') {
		settings_wrong_value(p, n, row->key, "a regular expression");
	} else if (!regex_check(s, REGEX_TCL, &err)) {
		err_set(&err, ERR_CONFIG, "'%s' is no regular expression", row->key);
		settings_complain(p, n, &err);
	} else {
		*(const char **)(void *)((char *)p->out + row->at) = mem_strdup(p->out, s);
	}
}

void
settings_take(struct parsing *p, const struct setting *row, const yaml_node_t *n)
{
	char *at = (char *)p->out + row->at;
	const char *s = settings_scalar(n);
	enum severity severity;

	switch (row->type) {
	case SET_STRING:
		if (s == NULL || *s == '\0')
			settings_wrong_value(p, n, row->key, "a word");
		else
			*(const char **)(void *)at = mem_strdup(p->out, s);
		break;
	case SET_INT:
		take_int(p, row, n);
		break;
	case SET_SEVERITY:
		if (s == NULL || !severity_parse(s, &severity))
			settings_wrong_value(p, n, row->key, "a severity: emergencies ... debugging, or 0-7");
		else
			*(int *)(void *)at = (int)severity;
		break;
	case SET_CONSOLE:
		if (s == NULL || (strcmp(s, "stderr") != 0 && strcmp(s, "none") != 0))
			settings_wrong_value(p, n, row->key, "stderr or none");
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
	case SET_DEVICE:
		take_device(p, row, n);
		break;
	case SET_PATTERN:
		take_pattern(p, row, n);
		break;
	case SET_USERS:
		take_users(p, row, n);
		break;
	case SET_PATHS:
		take_paths(p, row, n);
		break;
	case SET_JOURNAL:
		take_journal(p, row, n);
		break;
	}
}
