/* Which resolvers pass DNSSEC, and who is asked first for it. */
#include "actions/mail/dns/rdata.h"
#include "actions/mail/dns/validator_private.h"
#include "core/mem.h"

#define PROBE_SECONDS 3         /* for `. DNSKEY` of one resolver */
#define PROBE_AGAIN   (15 * 60) /* when there is a choice of resolvers */

static void
on_probe(void *arg, const struct lookup_result *r)
{
	struct server *s = arg;
	struct validator *v = s->probe->validator;
	bool found = r->status.state >= DNS_INSECURE && r->status.found == DNS_RECORDS;

	mem_free(s->why);
	s->why = mem_strdup(v, r->status.why);
	s->passes = RESOLVER_STRIPS;
	if (found)
		s->passes = RESOLVER_PASSES;
	else if (r->status.state == DNS_LOOKUP_FAILED)
		s->passes = RESOLVER_SILENT;
	else if (s->why == NULL)
		s->why = mem_strdup(v, "it has no keys of the root");
	s->probe = NULL;
	v->probes--;
}

static void
probe_server(struct validator *v, struct server *s)
{
	struct channel *c = s->probe != NULL ? NULL : validator_single(v, s->address);

	if (c == NULL)
		return;
	s->probe = validator_lookup_new(v, v, ".", RDATA_DNSKEY, on_probe, s);
	s->probe->last = validator_in_seconds(PROBE_SECONDS);
	v->probes++;
	validator_start(s->probe, c, s->probe->last);
}

/* Those that do not pass DNSSEC come last, as long as there is one that does. */
static bool
rank_servers(struct validator *v)
{
	enum validator_passes best = RESOLVER_STRIPS;
	bool changed = false;

	for (size_t i = 0; i < v->server_count; i++) {
		enum validator_passes p = v->servers[i].passes;

		if (p == RESOLVER_PASSES || (p != RESOLVER_STRIPS && best == RESOLVER_STRIPS))
			best = p == RESOLVER_PASSES ? p : RESOLVER_UNKNOWN;
	}
	for (size_t i = 0; i < v->server_count; i++) {
		struct server *s = &v->servers[i];
		bool is_last = best == RESOLVER_PASSES
				       ? s->passes != RESOLVER_PASSES
				       : best != RESOLVER_STRIPS && s->passes == RESOLVER_STRIPS;

		changed |= is_last != s->is_last;
		s->is_last = is_last;
	}
	return changed;
}

void
validator_probes_over(struct validator *v)
{
	void (*probed)(void *) = v->probed;
	struct lookup *l;

	v->probing = false;
	v->probe_at = v->server_count > 1 ? validator_in_seconds(PROBE_AGAIN) : 0;
	if (rank_servers(v) || v->first == NULL)
		validator_open(v, NULL);
	if (!v->first_probe_over) {
		v->first_probe_over = true;
		TAILQ_FOREACH (l, &v->lookups, link)
			if (l->channel == NULL)
				validator_start_first(l);
	}
	v->probed = NULL;
	if (probed != NULL)
		probed(v->probed_arg);
}

void
validator_probe(struct validator *v, void (*done)(void *arg), void *arg)
{
	v->probed = done;
	v->probed_arg = arg;
	v->probe_at = 0;
	v->probing = true;
	for (size_t i = 0; i < v->server_count; i++)
		probe_server(v, &v->servers[i]);
}

size_t
validator_servers(const struct validator *v, struct validator_server *out, size_t max)
{
	size_t n = v->server_count < max ? v->server_count : max;

	for (size_t i = 0; i < n; i++) {
		const struct server *s = &v->servers[i];

		out[i] = (struct validator_server){ s->address, s->passes, s->why, s->is_last };
	}
	return n;
}
