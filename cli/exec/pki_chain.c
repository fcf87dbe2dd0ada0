/*
 * `crypto pki authenticate NAME from-server HOST`, `crypto pki import-chain NAME from-server HOST`: the
 * chain that a server shows, certificate by certificate, each with what trusting it would mean.
 */
#include "cli/exec/pki_chain.h"

#include <arpa/inet.h>
#include <string.h>

#include "actions/mail/dns/answer.h"
#include "actions/mail/dns/resolver.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/authenticate.h"
#include "pki/certtext.h"
#include "pki/errand.h"
#include "pki/hexbody.h"
#include "pki/offer.h"
#include "pki/store.h"

#define PORT_SUBMISSION 587
#define PORT_SMTP       25
#define TIMEOUT_SECONDS 30
#define GRACE           (2 * USEC_PER_SEC) /* the process itself is to say what it waited for */

static const struct kw_alternative protocols[] = {
	{ "smtp", "Begin TLS inside SMTP", 0, false },
	{ NULL, NULL, 0, false },
};

const struct kw pki_server_kw[] = {
	{ .help = "Name or address of the server",
		.type = &kw_word,
		KW_AT(struct pki_server_args, host),
		.flags = KW_REQ,
		.param = "HOST" },
	{ .word = "port",
		.help = "Port of the server (default: 587)",
		.type = &kw_number,
		KW_AT(struct pki_server_args, port),
		.min = 1,
		.max = 65535 },
	{ .word = "starttls",
		.help = "TLS begins inside a protocol (always at ports 25 and 587)",
		.type = &kw_choice,
		KW_AT(struct pki_server_args, starttls),
		.choices = protocols },
	{ .word = "timeout",
		.help = "Seconds for the whole (default: 30)",
		.type = &kw_number,
		KW_AT(struct pki_server_args, timeout),
		.min = 1,
		.max = 300 },
	KW_END,
};

/* A chain under inspection; lives as long as the command. */
struct chain {
	struct session *session;
	const struct pki_server_args *args;
	void *asking;       /* what the question for the server's addresses lives in */
	struct timer *late; /* of that question */
	usec began;
	struct errand *errand;
	const char *name; /* of the first trustpoint */
	STACK_OF(X509) * certs;
	int at; /* the one that is asked about; from the last to the first */
	struct text installed;
	unsigned count;
};

static void ask_next(struct chain *);

static int
release(void *arg)
{
	sk_X509_pop_free(((struct chain *)arg)->certs, X509_free);
	return 0;
}

/* ---- installing ---- */

static bool
is_free(const struct engine *engine, const char *name)
{
	const struct trustpoint *tp = pki_find(engine->pki, name);

	return tp == NULL || tp->ca == NULL;
}

/* NAME for the first certificate that is accepted, NAME-2, NAME-3 for those behind it. */
static const char *
next_name(const struct chain *c)
{
	const struct engine *engine = session_engine(c->session);
	const char *name = c->name;

	for (unsigned n = 2; !is_free(engine, name) || (n > 2 && pki_find(engine->pki, name) != NULL); n++)
		name = mem_printf(c, "%s-%u", c->name, n);
	return name;
}

static bool
install(struct chain *c, X509 *cert, const char *name, struct err *err)
{
	struct engine *engine = session_engine(c->session);
	struct text lines;

	text_init(&lines, c);
	if (pki_find(engine->pki, name) == NULL)
		text_printf(&lines, "crypto pki trustpoint %s\n enrollment terminal\n %s\n", name,
			offer_revocation_line(c->certs));
	text_printf(&lines, "crypto pki certificate chain %s\n certificate ca ", name);
	certtext_serial(&lines, cert, '\0');
	text_addc(&lines, '\n');
	hexbody_print(&lines, cert);
	return conf_load(engine->conf, session_who(c->session), lines.s, false, true, NULL, NULL, err);
}

static void
accept_certificate(struct chain *c)
{
	const char *name = next_name(c);
	bool is_new = pki_find(session_engine(c->session)->pki, name) == NULL;
	struct err err = ERR_INIT;

	if (!install(c, sk_X509_value(c->certs, c->at), name, &err)) {
		session_fail(c->session, &err);
		return;
	}
	session_print(c->session, "Trustpoint %s holds it now%s%s%s.\n", name, is_new ? " (new, " : "",
		is_new ? offer_revocation_line(c->certs) : "", is_new ? ")" : "");
	text_printf(&c->installed, "%s%s", c->count++ > 0 ? ", " : "", name);
	c->at--;
	ask_next(c);
}

static void
answered(struct session *s, const struct answer *answer, void *arg)
{
	struct chain *c = arg;

	if (answer->yes) {
		accept_certificate(c);
		return;
	}
	session_print(s, "%% Certificate not accepted.\n");
	c->at--;
	ask_next(c);
}

/* ---- asking ---- */

static void
conclude(struct chain *c)
{
	struct text root;

	text_init(&root, c);
	offer_missing_root(&root, c->certs);
	if (root.len > 0)
		session_print(c->session,
			"\nThe server does not show the root \"%s\". It is not needed where a CA above is "
			"trusted.\n",
			root.s);
	if (c->count == 0)
		session_print(c->session, "%% No certificate was imported.\n");
	else
		session_print(c->session, "%% %s successfully imported: trustpoint%s %s\n",
			c->count == 1 ? "Certificate" : "Certificates", c->count == 1 ? "" : "s",
			c->installed.s);
	session_done(c->session);
}

/* A fingerprint that is configured answers for the user, either way. */
static bool
answer_by_fingerprint(struct chain *c, X509 *cert)
{
	const struct trustpoint *tp = pki_find(session_engine(c->session)->pki, c->name);

	if (tp == NULL || tp->fingerprint == NULL || tp->ca != NULL)
		return false;
	if (authenticate_has_fingerprint(cert, tp->fingerprint)) {
		session_print(c->session, "Certificate validated - fingerprints matched.\n");
		accept_certificate(c);
	} else {
		session_print(c->session, "%% Not the certificate whose fingerprint trustpoint %s names.\n",
			tp->name);
		c->at--;
		ask_next(c);
	}
	return true;
}

static void
ask_next(struct chain *c)
{
	struct engine *engine = session_engine(c->session);
	const char *holder;
	struct text told;
	X509 *cert;

	if (c->at < 0) {
		conclude(c);
		return;
	}
	cert = sk_X509_value(c->certs, c->at);
	text_init(&told, c);
	text_addc(&told, '\n');
	offer_describe(&told, engine, c->certs, c->at);
	holder = offer_holder(engine, cert);
	if (holder != NULL)
		text_printf(&told, "It is installed already: %s.\n", holder);
	else
		authenticate_warnings(&told, cert);
	if (holder != NULL || !offer_is_current(&told, engine, cert)) {
		session_write(c->session, told.s, told.len);
		c->at--;
		ask_next(c);
		return;
	}
	session_write(c->session, told.s, told.len);
	if (!answer_by_fingerprint(c, cert))
		session_ask(
			c->session, ASK_YESNO, "% Do you accept this certificate? [yes/no]: ", answered, c);
}

static const char *
word(const json_t *answer, const char *key)
{
	const char *s = json_string_value(json_object_get(answer, key));

	return s != NULL ? s : "";
}

static void
arrived(void *arg, const json_t *answer, const struct err *why)
{
	struct chain *c = arg;
	struct err err = ERR_INIT;

	if (answer == NULL) {
		session_fail(c->session, why);
		return;
	}
	c->certs = offer_chain(answer, &err);
	if (c->certs == NULL) {
		session_fail(c->session, &err);
		return;
	}
	session_print(c->session, "Connected to %s: %s, %s, %d certificate%s.\n", word(answer, "address"),
		word(answer, "version"), word(answer, "cipher"), sk_X509_num(c->certs),
		sk_X509_num(c->certs) == 1 ? "" : "s");
	if (json_is_string(json_object_get(answer, "trustpoint")))
		session_print(c->session, "The chain is good already: it leads to %s.\n",
			word(answer, "trustpoint"));
	else
		session_print(c->session, "The chain is not trusted here [%s: %s].\n", word(answer, "class"),
			word(answer, "detail"));
	session_print(c->session,
		"What a server shows proves nothing: compare the fingerprints with what the CA publishes.\n");
	c->at = sk_X509_num(c->certs) - 1;
	ask_next(c);
}

/* Ctrl-C: the process ends with its errand. */
static void
over(void *arg, enum session_end why)
{
	struct chain *c = arg;

	(void)why;
	mem_free(c->asking);
	mem_free(c->late);
	mem_free(c->errand);
	c->asking = NULL;
	c->late = NULL;
	c->errand = NULL;
}

static int
seconds_of(const struct pki_server_args *a)
{
	return a->timeout.set ? (int)a->timeout.v : TIMEOUT_SECONDS;
}

/* Microseconds that are left for the process. */
static usec
time_left(const struct chain *c)
{
	usec spent = clock_mono(session_engine(c->session)->clock) - c->began;
	usec whole = seconds_of(c->args) * USEC_PER_SEC;

	return whole - spent > USEC_PER_SEC ? whole - spent : USEC_PER_SEC;
}

static json_t *
job_of(struct chain *c, json_t *addresses)
{
	const struct pki_server_args *a = c->args;
	int port = a->port.set ? (int)a->port.v : PORT_SUBMISSION;
	bool smtp = a->starttls.set || port == PORT_SUBMISSION || port == PORT_SMTP;
	struct trust *trust = pki_snapshot(c, session_engine(c->session)->pki);

	return json_pack("{s:s, s:s, s:i, s:s?, s:o, s:I, s:o}", "type", "chain", "host", a->host.s, "port",
		port, "starttls", smtp ? "smtp" : NULL, "trust", trust_to_json(trust), "timeout_ms",
		(json_int_t)(time_left(c) / USEC_PER_MSEC), "addresses", addresses);
}

static bool
send_off(struct chain *c, json_t *addresses, struct err *err)
{
	c->errand = errand_run(
		c, session_engine(c->session), job_of(c, addresses), time_left(c) + GRACE, arrived, c, err);
	return c->errand != NULL;
}

/* ---- the server's addresses: as on a router, the configured name servers are asked for every name ---- */

static bool
is_to_be_asked(const struct engine *engine, const char *host)
{
	struct in6_addr room;

	return inet_pton(AF_INET, host, &room) != 1 && inet_pton(AF_INET6, host, &room) != 1 &&
	       strchr(host, '%') == NULL && resolver_is_configured(engine->resolver);
}

/* Who knows nothing of the name leaves it to the system, whose own table of hosts may. */
static void
on_addresses(void *arg, const struct mail_dns_answer *answer)
{
	struct chain *c = arg;
	const struct mail_exchanger *host = answer->host_count > 0 ? &answer->hosts[0] : NULL;
	json_t *addresses = json_array();
	struct err err = ERR_INIT;

	mem_free(c->late);
	c->late = NULL;
	if (host != NULL && mail_exchanger_status(host)->state == DNS_BOGUS) {
		json_decref(addresses);
		err_class(&err, ERR_IO, "DNS_BOGUS", "%s: %s", c->args->host.s,
			mail_exchanger_status(host)->why);
		err_hint(&err, "'show mail dnssec' tells whether the name server passes DNSSEC");
		session_fail(c->session, &err);
		return;
	}
	for (size_t i = 0; host != NULL && i < host->address_count; i++)
		json_array_append_new(addresses, json_string(host->addresses[i].text));
	if (!send_off(c, addresses, &err))
		session_fail(c->session, &err);
}

static void
on_late(void *arg)
{
	struct chain *c = arg;
	struct err err = ERR_INIT;

	mem_free(c->asking);
	c->asking = NULL;
	err_class(
		&err, ERR_TIMEOUT, "TIMEOUT", "%s: the name servers do not answer in time", c->args->host.s);
	session_fail(c->session, &err);
}

static void
ask_addresses(struct chain *c)
{
	struct engine *engine = session_engine(c->session);
	struct mail_dns_question q = { .kind = MAIL_DNS_HOST, .name = c->args->host.s };

	c->asking = mem_ctx(c, "question");
	c->late = timer_after(c, engine->loop, seconds_of(c->args) * USEC_PER_SEC, on_late, c);
	resolver_ask(c->asking, engine->resolver, &q, on_addresses, c);
}

enum cmd_result
pki_from_server(struct session *s, const char *name, const struct pki_server_args *a, struct err *err)
{
	struct engine *engine = session_engine(s);
	struct chain *c;

	if (strpbrk(name, " \t\"'?") != NULL) {
		err_set(err, ERR_INVALID, "the name of a trustpoint has no blanks and no quotes");
		return CMD_REFUSED;
	}
	if (pki_find(engine->pki, name) != NULL && !authenticate_ready(engine, name, err))
		return CMD_REFUSED;
	c = mem_new(session_cmd_ctx(s), struct chain);
	c->session = s;
	c->name = name;
	text_init(&c->installed, c);
	mem_on_free(c, release);
	c->args = a;
	c->began = clock_mono(engine->clock);
	if (is_to_be_asked(engine, a->host.s))
		ask_addresses(c);
	else if (!send_off(c, json_array(), err))
		return CMD_REFUSED;
	return session_wait(s, 0, over, c);
}
