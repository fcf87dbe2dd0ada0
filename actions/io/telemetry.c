/*
 * action LABEL export-to-telemetry TEXT: one line of JSON to the datagram socket of the setting
 * `telemetry: socket`; where nobody listens, nothing happens (eem-language 6).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/settings.h"

struct telemetry_args {
	struct kw_template text;
};

static const struct kw telemetry_kw[] = {
	{ .help = "Text to publish",
		.type = &kw_template_rest,
		KW_AT(struct telemetry_args, text),
		.flags = KW_REQ },
	KW_END,
};

static struct text *
message(struct run *run, const char *s, size_t n)
{
	const struct engine *engine = run_engine(run);
	json_t *doc = json_pack("{s:i s:f s:s s:o s:I s:I s:o}", "schema_version", 1, "time",
		(double)clock_wall(engine->clock) / (double)USEC_PER_SEC, "node", engine_hostname(engine),
		"applet", frame_string(run_policy(run), strlen(run_policy(run))), "job_id",
		(json_int_t)run_job(run), "event_id", (json_int_t)run_event(run)->id, "text",
		frame_string(s, n));
	char *line = json_dumps(doc, JSON_COMPACT);
	struct text *t = text_new(run_ctx(run));

	text_add(t, line);
	text_addc(t, '\n');
	redact_text(engine->redact, t, 0);
	free(line);
	json_decref(doc);
	return t;
}

/* 0, or errno. Never waits. */
static int
send_to(const char *path, const struct text *t)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, why = 0;

	if (strlen(path) >= sizeof to.sun_path)
		return ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (sendto(fd, t->s, t->len, MSG_NOSIGNAL, (const void *)&to, sizeof to) < 0)
		why = errno;
	close(fd);
	return why;
}

static enum step
telemetry_exec(struct run *run, const void *args)
{
	const struct telemetry_args *a = args;
	const char *path = run_engine(run)->settings->telemetry_socket;
	struct text *t;
	const char *s;
	size_t n;
	int why;

	s = run_expand(run, &a->text, &n);
	if (s == NULL)
		return STEP_FAIL;
	if (path == NULL || !run_is_live(run))
		return STEP_NEXT;
	t = message(run, s, n);
	why = send_to(path, t);
	mem_free(t->s);
	mem_free(t);
	if (why == 0 || why == ENOENT || why == ECONNREFUSED)
		return STEP_NEXT;
	return run_fail(run, "FH_EFDCONNERR", SEV_ERRORS, "FMPD_TELEMETRY", "Unable to publish to %s: %s",
		path, strerror(why));
}

const struct action action_export_to_telemetry = {
	.name = "export-to-telemetry",
	.help = "Publish a telemetry notification",
	.kw = telemetry_kw,
	.args_size = sizeof(struct telemetry_args),
	.exec = telemetry_exec,
};
