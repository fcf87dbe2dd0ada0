/* show processes cpu, show processes memory: what runs on this machine, in IOS's layouts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/machine.h"
#include "core/mem.h"
#include "core/writer.h"
#include "host/busy.h"

enum order { BY_PID, BY_FIVE_SECONDS, BY_ONE_MINUTE, BY_FIVE_MINUTES, BY_MEMORY };

struct processes_args {
	struct kw_flag sorted;
	struct kw_enum by;
};

/* One command under way. */
struct listing {
	struct session *session;
	enum order order;
	void (*show)(struct listing *, const struct busy_process *const *, size_t);
};

static const struct kw_alternative cpu_orders[] = {
	{ .word = "1min", .help = "By the average of one minute", .value = BY_ONE_MINUTE },
	{ .word = "5min", .help = "By the average of five minutes", .value = BY_FIVE_MINUTES },
	{ .word = "5sec", .help = "By the last five seconds", .value = BY_FIVE_SECONDS },
	{ .word = NULL },
};

static const struct kw cpu_order_kw[] = {
	{ .help = "By what", .type = &kw_choice, KW_AT(struct processes_args, by), .choices = cpu_orders },
	KW_END,
};
static const struct kw cpu_kw[] = {
	{ .word = "sorted",
		.help = "The busiest first",
		KW_AT(struct processes_args, sorted),
		.sub = cpu_order_kw },
	KW_END,
};
static const struct kw memory_kw[] = {
	{ .word = "sorted", .help = "The largest first", KW_AT(struct processes_args, sorted) },
	KW_END,
};

/* ---- the order ---- */

static int
falling(double a, double b)
{
	return a > b ? -1 : a < b ? 1 : 0;
}

static int
compare(const void *x, const void *y, void *arg)
{
	const struct busy_process *a = *(const struct busy_process *const *)x;
	const struct busy_process *b = *(const struct busy_process *const *)y;
	int sign = 0;

	switch (*(const enum order *)arg) {
	case BY_PID:
		break;
	case BY_FIVE_SECONDS:
		sign = falling(a->use.five_seconds, b->use.five_seconds);
		break;
	case BY_ONE_MINUTE:
		sign = falling(a->use.one_minute, b->use.one_minute);
		break;
	case BY_FIVE_MINUTES:
		sign = falling(a->use.five_minutes, b->use.five_minutes);
		break;
	case BY_MEMORY:
		sign = falling((double)a->is.memory, (double)b->is.memory);
		break;
	}
	return sign != 0 ? sign : (a->is.pid > b->is.pid) - (a->is.pid < b->is.pid);
}

/* ---- show processes cpu ---- */

static void
percent(struct writer *w, const char *key, double value)
{
	w_real(w, key, round(value * 100) / 100);
}

static void
show_cpu_of(struct writer *w, const struct busy_process *p)
{
	w_text(w, "%4d %11llu %11llu %10llu %5.2f%% %5.2f%% %5.2f%% %3d ", p->is.pid,
		(unsigned long long)p->is.cpu_msec, (unsigned long long)p->slices.invoked,
		(unsigned long long)p->slices.usecs, p->use.five_seconds, p->use.one_minute,
		p->use.five_minutes, 0);
	w_foreign(w, p->is.name, strlen(p->is.name));
	w_text(w, "\n");
	w_object(w, NULL);
	w_int(w, "pid", p->is.pid);
	w_int(w, "runtime_ms", (int64_t)p->is.cpu_msec);
	w_int(w, "invoked", (int64_t)p->slices.invoked);
	w_int(w, "usecs", (int64_t)p->slices.usecs);
	percent(w, "five_seconds", p->use.five_seconds);
	percent(w, "one_minute", p->use.one_minute);
	percent(w, "five_minutes", p->use.five_minutes);
	w_str(w, "process", p->is.name);
	w_end(w);
}

static void
show_cpu(struct listing *l, const struct busy_process *const *v, size_t n)
{
	struct writer *w = session_writer(l->session);
	double interrupts;
	struct busy_use total = busy_total(session_engine(l->session)->busy, &interrupts);

	w_text(w,
		"CPU utilization for five seconds: %.0f%%/%.0f%%; one minute: %.0f%%; five minutes: %.0f%%\n",
		total.five_seconds, interrupts, total.one_minute, total.five_minutes);
	w_text(w, " PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process\n");
	percent(w, "five_seconds", total.five_seconds);
	percent(w, "interrupts", interrupts);
	percent(w, "one_minute", total.one_minute);
	percent(w, "five_minutes", total.five_minutes);
	w_list(w, "processes");
	for (size_t i = 0; i < n; i++)
		show_cpu_of(w, v[i]);
	w_end(w);
}

/* ---- show processes memory ---- */

static void
show_memory(struct listing *l, const struct busy_process *const *v, size_t n)
{
	struct writer *w = session_writer(l->session);
	struct machine_memory m = { 0 };

	machine_memory(&m, NULL);
	w_text(w, "Processor Pool Total: %10llu Used: %10llu Free: %10llu\n\n", (unsigned long long)m.total,
		(unsigned long long)(m.total - m.available), (unsigned long long)m.available);
	w_text(w, " PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process\n");
	w_int(w, "total", (int64_t)m.total);
	w_int(w, "used", (int64_t)(m.total - m.available));
	w_int(w, "free", (int64_t)m.available);
	w_list(w, "processes");
	for (size_t i = 0; i < n; i++) {
		unsigned long long holding = v[i]->is.memory;

		/* Linux does not tell what was given back, nor are there buffers to get and to return. */
		w_text(w, "%4d %3d %10llu %10d %10llu %10d %10d ", v[i]->is.pid, 0, holding, 0, holding, 0,
			0);
		w_foreign(w, v[i]->is.name, strlen(v[i]->is.name));
		w_text(w, "\n");
		w_object(w, NULL);
		w_int(w, "pid", v[i]->is.pid);
		w_int(w, "holding", (int64_t)holding);
		w_str(w, "process", v[i]->is.name);
		w_end(w);
	}
	w_end(w);
}

/* ---- the commands: they go on when the processes are measured ---- */

static void
measured(void *arg, const struct busy_process *v, size_t n)
{
	struct listing *l = arg;
	const struct busy_process **rows = mem_array(l, const struct busy_process *, n + 1);

	for (size_t i = 0; i < n; i++)
		rows[i] = &v[i];
	qsort_r(rows, n, sizeof *rows, compare, &l->order);
	l->show(l, rows, n);
	session_done(l->session);
}

static void
over(void *arg, enum session_end why)
{
}

static enum cmd_result
list(struct session *s, enum order order,
	void (*show)(struct listing *, const struct busy_process *const *, size_t), struct err *err)
{
	struct engine *e = session_engine(s);
	struct listing *l = mem_new(session_cmd_ctx(s), struct listing);

	if (e->busy == NULL) {
		err_set(err, ERR_REFUSED, "Processes are not measured here");
		return CMD_REFUSED;
	}
	*l = (struct listing){ .session = s, .order = order, .show = show };
	busy_processes(l, e->busy, measured, l);
	return session_wait(s, 0, over, NULL);
}

static enum cmd_result
show_processes_cpu(struct session *s, const void *args, struct err *err)
{
	const struct processes_args *a = args;
	enum order order = !a->sorted.set ? BY_PID : a->by.set ? (enum order)a->by.v : BY_FIVE_SECONDS;

	return list(s, order, show_cpu, err);
}

static enum cmd_result
show_processes_memory(struct session *s, const void *args, struct err *err)
{
	const struct processes_args *a = args;

	return list(s, a->sorted.set ? BY_MEMORY : BY_PID, show_memory, err);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show processes cpu",
		  .help = "What the processors do, and for which processes",
		  .kw = cpu_kw,
		  .size = sizeof(struct processes_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_processes_cpu },
	{ .cmd = { .words = "show processes memory",
		  .help = "What the processes hold of the memory",
		  .kw = memory_kw,
		  .size = sizeof(struct processes_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_processes_memory },
};

void
show_processes_register(struct cli *cli)
{
	cli_word(cli, "show processes", "Processes of this machine");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
