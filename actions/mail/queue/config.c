/* The configuration lines about the queue. */
#include <string.h>

#include "actions/mail/queue/private.h"
#include "conf/conf.h"
#include "core/engine.h"

struct queue_line {
	struct kw_int number;
};

static const struct kw messages_kw[] = {
	{ .help = "Mails that may wait",
		.type = &kw_number,
		KW_AT(struct queue_line, number),
		.min = 1,
		.max = 10000000,
		.flags = KW_REQ },
	KW_END,
};

static const struct kw size_kw[] = {
	{ .help = "MiB of mails that may wait",
		.type = &kw_number,
		KW_AT(struct queue_line, number),
		.min = 1,
		.max = 1024 * 1024,
		.flags = KW_REQ },
	KW_END,
};

static int64_t
number_of(const struct conf_node *n, int64_t otherwise)
{
	return n == NULL ? otherwise : ((const struct queue_line *)n->args)->number.v;
}

static bool
apply_messages(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	e->mail_queue->max_messages = (size_t)number_of(new, QUEUE_MESSAGES_MAX);
	return true;
}

static bool
apply_size(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	e->mail_queue->max_bytes = (size_t)number_of(new, QUEUE_MIB_MAX) * 1024 * 1024;
	return true;
}

static bool
apply_queue(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	e->mail_queue->disabled = new != NULL &&new->no;
	return true;
}

#define ORDER 620 /* among the other lines about mail */

static const struct conf_row rows[] = {
	{ .cmd = { .words = "mail queue limit messages",
		  .help = "Number of mails",
		  .kw = messages_kw,
		  .size = sizeof(struct queue_line) },
		.mode = "config",
		.order = ORDER,
		.apply = apply_messages },
	{ .cmd = { .words = "mail queue limit size",
		  .help = "Their size in MiB",
		  .kw = size_kw,
		  .size = sizeof(struct queue_line) },
		.mode = "config",
		.order = ORDER,
		.apply = apply_size },
	{ .cmd = { .words = "event manager mail queue",
		  .help = "Keep mails until they are delivered",
		  .size = sizeof(struct queue_line) },
		.mode = "config",
		.order = ORDER + 1,
		.keep_no = true,
		.apply = apply_queue },
};

/* IOS users try the number alone. */
static const char *
limit_hint(const char *line)
{
	static const char words[] = "mail queue limit";

	return strncmp(line, words, sizeof words - 1) == 0
		       ? "say what is limited: 'mail queue limit messages N' or 'mail queue limit size MIB'"
		       : NULL;
}

void
mail_queue_config_start(struct engine *e)
{
	conf_word(e->conf, "config", "mail queue", "Mails that are not yet delivered");
	conf_word(e->conf, "config", "mail queue limit", "What may wait");
	conf_word(e->conf, "config", "event manager mail", "Mail of policies");
	conf_hints(e->conf, "config", limit_hint);
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
}
