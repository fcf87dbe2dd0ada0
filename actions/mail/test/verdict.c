/* Verdicts, for people and for programs. */
#include "actions/mail/test/verdict.h"

#include <string.h>

#include "actions/mail/hint.h"
#include "core/frame.h"
#include "core/mem.h"

/* Seed 001 titles: an error of TLS, of the login, and any other. */
static const char *
seed_line(const struct mail_result *r)
{
	if (r->class == MAIL_AUTH_FAILED)
		return "Could not connect to SMTP Server, User Name or Password is incorrect.\n";
	if (r->phase == PHASE_STARTTLS || r->phase == PHASE_TLS)
		return "Could not connect to SMTP Server, SSL Error. Please check the trusted "
		       "certificates.\n";
	return "";
}

/* The root CA was imported, so that "import it" does not help. */
static bool
has_anchor(const struct mail_result *r)
{
	return json_is_string(json_object_get(r->tls, "trustpoint"));
}

/* What helps against the class, and what is known of this case. */
static void
add_hint(struct text *out, const struct mail_result *r)
{
	const char *general = mail_hint(r->class, r->reply.code), *own = r->hint != NULL ? r->hint : "";

	if (*own != '\0' && r->class == MAIL_CERT_UNTRUSTED && has_anchor(r))
		general = own;
	text_add(out, general);
	if (*own != '\0' && strcmp(own, general) != 0)
		text_printf(out, "; %s", own);
}

static void
add_steps(struct text *out, const struct mail_result *r)
{
	for (size_t i = 0; i < r->step_count; i++) {
		const struct mail_step *step = &r->steps[i];

		text_printf(out, "%-9s %6u.%03u s  %s\n", mail_phase_name(step->phase), step->ms / 1000,
			step->ms % 1000, mail_class_name(step->class));
	}
}

static void
add_facts(struct text *out, const struct mail_result *r)
{
	const char *version = json_string_value(json_object_get(r->tls, "version"));
	const char *cipher = json_string_value(json_object_get(r->tls, "cipher"));
	const char *trustpoint = json_string_value(json_object_get(r->tls, "trustpoint"));

	if (r->ip != NULL)
		text_printf(out, "address: %s port %u, from %s\n", r->ip, r->port,
			r->local_ip != NULL ? r->local_ip : "-");
	if (version != NULL)
		text_printf(out, "tls: %s %s, %s%s\n", version, cipher != NULL ? cipher : "-",
			r->tls_verified ? "verified by " : "not verified",
			r->tls_verified && trustpoint != NULL ? trustpoint : "");
	if (r->auth_mech != NULL)
		text_printf(out, "login: %s as %s\n", r->auth_mech,
			*r->auth_user != '\0' ? r->auth_user : "the certificate says");
	if (r->class != MAIL_OK && r->reply.code != 0)
		text_printf(out, "reply: %d %s\n", r->reply.code, r->reply.text != NULL ? r->reply.text : "");
}

void
mail_verdict_text(struct text *out, const struct mail_result *r)
{
	text_add(out, "Test Connection to SMTP Server\n\n");
	if (r->host == NULL)
		text_add(out, "No connection was tried.\n\n");
	else if (r->class == MAIL_OK)
		text_printf(out, "Successfully connected to %s .\n\n", r->host);
	else
		text_printf(out, "Connection to %s failed.\n%s\n", r->host, seed_line(r));
	add_steps(out, r);
	add_facts(out, r);
	text_printf(out, "class: %s  phase: %s", mail_class_name(r->class), mail_phase_name(r->phase));
	if (r->class == MAIL_OK) {
		text_addc(out, '\n');
		return;
	}
	text_printf(out, "  %s\n", mail_result_outcome(r) == MAIL_DEFERRED ? "temporary" : "permanent");
	if (r->detail != NULL)
		text_printf(out, "detail: %s\n", r->detail);
	text_add(out, "hint: ");
	add_hint(out, r);
	text_addc(out, '\n');
}

json_t *
mail_verdict_json(const struct mail_result *r)
{
	static const char *const keys[] = { "result", "class", "phase", "temporary", "host", "ip", "port",
		"local_ip", "helo", "capabilities", "tls", "auth", "reply", "steps", "detail", "recipients" };
	json_t *all = mail_result_to_json(r), *j = json_object();
	struct text *hint = text_new(NULL);

	json_object_set_new(j, "schema_version", json_integer(1));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *value = json_object_get(all, keys[i]);

		json_object_set_new(j, keys[i], value != NULL ? json_incref(value) : json_null());
	}
	add_hint(hint, r);
	json_object_set_new(j, "hint", r->class == MAIL_OK ? json_null() : frame_string(hint->s, hint->len));
	mem_free(hint);
	json_decref(all);
	return j;
}

struct mail_result *
mail_verdict_refused(const void *ctx, const struct err *err)
{
	struct mail_result *r = mail_result_new(ctx, 0);
	enum mail_class class = mail_class_named(err->class);

	r->class = class == MAIL_CLASS_COUNT ? MAIL_CONFIG : class;
	r->phase = PHASE_CONFIG;
	r->detail = mem_strdup(r, err->text);
	r->hint = err->hint[0] != '\0' ? mem_strdup(r, err->hint) : NULL;
	return r;
}
