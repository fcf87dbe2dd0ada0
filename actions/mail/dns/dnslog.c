/* The lines that a look-up leaves in the mail log. */
#include "actions/mail/dns/dnslog.h"

#include <string.h>

#include "actions/mail/dns/octets.h"
#include "actions/mail/dns/rdata.h"
#include "core/mem.h"

static const char *
type_name(int type)
{
	static const struct {
		int type;
		const char *name;
	} rows[] = { { RDATA_A, "A" }, { RDATA_AAAA, "AAAA" }, { RDATA_MX, "MX" }, { RDATA_TXT, "TXT" },
		{ RDATA_TLSA, "TLSA" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].type == type)
			return rows[i].name;
	}
	return "?";
}

/* The seed on MTA-STS has the name of a TXT query bare and fewer lines about it. */
void
dnslog_asked(struct text *t, const char *name, int type, const char *server)
{
	const char *quote = type == RDATA_TXT ? "" : "'", *of = type_name(type);

	text_printf(t, "DNS query: Q(%s%s%s, '%s')\n", quote, name, quote, of);
	text_printf(
		t, "DNS query: QN(%s%s%s, '%s', 'recursive_nameserver0.parent')\n", quote, name, quote, of);
	text_printf(t, "DNS query: QIP (%s%s%s,'%s','%s',%d)\n", quote, name, quote, of, server,
		VALIDATOR_DEADLINE);
	if (type != RDATA_TXT)
		text_printf(t, "DNS query: Q ('%s', '%s', '%s')\n", name, of, server);
}

/* One record as the log has it; `dot`: host names end with one. */
static void
add_value(struct text *t, int type, const struct lookup_data *d, bool dot)
{
	struct rdata_mx mx;
	char *s = NULL;

	if (type == RDATA_MX) {
		if (rdata_mx(d->octets, d->len, &mx))
			text_printf(t, "(%u, '%s%s')", mx.preference, mx.host, dot ? "." : "");
		else
			text_add(t, "(?)");
		return;
	}
	if (type == RDATA_TLSA)
		s = octets_to_hex(NULL, d->octets, d->len);
	else if (type == RDATA_TXT)
		s = rdata_txt(NULL, d->octets, d->len);
	else
		s = rdata_address(NULL, d->octets, d->len);
	text_add(t, type == RDATA_TXT ? "('" : "'");
	if (s != NULL)
		text_add_line(t, s, strlen(s));
	text_add(t, type == RDATA_TXT ? "',)" : "'");
	mem_free(s);
}

static void
add_values(struct text *t, const struct lookup_result *r)
{
	text_add(t, "[");
	for (size_t i = 0; i < r->count; i++) {
		text_add(t, i == 0 ? "" : ", ");
		add_value(t, r->type, &r->data[i], true);
	}
	text_add(t, "]");
}

static void
add_encached(struct text *t, const struct lookup_result *r, usec wall)
{
	bool secure = r->status.state == DNS_SECURE;
	const char *state =
		r->type == RDATA_TXT ? (secure ? "secure" : "insecure") : dns_state_name(r->status.state);
	long long until = (long long)(wall + (usec)r->status.ttl * USEC_PER_SEC);

	text_printf(t, "DNS encache (%s, %s, [", r->name, type_name(r->type));
	for (size_t i = 0; i < r->count; i++) {
		text_printf(t, "%s(%lldL, 0, '%s', ", i == 0 ? "" : ", ", until, state);
		add_value(t, r->type, &r->data[i], false);
		text_add(t, ")");
	}
	text_add(t, "])\n");
}

static void
add_failure(struct text *t, const struct lookup_result *r, const char *server)
{
	const char *name = r->name, *type = type_name(r->type);

	if (r->status.state == DNS_LOOKUP_FAILED) {
		text_printf(t,
			DNSLOG_WARNING
			"Received an invalid DNS Response: SERVER FAILED to IP %s looking up %s\n",
			server, name);
		return;
	}
	text_printf(t,
		DNSLOG_WARNING "Received an invalid DNSSEC Response: DNSSEC_Error('%s', '%s', '%s', "
			       "'DNSSEC Error for hostname %s (%s) while asking %s. Error was: ",
		name, type, server, name, type, server);
	if (r->status.why != NULL)
		text_add_line(t, r->status.why, strlen(r->status.why));
	text_printf(t, "') of qtype %s looking up %s\n", type, name);
}

/* What became of the name behind A and AAAA look-ups: the chain of CNAMEs comes with their answers. */
static void
add_cname(struct text *t, const struct lookup_result *r)
{
	if (r->type != RDATA_AAAA)
		return;
	if (r->status.state < DNS_INSECURE)
		text_printf(t, "No CNAME record() found for domain(%s)\n", r->name);
	else if (r->canonical == NULL)
		text_printf(t, "No CNAME record(NoError) found for domain(%s)\n", r->name);
}

void
dnslog_answered(struct text *t, const struct lookup_result *r, const char *server, usec wall)
{
	if (r->status.state < DNS_INSECURE) {
		add_failure(t, r, server);
	} else if (r->count == 0) {
		text_printf(t, "DNSSEC Response data([], , 0, %u)\n", r->status.ttl);
		text_printf(t, "Received %s for domain %s type %s\n",
			r->status.found == DNS_NXDOMAIN ? "NXDOMAIN" : "NODATA", r->name, type_name(r->type));
	} else {
		if (r->type != RDATA_TXT) {
			text_add(t, "DNSSEC Response data(");
			add_values(t, r);
			text_printf(t, ", %s, 0, %u)\n",
				r->status.state == DNS_SECURE ? "secure" : "insecure", r->status.ttl);
		}
		add_encached(t, r, wall);
	}
	add_cname(t, r);
}
