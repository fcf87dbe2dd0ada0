/* `eventctl daneverify`: asks and visits through an eventd-resolve of its own. */
#include "cli/client/daneverify.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/verify.h"
#include "actions/mail/dns/wire.h"
#include "actions/mail/hostname.h"
#include "cli/client/domain_words.h"
#include "cli/client/process.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

#define SMTP_PORT 25

enum { OPTION_PORT, OPTION_RESOLVER, OPTION_ANCHOR };

struct command {
	const void *ctx;
	struct domain_words words;
	struct domain_option options[4];
	const char *domain; /* as the DNS has it */
	unsigned port;
	json_t *steps;
	struct client_process process;
};

static bool
is_port(const char *word)
{
	char *end = NULL;
	unsigned long v = *word >= '1' && *word <= '9' ? strtoul(word, &end, 10) : 0;

	return v > 0 && v <= UINT16_MAX && *end == '\0';
}

static const char *
option(const struct command *c, int which)
{
	return c->options[which].value;
}

static bool
send_message(struct command *c, json_t *message, struct err *err)
{
	bool ok = frame_write_fd(c->process.fd, message, err);

	json_decref(message);
	return ok;
}

static bool
configure(struct command *c, struct err *err)
{
	struct resolve_config config = { 0 };
	const char *resolver = option(c, OPTION_RESOLVER);
	char *anchor = NULL;

	if (option(c, OPTION_ANCHOR) != NULL) {
		anchor = path_read_file(c->ctx, option(c, OPTION_ANCHOR), ANCHOR_FILE_MAX, NULL, err);
		if (anchor == NULL)
			return false;
	}
	config.anchor = anchor;
	if (resolver != NULL) {
		config.servers = &resolver;
		config.server_count = 1;
	} else {
		config.servers = resolve_system_servers(c->ctx, &config.server_count);
	}
	return send_message(c, resolve_configure_message(&config), err);
}

/* The next message of this type; others are passed over, trouble is told. */
static json_t *
await(struct command *c, const char *wanted, const char *or_else, struct err *err)
{
	json_t *message;

	while ((message = frame_read_fd(c->process.fd, FRAME_MAX, err)) != NULL) {
		const char *type = json_string_value(json_object_get(message, "type"));

		if (type != NULL && (strcmp(type, wanted) == 0 || strcmp(type, or_else) == 0))
			return message;
		if (type != NULL && strcmp(type, "trouble") == 0)
			fprintf(stderr, "eventctl: %s\n",
				json_string_value(json_object_get(message, "text")));
		json_decref(message);
	}
	if (err->code == ERR_NONE)
		err_set(err, ERR_IO, RESOLVE_PROGRAM " ended without an answer");
	return NULL;
}

static struct mail_dns_answer *
look_up(struct command *c, struct err *err)
{
	const struct mail_dns_question q = {
		.kind = MAIL_DNS_DOMAIN, .name = c->domain, .port = c->port, .want_tlsa = true
	};
	struct mail_dns_answer *a;
	json_t *message;

	if (!configure(c, err) || !send_message(c, resolve_ask_message(1, &q, false), err))
		return NULL;
	message = await(c, "answer", "answer", err);
	if (message == NULL)
		return NULL;
	a = mail_dns_answer_from_json(c->ctx, json_object_get(message, "answer"), err);
	json_decref(message);
	return a;
}

static void
show_step(struct command *c, json_t *step)
{
	const char *s = json_string_value(json_object_get(step, "text"));
	struct text *t;

	json_array_append(c->steps, step);
	if (c->words.json || s == NULL)
		return;
	t = text_new(NULL);
	text_add_screen(t, s, strlen(s));
	puts(t->s);
	fflush(stdout);
	mem_free(t);
}

static int
visit(struct command *c, const struct mail_dns_answer *a, struct err *err)
{
	json_t *message;
	int outcome;

	if (!send_message(c, resolve_verify_message(2, c->port, a), err))
		return VERIFY_UNKNOWN;
	while ((message = await(c, "step", "verified", err)) != NULL) {
		json_t *step = json_object_get(message, "step");

		if (step == NULL)
			break;
		show_step(c, step);
		json_decref(message);
	}
	if (message == NULL)
		return VERIFY_UNKNOWN;
	outcome = (int)json_integer_value(json_object_get(message, "outcome"));
	json_decref(message);
	return outcome;
}

static int
carry_out(struct command *c)
{
	struct err err = ERR_INIT;
	const struct mail_dns_answer *a = NULL;
	int outcome = VERIFY_UNKNOWN;

	if (client_process_start(&c->process, RESOLVE_PROGRAM, &err)) {
		a = look_up(c, &err);
		if (a != NULL)
			outcome = visit(c, a, &err);
		client_process_end(&c->process);
	}
	if (err.code != ERR_NONE)
		fprintf(stderr, "eventctl: %s\n", err.text);
	return outcome;
}

static void
print_json(struct command *c, int outcome)
{
	json_t *j = json_pack("{s:i, s:s, s:s, s:O}", "schema_version", 1, "domain", c->domain, "result",
		outcome == VERIFY_SUCCESS ? "SUCCESS" : "FAILED", "steps", c->steps);

	json_dumpf(j, stdout, JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(j);
}

int
daneverify_main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "daneverify");
	struct command c = { .ctx = ctx,
		.words = { .command = "daneverify", .usage = DANEVERIFY_USAGE },
		.options = { { .name = "--port", .is_good = is_port, .takes = "a number from 1 to 65535" },
			{ .name = "--resolver",
				.is_good = resolve_server_is_valid,
				.takes = "ADDR or ADDR@PORT" },
			{ .name = "--anchor" } },
		.port = SMTP_PORT,
		.steps = json_array() };
	struct err err = ERR_INIT;
	int status;

	c.words.options = c.options;
	status = domain_words_read(&c.words, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (option(&c, OPTION_PORT) != NULL)
		c.port = (unsigned)strtoul(option(&c, OPTION_PORT), NULL, 10);
	if (status < 0) {
		const char *typed = c.words.domain != NULL ? c.words.domain : domain_words_ask(ctx);

		c.domain = hostname_to_ascii(ctx, typed, strlen(typed), &err);
		if (c.domain == NULL)
			status = domain_words_complain(&c.words, err.text, "");
	}
	if (status < 0) {
		status = carry_out(&c);
		if (c.words.json)
			print_json(&c, status);
	}
	json_decref(c.steps);
	mem_free(ctx);
	return status;
}
