/* `write memory`: the running configuration as a file, replaced in one step. */
#include "conf/conf.h"

#include <string.h>

#include "conf/private.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

enum { SAVED_MODE = 0600 }; /* encrypted or not, secrets are in it */

bool
conf_save(struct conf *conf, const char *path, struct err *err)
{
	struct text *t = text_new(NULL);
	bool fine;

	text_add(t, "!\n");
	conf_print_running(conf, t);
	fine = path_make_parent(path, 0700, err) && path_write_file(path, t->s, t->len, SAVED_MODE, err);
	mem_free(t);
	if (fine && conf->startup != NULL && strcmp(path, conf->startup) == 0)
		conf->is_unsaved = false;
	return fine;
}
