/* http-raw-request: a request of one's own, line by line until `end` or `exit`. */
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/text.h"
#include "probe/lines.h"

#define REQUEST_MODE "config-ip-sla-http-rr"

enum { REQUEST_MAX = 4096 };

const char sla_request_words[] = "http-raw-request";

static bool
request_body(struct engine *e, void *args, const char *line, bool *done, struct err *err)
{
	struct line_args *a = args;
	const char *before = a->request.set ? a->request.s : "";
	size_t n;

	line += strspn(line, " \t");
	n = strlen(line);
	while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL)
		n--;
	*done = (n == 3 && strncasecmp(line, "end", n) == 0) ||
		(n == 4 && (strncasecmp(line, "exit", n) == 0 || strncasecmp(line, "quit", n) == 0));
	/* What is far too long is refused by its length later; it need not be kept for that. */
	if (*done || strlen(before) > REQUEST_MAX)
		return true;
	a->request.s = n == 0 ? mem_printf(args, "%s\\r\\n\n", before)
			      : mem_printf(args, "%s%.*s\n", before, (int)n, line);
	a->request.set = true;
	return true;
}

static void
request_print(struct engine *e, const struct conf_node *n, struct text *out)
{
	const struct line_args *a = n->args;

	text_printf(out, "%send\n", a->request.set ? a->request.s : "");
}

static char
escaped(char c)
{
	return c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '\\' ? '\\' : '\0';
}

char *
sla_request(const void *ctx, const char *lines)
{
	struct text out;

	text_init(&out, ctx);
	for (const char *s = lines; *s != '\0'; s++)
		if (*s == '\\' && escaped(s[1]) != '\0')
			text_addc(&out, escaped(*++s));
		else if (*s != '\n')
			text_addc(&out, *s);
		else if (out.len == 0 || out.s[out.len - 1] != '\n') /* the escape has said it */
			text_add(&out, "\r\n");
	return out.s;
}

bool
sla_request_fits(const struct conf_node *type, const struct line_args *a, struct err *err)
{
	char *sent;
	bool ends;

	if (strstr(type->row->cmd.words, " raw") == NULL) {
		err_set(err, ERR_REFUSED, "'http-raw-request' is not for '%s'", type->row->cmd.words);
		err_hint(err, "'http raw URL' sends a request of your own");
		return false;
	}
	if (!a->request.set || strlen(a->request.s) > REQUEST_MAX)
		return err_set(err, ERR_REFUSED, "A request has one line or more, and at most %d octets",
			REQUEST_MAX);
	sent = sla_request(NULL, a->request.s);
	ends = strstr(sent, " HTTP/") == NULL || strstr(sent, "\r\n\r\n") != NULL; /* HTTP/0.9 has one line */
	mem_free(sent);
	if (ends)
		return true;
	err_set(err, ERR_REFUSED, "The request has no empty line behind its headers: no server would answer");
	err_hint(err, "'\\r\\n' on a line of its own");
	return false;
}

static const struct conf_row request_row = {
	.cmd = { .words = sla_request_words,
		.help = "The request, behind this line until `end`",
		.size = sizeof(struct line_args),
		.level = 15 },
	.mode = sla_mode_name,
	.enters = REQUEST_MODE,
	.order = 2,
	.body = request_body,
	.print = request_print,
};

void
sla_request_rows(struct conf *conf)
{
	static const struct conf_mode mode = { .name = REQUEST_MODE, .parent = sla_mode_name };

	conf_modes(conf, &mode, 1);
	conf_rows(conf, &request_row, 1);
}
