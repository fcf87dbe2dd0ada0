/* What is wrong in a file that a command loads as configuration. */
#include "cli/findings.h"

#include "cli/session.h"

void
findings_print(void *arg, const char *file, const struct err *e, bool is_error)
{
	struct findings *f = arg;

	f->errors += is_error;
	session_print(f->session, "%s:%d:%d: %s: %s\n", file, e->line, e->column,
		is_error ? "error" : "warning", e->text);
}

bool
findings_refuse(const struct findings *f, const char *what, const char *file, struct err *err)
{
	if (f->errors == 0)
		return false;
	err_clear(err);
	return err_set(
		err, ERR_CONFIG, "%s: %u error%s in %s", what, f->errors, f->errors == 1 ? "" : "s", file);
}
