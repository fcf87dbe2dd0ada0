/* eem.info.cpu(), memory(), processes() and process(): what Tcl policies have as sys_reqinfo_cpu_all and so on. */
#include "core/machine.h"

#include <stdlib.h>
#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/wire.h"
#include "core/loop.h"
#include "core/mem.h"

#define SAMPLE_MAX 3600.0

/* ---- cpu ---- */

struct sample {
	struct script_run *script;
	struct machine_cpu before;
};

static double
percent(uint64_t before, uint64_t now, double all)
{
	return all > 0 ? 100 * (double)(now - before) / all : 0;
}

static void
sampled(void *arg)
{
	const struct sample *s = arg;
	const struct machine_cpu *b = &s->before;
	struct machine_cpu now;
	struct err err = ERR_INIT;
	double all;

	if (!machine_cpu(&now, &err)) {
		api_refuse(s->script, "FH_ESYSERR", "%s", err.text);
		return;
	}
	all = (double)(now.user - b->user) + (double)(now.system - b->system) + (double)(now.idle - b->idle) +
	      (double)(now.wait - b->wait);
	api_answer(s->script,
		json_pack("{s:i,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "count", (int)now.count, "used",
			machine_busy(b, &now), "user", percent(b->user, now.user, all), "system",
			percent(b->system, now.system, all), "wait", percent(b->wait, now.wait, all), "load1",
			now.load[0], "load5", now.load[1], "load15", now.load[2]));
}

/* Use is that of the time from now on. */
enum served
api_info_cpu(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct sample *sample = mem_new(api_ctx(s), struct sample);
	struct err why = ERR_INIT;
	usec time;

	if (!api_seconds(args, "seconds", SAMPLE_MAX, &time, err))
		return SERVED_REFUSED;
	sample->script = s;
	if (!machine_cpu(&sample->before, &why)) {
		err_class(err, ERR_IO, "FH_ESYSERR", "%s", why.text);
		return SERVED_REFUSED;
	}
	timer_after(sample, run_engine(api_run(s))->loop, time, sampled, sample);
	return SERVED_LATER;
}

/* ---- memory ---- */

enum served
api_info_memory(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct machine_memory m;
	struct err why = ERR_INIT;

	if (!machine_memory(&m, &why)) {
		err_class(err, ERR_IO, "FH_ESYSERR", "%s", why.text);
		return SERVED_REFUSED;
	}
	*value = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "total", (json_int_t)m.total, "free",
		(json_int_t)m.free, "available", (json_int_t)m.available, "used",
		(json_int_t)(m.total - m.available), "swap_total", (json_int_t)m.swap_total, "swap_free",
		(json_int_t)m.swap_free);
	return SERVED_VALUE;
}

/* ---- processes: thousands take a while, which is not the loop's ---- */

struct listing {
	struct script_run *script;
	struct machine_process *all;
	size_t n;
};

static void
list_processes(void *data)
{
	struct listing *l = data;

	l->n = machine_processes(&l->all);
}

static json_t *
process_json(const struct machine_process *p)
{
	const char state[] = { p->state, '\0' };

	return json_pack("{s:i,s:i,s:o,s:s,s:i,s:f,s:I}", "pid", p->pid, "parent", p->parent, "name",
		wire_bytes(p->name, strlen(p->name)), "state", state, "threads", (int)p->threads, "cpu",
		(double)p->cpu_msec / 1000, "memory", (json_int_t)p->memory);
}

static void
listed(void *data)
{
	const struct listing *l = data;
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, process_json(&l->all[i]));
	api_answer(l->script, list);
}

static void
listing_free(void *data)
{
	struct listing *l = data;

	free(l->all);
	free(l);
}

enum served
api_info_processes(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct listing *l = calloc(1, sizeof *l);

	if (l == NULL) {
		err_class(err, ERR_IO, "FH_EMEMORY", "no memory");
		return SERVED_REFUSED;
	}
	l->script = s;
	work_submit(api_ctx(s), run_engine(api_run(s))->loop, list_processes, listed, listing_free, l);
	return SERVED_LATER;
}
