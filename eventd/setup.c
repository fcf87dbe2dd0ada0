/* Puts an engine together. */
#include "setup.h"

#include <string.h>
#include <unistd.h>

#include "acl/acl.h"
#include "actions/action.h"
#include "actions/io/system.h"
#include "actions/mail/destination/destination.h"
#include "actions/mail/destination/profile.h"
#include "actions/mail/credential.h"
#include "actions/mail/mail.h"
#include "actions/mail/mailer.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/dns/commands.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/maillog.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/queue/queue.h"
#include "actions/mail/sts/sts.h"
#include "actions/mail/test/command.h"
#include "applets/applet.h"
#include "applets/lua/scripts.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "cli/pki.h"
#include "cli/port.h"
#include "conf/conf.h"
#include "conf/global.h"
#include "core/files.h"
#include "core/helper.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/rng.h"
#include "core/settings.h"
#include "detect/interface_rows.h"
#include "detect/cli.h"
#include "detect/daemons.h"
#include "detect/detector.h"
#include "detect/erm.h"
#include "detect/nf.h"
#include "detect/syslog.h"
#include "logging/logging.h"
#include "peers/frr/frr.h"
#include "peers/lldp.h"
#include "pki/store.h"
#include "probe/slas.h"
#include "rpc/rpc.h"
#include "sched/journal.h"
#include "snmp/client.h"
#include "snmp/config.h"
#include "snmp/trap.h"
#include "store/secret.h"
#include "store/store.h"
#include "syslog/listen.h"
#include "syslog/show.h"
#include "track/track.h"

/* flash: and the others: where the settings say, else below the state directory. */
static void
add_prefixes(struct engine *e)
{
	const struct settings *s = e->settings;
	const struct {
		const char *prefix, *dir;
	} rows[] = {
		{ "flash", s->flash },
		{ "bootflash", s->bootflash },
		{ "nvram", s->nvram },
		{ "disk0", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *prefix = mem_printf(e, "%s:", rows[i].prefix);

		if (rows[i].dir != NULL)
			files_prefix(e->files, prefix, rows[i].dir);
		else if (e->state_dir != NULL)
			files_prefix(
				e->files, prefix, mem_printf(prefix, "%s/%s", e->state_dir, rows[i].prefix));
		mem_free(prefix);
	}
}

struct process_list {
	cli_process_f *f;
	void *arg;
	const char *role;
};

static void
report_helper(void *arg, const struct helper *h)
{
	struct process_list *list = arg;
	struct cli_process p = { .name = helper_name(h), .role = list->role, .pid = (int)helper_pid(h) };

	list->f(list->arg, &p);
}

static void
mail_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "mail delivery" };

	mailer_each_helper(source, report_helper, &list);
}

static void
resolve_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "DNS" };

	resolver_each_helper(source, report_helper, &list);
}

static void
sts_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "web requests" };

	sts_each_helper(source, report_helper, &list);
}

static void
capture_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "packet capture" };

	report_helper(&list, captures_helper(source));
}

static void
lldp_processes(void *source, cli_process_f *f, void *arg)
{
	struct cli_process p = { .name = "lldpcli", .role = "neighbors", .pid = (int)lldp_pid(source) };

	if (p.pid != 0)
		f(arg, &p);
}

static void
snmp_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "SNMP" };

	report_helper(&list, snmp_helper(source));
}

static void
rpc_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "calls of policies" };

	report_helper(&list, rpc_helper(source));
}

static void
logging_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "messages to a host" };

	logging_each_helper(source, report_helper, &list);
}

static void
probe_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "IP SLA probes" };

	slas_each_helper(source, report_helper, &list);
}

static void
intake_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, "syslog intake" };

	intake_each_helper(source, report_helper, &list);
}

static void
report_policy(void *arg, const char *name, const char *policy, pid_t pid)
{
	struct process_list *list = arg;
	struct cli_process p = { .name = name, .role = policy, .pid = (int)pid };

	list->f(list->arg, &p);
}

static void
policy_processes(void *source, cli_process_f *f, void *arg)
{
	struct process_list list = { f, arg, NULL };

	scripts_each_process(source, report_policy, &list);
}

/* A daemon of this device that is not heard otherwise: only what comes from here may speak for one of ours. */
static void
offer_frr(struct engine *e, const struct line *l)
{
	if (strcmp(l->host, "local") == 0)
		frr_line(e->frr, l->app, l->subject);
}

/* A message from the network: to whoever waits for one like it. */
static bool
on_received(void *arg, const struct line *l)
{
	offer_frr(arg, l);
	return syslog_offer(arg, l) > 0;
}

static const struct language language = { .detectors = detectors, .actions = actions };

/* Every row of configuration, every command. */
static void
register_everything(struct engine *e)
{
	acl_rows(e->conf);
	interface_rows(e);
	acl_commands(e->cli);
	pki_conf_trustpoints(e->conf);
	pki_conf_chains(e->conf);
	mail_config_start(e);
	destination_config_start(e);
	destination_commands(e->cli);
	credential_rows(e->conf);
	recorder_rows(e->conf);
	recorder_commands(e->cli);
	maillog_start(e);
	mail_dns_commands(e);
	sts_start(e);
	tlsrpt_start(e);
	mail_queue_config_start(e);
	system_config_start(e);
	snmp_config_start(e);
	erm_rows(e->conf);
	rpc_config_start(e);
	rpc_on_sessions(e->rpc, rpc_sessions_max);
	nf_rows(e->conf);
	pki_exec_commands(e->cli);
	pki_identity_commands(e->cli);
	pki_pool_commands(e->cli);
	pki_show_commands(e->cli);
	mail_test_commands(e->cli);
	pki_crl_commands(e->cli);
	pki_request_commands(e->cli);
	capture_commands(e->cli);
	mail_queue_commands(e->cli, e->mail_queue);
	intake_commands(e->cli);
	tracks_commands(e->cli, e->tracks);
	slas_commands(e->cli);
	rpc_commands(e->cli);
	snmp_commands(e->cli);
	cli_add_processes(e->cli, mail_processes, e->mailer);
	cli_add_processes(e->cli, resolve_processes, e->resolver);
	cli_add_processes(e->cli, sts_processes, e->sts);
	cli_add_processes(e->cli, capture_processes, e->captures);
	cli_add_processes(e->cli, snmp_processes, e->snmp);
	cli_add_processes(e->cli, lldp_processes, e->lldp);
	cli_add_processes(e->cli, rpc_processes, e->rpc);
	cli_add_processes(e->cli, logging_processes, e->logging);
	cli_add_processes(e->cli, probe_processes, e->sla_world);
	cli_add_processes(e->cli, intake_processes, e->intake);
	cli_add_processes(e->cli, policy_processes, e->scripts);
}

struct engine *
engine_new(const void *ctx, const struct setup *setup, struct err *err)
{
	struct engine *e = mem_new(ctx, struct engine);
	char *key;

	e->clock = setup->clock;
	e->loop = loop_new(e, e->clock);
	e->rng = rng_new(e, setup->seed);
	e->boot = rng_next(e->rng);
	e->started_mono = clock_mono(e->clock);
	e->started_wall = clock_wall(e->clock);
	e->redact = redact_new(e);
	e->log = log_new(e, e->clock, e->redact);
	e->settings = setup->settings != NULL ? (struct settings *)(uintptr_t)setup->settings
					      : settings_parse(e, "", 0, NULL, NULL);
	e->state_dir = mem_strdup(e, setup->state_dir);
	e->program_dir = setup->program_dir != NULL ? mem_strdup(e, setup->program_dir) : path_program_dir(e);
	e->is_check = setup->is_check;
	e->files = files_new(e);
	add_prefixes(e);
	key = e->state_dir == NULL ? NULL : mem_printf(e, "%s/machine-key", e->state_dir);
	e->secrets = setup->secrets != NULL ? mem_steal(e, setup->secrets) : secrets_open(e, key, err);
	if (e->secrets == NULL) {
		mem_free(e);
		return NULL;
	}
	e->conf = conf_new(e, e);
	conf_global_start(e);
	conf_set_startup_path(e->conf, setup->startup);
	e->pki = pki_new(e, e);
	maillog_new(e, e);
	e->credentials = credentials_new(e, e);
	e->recorder = recorder_new(e, e);
	e->mailer = mailer_new(e, e, (size_t)e->settings->mail_max_parallel);
	e->resolver = resolver_new(e, e);
	e->tlsrpt = tlsrpt_new(e, e);
	e->sts = sts_new(e, e);
	e->destinations = destinations_new(e, e);
	e->store = store_new(e, e, e->state_dir == NULL ? NULL : mem_printf(e, "%s/store", e->state_dir));
	e->mail_queue = mail_queue_new(e, e);
	e->captures = captures_new(e, e);
	e->snmp = snmp_new(e, e);
	e->rpc = rpc_new(e, e);
	e->logging = logging_new(e, e);
	e->cli = cli_new(e, e);
	e->cli_port = &cli_port;
	e->capture_port = &capture_port;
	e->intake = intake_new(e, e, on_received, e);
	if (!applets_start(e, e, &language, err)) {
		mem_free(e);
		return NULL;
	}
	e->journal = journal_new(e, e);
	snmp_traps_start(e);
	e->tracks = tracks_new(e, e);
	e->sla_world = slas_new(e, e);
	register_everything(e);
	cli_set_hook(e->cli, detector_cli_line, e);
	return e;
}

void
engine_settings(struct engine *e)
{
	add_prefixes(e);
	conf_global_settings(e);
	logging_settings(e->logging);
	resolver_settings(e->resolver);
	mailer_set_parallel(e->mailer, (size_t)e->settings->mail_max_parallel);
	mail_queue_settings(e->mail_queue);
	tracks_look(e->tracks); /* aliases of interfaces */
	daemon_detectors_come(e);
}
