/* Trace lines of the mail action. */
#include "actions/mail/trace.h"

#include <stdarg.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

#define WHY       DEBUG_BIT(DEBUG_EEM_MAIL)
#define SHOWN_MAX 1000 /* octets of one line; a server may send 4,096 */

static void
emit(const struct trace *tr, const char *policy, const char *text)
{
	trace_line(tr, WHY, "%%HA_EM-6-LOG: %s : DEBUG(smtp_lib) : %s", policy, text);
}

void
mail_trace(const struct trace *tr, const char *policy, const char *fmt, ...)
{
	va_list ap;
	char *s;

	if (!trace_on(tr, WHY))
		return;
	va_start(ap, fmt);
	s = mem_vprintf(NULL, fmt, ap);
	va_end(ap);
	emit(tr, policy, s);
	mem_free(s);
}

void
mail_trace_line(const struct trace *tr, const char *policy, const char *what, const char *line, size_t n)
{
	struct text *t;

	if (!trace_on(tr, WHY))
		return;
	t = text_new(NULL);
	text_printf(t, "%s: ", what);
	text_add_screen(t, line, n < SHOWN_MAX ? n : SHOWN_MAX);
	emit(tr, policy, t->s);
	mem_free(t);
}

void
mail_trace_start(const struct trace *tr, unsigned port, unsigned secure)
{
	trace_line(tr, WHY,
		"%%HA_EM-6-LOG: fh_send_mail:  : DEBUG(smtp_lib) : <?xml version=\"1.0\" encoding=\"UTF-8\" "
		"?>"
		"<fh_smtp_args><fh_smtp_port>%u</fh_smtp_port><fh_smtp_secure>%u</fh_smtp_secure></"
		"fh_smtp_args>",
		port, secure);
}
