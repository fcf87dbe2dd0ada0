/* The startup configuration as a file. */
#include "cli/startup.h"

#include <errno.h>
#include <unistd.h>

#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

#define STARTUP_MAX ((size_t)64 << 20)

bool
startup_read(const struct conf *conf, struct text *out, struct err *err)
{
	const char *path = conf_startup_path(conf);
	size_t n = 0;
	char *s;

	if (path == NULL)
		return err_set(err, ERR_NOT_FOUND, "startup-config is not present");
	s = path_read_file(NULL, path, STARTUP_MAX, &n, err);
	if (s == NULL && err->code == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "startup-config is not present");
	if (s == NULL)
		return false;
	text_addn(out, s, n);
	mem_free(s);
	return true;
}

bool
startup_write(const struct conf *conf, const char *s, size_t n, struct err *err)
{
	const char *path = conf_startup_path(conf);

	if (path == NULL)
		return err_set(err, ERR_REFUSED, "There is no place for a startup-config");
	return path_write_file(path, s, n, 0600, err);
}

bool
startup_erase(const struct conf *conf, struct err *err)
{
	const char *path = conf_startup_path(conf);

	if (path == NULL || unlink(path) == 0 || errno == ENOENT)
		return true;
	return err_errno(err, "%s", path);
}

bool
startup_save(struct session *s, struct err *err)
{
	struct conf *conf = session_engine(s)->conf;
	const char *path = conf_startup_path(conf);

	session_print(s, "Building configuration...\n");
	if (path == NULL)
		return err_set(err, ERR_REFUSED, "There is no place for a startup-config");
	if (!conf_save(conf, path, err))
		return false;
	session_print(s, "[OK]\n");
	return true;
}
