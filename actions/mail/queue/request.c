/* A mail as it was accepted, and the jobs made of it. */
#include "actions/mail/queue/request.h"

#include <arpa/inet.h>
#include <string.h>

#include "actions/mail/credential.h"
#include "actions/mail/mailer.h"
#include "actions/mail/record.h"
#include "actions/mail/server.h"
#include "applets/env.h"
#include "core/engine.h"
#include "core/mem.h"
#include "store/secret.h"

#define DIRECT_PORT     25
#define SUBMISSIONS_TLS 465 /* RFC 8314: TLS from the first byte, whatever was said */

static const char *
dane_name(int d)
{
	static const char *const names[] = { "none", "opportunistic", "mandatory" };

	return names[d];
}

#define AT(member) offsetof(struct mail_request, member), NULL, 0

static const struct record_field request_fields[] = {
	{ "applet", RECORD_STRING, AT(applet) },
	{ "server_variable", RECORD_STRING, AT(server_variable) },
	{ "credential", RECORD_STRING, AT(credential) },
	{ "port", RECORD_UINT, AT(port) },
	{ "secure", RECORD_WORD, offsetof(struct mail_request, secure), mail_secure_name, MAIL_SECURE_COUNT },
	{ "dane", RECORD_WORD, offsetof(struct mail_request, dane), dane_name, MAIL_DANE_MANDATORY + 1 },
	{ "source_interface", RECORD_STRING, AT(source_interface) },
	{ "source_address", RECORD_STRING, AT(source_address) },
	{ "vrf", RECORD_STRING, AT(vrf) },
	{ "message_id", RECORD_STRING, AT(message_id) },
	{ "from", RECORD_STRING, AT(from) },
	{ "tls_report", RECORD_BOOL, AT(tls_report) },
	RECORD_END,
};

char *
mail_request_keep(const void *ctx, const struct secrets *secrets, const struct mail_request *r)
{
	json_t *j = json_object();
	bool has_password = strchr(r->server, '@') != NULL;
	char *server = has_password ? secret_encrypt(secrets, NULL, r->server, strlen(r->server)) : NULL;
	char *dumped, *kept;

	record_to_json(request_fields, r, j);
	json_object_set_new(j, "server", json_string(server != NULL ? server : r->server));
	dumped = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	mem_free(server);
	kept = mem_strdup(ctx, dumped);
	free(dumped);
	return kept;
}

struct mail_request *
mail_request_read(const void *ctx, const struct secrets *secrets, const char *kept, struct err *err)
{
	struct mail_request *r = mem_new(ctx, struct mail_request);
	json_t *j = json_loads(kept, 0, NULL);
	const char *server = json_string_value(json_object_get(j, "server"));

	if (server == NULL || !record_from_json(request_fields, r, j, r, err)) {
		json_decref(j);
		mem_free(r);
		err_class(err, ERR_CONFIG, "CONFIG", "what was kept of the mail cannot be read");
		return NULL;
	}
	r->server = strncmp(server, "{6}", 3) == 0 ? secret_decrypt(secrets, r, server, strlen(server))
						   : mem_strdup(r, server);
	json_decref(j);
	if (r->server != NULL)
		return r;
	mem_free(r);
	err_class(err, ERR_CONFIG, "CONFIG", "the server was kept under another machine key");
	err_hint(err, "'mail queue export' has the text; send it anew");
	return NULL;
}

bool
mail_request_is_direct(const struct mail_request *r)
{
	return strcmp(r->server, "USEDNS") == 0;
}

/* The server string, the port and the kind of security. */
static bool
set_server(struct mail_job *job, const struct mail_request *r, struct err *err)
{
	struct mail_server *s = mail_server_parse(job, r->server, strlen(r->server), err);

	if (s == NULL)
		return false;
	if (r->port != 0 && s->port != 0 && r->port != s->port)
		return err_class(err, ERR_REFUSED, "BAD_PORT",
			"the server string says port %u, the statement port %u", s->port, r->port);
	job->secure = r->secure;
	job->port = r->port != 0 ? r->port : s->port != 0 ? s->port : mail_default_port(job->secure);
	if (job->secure == MAIL_SECURE_TLS && job->port == SUBMISSIONS_TLS)
		job->secure = MAIL_SECURE_SMTPS;
	job->host = s->host;
	job->host_kind = s->kind;
	job->user = s->user;
	job->password = s->password;
	return true;
}

/* The same, and the password that the string does not say. */
static bool
set_login(struct mail_job *job, struct engine *engine, const struct mail_request *r, struct err *err)
{
	return set_server(job, r, err) && credential_apply(engine, job, r->credential, err);
}

static void
set_direct(struct mail_job *job, const struct mail_request *r, const char *domain)
{
	job->direct = true;
	job->tls_report = r->tls_report;
	job->host = mem_strdup(job, domain);
	job->host_kind = MAIL_HOST_NAME;
	job->port = r->port != 0 ? r->port : DIRECT_PORT;
	job->secure = MAIL_SECURE_OPPORTUNISTIC;
}

static bool
set_source(struct mail_job *job, const struct mail_request *r, struct err *err)
{
	unsigned char raw[16];

	if (r->source_address != NULL && inet_pton(AF_INET, r->source_address, raw) != 1 &&
		inet_pton(AF_INET6, r->source_address, raw) != 1)
		return err_class(
			err, ERR_INVALID, "CONFIG", "source-address %s is not an address", r->source_address);
	job->source_interface = mem_strdup(job, r->source_interface);
	job->source_address = mem_strdup(job, r->source_address);
	job->vrf = mem_strdup(job, r->vrf);
	return true;
}

static void
set_envelope(struct mail_job *job, const struct mail_request *r, const char *const *recipients, size_t count)
{
	job->from = mem_strdup(job, r->from);
	job->recipients = mem_array(job, const char *, count);
	for (size_t i = 0; i < count; i++)
		job->recipients[i] = mem_strdup(job, recipients[i]);
	job->recipient_count = count;
	job->message = mem_strndup(job, r->message, r->message_len);
	job->message_len = r->message_len;
}

struct mail_job *
mail_request_job(const void *ctx, struct engine *engine, const struct mail_request *r, const char *domain,
	const char *const *recipients, size_t count, struct err *err)
{
	struct mail_job *job = mem_new(ctx, struct mail_job);

	job->verb = MAIL_DELIVER;
	job->policy = mem_strdup(job, r->applet != NULL ? r->applet : "-");
	if (domain != NULL)
		set_direct(job, r, domain);
	if ((domain == NULL && !set_login(job, engine, r, err)) || !set_source(job, r, err)) {
		mem_free(job);
		return NULL;
	}
	mailer_configure(engine->mailer, job);
	job->timeouts = mail_timeouts_default;
	set_envelope(job, r, recipients, count);
	return job;
}

bool
mail_request_check(struct engine *engine, const struct mail_request *r, struct err *err)
{
	struct mail_job *job = mem_new(NULL, struct mail_job);
	bool ok = (mail_request_is_direct(r) || set_login(job, engine, r, err)) && set_source(job, r, err);

	mem_free(job);
	return ok;
}

char *
mail_request_host(const void *ctx, const struct mail_request *r, struct err *err)
{
	struct mail_job *job = mem_new(NULL, struct mail_job);
	char *name = NULL;

	if (set_server(job, r, err))
		name = job->host_kind == MAIL_HOST_IPV6 ? mem_printf(ctx, "[%s]:%u", job->host, job->port)
							: mem_printf(ctx, "%s:%u", job->host, job->port);
	mem_free(job);
	return name;
}

bool
mail_request_renew(struct engine *engine, struct mail_request *r)
{
	const char *value =
		r->server_variable == NULL ? NULL : environment_get(engine->env, r->server_variable, NULL);
	struct mail_request renewed = *r;
	struct err err = ERR_INIT;
	char *host;

	if (value == NULL || strcmp(value, r->server) == 0)
		return false;
	renewed.server = value;
	if (mail_request_is_direct(r) || mail_request_is_direct(&renewed))
		return false;
	host = mail_request_host(NULL, &renewed, &err);
	if (host == NULL)
		return false;
	mem_free(host);
	r->server = mem_secret(r, value, strlen(value));
	return true;
}
