/* The daemon's settings: one table of keys over libyaml's document tree. */
#include "core/settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/settings_private.h"

#define AT(field) offsetof(struct settings, field)

static const struct setting table[] = {
	{ .key = "hostname",
		.help = "Name in prompts, messages and mail",
		.type = SET_STRING,
		.at = AT(hostname),
		.dflt = "the kernel's" },
	{ .key = "log.level",
		.help = "Least severe level on the console",
		.type = SET_SEVERITY,
		.at = AT(log_level),
		.dflt = "informational" },
	{ .key = "log.console",
		.help = "stderr or none",
		.type = SET_CONSOLE,
		.at = AT(console),
		.dflt = "stderr" },
	{ .key = "syslog.listen",
		.help = "Where messages are received: udp://, tcp://, tls:// and unix:// URLs",
		.type = SET_LISTEN,
		.dflt = "[]" },
	{ .key = "syslog.journal",
		.help = "Follow the systemd journal: true, or the directory of another one",
		.type = SET_JOURNAL,
		.at = AT(journal),
		.dflt = "false" },
	{ .key = "syslog.files",
		.help = "Files to follow, also through rotation",
		.type = SET_PATHS,
		.at = AT(files),
		.dflt = "[]" },
	{ .key = "syslog.rate-limit",
		.help = "Messages a second that one source may send over the network; 0 = any number",
		.type = SET_INT,
		.at = AT(rate_limit),
		.min = 0,
		.max = 1000000,
		.dflt = "0" },
	{ .key = "dns.servers",
		.help = "Resolvers, as ADDRESS or ADDRESS@PORT",
		.type = SET_LIST,
		.at = AT(dns_servers),
		.dflt = "the system's" },
	{ .key = "dns.trust-anchor",
		.help = "File with the DNSSEC trust anchor",
		.type = SET_STRING,
		.at = AT(dns_anchor),
		.dflt = "the root's" },
	{ .key = "filesystem.flash",
		.help = "Directory behind flash:",
		.type = SET_STRING,
		.at = AT(flash),
		.dflt = "STATE/flash" },
	{ .key = "filesystem.bootflash",
		.help = "Directory behind bootflash:",
		.type = SET_STRING,
		.at = AT(bootflash),
		.dflt = "STATE/bootflash" },
	{ .key = "filesystem.nvram",
		.help = "Directory behind nvram:",
		.type = SET_STRING,
		.at = AT(nvram),
		.dflt = "STATE/nvram" },
	{ .key = "interfaces.alias",
		.help = "IOS names of kernel interfaces",
		.type = SET_PAIRS,
		.at = AT(aliases),
		.count_at = AT(alias_count),
		.dflt = "{}" },
	{ .key = "interfaces.load-interval",
		.help = "Seconds over which rates and loads of interfaces are averaged",
		.type = SET_INT,
		.at = AT(load_interval),
		.min = 30,
		.max = 600,
		.dflt = "300" },
	{ .key = "cli.device",
		.help = "The device's own CLI behind `cli command`: none, vtysh, shell or program",
		.type = SET_DEVICE,
		.at = AT(cli_device),
		.dflt = "none" },
	{ .key = "cli.program",
		.help = "Program and arguments of the device's CLI, as a list",
		.type = SET_LIST,
		.at = AT(cli_program),
		.dflt = "[vtysh], or [/bin/sh, -i, +m]" },
	{ .key = "cli.prompt",
		.help = "Regular expression of its prompt, matched against the line that has no end",
		.type = SET_PATTERN,
		.at = AT(cli_prompt),
		.dflt = "HOST> HOST# HOST(mode)#" },
	{ .key = "cli.users",
		.help = "Passwords of `enable`: name to hash, as mkpasswd(1) makes it ($y$ or $6$)",
		.type = SET_USERS,
		.at = AT(cli_users),
		.count_at = AT(cli_user_count),
		.dflt = "{}" },
	{ .key = "kernel.procfs",
		.help = "Where processes and their use of the machine are read",
		.type = SET_STRING,
		.at = AT(procfs),
		.dflt = "/proc" },
	{ .key = "kernel.sysfs",
		.help = "Where sensors and the state of hardware are read",
		.type = SET_STRING,
		.at = AT(sysfs),
		.dflt = "/sys" },
	{ .key = "mail.helo-name",
		.help = "Name said in EHLO",
		.type = SET_STRING,
		.at = AT(mail_helo_name),
		.dflt = "the host name" },
	{ .key = "mail.max-parallel",
		.help = "Deliveries at the same time",
		.type = SET_INT,
		.at = AT(mail_max_parallel),
		.min = 1,
		.max = 64,
		.dflt = "4" },
	{ .key = "daemons.frr",
		.help = "Directory of FRR's sockets, whose adjacency changes become messages and events",
		.type = SET_STRING,
		.at = AT(frr),
		.dflt = "/run/frr" },
	{ .key = "daemons.keepalived",
		.help = "FIFO that eventd makes and keepalived writes to (its vrrp_notify_fifo)",
		.type = SET_STRING,
		.at = AT(keepalived),
		.dflt = "/run/eventd/vrrp" },
	{ .key = "daemons.hostapd",
		.help = "Directory of hostapd's control sockets (its ctrl_interface)",
		.type = SET_STRING,
		.at = AT(hostapd),
		.dflt = "/run/hostapd" },
	{ .key = "daemons.lldpd",
		.help = "Control socket of lldpd",
		.type = SET_STRING,
		.at = AT(lldpd),
		.dflt = "/run/lldpd.socket" },
	{ .key = "telemetry.socket",
		.help = "Datagram socket that export-to-telemetry writes to",
		.type = SET_STRING,
		.at = AT(telemetry_socket),
		.dflt = "none" },
};

#define TABLE_SIZE (sizeof table / sizeof *table)

/* ---- the tree of keys ---- */

static const struct setting *
find_row(const char *path)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strcmp(table[i].key, path) == 0)
			return &table[i];
	}
	return NULL;
}

static bool
is_group(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strncmp(table[i].key, path, n) == 0 && table[i].key[n] == '.')
			return true;
	}
	return false;
}

static void
unknown_key(struct parsing *p, const yaml_node_t *at, const char *path)
{
	const char *names[2 * TABLE_SIZE], *near;
	char groups[TABLE_SIZE][64];
	struct err err = ERR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		size_t dot = strcspn(table[i].key, ".");

		names[n++] = table[i].key;
		memcpy(groups[i], table[i].key, dot);
		groups[i][dot] = '\0';
		names[n++] = groups[i];
	}
	near = nearest_word(path, names, n);
	if (near != NULL)
		err_set(&err, ERR_CONFIG, "unknown key '%s', did you mean '%s'?", path, near);
	else
		err_set(&err, ERR_CONFIG, "unknown key '%s'", path);
	settings_complain(p, at, &err);
}

static void
walk(struct parsing *p, const yaml_node_t *map, const char *prefix)
{
	struct err err = ERR_INIT;

	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
		pair++) {
		yaml_node_t *key = yaml_document_get_node(&p->doc, pair->key);
		yaml_node_t *value = yaml_document_get_node(&p->doc, pair->value);
		const char *name = settings_scalar(key);
		const struct setting *row;
		char *path;

		if (name == NULL) {
			err_set(&err, ERR_CONFIG, "a key must be a word");
			settings_complain(p, key, &err);
			continue;
		}
		path = mem_printf(NULL, "%s%s", prefix, name);
		row = find_row(path);
		if (row != NULL && p->given[row - table]) {
			err_set(&err, ERR_CONFIG, "'%s' is given twice", path);
			settings_complain(p, key, &err);
		} else if (row != NULL) {
			p->given[row - table] = value;
			settings_take(p, row, value);
		} else if (is_group(path) && value->type == YAML_MAPPING_NODE) {
			char *below = mem_printf(path, "%s.", path);

			walk(p, value, below);
		} else if (is_group(path)) {
			settings_wrong_value(p, value, path, "a map of settings");
		} else {
			unknown_key(p, key, path);
		}
		mem_free(path);
	}
}

static const yaml_node_t *
value_of(const struct parsing *p, const char *key)
{
	return p->given[find_row(key) - table];
}

/* What one key says about another. */
static void
check_device(struct parsing *p)
{
	const yaml_node_t *device = value_of(p, "cli.device"), *program = value_of(p, "cli.program"),
			  *prompt = value_of(p, "cli.prompt");
	struct err err = ERR_INIT;

	if (p->out->cli_device == DEVICE_PROGRAM &&
		(p->out->cli_program.n == 0 || p->out->cli_prompt == NULL)) {
		err_set(&err, ERR_CONFIG, "'cli.device: program' needs 'cli.program' and 'cli.prompt'");
		settings_complain(p, device, &err);
	} else if (p->out->cli_device == DEVICE_NONE && (program != NULL || prompt != NULL)) {
		err_set(&err, ERR_CONFIG, "'%s' needs 'cli.device'",
			program != NULL ? "cli.program" : "cli.prompt");
		settings_complain(p, program != NULL ? program : prompt, &err);
	}
}

static void
syntax_error(struct parsing *p, const yaml_parser_t *y)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_CONFIG, "not YAML: %s", y->problem != NULL ? y->problem : "cannot be read");
	err_at(&err, (int)y->problem_mark.line + 1, (int)y->problem_mark.column + 1);
	p->failed = true;
	p->f(p->arg, &err);
}

struct settings *
settings_parse(const void *ctx, const char *text, size_t n, settings_finding_f *f, void *arg)
{
	const yaml_node_t *given[TABLE_SIZE] = { NULL };
	struct parsing p = { .f = f, .arg = arg, .given = given };
	yaml_parser_t y;
	yaml_node_t *root;
	struct err err = ERR_INIT;

	p.out = mem_new(ctx, struct settings);
	p.out->log_level = SEV_INFORMATIONAL;
	p.out->console = true;
	p.out->mail_max_parallel = 4;
	p.out->load_interval = 300;
	p.out->procfs = "/proc";
	p.out->sysfs = "/sys";
	if (yaml_parser_initialize(&y) == 0)
		abort();
	yaml_parser_set_input_string(&y, (const unsigned char *)text, n);
	if (yaml_parser_load(&y, &p.doc) == 0) {
		syntax_error(&p, &y);
	} else {
		root = yaml_document_get_root_node(&p.doc);
		if (root != NULL && root->type == YAML_MAPPING_NODE) {
			walk(&p, root, "");
			if (!p.failed)
				check_device(&p);
		} else if (root != NULL &&
			   !(settings_scalar(root) != NULL && *settings_scalar(root) == '\0')) {
			err_set(&err, ERR_CONFIG, "settings must be a map of keys");
			settings_complain(&p, root, &err);
		}
		yaml_document_delete(&p.doc);
	}
	yaml_parser_delete(&y);
	if (!p.failed)
		return p.out;
	mem_free(p.out);
	return NULL;
}

void
settings_describe(struct text *out)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		text_printf(out, "%s\t%s\t%s\n", table[i].key, table[i].dflt, table[i].help);
}
