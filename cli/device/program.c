/* The device's program: arguments, environment, prompt. */
#include "cli/device/program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/mem.h"
#include "core/settings.h"
#include "core/text.h"

/* HOST> HOST# HOST(mode)# at the end of what was printed. */
static const char ios_prompt[] = "^[^ \\t>#()]{1,64}(\\([^ \\t()]{1,64}\\))?[>#] ?$";

/* ORDER: enum setting_device */
static const struct {
	const char *name; /* NULL: the file's */
	const char *argv[4];
	bool has_modes, echoes;
} kinds[] = {
	{ NULL, { NULL }, false, false },
	{ "vtysh", { "vtysh", NULL }, true, false },
	{ "shell", { "/bin/sh", "-i", "+m", NULL }, false, false }, /* no job control: one group to kill */
	{ NULL, { NULL }, true, true },
};

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* What the settings name, or what is usual; behind eventd-device, which gives it its terminal. */
static const char *const *
read_argv(const void *ctx, const struct engine *e)
{
	const struct setting_list *given = &e->settings->cli_program;
	const char *const *from = given->n > 0 ? given->v : kinds[e->settings->cli_device].argv;
	size_t n = given->n;
	const char **argv;

	while (given->n == 0 && from[n] != NULL)
		n++;
	argv = mem_array(ctx, const char *, n + 2);
	argv[0] = mem_printf(ctx, "%s/eventd-device", e->program_dir);
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = mem_strdup(ctx, from[i]);
	return argv;
}

static const char *
variable(const void *ctx, const char *name, const char *otherwise)
{
	const char *v = getenv(name);

	return mem_printf(ctx, "%s=%s", name, v != NULL ? v : otherwise);
}

/* Nothing of the daemon's own environment but where programs and homes are. */
static const char *const *
make_env(const void *ctx, const struct engine *e)
{
	const char *const env[] = {
		variable(ctx, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
		variable(ctx, "HOME", "/"),
		"TERM=dumb",
		"LC_ALL=C.UTF-8",
		"INPUTRC=/dev/null",
		"VTYSH_PAGER=cat",
		mem_printf(ctx, "PS1=%s$ ", engine_hostname(e)),
		NULL,
	};

	return mem_dup(ctx, env, sizeof env);
}

/* The shell has the prompt that PS1 gives it; it may stand behind output without a line end. */
static const char *
shell_prompt(const void *ctx, const char *hostname)
{
	struct text t;

	text_init(&t, ctx);
	for (; *hostname != '\0'; hostname++)
		text_printf(&t, isalnum((unsigned char)*hostname) ? "%c" : "\\%c", *hostname);
	text_add(&t, "\\$ $");
	return t.s;
}

void
device_program_read(const void *ctx, const struct engine *e, struct device_program *out)
{
	const struct settings *s = e->settings;

	*out = (struct device_program){
		.argv = read_argv(ctx, e),
		.env = make_env(ctx, e),
		.is_exact = s->cli_prompt != NULL || s->cli_device == DEVICE_SHELL,
		.has_modes = kinds[s->cli_device].has_modes,
		.echoes = kinds[s->cli_device].echoes,
	};
	out->name = kinds[s->cli_device].name != NULL ? kinds[s->cli_device].name : file_name(out->argv[1]);
	if (s->cli_prompt != NULL)
		out->prompt = mem_strdup(ctx, s->cli_prompt);
	else if (s->cli_device == DEVICE_SHELL)
		out->prompt = shell_prompt(ctx, engine_hostname(e));
	else
		out->prompt = ios_prompt;
}
