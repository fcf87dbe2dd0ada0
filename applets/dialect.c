/* Lines and variables of other dialects. */
#include "applets/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* `*` is any letters of one word, `...` any number of words; case does not matter. The first row that fits counts. */
static const struct {
	const char *phrase, *hint; /* a NULL hint: nothing is known of such a line */
} lines[] = {
	{ "event cli match ...", "NX-OS: on IOS it is `event cli pattern \"...\" sync yes`" },
	{ "event cli tag * match ...", "NX-OS: on IOS it is `event tag T cli pattern \"...\" sync yes`" },
	{ "action * event-default ...",
		"NX-OS: on IOS the command runs when the applet does `set _exit_status \"1\"`" },
	{ "action * policy-default ...", "NX-OS: IOS has no policies to override" },
	{ "action * forceshut ...", "NX-OS: IOS has no such action" },
	{ "action * overbudgetshut ...", "NX-OS: IOS has no such action" },
	{ "action * exceptionlog ...", "NX-OS: on IOS it is `action L syslog msg \"...\"`" },
	{ "collect ...", "NX-OS: on IOS it is `action L cli command \"...\"`" },
	{ "event fanabsent ...", "NX-OS: on IOS it is `event env severity major`" },
	{ "event fanbad ...", "NX-OS: on IOS it is `event env severity minor`" },
	{ "event temperature ...", "NX-OS: on IOS it is `event env severity major`" },
	{ "event module-failure ...", "NX-OS: on IOS it is `event oir` or `event gold`" },
	{ "event poweroverbudget ...", "NX-OS: on IOS it is `event syslog pattern \"...\"`" },
	{ "event storm-control ...", "NX-OS: on IOS it is `event syslog pattern \"STORM_CONTROL\"`" },
	{ "event sysmgr ...", "NX-OS: on IOS it is `event ioswdsysmon`" },
	{ "event memory ...", "NX-OS: on IOS it is `event ioswdsysmon sub1 mem-proc ...`" },
	{ "correlate ...", "it stands below `trigger`" },
	{ "attribute ...", "it stands below `trigger`" },
	{ "event process ...", "IOS with Software Modularity: on IOS XE it is `event ioswdsysmon`" },
	{ "event wdsysmon ...", "IOS with Software Modularity: on IOS XE it is `event ioswdsysmon`" },
	{ "event nhrp ...",
		"IOS has no `event nhrp` in applets: it is `eem.register{ \"nhrp\" }` in a policy file" },
	{ "event generic ...", "IOS has that for its own system policies only" },
	{ "event generic-xed ...", "IOS has that for its own system policies only" },
	{ "event xed ...", "IOS has that for its own system policies only" },
	{ "event test ...", "IOS has that for its own tests only" },
	{ "event ds ...", "IOS has that for its own system policies only" },
	{ "event crash ...", "IOS has that for its own system policies only" },
	{ "event fan ...", "NX-OS: on IOS it is `event env severity major`" },
	{ "event oir insert ...", "the kind stands behind another word: `event oir event insert`" },
	{ "event oir remov* ...", "the kind stands behind another word: `event oir event removal`" },
	{ "event syslog ... severity-info* ...", "messages of level 6 are `severity-normal`" },
	{ "event timer cron cron-entry * * ...",
		"an entry of several fields stands in quotes: \"0 3 * * *\"" },
	{ "event timer cron name * cron-entry * * ...",
		"an entry of several fields stands in quotes: \"0 3 * * *\"" },
	{ "event policy-default ...", "NX-OS: IOS has no policies to override" },
	{ "event manager applet * override ...", "NX-OS: IOS has no policies to override" },
	{ "event syslog id ...", "ASA: on IOS it is `event syslog pattern \"%ASA-...-111008\"`" },
	{ "event timer absolute time *:*:*",
		"ASA: on IOS a time of day is `event timer cron cron-entry \"0 3 * * *\"`" },
	{ "event timer absolute time *:*",
		"ASA: on IOS a time of day is `event timer cron cron-entry \"0 3 * * *\"`" },
	{ "event memory-logging-wrap ...", "ASA: IOS has no such event" },
	{ "event crashinfo ...", "ASA: IOS has no such event" },
	{ "output file ...", "ASA: on IOS it is `action L cli command \"show ... | append flash:FILE\"`" },
	{ "output ...", "ASA: on IOS the output of a command is in `$_cli_result`" },
	{ "event manager policy * username ...", "IOS XR: on IOS it is `event manager policy FILE`" },
	{ "event-handler ...", "EOS: on IOS it is `event manager applet NAME`" },
	{ "trigger on-* ...", "EOS: on IOS it is `event syslog pattern ...` or `event track N`" },
	{ "action bash ...", "EOS: IOS has no shell; see `action L cli command \"...\"`" },
	{ "set event-options ...", "Junos: on IOS it is `event manager applet NAME`" },
	{ "event-options ...", "Junos: on IOS it is `event manager applet NAME`" },
	{ "event timer periodic ...",
		"no IOS has that: a timer that repeats is `event timer watchdog time S`" },
	{ "event timer interval ...",
		"no IOS has that: a timer that repeats is `event timer watchdog time S`" },
	{ "event syslog message ...", "no IOS has that: it is `event syslog pattern \"...\"`" },
	{ "event syslog msg ...", "no IOS has that: it is `event syslog pattern \"...\"`" },
	{ "action * if * contains ...",
		"no IOS has `contains`: use `string first` or `regexp`, and compare the result" },
	{ "action * if * matches ...", "no IOS has `matches`: use `regexp`, and compare $_regexp_result" },
	{ "action * if * * * and ...", "no IOS has `and`: put one `if` inside the other" },
	{ "action * if * * * or ...", "no IOS has `or`: use `elseif`, or a variable that is set twice" },
	{ "action * if * == ...", "no IOS has `==`: write `eq`" },
	{ "action * if * != ...", "no IOS has `!=`: write `ne`" },
	{ "action * if * then ...", "no IOS has `then`: the block begins with the next action" },
	{ "action * if * * * then ...", "no IOS has `then`: the block begins with the next action" },
	{ "action * else if ...", "no IOS has `else if`: write `elseif`" },
	{ "action * elif ...", "no IOS has `elif`: write `elseif`" },
	{ "action * endif ...", "no IOS has `endif`: write `end`" },
	{ "action * fi ...", "no IOS has `fi`: write `end`" },
	{ "action * done ...", "no IOS has `done`: write `end`" },
	{ "action * for ...", "no IOS has `for`: use `foreach` or `while`" },
	{ "action * cli command \"* ...", NULL },
	{ "action * cli command * ...",
		"a command of several words stands in quotes: `action L cli command \"show version\"`" },
	{ "action * file copy ...", "no IOS has that: `action L cli command \"copy FROM TO\"`" },
	{ "action * file rename ...", "no IOS has that: `action L cli command \"rename FROM TO\"`" },
	{ "action * modify ...", "no IOS has that: set the variable again with `set`" },
	{ "action * xml-rpc ...", "no IOS has that: a remote procedure call is `event rpc`" },
	{ "action * process ...", "that is for policy files only: `eem.service(NAME, \"restart\")`" },
	{ "action * script ...", "that is for policy files only: `action L policy NAME` runs one" },
	{ "action * program ...", "that is for policy files only: `eem.exec(PATH)`" },
	{ "action * setver ...", "IOS XR: IOS has no such action" },
	{ "action * setnode ...", "IOS XR: IOS has no such action" },
	{ "action * track r*", NULL },
	{ "action * track s*", NULL },
	{ "action * track *",
		"the kind stands in front of the number: `track read N`, `track set N state up`" },
	{ "action * mail ... ipaddr ...", "the address to send from is `source-address A`" },
	{ "action * string reverse ...", "no IOS has that: use `string range` in a `while`" },
	{ "action * string concat ...", "no IOS has that: use `append`" },
	{ "action * string replaceall ...",
		"no IOS has that: use `string first` and `string replace` in a `while`" },
	{ "action * string split ...", "no IOS has that: use `foreach VAR LIST DELIMITERS`" },
	{ "action * string contains ...",
		"no IOS has that: use `string first`, which is -1 without a match" },
	{ "set _exit_status ...", "write `action L set _exit_status \"1\"`; the oldest form has a label: "
				  "`set 2.0 _exit_status 1`" },
	{ "action * goto ...", "no IOS has a bare `goto`: write `if 1 eq 1 goto LABEL`" },
	{ "action * sleep ...", "no IOS has `sleep`: write `wait SECONDS`" },
	{ "action * email ...", "no IOS has `email`: write `mail server ...`" },
	{ "action * log ...", "no IOS has `log`: write `syslog msg \"...\"`" },
	{ "action * print ...", "no IOS has `print`: write `puts \"...\"`" },
	{ "action * echo ...", "no IOS has `echo`: write `puts \"...\"`" },
	{ "action * syslog message ...", "no IOS has that: write `syslog msg \"...\"`" },
};

static const struct {
	const char *name, *hint;
} variables[] = {
	{ "_syslog_message", "no IOS has it: the message is $_syslog_msg" },
	{ "_info_switchname", "no IOS has it: `info type routername` sets $_info_routername" },
	{ "_hostname", "no IOS has it: `info type routername` sets $_info_routername" },
	{ "_info_hostname", "no IOS has it: `info type routername` sets $_info_routername" },
	{ "_track_name", "no IOS has it: the object is $_track_number" },
	{ "_cli_output", "no IOS has it: the output of a command is $_cli_result" },
	{ "_cli_command", "no IOS has it: the command of a cli event is $_cli_msg" },
	{ "_event_time", "no IOS has it: the time of the event is $_event_pub_time" },
	{ "_timestamp", "no IOS has it: the time of the event is $_event_pub_time" },
	{ "_interface", "no IOS has it: of an interface event it is $_interface_name" },
	{ "_regexp_match", "no IOS has it: name a variable behind the input of `regexp`" },
};

static size_t
word_length(const char *s)
{
	return strcspn(s, " \t\r\n");
}

/* An argument in quotes is one word. */
static size_t
argument_length(const char *s)
{
	size_t n = 1;

	if (*s != '"')
		return word_length(s);
	while (s[n] != '\0' && s[n] != '"')
		n += s[n] == '\\' && s[n + 1] != '\0' ? 2 : 1;
	return s[n] == '"' ? n + 1 : n;
}

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Does one word of a phrase, in which `*` stands for any letters, fit one of the line? */
static bool
word_fits(const char *phrase, size_t m, const char *word, size_t n)
{
	if (m == 0)
		return n == 0;
	if (*phrase != '*')
		return n > 0 && strncasecmp(phrase, word, 1) == 0 &&
		       word_fits(phrase + 1, m - 1, word + 1, n - 1);
	for (size_t taken = 0; taken <= n; taken++)
		if (word_fits(phrase + 1, m - 1, word + taken, n - taken))
			return true;
	return false;
}

static bool phrase_fits(const char *phrase, const char *line);

/* Does the line fit from some word on? */
static bool
somewhere_fits(const char *phrase, const char *line)
{
	for (; *line != '\0'; line = skip_blanks(line + argument_length(line)))
		if (phrase_fits(phrase, line))
			return true;
	return *phrase == '\0';
}

static bool
phrase_fits(const char *phrase, const char *line)
{
	for (;;) {
		size_t m, n;

		phrase = skip_blanks(phrase);
		line = skip_blanks(line);
		if (word_length(phrase) == 3 && strncmp(phrase, "...", 3) == 0)
			return somewhere_fits(skip_blanks(phrase + 3), line);
		if (*phrase == '\0' || *line == '\0')
			return *phrase == *line;
		m = word_length(phrase);
		n = argument_length(line);
		if (!word_fits(phrase, m, line, n))
			return false;
		phrase += m;
		line += n;
	}
}

const char *
dialect_hint(const char *line)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (phrase_fits(lines[i].phrase, line))
			return lines[i].hint;
	return NULL;
}

const char *
dialect_variable(const char *name)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].hint;
	return NULL;
}
