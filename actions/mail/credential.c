/* The credential store, and the configuration lines that fill it. */
#include "actions/mail/credential.h"

#include <string.h>

#include <uthash.h>

#include "actions/mail/password7.h"
#include "actions/mail/server.h"
#include "actions/mail/token.h"
#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"
#include "store/secret.h"

struct entry {
	struct mail_credential pub; /* first: strings are the entry's */
	UT_hash_handle hh;
};

struct credentials {
	struct engine *engine;
	struct entry *by_name; /* uthash keeps the order of insertion */
};

struct credential_args {
	struct kw_str name, user;
	struct kw_flag has_password;
	struct kw_flag clear, sealed, obscured; /* 0, 6, 7: how the password is written */
	struct kw_str password;
	struct kw_str token_command, token_file;
};

/* A string that is printed between quotes only where it has to be: names and ciphertexts as IOS prints them. */
static void
print_login(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_str *v = src;
	size_t plain = strspn(v->s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._+-/=:");

	if (v->s[0] != '\0' && v->s[plain] == '\0')
		text_add(out, v->s);
	else
		kw_string_print(row, src, out);
}

static const struct kw_type kw_login = {
	.param = "WORD",
	.name = "string",
	.size = sizeof(struct kw_str),
	.parse = kw_string_parse,
	.print = print_login,
	.equal = kw_str_equal,
	.sample = kw_string_sample,
};

static const struct kw password_kw[] = {
	{ .word = "0",
		.help = "The password follows as it is",
		KW_AT(struct credential_args, clear),
		.flags = KW_SEQ,
		.group = 2 },
	{ .word = "6",
		.help = "The password follows encrypted with the key of this device",
		KW_AT(struct credential_args, sealed),
		.flags = KW_SEQ,
		.group = 2 },
	{ .word = "7",
		.help = "The password follows in the old encoding of IOS",
		KW_AT(struct credential_args, obscured),
		.flags = KW_SEQ,
		.group = 2 },
	{ .help = "The password",
		.type = &kw_login,
		KW_AT(struct credential_args, password),
		.flags = KW_REQ | KW_SECRET },
	KW_END,
};

static const struct kw credential_kw[] = {
	{ .help = "Name of the credential",
		.type = &kw_word,
		KW_AT(struct credential_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .word = "username",
		.help = "Name to log in with",
		.type = &kw_login,
		KW_AT(struct credential_args, user),
		.flags = KW_REQ | KW_SEQ },
	{ .word = "password",
		.help = "Password of that name",
		KW_AT(struct credential_args, has_password),
		.flags = KW_REQ,
		.group = 1,
		.sub = password_kw },
	{ .word = "oauth-token-command",
		.help = "Program whose first line is an OAuth token",
		.type = &kw_string,
		KW_AT(struct credential_args, token_command),
		.flags = KW_REQ,
		.group = 1 },
	{ .word = "oauth-token-file",
		.help = "File whose first line is an OAuth token",
		.type = &kw_word,
		KW_AT(struct credential_args, token_file),
		.flags = KW_REQ,
		.group = 1 },
	KW_END,
};

/* ---- the lines ---- */

/* The clear password of a line as it was typed; NULL with err. Wiped when freed. */
static char *
clear_password(const void *ctx, const struct engine *e, const struct credential_args *a, struct err *err)
{
	const char *s = a->password.s;
	char *clear, *sealed;

	if (a->sealed.set) {
		sealed = mem_printf(NULL, "{6}%s", s);
		clear = secret_decrypt(e->secrets, ctx, sealed, strlen(sealed));
		mem_free(sealed);
		if (clear == NULL)
			err_set(err, ERR_CONFIG,
				"the password was encrypted with the key of another device; type it anew");
		return clear;
	}
	if (!a->obscured.set)
		return text_unquote(ctx, s);
	clear = password7_decode(ctx, s);
	if (clear == NULL)
		err_set(err, ERR_CONFIG, "the password is not written in the encoding of type 7");
	return clear;
}

static bool
good_text(const char *what, const char *s, struct err *err)
{
	size_t n = strlen(s);

	if (n == 0 || n > MAIL_CREDENTIAL_MAX)
		return err_set(err, ERR_REFUSED, "a %s has 1 to %d octets", what, MAIL_CREDENTIAL_MAX);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return err_set(err, ERR_REFUSED, "a %s holds no control characters", what);
	return utf8_valid(s, n) || err_set(err, ERR_REFUSED, "a %s is written in UTF-8", what);
}

/* Whatever was typed becomes `password 6 CIPHERTEXT`. */
static bool
adopt_password(struct engine *e, struct credential_args *a, struct err *err)
{
	char *clear, *sealed;
	bool ok;

	if (a->sealed.set && e->is_check && !secrets_are_kept(e->secrets))
		return true; /* it is the running daemon that has the key */
	clear = clear_password(NULL, e, a, err);
	ok = clear != NULL && good_text("password", clear, err);

	if (ok && !a->sealed.set) {
		if (a->obscured.set) /* type 7 as good as shows it, where the typed line is shown again */
			redact_learn(e->redact, a->password.s);
		sealed = secret_encrypt(e->secrets, a, clear, strlen(clear));
		a->password = (struct kw_str){ .set = true, .quoted = true, .s = sealed + strlen("{6}") };
		a->clear.set = a->obscured.set = false;
		a->sealed.set = true;
	}
	mem_free(clear);
	return ok;
}

static bool
adopt(struct engine *e, void *args, struct err *err)
{
	struct credential_args *a = args;

	if (!good_text("user name", a->user.s, err))
		return false;
	if (a->token_command.set && token_argv(args, a->token_command.s)[0] == NULL)
		return err_set(err, ERR_REFUSED, "the command is empty");
	if (a->token_command.set && strchr(token_argv(args, a->token_command.s)[0], '/') == NULL) {
		err_set(err, ERR_REFUSED, "the command begins with the whole path of a program");
		err_hint(err, "there is no shell: no pipes, no variables, no search path");
		return false;
	}
	return !a->has_password.set || e->secrets == NULL || adopt_password(e, a, err);
}

static void
drop(struct credentials *c, struct entry *e)
{
	if (e->pub.password != NULL)
		redact_forget(c->engine->redact, e->pub.password);
	HASH_DEL(c->by_name, e);
	mem_free(e);
}

static struct entry *
find(const struct credentials *c, const char *name)
{
	struct entry *e;

	HASH_FIND_STR(c->by_name, name, e);
	return e;
}

static void
set(struct credentials *c, const struct credential_args *a)
{
	struct entry *e = mem_new(c, struct entry);
	struct err ignored = ERR_INIT;

	e->pub.name = mem_strdup(e, a->name.s);
	e->pub.user = text_unquote(e, a->user.s);
	if (a->token_command.set)
		e->pub.token_command = text_unquote(e, a->token_command.s);
	if (a->token_file.set)
		e->pub.token_file = mem_strdup(e, a->token_file.s);
	if (a->has_password.set && c->engine->secrets != NULL)
		e->pub.password = clear_password(e, c->engine, a, &ignored);
	if (e->pub.password != NULL)
		redact_learn(c->engine->redact, e->pub.password);
	HASH_ADD_KEYPTR(hh, c->by_name, e->pub.name, strlen(e->pub.name), e);
}

static bool
apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct credentials *c = engine->credentials;
	const struct credential_args *a = (new != NULL ? new : old)->args;
	struct entry *e = find(c, a->name.s);

	(void)err;
	if (e != NULL)
		drop(c, e);
	if (new != NULL)
		set(c, a);
	return true;
}

#define CREDENTIAL_ORDER 621 /* with the lines about mail */

static const struct conf_row rows[] = {
	{ .cmd = { .words = "event manager mail credential",
		  .help = "Name, and password or token, to log in with at mail servers",
		  .kw = credential_kw,
		  .size = sizeof(struct credential_args),
		  .level = 15 },
		.mode = "config",
		.order = CREDENTIAL_ORDER,
		.adopt = adopt,
		.apply = apply },
};

void
credential_rows(struct conf *conf)
{
	conf_word(conf, "config", "event manager mail", "Mail that policies send");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}

/* ---- the store ---- */

static int
forget_all(void *ptr)
{
	struct credentials *c = ptr;
	struct entry *e, *next;

	HASH_ITER (hh, c->by_name, e, next)
		drop(c, e);
	return 0;
}

struct credentials *
credentials_new(const void *ctx, struct engine *engine)
{
	struct credentials *c = mem_new(ctx, struct credentials);

	c->engine = engine;
	mem_on_free(c, forget_all);
	return c;
}

/* NULL: there is none. Valid until the configuration changes. */
static const struct mail_credential *
credential_named(const struct credentials *c, const char *name)
{
	struct entry *e = find(c, name);

	return e == NULL ? NULL : &e->pub;
}

/* The first of that user, in the order of definition. */
static const struct mail_credential *
credential_of_user(const struct credentials *c, const char *user)
{
	for (struct entry *e = c->by_name; e != NULL; e = e->hh.next)
		if (strcmp(e->pub.user, user) == 0)
			return &e->pub;
	return NULL;
}

bool
credential_apply(struct engine *engine, struct mail_job *job, const char *name, struct err *err)
{
	const struct mail_credential *found = NULL;

	if (name == NULL && (job->user == NULL || job->password != NULL))
		return true;
	if (name != NULL && job->user != NULL)
		return err_class(err, ERR_REFUSED, "CONFIG", "with 'credential' the server is a host alone");
	if (engine->credentials != NULL)
		found = name != NULL ? credential_named(engine->credentials, name)
				     : credential_of_user(engine->credentials, job->user);
	if (found == NULL && name != NULL)
		return err_class(err, ERR_NOT_FOUND, "NO_PASSWORD", "there is no credential %s", name);
	if (found == NULL)
		return err_class(err, ERR_NOT_FOUND, "NO_PASSWORD", "no password for user %s", job->user);
	job->user = mem_strdup(job, found->user);
	job->credential = mem_strdup(job, found->name);
	job->token_command = mem_strdup(job, found->token_command);
	job->token_file = mem_strdup(job, found->token_file);
	if (found->password != NULL)
		job->password = mem_secret(job, found->password, strlen(found->password));
	return true;
}
