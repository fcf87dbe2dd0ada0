/* eventctl's own eventd-mail. */
#include "cli/client/mail_process.h"

#include <string.h>

#include "cli/client/process.h"
#include "core/frame.h"

static struct mail_result *
converse(const void *ctx, int fd, const struct mail_job *job, struct err *err)
{
	json_t *message = mail_job_to_json(job);
	bool sent = frame_write_fd(fd, message, err);
	struct mail_result *r = NULL;

	json_decref(message);
	if (!sent)
		return NULL;
	while (r == NULL && (message = frame_read_fd(fd, FRAME_MAX, err)) != NULL) {
		const char *type = json_string_value(json_object_get(message, "type"));

		if (type != NULL && strcmp(type, "result") == 0) {
			r = mail_result_from_json(ctx, message, err);
			json_decref(message);
			return r;
		}
		json_decref(message);
	}
	if (err->code == ERR_NONE)
		err_class(err, ERR_IO, "HELPER_FAILED", "the mail process ended without an answer");
	return NULL;
}

struct mail_result *
mail_process_run(const void *ctx, const struct mail_job *job, struct err *err)
{
	struct client_process p;
	struct mail_result *r;

	if (!client_process_start(&p, "eventd-mail", err))
		return NULL;
	r = converse(ctx, p.fd, job, err);
	client_process_end(&p);
	return r;
}
