/* Lints: for each one a configuration that has it, at a place, and one that is nearly the same and has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "applets/check/check.h"
#include "applets/check/pattern_tree.h"
#include "core/text.h"
#include "virtual.h"

struct seen {
	struct engine *engine;
	const char *source, *only;
	struct text codes; /* " CODE@LINE:COLUMN" for each finding */
};

static void
on_error(void *arg, const char *file, const struct err *err, bool is_error)
{
	fprintf(stderr, "%s:%d:%d: %s (%s)\n", file, err->line, err->column, err->text, err->hint);
}

static void
on_finding(void *arg, const struct check_finding *f)
{
	struct seen *seen = arg;

	text_printf(&seen->codes, " %s@%d:%d", f->lint->code, f->line, f->column);
	assert_true(f->reason[0] != '\0' && f->fix[0] != '\0');
}

static void
on_configuration(void *arg, const struct conf_node *root)
{
	struct seen *seen = arg;

	assert_true(check_configuration(seen->engine, root, seen->source, seen->only, on_finding, seen));
}

/* The findings of a configuration, as " CODE@LINE:COLUMN" each. */
static char *
findings_of(const void *ctx, const char *text)
{
	struct err err = ERR_INIT;
	struct setup how = { .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1, .is_check = true };
	struct seen seen = { .engine = engine_new(ctx, &how, &err), .source = text };

	assert_non_null(seen.engine);
	text_init(&seen.codes, ctx);
	if (!conf_inspect(seen.engine->conf, "test", text, on_error, on_configuration, &seen))
		fail_msg("refused:\n%s", text);
	mem_free(seen.engine);
	return seen.codes.s;
}

#define APPLET  "event manager applet T\n"
#define NONE    APPLET " event none\n"
#define NF      " event nf monitor-name "
#define NF_REST " event-type create event1 field bytes entry-value 1 entry-op ge\n action 1 comment x\n"
#define MAIL    " action 1 mail server \"u:secretpw@h\" to \"a@b\" from \"c@d\" "
#define TEXTS   "subject \"s\" body \"b\" "

/* `where` is LINE:COLUMN of the finding in `bad`. */
static const struct sample {
	const char *code, *where, *bad, *good;
} samples[] = {
	{ "APPLET-EMPTY", "1:22", APPLET " action 1 comment x\n", NONE " action 1 comment x\n" },
	{ "APPLET-EMPTY", "1:22", NONE, NONE " action 1 comment x\n" },
	{ "BLOCK-OPEN", "3:11", NONE " action 1 if 1 eq 1\n action 2 comment x\n",
		NONE " action 1 if 1 eq 1\n action 2 end\n" },
	{ "BLOCK-OPEN", "3:11", NONE " action 1 foreach x \"a\"\n action 2 if $x eq 1\n action 3 end\n",
		NONE " action 1 foreach x \"a\"\n action 2 if $x eq 1 goto 3\n action 3 end\n" },
	{ "BLOCK-STRAY", "5:11", NONE " action 1 if 1 eq 1\n action 2 end\n action 3 end\n",
		NONE " action 1 if 1 eq 1\n action 2 end\n" },
	{ "BLOCK-STRAY", "4:11", NONE " action 1 foreach x \"a\"\n action 2 else\n action 3 end\n",
		NONE " action 1 if 1 eq 2\n action 2 else\n action 3 end\n" },
	{ "BLOCK-STRAY", "3:11", NONE " action 1 break\n",
		NONE " action 1 foreach x \"a\"\n action 2 break\n action 3 end\n" },
	{ "BREAK-NO-LOOP", "4:11", NONE " action 1 if $_none_argc eq 1\n action 2 break\n action 3 end\n",
		NONE
		" action 1 foreach x \"a\"\n action 2 if $x eq 1\n action 3 break\n action 4 end\n action 5 "
		"end\n" },
	{ "CLASS-THREADS", "1:24", "event manager applet T class B\n event none\n action 1 comment x\n",
		"event manager scheduler applet thread class A range B-D number 2\n"
		"event manager applet T class C\n event none\n action 1 comment x\n" },
	{ "ENV-UNUSED", "1:27", "event manager environment x 1\n" NONE " action 1 comment y\n",
		"event manager environment x 1\n" NONE " action 1 puts \"$x\"\n" },
	{ "ENV-UNUSED", "1:27", "event manager environment x 1\n",
		"event manager environment x LINK\n" APPLET
		" event syslog pattern \"$x\"\n action 1 comment y\n" },
	{ "EVENT-INVALID", "2:2", APPLET " event syslog pattern \"$nowhere\"\n action 1 comment x\n",
		"event manager environment nowhere LINK\n" APPLET
		" event syslog pattern \"$nowhere\"\n action 1 comment x\n" },
	{ "EVENT-INVALID", "1:1",
		APPLET " event tag a none\n trigger\n  correlate event a or event b\n action 1 comment x\n",
		APPLET " event tag a none\n event tag b timer watchdog time 5\n trigger\n  correlate event a "
		       "or event b\n action 1 comment x\n" },
	{ "GOTO-LABEL", "3:26", NONE " action 1 if 1 eq 1 goto 5\n",
		NONE " action 1 if $_none_argc eq 1 goto 5\n action 5 comment x\n" },
	{ "LABEL-ORDER", "5:9", NONE " action 1 comment x\n action 2 comment x\n action 10 comment x\n",
		NONE " action 01 comment x\n action 02 comment x\n action 10 comment x\n" },
	{ "LABEL-ORDER", "4:9", NONE " action 1.9 comment x\n action 1.10 comment x\n",
		NONE " action 4.1 comment x\n action 4.11 comment x\n action 4.2 comment x\n" },
	{ "LABEL-ORDER", "4:9", NONE " action a9 comment x\n action a10 comment x\n",
		NONE " action a09 comment x\n action a10 comment x\n" },
	{ "LOOP-ENDLESS", "4:11",
		NONE " action 1 set i 0\n action 2 while $i lt 3\n action 3 puts \"x\"\n action 4 end\n",
		NONE " action 1 set i 0\n action 2 while $i lt 3\n action 3 increment i\n action 4 end\n" },
	{ "LOOP-ENDLESS", "4:11",
		NONE " action 1 set i 0\n action 2 while $i lt 3\n action 3 puts \"x\"\n action 4 end\n",
		NONE " action 1 set i 0\n action 2 while $i lt 3\n action 3 break\n action 4 end\n" },
	{ "MAIL-465", "3:95", NONE MAIL TEXTS "secure tls port 465\n",
		NONE MAIL TEXTS "secure smtps port 465\n" },
	{ "MAIL-CLEAR", "3:16", NONE MAIL TEXTS "\n", NONE MAIL TEXTS "secure tls\n" },
	{ "MAIL-CLEAR", "4:16",
		"event manager environment s u:secretpw@h\n" NONE
		" action 1 mail server \"$s\" to \"a@b\" from \"c@d\" " TEXTS "\n",
		"event manager environment s u@h\n" NONE
		" action 1 mail server \"$s\" to \"a@b\" from \"c@d\" " TEXTS "\n" },
	{ "MAIL-CREDENTIAL", "3:38",
		NONE " action 1 mail server \"h\" credential NOPE to \"a@b\" from \"c@d\" " TEXTS "\n",
		"event manager mail credential NOPE username u password secretpw\n" NONE
		" action 1 mail server \"h\" credential NOPE to \"a@b\" from \"c@d\" " TEXTS "\n" },
	{ "MAIL-CREDENTIAL", "5:38",
		"event manager environment who NOPE\nevent manager mail credential NO username u password "
		"secretpw\n" NONE " action 1 mail server \"h\" credential $who to \"a@b\" from \"c@d\" " TEXTS
		"\n",
		NONE " action 1 mail server \"h\" credential $nobody to \"a@b\" from \"c@d\" " TEXTS "\n" },
	{ "MAIL-QUOTES", "3:16",
		NONE " action 1 mail server \"localhost credential NOC\" to \"a@b\" from \"c@d\" " TEXTS "\n",
		NONE " action 1 mail server \"u: port x@localhost\" to \"a@b\" from \"c@d\" " TEXTS "\n" },
	{ "MAIL-UNDEFINED", "3:62", NONE MAIL "cc \"$nobody\" " TEXTS "secure tls\n",
		"event manager environment nobody x@y\n" NONE MAIL "cc \"$nobody\" " TEXTS "secure tls\n" },
	{ "MAIL-USEDNS", "3:73",
		NONE " action 1 mail server \"USEDNS\" to \"a@b\" from \"c@d\" " TEXTS "secure tls\n",
		NONE " action 1 mail server \"USEDNS\" to \"a@b\" from \"c@d\" " TEXTS "\n" },
	{ "MAIL-USEDNS", "3:73",
		NONE " action 1 mail server \"USEDNS\" to \"a@b\" from \"c@d\" " TEXTS "dane mandatory\n",
		NONE " action 1 mail server \"h\" to \"a@b\" from \"c@d\" " TEXTS "port 26\n" },
	{ "MAXRUN-SHORT", "4:2", NONE " action 1 wait 15\n action 2 wait 5\n",
		NONE " action 1 wait 15\n action 2 wait 4\n" },
	{ "MAXRUN-SHORT", "3:2", APPLET " event none maxrun 60\n action 1 wait 70\n",
		APPLET " event none maxrun 90\n action 1 wait 70\n" },
	{ "MAXRUN-SHORT", "4:2",
		APPLET " event tag b none maxrun 90\n event tag a none maxrun 60\n action 1 wait 70\n",
		APPLET " event tag b none maxrun 60\n event tag a none maxrun 90\n action 1 wait 70\n" },
	{ "MAXRUN-SHORT", "3:2", NONE " action 1 wait 30\n",
		NONE " action 1 if $_none_argc eq 1 goto 3\n action 2 wait 30\n action 3 comment x\n" },
	{ "PATTERN-GREEDY", "4:18",
		NONE " action 1 cli command \"x\"\n action 2 regexp \"Up (.*)\" \"$_cli_result\" m u\n",
		NONE " action 1 cli command \"x\"\n action 2 regexp \"Up ([^ ]*)\" \"$_cli_result\" m u\n" },
	{ "PATTERN-LONGEST", "3:18", NONE " action 1 regexp \"(up|updown)\" \"$_none_arg1\" m\n",
		NONE " action 1 regexp \"(updown|up)\" \"$_none_arg1\" m\n" },
	{ "PATTERN-LONGEST", "3:18", NONE " action 1 regexp \"(up|updown)\" \"$_none_arg1\" m\n",
		NONE " action 1 regexp \"(up|updown) state\" \"$_none_arg1\" m\n" },
	{ "PATTERN-LONGEST", "3:18", NONE " action 1 regexp \"(up|updown)\" \"$_none_arg1\" m\n",
		NONE " action 1 regexp \"(up|updown)\" \"$_none_arg1\"\n" },
	{ "PATTERN-NEVER", "2:23", APPLET " event syslog pattern \"x^LINK\"\n action 1 comment x\n",
		APPLET " event syslog pattern \"x*^LINK\"\n action 1 comment x\n" },
	{ "PATTERN-NEVER", "2:23", APPLET " event syslog pattern \"up$ down\"\n action 1 comment x\n",
		APPLET " event syslog pattern \"\\n*from console$\"\n action 1 comment x\n" },
	{ "PATTERN-NEVER", "2:23", APPLET " event syslog pattern \"^%LINK-3\"\n action 1 comment x\n",
		"no service timestamps log\n" APPLET
		" event syslog pattern \"^%LINK-3\"\n action 1 comment x\n" },
	{ "PATTERN-NEVER", "3:18", NONE " action 1 regexp \"(a$|b$)c\" \"x\"\n",
		NONE " action 1 regexp \"(a$|b)c\" \"x\"\n" },
	{ "PATTERN-RUNAWAY", "2:23", APPLET " event syslog pattern \"x (\\w+\\s?)+$\"\n action 1 comment x\n",
		APPLET " event syslog pattern \"x (\\w+\\s)+$\"\n action 1 comment x\n" },
	{ "PATTERN-RUNAWAY", "3:18", NONE " action 1 regexp \"^(a+)+b\" \"$_none_arg1\"\n",
		NONE " action 1 regexp \"^(a+b)+c\" \"$_none_arg1\"\n" },
	{ "QUOTES", "2:23",
		APPLET " event syslog pattern \"LINK \xe2\x80\x9cup\xe2\x80\x9d\"\n action 1 comment x\n",
		APPLET " event syslog pattern \"LINK 'up'\"\n action 1 comment x\n" },
	{ "QUOTES", "3:23", NONE " action 1 cli command \"description \xe2\x80\x9cx\xe2\x80\x9d\"\n",
		NONE " action 1 puts \"description \xe2\x80\x9cx\xe2\x80\x9d\"\n" },
	{ "SHADOWED", "5:2",
		"event manager applet S\n event syslog pattern \"LINK\"\n action 1 comment x\n" APPLET
		" event syslog pattern \"LINK\" maxrun 30\n action 1 comment x\n",
		"event manager applet S\n event syslog pattern \"LINK\"\n action 1 comment x\n" APPLET
		" event syslog pattern \"LINK\" occurs 3\n action 1 comment x\n" },
	{ "SHADOWED", "5:2",
		"event manager applet S\n event timer watchdog time 60 name N\n action 1 comment x\n" APPLET
		" event timer countdown time 5 name N\n action 1 comment x\n",
		"event manager applet S\n event timer watchdog time 60\n action 1 comment x\n" APPLET
		" event timer watchdog time 60\n action 1 comment x\n" },
	{ "SHADOWED", "5:2",
		"event manager applet S\n event cli pattern \"show x\" sync yes\n action 1 comment x\n" APPLET
		" event cli pattern \"show x\" sync no\n action 1 comment x\n",
		"event manager applet S\n event cli pattern \"show x\" sync yes\n action 1 comment x\n" APPLET
		" event cli pattern \"show x\" questionmark sync yes\n action 1 comment x\n" },
	{ "STS-DEFAULT", "1:26", "mail destination default mta-sts on\n",
		"mail destination a.example mta-sts on\n" },
	{ "STS-ROUTE", "1:29", "mail destination .a.example mta-sts on\nmail route x.a.example 192.0.2.1\n",
		"mail destination .a.example mta-sts on\nmail route a.example 192.0.2.1\n" },
	{ "DANE-ROUTE", "1:30",
		"mail destination x.a.example dane mandatory\nmail route ALL smtp.example.net:26\n",
		"mail destination x.a.example dane mandatory\nmail route ALL USEDNS\n" },
	{ "CLI-ANYWHERE", "2:20", APPLET " event cli pattern \"reload\" sync yes\n action 1 comment x\n",
		APPLET " event cli pattern \"^reload\" sync yes\n action 1 comment x\n" },
	{ "CLI-ANYWHERE", "2:20",
		APPLET " event cli pattern \"reload\" sync no skip yes\n action 1 comment x\n",
		APPLET " event cli pattern \"reload\" sync no skip no\n action 1 comment x\n" },
	{ "CLI-ANYWHERE", "2:20", APPLET " event cli pattern \"reload\" sync yes\n action 1 comment x\n",
		APPLET " event cli pattern \"reload\" sync yes mode \"exec\"\n action 1 comment x\n" },
	{ "CLI-SHOWN", "2:20", APPLET " event cli pattern \"^show history\" sync yes\n action 1 comment x\n",
		APPLET " event cli pattern \"^show history\" sync no skip no\n action 1 comment x\n" },
	{ "CLI-SHOWN", "2:20",
		APPLET " event cli pattern \"^show running-config\" sync no skip yes\n action 1 comment x\n",
		APPLET " event cli pattern \"^show clock\" sync no skip yes\n action 1 comment x\n" },
	{ "DEFAULT-NOBODY", "2:13", APPLET " event none default 5\n action 1 comment x\n",
		APPLET " event none sync yes default 5\n action 1 comment x\n" },
	{ "DEFAULT-NOBODY", "2:41",
		APPLET " event cli pattern \"^x\" sync no skip no default 5\n action 1 comment x\n",
		APPLET " event cli pattern \"^x\" sync yes default 5\n action 1 comment x\n" },
	{ "CLI-DEVICE", "3:23", NONE " action 1 cli command \"interface Gi0/1\"\n",
		NONE " action 1 cli command \"show running-config | include x\"\n" },
	{ "CLI-DEVICE", "3:23", NONE " action 1 cli command \"do clear ip bgp *\"\n",
		NONE
		" action 1 cli command \"do show clock\"\n action 2 cli command \"track 1 stub-object\"\n"
		" action 3 cli command \"no event manager applet T\"\n" },
	{ "CLI-DEVICE", "3:23", NONE " action 1 cli command \"shutdown\"\n action 2 comment x\n",
		NONE " action 1 cli command \"enable\" pattern \"Password\"\n action 2 cli command "
		     "\"shutdown\"\n" },
	{ "IPSLA-ALERTS", "4:8",
		"ip sla 5\n icmp-echo 192.0.2.1\n" APPLET
		" event ipsla operation-id 5\n action 1 comment x\n",
		"ip sla 5\n icmp-echo 192.0.2.1\nip sla enable reaction-alerts\n" APPLET
		" event ipsla operation-id 5\n action 1 comment x\n" },
	{ "IPSLA-UNKNOWN", "3:27",
		"ip sla enable reaction-alerts\n" APPLET " event ipsla operation-id 5\n action 1 comment x\n",
		"ip sla enable reaction-alerts\nip sla 5\n icmp-echo 192.0.2.1\n" APPLET
		" event ipsla operation-id 5\n action 1 comment x\n" },
	{ "TIMER-NEVER", "2:30", APPLET " event timer cron cron-entry \"0 0 31 2 *\"\n action 1 comment x\n",
		APPLET " event timer cron cron-entry \"0 0 29 2 *\"\n action 1 comment x\n" },
	{ "ACL-UNKNOWN", "2:26", "class-map C\n match access-group name NOSUCH\n",
		"ip access-list extended NOSUCH\n permit ip any any\nclass-map C\n match access-group name "
		"NOSUCH\n" },
	{ "ACL-UNKNOWN", "2:25", "class-map C\n match not access-group 101\n",
		"access-list 101 permit ip any any\nclass-map C\n match not access-group 101\n" },
	{ "CLASS-MAP-UNKNOWN", "2:18", "class-map C\n match class-map D\n",
		"class-map C\n match class-map D\nclass-map D\n match any\n" },
	{ "CAPTURE-UNKNOWN", "3:69",
		NONE " action 1 cli command \"monitor capture CAP interface lo access-list 101\"\n",
		"access-list 101 permit ip any any\n" NONE
		" action 1 cli command \"monitor capture CAP interface lo both access-list 101\"\n" },
	{ "CAPTURE-UNKNOWN", "3:54", NONE " action 1 cli command \"monitor capture CAP class-map WEB\"\n",
		"class-map WEB\n match any\n" NONE
		" action 1 cli command \"monitor capture CAP class-map WEB\"\n" },
	{ "CAPTURE-UNKNOWN", "3:50",
		NONE " action 1 cli command \"mon cap CAP trigger event NOSUCH before 5 after 0\"\n",
		NONE " action 1 cli command \"mon cap CAP trigger event T before 5 after 0\"\n" },
	{ "CAPTURE-UNKNOWN", "3:56",
		NONE " action 1 cli command \"monitor capture CAP trigger sla 5 before 5 after 0\"\n",
		"ip sla 5\n icmp-echo 192.0.2.1\n" NONE
		" action 1 cli command \"monitor capture CAP trigger sla 5 before 5 after 0\"\n" },
	{ "TRACK-UNKNOWN", "2:14", APPLET " event track 7 state down\n action 1 comment x\n",
		"track 7 stub-object\n" APPLET " event track 7 state down\n action 1 comment x\n" },
	{ "TRACK-UNKNOWN", "3:22", NONE " action 1 track read 7\n",
		"track 7 stub-object\n" NONE " action 1 track read 7\n" },
	{ "TRACK-UNKNOWN", "4:31",
		APPLET " event tag a none\n trigger\n  correlate event a and track 7\n action 1 comment x\n",
		"track 7 stub-object\n" APPLET
		" event tag a none\n trigger\n  correlate event a and track 7\n action 1 comment x\n" },
	{ "TRUST-NONE", "3:79", NONE MAIL TEXTS "secure tls\n", NONE MAIL TEXTS "secure none\n" },
	{ "TRACK-UNKNOWN", "3:9",
		"track 1 list boolean or\n object 1000 not\n object 10\ntrack 1000 stub-object\n",
		"track 1 list boolean or\n object 10\ntrack 10 stub-object\n" },
	{ "IPSLA-UNKNOWN", "1:16", "track 1 ip sla 5 reachability\n",
		"ip sla 5\n icmp-echo 192.0.2.1\ntrack 1 ip sla 5 reachability\n" },
	{ "FLOW-UNKNOWN", "2:24", APPLET NF "NOPE" NF_REST,
		"flow monitor NOPE\n source conntrack\n" APPLET NF "NOPE" NF_REST },
	{ "POLICY-UNKNOWN", "3:18", NONE " action 1 policy NOPE\n", NONE " action 1 policy T\n" },
	{ "POLICY-UNKNOWN", "3:42", NONE " action 1 cli command \"event manager run NOPE a b\"\n",
		NONE " action 1 cli command \"event man run T\"\n action 2 cli command \"event manager run "
		     "$x\"\n" },
	{ "RESOURCE-UNKNOWN", "2:24", APPLET " event resource policy NOPE\n action 1 comment x\n",
		"resource policy\n policy NOPE global\n" APPLET
		" event resource policy NOPE\n action 1 comment x\n" },
	{ "RESOURCE-UNKNOWN", "2:14", "resource policy\n user global NOPE\n",
		"resource policy\n policy NOPE global\n user global NOPE\n" },
	{ "TRUST-UNKNOWN", "2:19", "crypto pki trustpoint A\nmail trustpoint A B\n",
		"crypto pki trustpoint A\ncrypto pki trustpoint B\nmail trustpoint A B\n" },
	{ "TRUST-UNKNOWN", "1:26", "mail identity-trustpoint NOPE\n",
		"crypto pki trustpoint NOPE\nmail identity-trustpoint NOPE\n" },
	{ "TRUST-UNKNOWN", "1:20", "mta-sts trustpoint NOPE\n",
		"crypto pki trustpoint NOPE\nmta-sts trustpoint NOPE\n" },
	{ "TRUST-UNKNOWN", "1:43", "event manager rpc client robot trustpoint NOPE\n",
		"crypto pki trustpoint NOPE\nevent manager rpc client robot trustpoint NOPE\n" },
	{ "TRUST-UNKNOWN", "1:55", "event manager rpc listen address 127.0.0.1 trustpoint NOPE\n",
		"crypto pki trustpoint NOPE\nevent manager rpc listen address 127.0.0.1 trustpoint NOPE\n" },
	{ "TRUST-UNKNOWN", "2:28", "crypto pki trustpoint A\n chain-validation continue NOPE\n",
		"crypto pki trustpoint NOPE\ncrypto pki trustpoint A\n chain-validation continue NOPE\n" },
	{ "UNREACHABLE", "5:2", NONE " action 1 exit\n action 2 comment x\n action 3 puts \"x\"\n",
		NONE " action 1 exit\n action 2 comment x\n" },
	{ "UNREACHABLE", "6:2",
		NONE " action 1 while 1 eq 1\n action 2 wait 1\n action 3 end\n action 4 puts \"x\"\n",
		NONE " action 1 while 1 eq 1\n action 2 break\n action 3 end\n action 4 puts \"x\"\n" },
	{ "UNREACHABLE", "4:2",
		NONE " action 1 if 1 eq 1 goto 3\n action 2 puts \"x\"\n action 3 comment x\n",
		NONE " action 1 if 1 eq 2 goto 3\n action 2 puts \"x\"\n action 3 comment x\n" },
	{ "UNREACHABLE", "4:2", NONE " action 1 if a eq b\n action 2 puts \"x\"\n action 3 end\n",
		NONE
		" action 1 if a eq b\n action 2 comment x\n action 3 else\n action 4 exit\n action 5 end\n" },
	{ "UNREACHABLE", "8:2",
		NONE
		" action 1 if $_none_argc eq 1\n action 2 exit\n action 3 else\n action 4 exit\n action 5 "
		"end\n action 6 puts \"x\"\n",
		NONE
		" action 1 if $_none_argc eq 1\n action 2 exit\n action 3 else\n action 4 comment x\n action "
		"5 end\n action 6 puts \"x\"\n" },
	{ "VAR-OTHER-EVENT", "3:14", NONE " action 1 if $_syslog_msg eq x goto 2\n action 2 comment x\n",
		APPLET
		" event syslog pattern \"x\"\n action 1 if $_syslog_msg eq x goto 2\n action 2 comment x\n" },
	{ "VAR-READ-ONLY", "3:15", NONE " action 1 set _none_argc 1\n",
		NONE " action 1 set _exit_status 1\n" },
	{ "VAR-UNKNOWN", "3:19", NONE " action 1 puts \"a $b $c\"\n action 2 set c 1\n",
		NONE " action 1 set b 1\n action 2 puts \"a $b\"\n" },
	{ "VAR-UNKNOWN", "3:17", NONE " action 1 puts \"$_syslog_message\"\n",
		APPLET " event syslog pattern \"x\"\n action 1 puts \"$_syslog_msg\"\n" },
	{ "VAR-UNKNOWN", "3:17", NONE " action 1 add 2 x\n", NONE " action 0 set x 1\n action 1 add 2 x\n" },
	{ "VAR-UNKNOWN", "3:21", NONE " action 1 increment x\n",
		NONE " action 0 set x 1\n action 1 increment x\n" },
	{ "VAR-UNKNOWN", "3:17", NONE " action 1 set y $x\n",
		NONE " action 0 handle-error type ignore\n action 1 set y $x\n" },
	{ "VAR-UNKNOWN", "3:17", NONE " action 1 puts \"$x\"\n",
		NONE " action 0 cli command \"event manager environment x 1\"\n action 1 puts \"$x\"\n" },
	{ "VAR-UNKNOWN", "3:17", NONE " action 1 puts \"$x\"\n",
		NONE " action 0 context retrieve key K variable \"x*\"\n action 1 puts \"$x\"\n" },
	{ "VAR-UNSET", "3:17", NONE " action 1 puts \"$x\"\n action 2 set x 1\n",
		NONE
		" action 1 foreach i \"a b\"\n action 2 if $i eq b\n action 3 puts \"$x\"\n action 4 end\n "
		"action 5 set x 1\n action 6 end\n" },
	{ "VAR-UNSET", "6:17",
		NONE
		" action 1 if $_none_argc eq 1\n action 2 set x 1\n action 3 else\n action 4 puts \"$x\"\n "
		"action 5 end\n",
		NONE
		" action 1 if $_none_argc eq 1\n action 2 set x 1\n action 3 end\n action 4 puts \"$x\"\n" },
};

#define SAMPLES (sizeof samples / sizeof *samples)

static void
each_lint_finds_its_fault_at_its_place(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		void *ctx = mem_ctx(NULL, "sample");
		char *found = findings_of(ctx, s->bad);
		char *wanted = mem_printf(ctx, " %s@%s", s->code, s->where);
		char *at = strstr(found, wanted);

		if (at == NULL || (at[strlen(wanted)] != ' ' && at[strlen(wanted)] != '\0'))
			wrong++, print_error("wanted%s, found%s in:\n%s", wanted, found, s->bad);
		mem_free(ctx);
	}
	assert_int_equal(wrong, 0);
}

static void
what_is_nearly_the_same_is_not_found(void **state)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		void *ctx = mem_ctx(NULL, "sample");
		char *found = findings_of(ctx, s->good);

		if (strstr(found, mem_printf(ctx, " %s@", s->code)) != NULL)
			fail_msg("found%s in:\n%s", found, s->good);
		mem_free(ctx);
	}
}

static void
every_lint_has_a_sample_and_a_fix(void **state)
{
	for (const struct lint *l = lints; l->code != NULL; l++) {
		bool found = false;

		for (size_t i = 0; i < SAMPLES && !found; i++)
			found = strcmp(samples[i].code, l->code) == 0;
		if (!found)
			fail_msg("%s has no sample", l->code);
		assert_true(l->what[0] != '\0' && l->fix[0] != '\0');
		/* The manual lists them by name. */
		assert_true(l == lints || strcmp(l[-1].code, l->code) < 0);
	}
}

/* ---- the running configuration ---- */

static void
keep_finding(void *arg, const struct check_finding *f)
{
	text_printf(arg, "%s,%s: %s at %d of %s\n", f->applet, f->label, f->lint->code, f->column, f->text);
	assert_int_equal(f->line, 0);
}

static void
typed_lines_are_shown_as_they_print(void **state)
{
	void *ctx = mem_ctx(NULL, "running");
	struct engine *e = virtual_engine(ctx);
	struct err err = ERR_INIT;
	struct text out;

	text_init(&out, ctx);
	assert_true(conf_load(e->conf, "test",
		"event manager applet A\n event none\n action 1 puts $x\nevent manager applet B\n event "
		"none\n "
		"action 1 exit\n action 2 puts \"y\"\n",
		false, true, NULL, NULL, &err));
	assert_true(check_configuration(e, conf_root(e->conf), NULL, NULL, keep_finding, &out));
	assert_string_equal(out.s, "A,1: VAR-UNKNOWN at 17 of  action 1 puts \"$x\"\n"
				   "B,2: UNREACHABLE at 2 of  action 2 puts \"y\"\n");
	text_clear(&out);
	assert_true(check_configuration(e, conf_root(e->conf), NULL, "B", keep_finding, &out));
	assert_string_equal(out.s, "B,2: UNREACHABLE at 2 of  action 2 puts \"y\"\n");
	assert_false(check_configuration(e, conf_root(e->conf), NULL, "C", keep_finding, &out));
	mem_free(e);
	mem_free(ctx);
}

/* A clear password stands in no finding. */
static void
keep_words(void *arg, const struct check_finding *f)
{
	text_add(arg, f->reason);
	text_add(arg, f->fix);
	text_add(arg, f->text);
}

static void
passwords_are_not_told(void **state)
{
	void *ctx = mem_ctx(NULL, "secret");
	struct engine *e = virtual_engine(ctx);
	struct err err = ERR_INIT;
	struct text out;

	text_init(&out, ctx);
	assert_true(
		conf_load(e->conf, "test", NONE MAIL "cc \"$x\" " TEXTS "\n", false, true, NULL, NULL, &err));
	assert_true(check_configuration(e, conf_root(e->conf), NULL, NULL, keep_words, &out));
	assert_non_null(strstr(out.s, "password"));
	assert_null(strstr(out.s, "secretpw"));
	mem_free(e);
	mem_free(ctx);
}

/* ---- trees of expressions ---- */

static void
trees_give_texts_that_match(void **state)
{
	static const char *const rows[][2] = {
		{ "abc", "abc" },
		{ "a+b*c?", "a" },
		{ "(x|yz){3}", "xxx" },
		{ "\\d\\s[^a-z]", "0 0" },
		{ "^LINK-[0-9]-(UP|DOWN)$", "LINK-0-UP" },
		{ "a{2,}b{0,4}", "aa" },
		{ "[]x]\\.", "x." },
	};
	static const char *const none[] = { "(a)\\1", "(?=x)", "a**b|*", "(a", "[a", "\\x41", "(?i)x",
		"a\\" };
	void *ctx = mem_ctx(NULL, "trees");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pattern *p = pattern_tree(ctx, rows[i][0]);
		struct text *out = text_new(ctx);

		assert_non_null(p);
		pattern_sample(p, false, out);
		assert_string_equal(out->s, rows[i][1]);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_null(pattern_tree(ctx, none[i]));
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lint_finds_its_fault_at_its_place),
		cmocka_unit_test(what_is_nearly_the_same_is_not_found),
		cmocka_unit_test(every_lint_has_a_sample_and_a_fix),
		cmocka_unit_test(typed_lines_are_shown_as_they_print),
		cmocka_unit_test(passwords_are_not_told),
		cmocka_unit_test(trees_give_texts_that_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
