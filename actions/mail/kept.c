/* One session between two mails. */
#include "actions/mail/kept.h"

#include <string.h>
#include <sys/socket.h>

#include <openssl/evp.h>

#include "core/mem.h"

#define KEY_SIZE     32
#define QUIT_WAIT_MS 300 /* the next mail may already wait for this process */

/* What a result says of its session. */
struct facts {
	const char *ip, *local_ip, *helo, *auth_mech, *auth_user;
	bool tls_verified;
	json_t *tls; /* owned */
	struct mail_hop_result at;
	struct mail_flow flow;
};

/* Everything of one session; its memory goes with it from delivery to delivery. */
struct held {
	unsigned char key[KEY_SIZE];
	struct wire wire;
	struct smtp_ehlo *ehlo;
	bool verified;
	unsigned mails;
	int64_t opened, idle_since;
	struct facts facts;
};

struct kept {
	struct cancel *cancel;
	struct held *held; /* or NULL */
};

static int
held_free(void *ptr)
{
	struct held *h = ptr;

	wire_close(&h->wire);
	json_decref(h->facts.tls);
	return 0;
}

struct kept *
kept_new(const void *ctx, struct cancel *cancel)
{
	struct kept *k = mem_new(ctx, struct kept);

	k->cancel = cancel;
	return k;
}

/* ---- which deliveries may share a session ---- */

static int
digest(const char *data, size_t n, void *arg)
{
	return EVP_DigestUpdate(arg, data, n) == 1 ? 0 : -1;
}

/*
 * Of the job everything but what belongs to one mail: what is added to jobs one day divides sessions until
 * somebody says that it need not. Of the hop everything but its addresses.
 */
static bool
key_of(const struct mail_job *job, const struct mail_hop *hop, unsigned char key[KEY_SIZE])
{
	static const char *const of_the_mail[] = { "id", "mid", "policy", "policy_hash", "from", "recipients",
		"message", "timeouts", "hops", "messages", "announce", "debug", "pki_session",
		"tls_context" };
	json_t *j = mail_job_to_json(job), *h = mail_hop_to_json(hop);
	EVP_MD_CTX *sum = EVP_MD_CTX_new();
	bool ok;

	for (size_t i = 0; i < sizeof of_the_mail / sizeof *of_the_mail; i++)
		json_object_del(j, of_the_mail[i]);
	json_object_del(h, "addresses");
	json_object_set_new(j, "hop", h);
	ok = sum != NULL && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1 &&
	     json_dump_callback(j, digest, sum, JSON_SORT_KEYS | JSON_COMPACT) == 0 &&
	     EVP_DigestFinal_ex(sum, key, NULL) == 1;
	EVP_MD_CTX_free(sum);
	json_decref(j);
	return ok;
}

/* Is it one of the host's addresses still? The deliverer that resolves names itself asks again when the session is old. */
static bool
is_address_of(const struct mail_hop *hop, const char *ip)
{
	for (size_t i = 0; i < hop->address_count; i++)
		if (strcmp(hop->addresses[i], ip) == 0)
			return true;
	return hop->address_count == 0;
}

/* Neither closed by the server nor with something said that nobody asked for. */
static bool
is_quiet(const struct wire *w)
{
	char c;

	return w->in_at == w->in_len && (w->tls == NULL || !tls_pending(w->tls)) &&
	       recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static bool
is_for(const struct held *h, const struct mail_job *job, const struct mail_hop *hop)
{
	unsigned char key[KEY_SIZE];

	return h->mails < job->messages && tls_now() < h->opened + (int64_t)KEPT_LIFETIME_MS * 1000 &&
	       is_address_of(hop, h->facts.ip) && key_of(job, hop, key) && memcmp(key, h->key, KEY_SIZE) == 0;
}

/* ---- in and out ---- */

static void
hop_strings(const void *ctx, struct mail_hop_result *at)
{
	at->tls_version = mem_strdup(ctx, at->tls_version);
	at->tls_cipher = mem_strdup(ctx, at->tls_cipher);
	at->tls_name = mem_strdup(ctx, at->tls_name);
	at->tls_problem = mem_strdup(ctx, at->tls_problem);
	at->dane = mem_strdup(ctx, at->dane);
	at->sts_failure = mem_strdup(ctx, at->sts_failure);
}

static void
keep_facts(struct held *h, const struct delivery *d)
{
	const struct mail_result *r = d->result;
	struct facts *f = &h->facts;

	f->ip = mem_strdup(h, r->ip);
	f->local_ip = mem_strdup(h, r->local_ip);
	f->helo = mem_strdup(h, r->helo);
	f->auth_mech = mem_strdup(h, r->auth_mech);
	f->auth_user = mem_strdup(h, r->auth_user);
	f->tls_verified = r->tls_verified;
	f->tls = json_incref(r->tls);
	f->at = *d->smtp.at;
	hop_strings(h, &f->at);
	f->flow = d->flow;
	f->flow.local = mem_strdup(h, d->flow.local);
	f->flow.remote = mem_strdup(h, d->flow.remote);
}

bool
kept_put(struct kept *k, struct delivery *d)
{
	struct smtp *s = &d->smtp;
	struct held *h;

	if (s->wire.fd < 0 || !s->keep || !s->is_open || s->dead || cancel_fired(k->cancel))
		return false;
	h = mem_new(k, struct held);
	h->wire.fd = -1;
	mem_on_free(h, held_free);
	if (!key_of(d->job, s->to, h->key)) {
		mem_free(h);
		return false;
	}
	keep_facts(h, d);
	h->wire = s->wire;
	h->wire.tls = mem_steal(h, s->wire.tls);
	if (h->wire.tls != NULL)
		tls_settle(h->wire.tls);
	h->ehlo = mem_steal(h, s->ehlo);
	h->verified = s->verified;
	h->mails = d->mails_before + 1;
	h->opened = d->opened;
	h->idle_since = tls_now();
	cancel_guard(k->cancel, -1);
	s->wire.fd = -1;
	s->wire.tls = NULL;
	kept_close(k);
	k->held = h;
	return true;
}

static void
tell_facts(const struct held *h, struct delivery *d)
{
	const struct facts *f = &h->facts;
	struct mail_result *r = d->result;
	struct mail_hop_result *at = d->smtp.at;

	r->ip = at->ip = f->ip;
	r->local_ip = at->local_ip = f->local_ip;
	r->helo = f->helo;
	r->auth_mech = f->auth_mech;
	r->auth_user = f->auth_user;
	r->tls_verified = f->tls_verified;
	r->tls = json_incref(f->tls);
	r->capabilities = h->ehlo->capabilities;
	r->capability_count = h->ehlo->capability_count;
	at->tls_version = f->at.tls_version;
	at->tls_cipher = f->at.tls_cipher;
	at->tls_verified = f->at.tls_verified;
	at->tls_name = f->at.tls_name;
	at->tls_problem = f->at.tls_problem;
	at->tls_class = f->at.tls_class;
	at->dane = f->at.dane;
	at->dane_success = f->at.dane_success;
	at->sts_class = f->at.sts_class;
	at->sts_failure = f->at.sts_failure;
	at->reused = true;
	if (r->flow_count < MAIL_FLOWS_MAX)
		r->flows[r->flow_count++] = f->flow;
}

bool
kept_take(struct kept *k, struct delivery *d, const struct mail_hop *hop)
{
	struct held *h = k->held;
	struct smtp *s = &d->smtp;

	if (h == NULL)
		return false;
	if (!is_for(h, d->job, hop) || !is_quiet(&h->wire)) {
		kept_close(k);
		return false;
	}
	k->held = NULL;
	mem_steal(d->result, h);
	s->wire = h->wire;
	s->wire.job_deadline = d->deadline;
	cancel_guard(k->cancel, s->wire.fd);
	h->wire.fd = -1;
	s->ehlo = h->ehlo;
	s->verified = h->verified;
	s->is_open = true;
	d->mails_before = h->mails;
	d->opened = h->opened;
	d->flow = h->facts.flow;
	tell_facts(h, d);
	return true;
}

int64_t
kept_until(const struct kept *k)
{
	return k->held == NULL ? 0 : k->held->idle_since + (int64_t)KEPT_IDLE_MS * 1000;
}

void
kept_close(struct kept *k)
{
	static const char quit[] = "QUIT\r\n";
	struct held *h = k->held;
	struct err ignored = ERR_INIT;

	if (h == NULL)
		return;
	h->wire.job_deadline = tls_now() + (int64_t)QUIT_WAIT_MS * 1000;
	if (is_quiet(&h->wire) && wire_write(&h->wire, quit, sizeof quit - 1, h->wire.job_deadline, &ignored))
		wire_fill(&h->wire, h->wire.job_deadline, &ignored);
	mem_free(h);
	k->held = NULL;
}
