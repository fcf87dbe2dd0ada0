/* Settings: every error with its place, every key with its default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/settings.h"

static void
note(void *arg, const struct err *err)
{
	text_printf(arg, "%d:%d %s\n", err->line, err->column, err->text);
}

static struct settings *
parse(void *ctx, const char *yaml, struct text *found)
{
	return settings_parse(ctx, yaml, strlen(yaml), note, found);
}

static void
the_contract_example_loads(void **state)
{
	struct text *found = text_new(NULL);
	struct settings *s = parse(found,
		"hostname: r1   # comment\n"
		"log: { level: warnings, console: none }\n"
		"syslog:\n"
		"  listen:\n"
		"    - udp://127.0.0.1:5514\n"
		"    - { url: 'tcp://[::1]:5514' }\n"
		"    - unix:///run/eventd/log\n"
		"    - { url: 'tls://127.0.0.1:6514', identity: ME, client-ca: [A, B] }\n"
		"  journal: true\n"
		"  files: [/var/log/a, /var/log/b]\n"
		"  rate-limit: 500\n"
		"dns: { servers: [127.0.0.1, '192.0.2.1@5353'], trust-anchor: root.key }\n"
		"filesystem: { flash: /tmp/f }\n"
		"interfaces: { alias: { GigabitEthernet0/0/1: eth0 } }\n"
		"cli: { device: none, users: {} }\n"
		"mail: { helo-name: r1.example.net, max-parallel: 8 }\n",
		found);

	(void)state;
	assert_string_equal(found->s, "");
	assert_non_null(s);
	assert_string_equal(s->hostname, "r1");
	assert_int_equal(s->log_level, SEV_WARNINGS);
	assert_false(s->console);
	assert_int_equal(s->listen_count, 4);
	assert_string_equal(s->listen[3].identity, "ME");
	assert_int_equal(s->listen[3].client_ca.n, 2);
	assert_string_equal(s->listen[3].client_ca.v[1], "B");
	assert_string_equal(s->journal, "");
	assert_string_equal(s->files.v[1], "/var/log/b");
	assert_int_equal(s->rate_limit, 500);
	assert_string_equal(s->listen[1].url, "tcp://[::1]:5514");
	assert_int_equal(s->listen[2].line, 7);
	assert_int_equal(s->dns_servers.n, 2);
	assert_string_equal(s->aliases[0].key, "GigabitEthernet0/0/1");
	assert_string_equal(s->aliases[0].value, "eth0");
	assert_int_equal(s->mail_max_parallel, 8);
	mem_free(found);
}

static void
nothing_gives_the_defaults(void **state)
{
	struct text *found = text_new(NULL);
	struct settings *s = parse(found, "", found);

	(void)state;
	assert_non_null(s);
	assert_null(s->hostname);
	assert_int_equal(s->log_level, SEV_INFORMATIONAL);
	assert_true(s->console);
	assert_int_equal(s->mail_max_parallel, 4);
	mem_free(found);
}

static void
errors_say_where_and_what(void **state)
{
	static const struct {
		const char *yaml, *found;
	} rows[] = {
		{ "hostnam: r1\n", "1:1 unknown key 'hostnam', did you mean 'hostname'?\n" },
		{ "mail:\n  max-paralel: 4\n",
			"2:3 unknown key 'mail.max-paralel', did you mean 'mail.max-parallel'?\n" },
		{ "mail: { max-parallel: 0 }\n", "1:23 'mail.max-parallel' takes a number from 1 to 64\n" },
		{ "mail: { max-parallel: x }\nlog: 3\n", "1:23 'mail.max-parallel' takes a number from 1 to "
							 "64\n2:6 'log' takes a map of settings\n" },
		{ "log: { level: loud }\n",
			"1:15 'log.level' takes a severity: emergencies ... debugging, or 0-7\n" },
		{ "syslog: { listen: [ftp://x] }\n", "1:20 'syslog.listen' takes URLs that begin with "
						     "udp://, tcp://, tls:// or unix://\n" },
		{ "syslog: { listen: ['tls://x:1'] }\n", "1:20 tls://x:1 needs a server's certificate: { "
							 "url: 'tls://x:1', identity: TRUSTPOINT }\n" },
		{ "syslog: { listen: [{ url: 'udp://x:1', identity: ME }] }\n",
			"1:20 udp://x:1: 'identity' and 'client-ca' are for tls:// listeners\n" },
		{ "syslog: { listen: [{ url: 'tls://x:1', identity: ME, client-ca: ME }] }\n",
			"1:65 'client-ca' takes a list of trustpoints\n" },
		{ "syslog: { listen: [{ url: 'tls://x:1', identitee: ME }] }\n",
			"1:40 unknown key 'identitee' of a listener, did you mean 'identity'?\n"
			"1:20 tls://x:1 needs a server's certificate: { url: 'tls://x:1', identity: "
			"TRUSTPOINT }\n" },
		{ "syslog: { journal: perhaps }\n",
			"1:20 'syslog.journal' takes true, false or the directory of a journal\n" },
		{ "syslog: { files: /var/log/a }\n", "1:18 'syslog.files' takes a list\n" },
		{ "syslog: { files: [log] }\n", "1:18 'syslog.files': \"log\" is no absolute path\n" },
		{ "syslog: { files: [/a, /a] }\n", "1:18 'syslog.files': /a is there twice\n" },
		{ "syslog: { rate-limit: -1 }\n",
			"1:23 'syslog.rate-limit' takes a number from 0 to 1000000\n" },
		{ "cli: { device: telnet }\n", "1:16 'cli.device' takes none, vtysh, shell or program\n" },
		{ "cli: { device: program, program: [a] }\n",
			"1:16 'cli.device: program' needs 'cli.program' and 'cli.prompt'\n" },
		{ "cli: { prompt: x }\n", "1:16 'cli.prompt' needs 'cli.device'\n" },
		{ "cli: { device: vtysh, prompt: '(' }\n", "1:31 'cli.prompt' is no regular expression\n" },
		{ "cli: { device: vtysh, program: [] , prompt: '' }\n",
			"1:45 'cli.prompt' takes a regular expression\n" },
		{ "cli: { users: { ann: secret } }\n", "1:15 'cli.users' takes hashes as mkpasswd(1) makes "
						       "them, that begin with $y$ or $6$\n" },
		{ "- a\n", "1:1 settings must be a map of keys\n" },
		{ "a: [\n", "2:1 not YAML: did not find expected node content\n" },
		{ "syslog: { listen: ['udp://127.0.0.1:1'] }\nsyslog: { listen: ['udp://127.0.0.1:2'] }\n",
			"2:11 'syslog.listen' is given twice\n" },
		{ "zebra: 1\n", "1:1 unknown key 'zebra'\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text *found = text_new(NULL);

		assert_null(parse(found, rows[i].yaml, found));
		assert_string_equal(found->s, rows[i].found);
		mem_free(found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contract_example_loads),
		cmocka_unit_test(nothing_gives_the_defaults),
		cmocka_unit_test(errors_say_where_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
