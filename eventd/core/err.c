/* Errors as values. */
#include "core/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
fill(struct err *err, enum err_code code, const char *class, const char *fmt, va_list ap)
{
	err->code = code;
	err->line = err->column = 0;
	err->hint[0] = '\0';
	snprintf(err->class, sizeof err->class, "%s", class);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
}

bool
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, code, "", fmt, ap);
	va_end(ap);
	return false;
}

bool
err_class(struct err *err, enum err_code code, const char *class, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, code, class, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, ERR_IO, "", fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	errno = saved;
	return false;
}

bool
err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	va_list ap;
	size_t n;

	if (err == NULL)
		return false;
	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", old);
	return false;
}

void
err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
}

void
err_at(struct err *err, int line, int column)
{
	if (err == NULL)
		return;
	err->line = line;
	err->column = column;
}

void
err_clear(struct err *err)
{
	if (err != NULL)
		memset(err, 0, sizeof *err);
}

const char *
err_code_name(enum err_code code)
{
	/* ORDER: enum err_code */
	static const char *const names[] = { "none", "invalid", "ambiguous", "incomplete", "refused",
		"not-found", "exists", "range", "io", "timeout", "config", "crypto", "internal" };

	return (size_t)code < sizeof names / sizeof *names ? names[code] : "internal";
}
