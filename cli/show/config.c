/* show running-config, show startup-config. */
#include <string.h>
#include <time.h>

#include "cli/builtin.h"
#include "cli/session.h"
#include "cli/startup.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

/* IOS writes "18:06:42 UTC Sun May 17 2026". */
static void
add_date(struct text *t, usec wall)
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	char when[64];
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(when, sizeof when, "%H:%M:%S UTC %a %b %e %Y", &tm);
	text_add(t, when);
}

static void
write_json_lines(struct writer *w, const char *s)
{
	w_list(w, "lines");
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");
		char *line = mem_strndup(NULL, s, n);

		w_str(w, NULL, line);
		mem_free(line);
		s += n + (s[n] != '\0');
	}
	w_end(w);
}

static enum cmd_result
show_running(struct session *s, const void *args, struct err *err)
{
	struct conf *conf = session_engine(s)->conf;
	const struct conf_revision *rev = conf_revision(conf);
	struct writer *w = session_writer(s);
	struct text lines, head;

	text_init(&lines, session_cmd_ctx(s));
	text_init(&head, session_cmd_ctx(s));
	conf_print_running(conf, &lines);
	if (rev != NULL && rev->number > 0 && rev->wall > 0) {
		text_add(&head, "!\n! Last configuration change at ");
		add_date(&head, rev->wall);
		if (rev->who != NULL && rev->who[0] != '\0' && rev->who[0] != ' ')
			text_printf(&head, " by %.*s", (int)strcspn(rev->who, " "), rev->who);
		text_addc(&head, '\n');
	}
	text_add(&head, "!\n");
	w_text(w, "Building configuration...\n\nCurrent configuration : %zu bytes\n", head.len + lines.len);
	w_foreign(w, head.s, head.len);
	w_foreign(w, lines.s, lines.len);
	write_json_lines(w, lines.s);
	return CMD_DONE;
}

static enum cmd_result
show_startup(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);
	struct text t;

	text_init(&t, session_cmd_ctx(s));
	if (!startup_read(session_engine(s)->conf, &t, err))
		return CMD_REFUSED;
	w_text(w, "Using %zu bytes\n", t.len);
	w_foreign(w, t.s, t.len);
	write_json_lines(w, t.s);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show running-config", .help = "Current operating configuration", .level = 15 },
		.flags = EXEC_SHOW,
		.run = show_running },
	{ .cmd = { .words = "show startup-config", .help = "Contents of startup configuration", .level = 15 },
		.flags = EXEC_SHOW,
		.run = show_startup },
	{ .cmd = { .words = "write terminal", .help = "Write to terminal", .level = 15 },
		.flags = EXEC_SHOW,
		.run = show_running },
};

void
show_config_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
