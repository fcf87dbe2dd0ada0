/* Mails: security, trust, and arguments that count as empty. */
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"
#include "store/secret.h"

static const char chain_words[] = "crypto pki certificate chain", clear_words[] = "mail allow-cleartext-auth";

static const struct conf_node *
find_line(const struct conf_node *from, const char *words)
{
	while (from != NULL && (from->no || strcmp(from->row->cmd.words, words) != 0))
		from = from->next;
	return from;
}

/* Is there a trustpoint with a certificate? */
static bool
has_certificate(const struct check *c)
{
	const struct conf_node *n = find_line(c->root->first, chain_words);

	while (n != NULL && n->first == NULL)
		n = find_line(n->next, chain_words);
	return n != NULL;
}

static bool
has_password(const struct check *c, const struct kw_template *server)
{
	char *text = check_expand(c, c, server->t);
	size_t start, end;
	bool found = text != NULL && secret_find(text, &start, &end);

	mem_free(text);
	return found;
}

static bool
is_port_465(const struct check *c, const struct kw_template *port)
{
	char *text = port != NULL ? check_expand(c, c, port->t) : NULL;
	bool found = text != NULL && strcmp(text, "465") == 0;

	mem_free(text);
	return found;
}

static bool
holds_word(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	size_t n = strlen(word);

	return at != NULL && at != text && at[-1] == ' ' && at[n] == ' ';
}

/* "localhost credential NOC", quoted whole: a name of a host has no blanks. */
static void
check_quotes(struct check *c, const struct check_applet *a, const struct compile_line *l, const char *server)
{
	static const char *const words[] = { "credential", "port", "secure", "to", "from" };
	const char *at = strrchr(server, '@');

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!holds_word(at != NULL ? at : server, words[i]))
			continue;
		check_tell(c, LINT_MAIL_QUOTES, a, l->node, "server", NULL,
			"\"%s\" stands inside the quotes of the server", words[i]);
		return;
	}
}

static void
check_server(struct check *c, const struct check_applet *a, const struct compile_line *l,
	const struct kw_template *typed)
{
	static const char *const words[] = { "secure", "dane", "credential" };
	const struct kw *kw = l->action->kw;
	char *server = check_expand(c, c, typed->t);

	if (server == NULL)
		return;
	check_quotes(c, a, l, server);
	for (size_t i = 0; strcmp(server, "USEDNS") == 0 && i < sizeof words / sizeof words[0]; i++)
		if (argument(kw, l->args, words[i]) != NULL)
			check_tell(c, LINT_MAIL_USEDNS, a, l->node, words[i], NULL,
				"`%s` has no effect with USEDNS", words[i]);
	mem_free(server);
}

static void
check_line(struct check *c, const struct check_applet *a, const struct compile_line *l)
{
	const struct kw *kw = l->action->kw;
	const struct kw_template *server = argument(kw, l->args, "server");
	const char *secure = argument_choice(kw, l->args, "secure");
	bool is_tls = secure != NULL && strcmp(secure, "tls") == 0;
	bool is_open = secure == NULL || strcmp(secure, "none") == 0;

	if (server == NULL)
		return;
	check_server(c, a, l, server);
	if (is_open && has_password(c, server) && find_line(c->root->first, clear_words) != NULL)
		check_tell(c, LINT_MAIL_CLEAR, a, l->node, "server", NULL,
			"the password for the server is sent where everybody can read it");
	else if (is_open && has_password(c, server))
		check_tell(c, LINT_MAIL_CLEAR, a, l->node, "server", NULL,
			"there is a password for the server and no `secure`: it is not sent, and the mail "
			"fails");
	if (is_tls && is_port_465(c, argument(kw, l->args, "port")))
		check_tell(c, LINT_MAIL_465, a, l->node, "465", NULL,
			"port 465 is TLS from the first byte, and `secure tls` means STARTTLS");
	if (!is_open && !has_certificate(c))
		check_tell(c, LINT_TRUST_NONE, a, l->node, "secure", NULL,
			"no trustpoint has a certificate, so that no server is trusted");
}

void
check_mail(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->lines[i].action->name, "mail") == 0)
			check_line(c, a, &a->lines[i]);
}
