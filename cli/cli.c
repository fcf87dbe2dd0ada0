/* The CLI of one engine: command trees, the list of sessions, hooks. */
#include "cli/cli.h"

#include <assert.h>
#include <string.h>

#include "cli/builtin.h"
#include "cli/port.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"

static_assert(offsetof(struct exec_cmd, cmd) == 0, "a row is found again from its kw_cmd");

struct processes {
	struct processes *next;
	cli_processes_f *each;
	void *source;
};

static void
show_on_terminals(void *arg, const struct log_entry *e)
{
	struct cli *cli = arg;
	struct session *s;

	if (!log_shows(cli->engine->log, LOG_MONITOR, e))
		return;
	for (s = cli->sessions; s != NULL; s = s->next) {
		if (s->term.monitor && s->ops->monitor != NULL)
			s->ops->monitor(s->arg, e->line, strlen(e->line));
	}
}

struct cli *
cli_new(const void *ctx, struct engine *engine)
{
	struct cli *cli = mem_new(ctx, struct cli);

	cli->engine = engine;
	cli->exec = kw_tree_new(cli, "exec");
	cli->config = kw_tree_new(cli, "config-exec");
	cli_builtin(cli);
	LIST_INIT(&cli->ports);
	TAILQ_INIT(&cli->aliases);
	cli_add_processes(cli, port_each_process, cli);
	if (engine->conf != NULL)
		cli_conf_rows(engine->conf);
	if (engine->conf != NULL)
		alias_conf_rows(engine->conf);
	if (engine->conf != NULL)
		login_conf_rows(engine->conf);
	if (engine->log != NULL)
		log_sink(cli, engine->log, show_on_terminals, cli);
	return cli;
}

struct engine *
cli_engine(const struct cli *cli)
{
	return cli->engine;
}

struct kw_tree *
cli_exec_tree(const struct cli *cli)
{
	return cli->exec;
}

struct kw_tree *
cli_config_tree(const struct cli *cli)
{
	return cli->config;
}

void
cli_commands(struct cli *cli, const struct exec_cmd *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((rows[i].flags & EXEC_CONFIG) != 0)
			kw_tree_add(cli->config, &rows[i].cmd);
		if ((rows[i].flags & EXEC_CONFIG) == 0 || (rows[i].flags & EXEC_EXEC) != 0)
			kw_tree_add(cli->exec, &rows[i].cmd);
	}
}

void
cli_absent(struct cli *cli, const struct kw_absent *rows, size_t n)
{
	kw_tree_absent(cli->exec, rows, n);
}

void
cli_word(struct cli *cli, const char *path, const char *help)
{
	kw_tree_word(cli->exec, path, help);
	kw_tree_word(cli->config, path, help);
}

void
cli_each_session(const struct cli *cli, void (*f)(void *arg, struct session *), void *arg)
{
	struct session *s, *next;

	for (s = cli->sessions; s != NULL; s = next) {
		next = s->next;
		f(arg, s);
	}
}

void
cli_set_hook(struct cli *cli, cli_hook_f *f, void *arg)
{
	cli->hook = f;
	cli->hook_arg = arg;
}

void
cli_add_processes(struct cli *cli, cli_processes_f *each, void *source)
{
	struct processes **end = &cli->processes;

	while (*end != NULL)
		end = &(*end)->next;
	*end = mem_new(cli, struct processes);
	(*end)->each = each;
	(*end)->source = source;
}

void
cli_each_process(const struct cli *cli, cli_process_f *f, void *arg)
{
	const struct processes *p;

	for (p = cli->processes; p != NULL; p = p->next)
		p->each(p->source, f, arg);
}
