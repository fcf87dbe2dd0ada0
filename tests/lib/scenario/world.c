/* The world of one scenario. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "actions/mail/mailer.h"
#include "agent.h"
#include "cli/shell.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "detect/kernel.h"
#include "net/links.h"
#include "probe/prober.h"
#include "disk.h"
#include "flows.h"
#include "names.h"
#include "virtual.h"

static void
keep_line(void *arg, const struct log_entry *e)
{
	struct world *w = arg;
	struct text *to = e->is_debug ? &w->debug : &w->log;

	text_add(to, e->text);
	text_addc(to, '\n');
}

static void
on_output(void *arg, bool is_json, const char *s, size_t n)
{
	text_addn(&((struct world *)arg)->output, s, n);
}

static void
on_question(void *arg, enum ask_kind kind, const char *prompt)
{
	struct world *w = arg;

	size_t n = strcspn(w->answers.s, "\n");
	char *line = w->answers.len ? mem_strndup(w, w->answers.s, n) : NULL;

	text_add(&w->output, prompt);
	if (line)
		text_drop(&w->answers, n + 1);
	session_answer(w->session, line);
	mem_free(line);
}

static void
on_ready(void *arg, const struct outcome *outcome)
{
	struct world *w = arg;

	w->ready = true;
	w->accepted = outcome->accepted;
	if (outcome->err)
		w->refusal = *outcome->err;
	else
		err_clear(&w->refusal);
}

static void
on_monitor(void *arg, const char *line, size_t n)
{
}

static const struct session_ops ops = {
	.output = on_output,
	.question = on_question,
	.ready = on_ready,
	.monitor = on_monitor,
};

static void
on_mail(void *arg, const struct mail_job *job, struct mail_result *result, usec *after)
{
	struct world *w = arg;
	json_t *doc = mail_job_to_json(job);

	w->mails = mem_resize(w, w->mails, (w->nmails + 1) * sizeof *w->mails);
	w->mails[w->nmails++] = mail_job_from_json(w, doc, NULL);
	json_decref(doc);
	result->class = w->answer;
	result->phase = w->answer_phase;
	*after = w->answer_after;
}

void
world_open_session(struct world *w)
{
	struct err err = ERR_INIT;

	mem_free(w->session);
	w->session = session_open(w, w->engine->cli,
		&(struct session_spec){ .user = "admin", .location = "local", .level = 15, .echoes = true },
		&ops, w, &err);
	w->ready = true;
}

/* What `sla` has said of the target; one that nobody spoke of does not answer. */
static void
on_probe(void *arg, const struct probe_ask *ask, struct probe_answer *answer, usec *after)
{
	const struct world *w = arg;

	answer->code = PROBE_TIMEOUT;
	*after = (usec)ask->timeout_ms * USEC_PER_MSEC;
	for (size_t i = 0; i < w->ntargets; i++) {
		if (strcmp(w->targets[i].name, ask->target) != 0)
			continue;
		answer->code = w->targets[i].code;
		answer->rtt_us = answer->code == PROBE_OK ? w->targets[i].rtt : -1;
		if (answer->code != PROBE_TIMEOUT)
			*after = w->targets[i].rtt;
	}
}

struct world *
world_new(const char *path, usec wall_start)
{
	struct world *w = mem_new(NULL, struct world);

	w->path = path;
	w->engine = virtual_engine(w);
	clock_step_wall(w->engine->clock, wall_start - VIRTUAL_START);
	w->began = clock_mono(w->engine->clock);
	text_init(&w->log, w);
	text_init(&w->debug, w);
	text_init(&w->output, w);
	text_init(&w->answers, w);
	disk_new(w);
	agent_new(w);
	w->sinks = mem_ctx(w, "sinks");
	log_sink(w->sinks, w->engine->log, keep_line, w);
	mailer_fake(w->engine->mailer, on_mail, w);
	w->engine->links = links_new_fake(w->engine, w->engine);
	kernel_detectors_come(w->engine);
	names_new(w);
	flows_of_scenario(w);
	w->answer = MAIL_OK;
	prober_fake(w->engine->prober, on_probe, w);
	world_open_session(w);
	return w;
}

void
world_free(struct world *w)
{
	mem_free(w->session);
	mem_free(w->sinks);
	mem_free(w->engine);
	mem_free(w);
}

bool
world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	printf("%s:%d: ", w->path, w->now ? w->now->line : 0);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

void
world_settle(struct world *w)
{
	loop_settle(w->engine->loop);
}

void
world_cli(struct world *w, const char *line)
{
	text_clear(&w->output);
	if (!session_is_ready(w->session))
		world_open_session(w); /* the other one is still waiting for its policy */
	w->ready = false;
	session_line(w->session, line);
	world_settle(w);
}
