/* show file systems: the places that file names may begin with, and how much room there is. */
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/writer.h"

/* A directory that nobody has written to is made in the state directory then. */
static bool
room_of(const struct engine *e, const char *prefix, struct statvfs *vfs)
{
	int fd = files_open(e->files, prefix, O_RDONLY | O_DIRECTORY, 0, NULL);
	bool ok;

	if (fd < 0)
		return e->state_dir != NULL && statvfs(e->state_dir, vfs) == 0;
	ok = fstatvfs(fd, vfs) == 0;
	close(fd);
	return ok;
}

static void
show_one(struct writer *w, const char *prefix, const char *type, const struct statvfs *vfs)
{
	unsigned long long size = vfs == NULL ? 0 : (unsigned long long)vfs->f_blocks * vfs->f_frsize;
	unsigned long long left = vfs == NULL ? 0 : (unsigned long long)vfs->f_bavail * vfs->f_frsize;
	bool is_default = strcmp(prefix, "flash:") == 0;

	w_object(w, NULL);
	if (vfs == NULL) {
		w_text(w, "%14s%14s", "-", "-");
		w_str(w, "size", NULL);
		w_str(w, "free", NULL);
	} else {
		w_text(w, "%c%13llu%14llu", is_default ? '*' : ' ', size, left);
		w_int(w, "size", (int64_t)size);
		w_int(w, "free", (int64_t)left);
	}
	w_text(w, "%10s     rw   %s\n", type, prefix);
	w_str(w, "type", type);
	w_str(w, "prefix", prefix);
	w_bool(w, "default", is_default);
	w_end(w);
}

static enum cmd_result
show_file_systems(struct session *s, const void *args, struct err *err)
{
	const struct engine *e = session_engine(s);
	struct writer *w = session_writer(s);
	const char *prefix;
	struct statvfs vfs;

	w_text(w, "File Systems:\n\n       Size(b)       Free(b)      Type  Flags  Prefixes\n");
	w_list(w, "file_systems");
	show_one(w, "system:", "opaque", NULL);
	for (size_t i = 0; e->files != NULL && (prefix = files_prefix_at(e->files, i)) != NULL; i++)
		show_one(w, prefix, strcmp(prefix, "nvram:") == 0 ? "nvram" : "disk",
			room_of(e, prefix, &vfs) ? &vfs : NULL);
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show file systems", .help = "List file systems", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_file_systems },
};

void
show_file_systems_register(struct cli *cli)
{
	cli_word(cli, "show file", "Show file information");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
