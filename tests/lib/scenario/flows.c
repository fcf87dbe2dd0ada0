/* Flows made up. */
#include "flows.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "flow/monitor.h"

void
flows_of_scenario(struct world *w)
{
	flows_fake(w->engine->flows);
}

/* "192.0.2.1:80", "[2001:db8::1]:80". */
static bool
read_end(const char *word, uint8_t *address, uint16_t *port, uint8_t *family)
{
	const char *colon = strrchr(word, ':');
	char text[64];
	size_t n = colon == NULL ? 0 : (size_t)(colon - word);

	if (n == 0 || n >= sizeof text)
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	*port = (uint16_t)atoi(colon + 1);
	*family = word[0] == '[' ? 6 : 4;
	if (*family == 4)
		return inet_pton(AF_INET, text, address) == 1;
	text[n - 1] = '\0';
	return inet_pton(AF_INET6, text + 1, address) == 1;
}

static bool
read_option(struct flow *f, const char *word)
{
	const char *equals = strchr(word, '=');
	long long v = equals == NULL ? 0 : atoll(equals + 1);
	size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);

	if (strcmp(word, "total") == 0)
		f->are_totals = true;
	else if (n == 5 && strncmp(word, "bytes", n) == 0)
		f->bytes = (uint64_t)v;
	else if (n == 7 && strncmp(word, "packets", n) == 0)
		f->packets = (uint64_t)v;
	else if (n == 3 && strncmp(word, "app", n) == 0 && strlen(equals + 1) < sizeof f->app)
		strcpy(f->app, equals + 1);
	else if (n == 3 && strncmp(word, "tos", n) == 0)
		f->tos = (uint8_t)v;
	else if (n == 5 && strncmp(word, "flags", n) == 0)
		f->tcp_flags = (uint8_t)v;
	else if (n == 2 && strncmp(word, "in", n) == 0)
		f->input = (uint32_t)v;
	else if (n == 3 && strncmp(word, "out", n) == 0)
		f->output = (uint32_t)v;
	else
		return false;
	return true;
}

bool
verb_flow(struct world *w, const struct statement *st)
{
	struct monitor *m = flows_find(w->engine->flows, st->word[1]);
	struct flow f = { .has_counters = true };

	if (m == NULL)
		return world_fail(w, "no flow monitor %s", st->word[1]);
	f.has_ended = strcmp(st->word[2], "ended") == 0;
	f.key.protocol = (uint8_t)(strcmp(st->word[3], "tcp") == 0   ? IPPROTO_TCP
				   : strcmp(st->word[3], "udp") == 0 ? IPPROTO_UDP
								     : atoi(st->word[3]));
	if (!read_end(st->word[4], f.key.source, &f.key.source_port, &f.key.family) ||
		!read_end(st->word[5], f.key.dest, &f.key.dest_port, &f.key.family))
		return world_fail(w, "an end of a flow is ADDRESS:PORT");
	for (size_t i = 6; i < st->n; i++)
		if (!read_option(&f, st->word[i]))
			return world_fail(w, "unknown option %s", st->word[i]);
	if (f.has_ended)
		monitor_end(m, &f);
	else
		monitor_take(m, &f, false);
	world_settle(w);
	return true;
}
