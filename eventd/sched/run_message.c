/* What a run says: messages of the log, and the traces of `debug` (eem-language 11). */
#include <stdarg.h>

#include "core/debug.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "sched/run_state.h"

void
run_log(struct run *r, const char *facility, enum severity severity, const char *mnemonic, const char *fmt,
	...)
{
	struct text *t = text_new(r);
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(t, fmt, ap);
	va_end(ap);
	log_msg(run_engine(r)->log, r->cause, facility, severity, mnemonic, "%s", t->s);
	mem_free(t);
}

debug_mask
run_debugs(const struct run *r)
{
	debug_mask on = r->debugs | log_debugs(run_engine(r)->log);
	bool is_script = r->policy->kind == POLICY_SCRIPT;

	if (is_script && (on & DEBUG_BIT(DEBUG_EEM_TCL_CLI)) != 0)
		on |= DEBUG_BIT(DEBUG_EEM_CLI);
	if (is_script && (on & DEBUG_BIT(DEBUG_EEM_TCL_SMTP)) != 0)
		on |= DEBUG_BIT(DEBUG_EEM_MAIL);
	return on;
}

void
run_set_debugs(struct run *r, debug_mask which, bool on)
{
	r->debugs = on ? r->debugs | which : r->debugs & ~which;
}

void
run_debug(struct run *r, debug_mask why, const char *lib, const char *fmt, ...)
{
	va_list ap;

	if ((run_debugs(r) & why) == 0)
		return;
	struct text *t = text_new(r);
	va_start(ap, fmt);
	text_vprintf(t, fmt, ap);
	va_end(ap);
	log_debug(run_engine(r)->log, DEBUG_ALWAYS, "%%HA_EM-6-LOG: %s : DEBUG(%s) : %s", r->policy->name,
		lib, t->s);
	mem_free(t);
}
