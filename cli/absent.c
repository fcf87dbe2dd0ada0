/* Commands of IOS's event manager that are not here: each is refused with its reason. */
#include <stddef.h>

#include "cli/builtin.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "conf/conf.h"
#include "core/engine.h"

#define PROCESSES \
	"there are no process metrics here: processes are those of Linux, see 'show system processes'"
#define CALL_HOME "there are no Call Home policies here: threads are those of applets and scripts"
#define AXP                                                                                               \
	"there are no policies of the Application eXtension Platform here: threads are those of applets " \
	"and scripts"
#define SHELL   "there are no policies of the IOS shell here: threads are those of applets and scripts"
#define STANDBY "nothing is upgraded in service here: there is one processor, and no standby"
#define SNAP                                                                                                \
	"policies do not reach the CLI through a process of its own here: see 'debug event manager action " \
	"cli'"
#define XML       "no event is described in XML here: see 'debug event manager detector NAME'"
#define SIGNED    "policies are written in Lua here, and no signature of theirs is checked"
#define TCL       "policies are written in Lua here, not in Tcl"
#define EXEC_ONLY "this is an EXEC command: write it behind 'do', or leave configuration mode"

#define SCRIPT                                                                                               \
	"scripts are policies in Lua here: register the file with 'event manager policy FILE', then 'event " \
	"manager run "                                                                                       \
	"FILE'"
#define GUEST \
	"there is no guest shell here: the device itself is Linux, see 'cli.device: shell' in the settings"

static const struct kw_absent exec_rows[] = {
	{ "guestshell", GUEST },
	{ "lua", SCRIPT },
	{ "tclsh", SCRIPT },
	{ "traceroute", "paths are not traced here: 'ping' and 'ip sla' ask whether they lead to the end" },
	{ "debug event manager metricdir", PROCESSES },
	{ "undebug event manager metricdir", PROCESSES },
	{ "no debug event manager metricdir", PROCESSES },
	{ "debug event manager server ISSU", STANDBY },
	{ "undebug event manager server ISSU", STANDBY },
	{ "no debug event manager server ISSU", STANDBY },
	{ "debug event manager snap", SNAP },
	{ "undebug event manager snap", SNAP },
	{ "no debug event manager snap", SNAP },
	{ "debug event manager xml", XML },
	{ "undebug event manager xml", XML },
	{ "no debug event manager xml", XML },
	{ "show event manager metric", PROCESSES },
	{ "show event manager scheduler axp", AXP },
	{ "show event manager scheduler call-home", CALL_HOME },
	{ "show event manager scheduler ios-shell", SHELL },
};

static const struct kw_absent config_rows[] = {
	{ "event manager run", EXEC_ONLY },
	{ "event manager check", EXEC_ONLY },
	{ "event manager update", EXEC_ONLY },
	{ "event manager scheduler clear", EXEC_ONLY },
	{ "event manager scheduler hold", EXEC_ONLY },
	{ "event manager scheduler modify", EXEC_ONLY },
	{ "event manager scheduler release", EXEC_ONLY },
	{ "event manager scheduler axp", AXP },
	{ "event manager scheduler call-home", CALL_HOME },
	{ "event manager scheduler ios-shell", SHELL },
	{ "event manager scheduler thread", "threads belong to a kind of policies: 'event manager scheduler "
					    "applet thread ...' or '... script "
					    "thread ...'" },
	{ "scripting tcl init", TCL },
	{ "scripting tcl low-memory", TCL },
	{ "scripting tcl secure-mode", SIGNED },
	{ "scripting tcl trustpoint", SIGNED },
};

void
exec_absent_register(struct cli *cli)
{
	struct conf *conf = cli_engine(cli)->conf;

	cli_absent(cli, exec_rows, sizeof exec_rows / sizeof *exec_rows);
	if (conf != NULL)
		conf_absent(conf, "config", config_rows, sizeof config_rows / sizeof *config_rows);
}
