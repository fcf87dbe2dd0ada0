/* Warns of certificates that will expire. */
#include "pki/expiry.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/statefile.h"
#include "pki/store.h"

#define FILE_NAME   "expiry.json"
#define DAY         ((int64_t)86400)
#define SERVERS_MAX 256
#define HOST_MAX    255

/* Days ahead, the first warning first. */
static const int steps[] = { 30, 7, 1, 0 };
#define STEP_COUNT (sizeof steps / sizeof *steps)
#define LAST_DAYS  1 /* from here on it is an alert */

struct expiry {
	struct engine *engine;
	struct timer *timer;
	json_t *said;    /* SHA-256 in hex -> the last step that was said */
	json_t *fresh;   /* the same, of what is still watched: made anew with each look */
	json_t *servers; /* host -> {"sha256","subject","issuer","serial","not_after"}, the oldest first */
	bool is_changed; /* since it was saved */
	int64_t next;    /* second of the next step of anything */
};

/* One certificate that is watched. */
struct watched {
	const char *what; /* "CA Certificate belonging to trustpoint CORP" */
	const char *sha256;
	const char *subject, *issuer, *serial;
	int64_t end;
	bool is_server;
};

/* ---- the file ---- */

static json_t *
object_of(json_t *file, const char *key)
{
	json_t *value = json_object_get(file, key);

	return json_is_object(value) ? json_incref(value) : json_object();
}

static void
read_file(struct expiry *x)
{
	struct err err = ERR_INIT;
	json_t *file = statefile_read_object(x->engine, FILE_NAME, &err);

	x->said = object_of(file, "said");
	x->servers = object_of(file, "servers");
	json_decref(file);
}

static void
save(struct expiry *x)
{
	struct err err = ERR_INIT;
	json_t *file;

	if (!x->is_changed)
		return;
	x->is_changed = false;
	file = json_pack("{s:O, s:O}", "said", x->said, "servers", x->servers);
	if (!statefile_write_object(x->engine, FILE_NAME, file, &err))
		log_msg(x->engine->log, NULL, "PKI", SEV_WARNINGS, "EXPIRY_TIMES",
			"expiry warnings not kept: %s", err.text);
	json_decref(file);
}

/* ---- saying it ---- */

static void
add_left(struct text *t, int64_t left)
{
	text_printf(t, "%lld Days %lld hours %lld mins %lld secs", (long long)(left / DAY),
		(long long)(left % DAY / 3600), (long long)(left % 3600 / 60), (long long)(left % 60));
}

static void
add_moment(struct text *t, int64_t when)
{
	time_t at = (time_t)when;
	char words[64];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(words, sizeof words, "%H:%M:%S UTC %b %-d %Y", &tm);
	text_add(t, words);
}

static void
say(struct expiry *x, const struct watched *w, int64_t now)
{
	struct log *log = x->engine->log;
	struct text t;

	text_init(&t, NULL);
	if (w->end > now) {
		text_add(&t, "will expire in ");
		add_left(&t, w->end - now);
		text_add(&t, " at ");
	} else {
		text_add(&t, "has expired at ");
	}
	add_moment(&t, w->end);
	text_printf(&t, ". Issuer-name : %s; Subject-name : %s; Serial-number : %s", w->issuer, w->subject,
		w->serial);
	if (w->end - now > LAST_DAYS * DAY)
		log_msg(log, NULL, "PKI", SEV_WARNINGS, "CERT_EXPIRY_WARNING",
			"%s %s; Auto-Renewal : Not Enabled", w->what, t.s);
	else
		log_msg(log, NULL, "PKI", SEV_ALERTS, "CERT_EXPIRY_ALERT",
			"%s %s; Auto-Renewal : Not Enabled", w->what, t.s);
	mem_free(t.s);
}

/* The step that holds now; STEP_COUNT when there is none yet. */
static size_t
step_of(const struct watched *w, int64_t now)
{
	size_t step = STEP_COUNT;

	for (size_t i = 0; i < STEP_COUNT; i++)
		if (w->end - now <= steps[i] * DAY)
			step = i;
	return step;
}

static void
look_at(struct expiry *x, const struct watched *w, int64_t now)
{
	size_t step = step_of(w, now);
	size_t next = step == STEP_COUNT ? 0 : step + 1;
	json_t *said = json_object_get(x->said, w->sha256);

	if (said != NULL)
		json_object_set(x->fresh, w->sha256, said);
	/* A server that has renewed is not seen with the old one any more: its end is nobody's concern. */
	if (step < STEP_COUNT && !(w->is_server && steps[step] == 0) &&
		(!json_is_integer(said) || json_integer_value(said) > steps[step])) {
		json_object_set_new(x->fresh, w->sha256, json_integer(steps[step]));
		x->is_changed = true;
		say(x, w, now);
	}
	if (next < STEP_COUNT && w->end - steps[next] * DAY < x->next)
		x->next = w->end - steps[next] * DAY;
}

/* ---- what is watched ---- */

static void
hex_digest(struct text *t, const X509 *cert)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	X509_digest(cert, EVP_sha256(), md, &n);
	text_add_hex(t, md, n, '\0');
}

static void
look_at_cert(struct expiry *x, const char *kind, const char *trustpoint, X509 *cert, int64_t now)
{
	void *ctx = mem_ctx(NULL, "expiry");
	struct text digest, serial;
	struct watched w = { .what = mem_printf(ctx, "%s belonging to trustpoint %s", kind, trustpoint),
		.subject = certtext_name_new(ctx, X509_get_subject_name(cert)),
		.issuer = certtext_name_new(ctx, X509_get_issuer_name(cert)) };
	time_t end;

	text_init(&digest, ctx);
	text_init(&serial, ctx);
	hex_digest(&digest, cert);
	certtext_serial(&serial, cert, '\0');
	w.sha256 = digest.s;
	w.serial = serial.s;
	if (asn1_to_time(X509_get0_notAfter(cert), &end)) {
		w.end = (int64_t)end;
		look_at(x, &w, now);
	}
	mem_free(ctx);
}

static const char *
word(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static void
look_at_server(struct expiry *x, const char *host, const json_t *server, int64_t now)
{
	char *what = mem_printf(NULL, "Certificate of mail server %s", host);
	struct watched w = { .what = what,
		.sha256 = word(server, "sha256"),
		.subject = word(server, "subject"),
		.issuer = word(server, "issuer"),
		.serial = word(server, "serial"),
		.end = json_integer_value(json_object_get(server, "not_after")),
		.is_server = true };

	look_at(x, &w, now);
	mem_free(what);
}

static void
drop_expired_servers(struct expiry *x, int64_t now)
{
	const char *host;
	json_t *server;
	void *next;

	json_object_foreach_safe(x->servers, next, host, server)
	{
		if (json_integer_value(json_object_get(server, "not_after")) > now)
			continue;
		json_object_del(x->servers, host);
		x->is_changed = true;
	}
}

static void
look_at_all(struct expiry *x)
{
	int64_t now = clock_wall(x->engine->clock) / USEC_PER_SEC;
	const char *host;
	json_t *server;

	x->next = INT64_MAX;
	x->fresh = json_object();
	for (const struct trustpoint *tp = pki_first(x->engine->pki); tp != NULL; tp = tp->next) {
		X509 *own = pki_identity_cert(x->engine->pki, tp->name);

		if (tp->ca != NULL)
			look_at_cert(x, "CA Certificate", tp->name, tp->ca, now);
		if (own != NULL)
			look_at_cert(x, "ID Certificate", tp->name, own, now);
		X509_free(own);
	}
	drop_expired_servers(x, now);
	json_object_foreach(x->servers, host, server) look_at_server(x, host, server, now);
	x->is_changed |= json_object_size(x->fresh) != json_object_size(x->said);
	json_decref(x->said);
	x->said = x->fresh;
	x->fresh = NULL;
	save(x);
}

/* No longer than a day at once: the wall clock may run otherwise than the timer's. */
static void
on_time(void *arg)
{
	struct expiry *x = arg;
	int64_t left;

	look_at_all(x);
	if (x->next == INT64_MAX)
		return;
	left = x->next - clock_wall(x->engine->clock) / USEC_PER_SEC;
	timer_set(x->timer, (left < 0 ? 0 : left < DAY ? left : DAY) * USEC_PER_SEC);
}

void
expiry_recheck(struct expiry *x)
{
	if (x->timer != NULL)
		timer_set(x->timer, 0);
}

static void
on_clock_step(void *arg)
{
	expiry_recheck(arg);
}

/* "2026-05-01T00:00:00Z" */
static int64_t
end_of(const json_t *cert)
{
	struct tm tm = { 0 };

	return strptime(word(cert, "not_after"), "%Y-%m-%dT%H:%M:%SZ", &tm) != NULL ? (int64_t)timegm(&tm)
										    : 0;
}

void
expiry_seen(struct expiry *x, const char *host, const json_t *chain)
{
	const json_t *cert = json_array_get(chain, 0), *known = json_object_get(x->servers, host);
	int64_t end = end_of(cert);

	if (host == NULL || host[0] == '\0' || strlen(host) > HOST_MAX || end == 0 ||
		word(cert, "sha256")[0] == '\0' || strcmp(word(known, "sha256"), word(cert, "sha256")) == 0)
		return;
	json_object_del(x->servers, host);
	if (json_object_size(x->servers) >= SERVERS_MAX)
		json_object_del(x->servers, json_object_iter_key(json_object_iter(x->servers)));
	json_object_set_new(x->servers, host,
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "sha256", word(cert, "sha256"), "subject",
			word(cert, "subject"), "issuer", word(cert, "issuer"), "serial", word(cert, "serial"),
			"not_after", (json_int_t)end));
	x->is_changed = true;
	expiry_recheck(x);
}

static int
release(void *arg)
{
	struct expiry *x = arg;

	json_decref(x->said);
	json_decref(x->servers);
	return 0;
}

struct expiry *
expiry_new(const void *ctx, struct engine *engine)
{
	struct expiry *x = mem_new(ctx, struct expiry);

	x->engine = engine;
	read_file(x);
	mem_on_free(x, release);
	if (engine->loop == NULL || engine->is_check)
		return x;
	x->timer = timer_after(x, engine->loop, 0, on_time, x);
	loop_on_clock_step(x, engine->loop, on_clock_step, x);
	return x;
}
