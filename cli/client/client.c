/* A session on the daemon: requests, and the messages until their answer. */
#include "cli/client/client.h"

#include <string.h>

#include "cli/client/link.h"
#include "cli/server.h"
#include "core/frame.h"
#include "core/mem.h"

volatile int client_interrupted;

static const char *
get(const json_t *m, const char *key)
{
	const char *s = json_string_value(json_object_get(m, key));

	return s != NULL ? s : "";
}

static json_t *
request(struct client *c, const char *type)
{
	json_t *m = json_object();

	json_object_set_new(m, "t", json_string(type));
	json_object_set_new(m, "id", json_integer(++c->id));
	return m;
}

static json_t *
request_text(struct client *c, const char *type, const char *text)
{
	json_t *m = request(c, type), *s = json_string(text);

	if (s == NULL) /* not UTF-8: the daemon judges it as it is */
		json_object_set_new(m, "octets", frame_octets(text, strlen(text)));
	else
		json_object_set_new(m, "text", s);
	return m;
}

static void
set_state(struct client *c, const json_t *m)
{
	if (json_object_get(m, "prompt") == NULL)
		return;
	mem_free(c->prompt);
	mem_free(c->mode);
	c->prompt = mem_strdup(c, get(m, "prompt"));
	c->mode = mem_strdup(c, get(m, "mode"));
	c->length = (int)json_integer_value(json_object_get(m, "length"));
	c->width = (int)json_integer_value(json_object_get(m, "width"));
}

/* Messages that need no request. */
static void
handle(struct client *c, const json_t *m)
{
	const char *type = get(m, "t");

	if (strcmp(type, "output") == 0) {
		bool is_json = json_object_get(m, "json") != NULL;

		c->ui->output(c, is_json, get(m, is_json ? "json" : "text"));
	} else if (strcmp(type, "question") == 0) {
		c->ui->question(c, get(m, "kind"), get(m, "prompt"));
	} else if (strcmp(type, "monitor") == 0) {
		c->ui->monitor(c, get(m, "text"));
	} else if (strcmp(type, "closed") == 0) {
		c->closed = true;
	} else if (strcmp(type, "failed") == 0) {
		c->ui->monitor(c, get(m, "message"));
	}
	set_state(c, m);
}

static bool
is_answer(const struct client *c, const json_t *m)
{
	return json_integer_value(json_object_get(m, "id")) == c->id && strcmp(get(m, "t"), "output") != 0 &&
	       strcmp(get(m, "t"), "question") != 0;
}

/* Everything up to the answer of the last request. NULL: *status says why. */
static json_t *
await(struct client *c, int *status)
{
	long long until = c->timeout_ms >= 0 ? link_now_ms() + c->timeout_ms : -1;

	for (;;) {
		long long left = until >= 0 ? until - link_now_ms() : -1;
		unsigned what = link_wait(c->link, -1, until >= 0 ? (int)(left > 0 ? left : 0) : -1);
		json_t *m;

		if (client_interrupted) {
			client_interrupted = 0;
			client_interrupt(c);
		}
		if ((what & LINK_CLOSED) != 0) {
			*status = CTL_UNREACHABLE;
			return NULL;
		}
		if ((what & LINK_TIMEOUT) != 0) {
			client_interrupt(c);
			*status = CTL_TIMEOUT;
			return NULL;
		}
		if ((what & LINK_MESSAGE) == 0 || (m = link_next(c->link)) == NULL)
			continue;
		handle(c, m);
		if (is_answer(c, m))
			return m;
		json_decref(m);
	}
}

static int
client_gone(void *ptr)
{
	json_decref(((struct client *)ptr)->error);
	return 0;
}

static bool
greet(struct client *c, const struct client_spec *spec, int *status)
{
	json_t *m = request(c, "hello");

	json_object_set_new(m, "version", json_integer(CONTROL_VERSION));
	link_send(c->link, m);
	m = await(c, status);
	if (m == NULL)
		return false;
	json_decref(m);
	m = request(c, "open");
	json_object_set_new(m, "json", json_boolean(spec->json));
	json_object_set_new(m, "terminal", json_boolean(spec->terminal));
	json_object_set_new(m, "height", json_integer(spec->height));
	json_object_set_new(m, "width", json_integer(spec->width));
	link_send(c->link, m);
	m = await(c, status);
	json_decref(m);
	return m != NULL;
}

struct client *
client_open(const void *ctx, const struct client_spec *spec, const struct client_ui *ui, void *arg,
	int *status, struct err *err)
{
	struct client *c = mem_new(ctx, struct client);

	*status = CTL_UNREACHABLE;
	mem_on_free(c, client_gone);
	c->ui = ui;
	c->arg = arg;
	c->json = spec->json;
	c->timeout_ms = spec->timeout_ms;
	c->link = link_open(c, spec->path, err);
	if (c->link != NULL && greet(c, spec, status))
		return c;
	if (c->link != NULL && *status == CTL_TIMEOUT)
		err_set(err, ERR_TIMEOUT, "eventd does not answer on %s", spec->path);
	else if (c->link != NULL)
		err_set(err, ERR_IO, "eventd closed the connection on %s", spec->path);
	mem_free(c);
	return NULL;
}

/* Takes the answer to a line. */
static int
result(struct client *c, json_t *m)
{
	bool accepted = json_is_true(json_object_get(m, "accepted"));

	json_decref(c->error);
	c->error = accepted ? NULL : json_incref(json_object_get(m, "error"));
	json_decref(m);
	return accepted ? CTL_FINE : CTL_REFUSED;
}

int
client_line(struct client *c, const char *line)
{
	int status = CTL_FINE;
	json_t *m;

	if (!link_send(c->link, request_text(c, "line", line)))
		return CTL_UNREACHABLE;
	m = await(c, &status);
	if (m == NULL)
		return status;
	status = result(c, m);
	client_idle(c); /* a `closed` right behind the result */
	return status;
}

int
client_end(struct client *c)
{
	int status = CTL_FINE;
	json_t *m;

	if (!link_send(c->link, request(c, "end")))
		return CTL_UNREACHABLE;
	m = await(c, &status);
	return m == NULL ? status : result(c, m);
}

void
client_answer(struct client *c, const char *text)
{
	json_t *m = json_object(), *s = text != NULL ? json_string(text) : NULL;

	json_object_set_new(m, "t", json_string("answer"));
	json_object_set_new(m, "text", s != NULL ? s : json_null());
	link_send(c->link, m);
}

void
client_interrupt(struct client *c)
{
	json_t *m = json_object();

	json_object_set_new(m, "t", json_string("interrupt"));
	link_send(c->link, m);
}

static char *
ask_text(struct client *c, const char *type, const char *line)
{
	int status;
	json_t *m;
	char *s;

	if (!link_send(c->link, request_text(c, type, line)))
		return NULL;
	m = await(c, &status);
	if (m == NULL)
		return NULL;
	s = mem_strdup(c, get(m, "text"));
	json_decref(m);
	return s;
}

char *
client_help(struct client *c, const char *line)
{
	return ask_text(c, "help", line);
}

char *
client_complete(struct client *c, const char *line)
{
	return ask_text(c, "complete", line);
}

bool
client_idle(struct client *c)
{
	unsigned what;

	while (((what = link_wait(c->link, -1, 0)) & LINK_MESSAGE) != 0) {
		json_t *m = link_next(c->link);

		handle(c, m);
		json_decref(m);
	}
	return (what & LINK_CLOSED) == 0;
}
