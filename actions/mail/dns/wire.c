/* The messages between engine and eventd-resolve. */
#include "actions/mail/dns/wire.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/paths.h"

#define RESOLV_CONF     "/etc/resolv.conf"
#define RESOLV_CONF_MAX (64u * 1024u)
#define BLANKS          " \t\r\n"

/* ORDER: enum mail_dns_kind */
static const char *const kinds[] = { "domain", "host", "txt" };

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

json_t *
resolve_configure_message(const struct resolve_config *c)
{
	json_t *j = json_object(), *servers = json_array();

	json_object_set_new(j, "type", json_string("configure"));
	for (size_t i = 0; i < c->server_count; i++)
		json_array_append_new(servers, json_string(c->servers[i]));
	json_object_set_new(j, "servers", servers);
	json_object_set_new(j, "iterate", json_boolean(c->iterate));
	if (c->anchor != NULL)
		json_object_set_new(j, "anchor", frame_string(c->anchor, strlen(c->anchor)));
	if (c->state != NULL)
		json_object_set_new(j, "state", json_string(c->state));
	return j;
}

json_t *
resolve_ask_message(json_int_t id, const struct mail_dns_question *q, bool log)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:i, s:b, s:b}", "type", "ask", "id", id, "kind",
		kinds[q->kind], "name", q->name, "port", (int)q->port, "tlsa", (int)q->want_tlsa, "log",
		(int)log);
}

json_t *
resolve_verify_message(json_int_t id, unsigned port, const struct mail_dns_answer *answer)
{
	json_t *j = json_pack("{s:s, s:I, s:i}", "type", "verify", "id", id, "port", (int)port);

	json_object_set_new(j, "answer", mail_dns_answer_to_json(answer));
	return j;
}

bool
resolve_question_read(const json_t *message, struct mail_dns_question *q)
{
	const char *kind = json_string_value(json_object_get(message, "kind"));
	json_int_t port = json_integer_value(json_object_get(message, "port"));
	size_t k = 0;

	while (kind != NULL && k < KIND_COUNT && strcmp(kinds[k], kind) != 0)
		k++;
	q->kind = (enum mail_dns_kind)k;
	q->name = json_string_value(json_object_get(message, "name"));
	q->port = (unsigned)port;
	q->want_tlsa = json_is_true(json_object_get(message, "tlsa"));
	return kind != NULL && k < KIND_COUNT && q->name != NULL && port >= 0 && port <= UINT16_MAX;
}

bool
resolve_server_is_valid(const char *s)
{
	size_t n = strcspn(s, "@");
	char *address = mem_strndup(NULL, s, n), *end = NULL;
	unsigned char octets[16];
	bool ok = inet_pton(AF_INET, address, octets) == 1 || inet_pton(AF_INET6, address, octets) == 1;

	mem_free(address);
	if (!ok || s[n] == '\0')
		return ok;
	s += n + 1;
	return *s >= '1' && *s <= '9' && strtoul(s, &end, 10) <= UINT16_MAX && *end == '\0';
}

const char **
resolve_servers_of(const void *ctx, char *text, size_t *n)
{
	const char **servers = NULL;
	char *rest = NULL;

	*n = 0;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		size_t word = strcspn(line, BLANKS), at = word + strspn(line + word, BLANKS);

		if (word != strlen("nameserver") || strncmp(line, "nameserver", word) != 0)
			continue;
		line[at + strcspn(line + at, BLANKS)] = '\0';
		if (!resolve_server_is_valid(line + at))
			continue;
		servers = mem_resize(ctx, servers, (*n + 1) * sizeof *servers);
		servers[(*n)++] = mem_strdup(servers, line + at);
	}
	return servers;
}

const char **
resolve_system_servers(const void *ctx, size_t *n)
{
	char *text = path_read_file(NULL, RESOLV_CONF, RESOLV_CONF_MAX, NULL, NULL);
	const char **servers = NULL;

	*n = 0;
	if (text != NULL)
		servers = resolve_servers_of(ctx, text, n);
	mem_free(text);
	return servers;
}
