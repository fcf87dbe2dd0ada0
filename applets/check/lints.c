/* The lints there are. */
#include "applets/check/check.h"

#define LINT(code_, is_error_, what_, fix_)                                      \
	{                                                                        \
		.code = code_, .is_error = is_error_, .what = what_, .fix = fix_ \
	}

/* ORDER: enum lint_id */
const struct lint lints[] = {
	LINT("ACL-UNKNOWN", false,
		"A \"match access-group\" of a class map names an access list that is not configured.",
		"configure the access list, or correct its name"),
	LINT("APPLET-EMPTY", false,
		"An applet has no event, so that it is not registered, or no action, so that it does "
		"nothing.",
		"add the missing line, or remove the applet"),
	LINT("BLOCK-OPEN", true,
		"A block is never closed: an \"if\", \"while\" or \"foreach\" has no \"end\". "
		"The applet is not registered. Blocks are found in the order in which the actions run.",
		"add an `end` action behind the block"),
	LINT("BLOCK-STRAY", true,
		"An \"end\", \"else\", \"elseif\", \"break\" or \"continue\" stands outside of any block "
		"that "
		"it could belong to. The applet is not registered.",
		"remove the action, or give its block a head"),
	LINT("BREAK-NO-LOOP", false,
		"A \"break\" or \"continue\" stands in an \"if\" with no loop around it: it leaves the "
		"\"if\".",
		"use `exit` to end the run, or leave the action out"),
	LINT("CAPTURE-UNKNOWN", false,
		"A \"monitor capture\" in an action, or a capture that is there now (\"event manager "
		"check\"), "
		"names an access list, a class map, a policy or an IP SLA operation that is not configured. "
		"The capture does not start, or nothing ever triggers it. Or a mail attaches a capture that "
		"is not there now, and that no applet makes.",
		"configure what it names, or correct the name"),
	LINT("CLASS-MAP-UNKNOWN", false,
		"A \"match class-map\" of a class map names a class map that is not configured.",
		"configure the class map, or correct its name"),
	LINT("CLASS-THREADS", false,
		"A policy is of a class for which no scheduler threads are configured. On IOS such a policy "
		"is queued and never runs; here the class has the default number of threads.",
		"configure `event manager scheduler applet thread class CLASS number N`"),
	LINT("CLI-ANYWHERE", false,
		"A command event with \"sync yes\" or \"skip yes\" has a pattern that does not begin with "
		"\"^\", and no \"mode\". It also holds or skips lines of configuration in which the words "
		"stand somewhere, and with them what is pasted.",
		"begin the pattern with `^`, or say the `mode`"),
	LINT("CLI-DEVICE", false,
		"A \"cli command\" is none that eventd knows, and the settings name no CLI of a device "
		"(cli.device). What it answers is \"Invalid input\", and the applet goes on.",
		"set cli.device in eventd.yaml, or correct the command"),
	LINT("CLI-SHOWN", false,
		"A command event with \"sync yes\" or \"skip yes\" is for a command that shows policies, "
		"configuration or history. Those are always carried out, and the policy has no terminal "
		"there: nobody can make the device lie about itself.",
		"leave `sync` and `skip` out, or choose another command"),
	LINT("DANE-ROUTE", false,
		"A destination has DANE, and a route leads its mail to another host. DANE cannot prove that "
		"host to be the destination: the mail stays in the queue until its time is over.",
		"set `dane none` for the domain, or route it to USEDNS"),
	LINT("DEFAULT-NOBODY", false,
		"\"default\" says how long a caller waits for the policy, and without \"sync yes\" nobody "
		"waits: it has no effect.",
		"add `sync yes`, or leave `default` out"),
	LINT("ENV-UNUSED", false,
		"An environment variable is defined, and no applet mentions it. Not told where scripts are "
		"registered, because those may read any variable.",
		"remove the variable, or correct its name"),
	LINT("EVENT-INVALID", true,
		"The events of an applet are wrong together, or one of them is, once its variables are "
		"replaced. The applet is not registered.",
		"write the event as the message says"),
	LINT("FLOW-UNKNOWN", false,
		"\"event nf\" names a flow monitor that is not configured. The event never comes.",
		"configure `flow monitor NAME`, or correct the name"),
	LINT("GOTO-LABEL", true,
		"The label behind \"goto\" is the label of no action. The applet is not registered.",
		"name the label of an action of this applet"),
	LINT("IPSLA-ALERTS", false,
		"An applet has \"event ipsla\", and the configuration has no \"ip sla enable "
		"reaction-alerts\", without which no reaction becomes an event.",
		"configure `ip sla enable reaction-alerts`"),
	LINT("IPSLA-UNKNOWN", false,
		"\"event ipsla operation-id\" or \"track N ip sla\" names an operation that is not "
		"configured.",
		"configure the operation, or correct its number"),
	LINT("LABEL-ORDER", false,
		"Labels sort as text, so that an action runs earlier than its label looks: \"10\" comes "
		"before \"2\".",
		"write all labels with the same number of digits: 010, 020"),
	LINT("LOOP-ENDLESS", false,
		"Nothing inside a \"while\" changes the variables of its condition or leaves the loop, so "
		"that "
		"only the maximum run time ends it.",
		"change a variable of the condition inside the loop, or leave it with `break`"),
	LINT("MAIL-465", false,
		"A mail is sent to port 465 with \"secure tls\". Port 465 is TLS from the first byte, not "
		"STARTTLS (RFC 8314 section 3); it is done that way all the same.",
		"write `secure smtps`, or port 587"),
	LINT("MAIL-CLEAR", false,
		"A mail action has a password for its server and no \"secure\". The password is not sent, "
		"because it would be readable on the way, and the mail fails; or, where "
		"\"mail allow-cleartext-auth\" is configured, anybody on the way can read it.",
		"add `secure tls`"),
	LINT("MAIL-CREDENTIAL", false,
		"A mail logs in with a credential that is not configured. The action fails when it runs.",
		"configure `event manager mail credential NAME`, or correct the name"),
	LINT("MAIL-QUOTES", false,
		"Words of the action stand inside the quotes around the server, and belong to its name "
		"there.",
		"close the quotes behind the server"),
	LINT("MAIL-UNDEFINED", false,
		"A variable in \"cc\" or \"bcc\" of a mail is not defined. It counts as empty there.",
		"define the variable, or leave the argument out"),
	LINT("MAIL-USEDNS", false,
		"A mail goes to USEDNS and has \"secure\", \"dane\" or \"credential\". They have no effect: "
		"the "
		"destination of each recipient says how the mail is sent.",
		"leave the word out, and set `mail destination DOMAIN`"),
	LINT("MAXRUN-SHORT", false,
		"The waits of an applet take longer than its maximum run time, which ends the run in the "
		"middle of them. Without \"maxrun\" that is 20 seconds.",
		"set `maxrun` on the event to more than the sum of the waits"),
	LINT("PATTERN-GREEDY", false,
		"A greedy \"(.*)\" at the end of an expression is applied to $_cli_result. In \"regexp\" the "
		"dot matches line ends, so that it takes all the lines that follow, and the prompt.",
		"end it with ([^\\r\\n]*)"),
	LINT("PATTERN-LONGEST", false,
		"Alternatives of an expression begin with one another. Tcl takes the longest that matches, "
		"PCRE2 the first in the text, so that the match variables get something else here.",
		"write the longer alternative first"),
	LINT("PATTERN-NEVER", false,
		"An expression cannot match: something must stand in front of \"^\" or behind \"$\", or it "
		"requires what its subject never has, as a line end in a message or a \"%\" in front of the "
		"time stamp.",
		"remove what cannot match"),
	LINT("PATTERN-RUNAWAY", false,
		"Nested repetitions let an expression try so many ways to match some texts that it is given "
		"up as not matching. Who writes such a text keeps the applet from running.",
		"let only one of the nested repetitions repeat"),
	LINT("POLICY-UNKNOWN", false,
		"\"action policy\", or \"event manager run\" in a command, names a policy that is not "
		"configured. The action fails.",
		"configure the policy, or correct its name"),
	LINT("QUOTES", false,
		"Typographic quotes stand in an expression, an operand or a command. They are ordinary "
		"characters there, and quote nothing.",
		"write \" or \\\" instead"),
	LINT("RESOURCE-UNKNOWN", false,
		"\"event resource\", or \"user global\" below \"resource policy\", names a policy that "
		"is not there. The event never comes.",
		"configure `policy NAME` below `resource policy`, or correct the name"),
	LINT("SHADOWED", false,
		"Two applets have the same event: the same syslog pattern, the same command with \"sync\", "
		"or "
		"timers of the same name. Both run, or one takes the timer of the other.",
		"join the applets, or make their events differ"),
	LINT("STS-DEFAULT", false,
		"MTA-STS is on in the default destination, so that a policy is looked for at every domain "
		"that mail goes to.",
		"set `mta-sts on` for the domains that are known to publish a policy"),
	LINT("STS-ROUTE", false,
		"A destination has MTA-STS, and a route leads its mail to another host, where the policy is "
		"not applied.",
		"route the domain to USEDNS, or set `mta-sts off`"),
	LINT("TIMER-NEVER", false,
		"A cron entry names a day that does not come, such as the 31st of February.",
		"correct the day or the month"),
	LINT("TRACK-UNKNOWN", false,
		"An event, an action, a \"correlate\" or a list of objects names a tracked object that is "
		"not "
		"configured.",
		"configure `track N`, or correct the number"),
	LINT("TRUST-NONE", false,
		"A mail demands TLS, and no trustpoint of the configuration has a certificate, so that no "
		"server can be trusted.",
		"configure `crypto pki trustpoint NAME`, then `crypto pki authenticate NAME`"),
	LINT("TRUST-UNKNOWN", false,
		"A line names a trustpoint that does not exist: \"mail trustpoint\", \"mail "
		"identity-trustpoint\", \"mta-sts trustpoint\", \"event manager rpc\", or "
		"\"chain-validation continue\" of another trustpoint. Or a TLS listener of the settings does "
		"as "
		"its \"identity\" or \"client-ca\": connections wait until there is its certificate, or "
		"clients are refused.",
		"configure the trustpoint, or correct its name"),
	LINT("UNREACHABLE", false,
		"No run ever comes to an action: it stands behind \"exit\", \"break\", a jump or an endless "
		"loop, or in a block whose condition never holds.",
		"remove the action, or move it in front"),
	LINT("VAR-OTHER-EVENT", false, "A variable belongs to another kind of event than the applet has.",
		"use a variable of the applet's own event, or change the event"),
	LINT("VAR-READ-ONLY", false,
		"An action sets a variable of the event. Those are read-only, and the action fails.",
		"use a name of your own, without a leading underscore"),
	LINT("VAR-UNKNOWN", false,
		"A variable is read that nothing sets: no action, no event of the applet, and no \"event "
		"manager environment\" of the configuration. The run ends there.",
		"set the variable, or correct its name"),
	LINT("VAR-UNSET", false, "A variable is read, and only actions that run later set it.",
		"set the variable before it is read"),
	{ .code = NULL },
};
