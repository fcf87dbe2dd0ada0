/*
 * eventd-sts: the process that meets web servers: it fetches MTA-STS policies and hands in TLS reports.
 * It takes requests from standard input (actions/mail/sts/web.h) and works on several at a time, a
 * thread each, so that a server that drips holds up nobody else. It has no secrets and no files.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail/sts/https.h"
#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"

/* Answers of all threads go out whole. */
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;

static void
send_answer(const struct web_answer *a)
{
	json_t *j = web_answer_to_json(a);
	struct err err = ERR_INIT;
	bool sent;

	pthread_mutex_lock(&out_lock);
	sent = frame_write_fd(STDOUT_FILENO, j, &err);
	pthread_mutex_unlock(&out_lock);
	json_decref(j);
	if (!sent)
		_exit(1); /* nobody listens any more */
}

static void *
work(void *arg)
{
	json_t *message = arg;
	void *ctx = mem_ctx(NULL, "web request");
	struct err err = ERR_INIT;
	struct web_request *r = web_request_from_json(ctx, message, &err);
	struct web_answer refused = { .failure = WEB_CONNECT, .reason = err.text };

	if (r == NULL)
		refused.id = (uint64_t)json_integer_value(json_object_get(message, "id"));
	send_answer(r == NULL ? &refused : https_ask(ctx, r));
	json_decref(message);
	mem_free(ctx);
	return NULL;
}

static bool
start(json_t *message)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attr, work, message) == 0;
	pthread_attr_destroy(&attr);
	return ok;
}

int
main(void)
{
	struct err err = ERR_INIT;
	json_t *message;

	helper_side_harden();
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-sts: %s\n", err.text);
		return 1;
	}
	https_init();
	while ((message = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err)) != NULL) {
		if (!start(message)) {
			fprintf(stderr, "eventd-sts: no thread\n");
			return 1;
		}
	}
	if (err.code != ERR_NONE)
		fprintf(stderr, "eventd-sts: %s\n", err.text);
	/* Requests under way end with us. */
	_exit(err.code != ERR_NONE);
}
