/* `show access-lists`, `show ip access-lists`, `show ipv6 access-list`. */
#include <inttypes.h>
#include <string.h>

#include "acl/acl.h"
#include "acl/entry.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

struct show_args {
	struct kw_str name;
};

static const struct kw show_kw[] = {
	{ .help = "Number or name of a list", .type = &kw_word, KW_AT(struct show_args, name) },
	KW_END,
};

struct showing {
	struct writer *w;
	const char *name; /* NULL: all */
	bool ipv4, ipv6, found;
};

/* The entry as its line has it, without the number in front. */
static void
entry_text(enum acl_kind kind, const struct acl_entry *a, struct text *out)
{
	static const struct kw *const grammar[] = { acl_standard_kw, acl_extended_kw, acl_ipv6_kw };
	struct acl_entry copy = *a;

	copy.sequence.set = false;
	kw_print_rows(grammar[kind], &copy, out);
}

static void
show_line(const struct acl *acl, const struct acl_line *line, struct writer *w)
{
	struct text text;

	text_init(&text, NULL);
	entry_text(acl->kind, line->entry, &text);
	if (acl->kind == ACL_IPV6)
		w_text(w, "   %s sequence %" PRId64 "\n", text.s, line->sequence);
	else
		w_text(w, "    %" PRId64 "%s\n", line->sequence, text.s);
	w_object(w, NULL);
	w_int(w, "sequence", line->sequence);
	w_str(w, "entry", text.s + 1);
	w_end(w);
	mem_free(text.s);
}

static void
show_list(void *arg, const struct acl *acl)
{
	/* ORDER: enum acl_kind */
	static const char *const kinds[] = { "Standard IP", "Extended IP", "IPv6" };
	struct showing *s = arg;

	if (acl->kind == ACL_IPV6 ? !s->ipv6 : !s->ipv4)
		return;
	if (s->name != NULL && strcmp(s->name, acl->name) != 0)
		return;
	s->found = true;
	w_text(s->w, "%s access list %s\n", kinds[acl->kind], acl->name);
	w_object(s->w, NULL);
	w_str(s->w, "name", acl->name);
	w_str(s->w, "type", kinds[acl->kind]);
	w_list(s->w, "entries");
	for (size_t i = 0; i < acl->n; i++)
		if (!acl->lines[i].entry->remark.set)
			show_line(acl, &acl->lines[i], s->w);
	w_end(s->w);
	w_end(s->w);
}

static enum cmd_result
show(struct session *session, const struct show_args *a, bool ipv4, bool ipv6, struct err *err)
{
	struct showing s = { .w = session_writer(session), .name = a->name.s, .ipv4 = ipv4, .ipv6 = ipv6 };

	w_list(s.w, "access_lists");
	acl_each(session_engine(session), show_list, &s);
	w_end(s.w);
	if (a->name.set && !s.found)
		return err_set(err, ERR_NOT_FOUND, "access list %s does not exist", a->name.s), CMD_REFUSED;
	return CMD_DONE;
}

static enum cmd_result
show_all(struct session *session, const void *args, struct err *err)
{
	return show(session, args, true, true, err);
}

static enum cmd_result
show_ipv4(struct session *session, const void *args, struct err *err)
{
	return show(session, args, true, false, err);
}

static enum cmd_result
show_ipv6(struct session *session, const void *args, struct err *err)
{
	return show(session, args, false, true, err);
}

#define SHOW(words_, help_, run_)                         \
	{                                                 \
		.cmd = { .words = (words_),               \
			.help = (help_),                  \
			.kw = show_kw,                    \
			.size = sizeof(struct show_args), \
			.level = 1 },                     \
		.flags = EXEC_SHOW, .run = (run_)         \
	}

static const struct exec_cmd cmds[] = {
	SHOW("show access-lists", "Access lists", show_all),
	SHOW("show ip access-lists", "IPv4 access lists", show_ipv4),
	SHOW("show ipv6 access-list", "IPv6 access lists", show_ipv6),
};

void
acl_commands(struct cli *cli)
{
	cli_word(cli, "show ipv6", "IPv6 information");
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
	class_map_commands(cli);
}
