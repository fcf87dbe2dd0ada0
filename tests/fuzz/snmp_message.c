/*
 * Fuzz target: what the SNMP helper and the engine say to each other, and the texts of identifiers, values and
 * octets in it. What is read as a job is written and read again, and stays the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "snmp/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_job(const void *ctx, const json_t *j)
{
	struct snmp_job *job = snmp_job_from_json(ctx, j, NULL);
	json_t *first, *second;

	if (job == NULL)
		return;
	first = snmp_job_to_json(job, 1);
	job = snmp_job_from_json(ctx, first, NULL);
	if (job == NULL)
		abort();
	second = snmp_job_to_json(job, 1);
	if (!json_equal(first, second))
		abort();
	json_decref(first);
	json_decref(second);
}

static void
read_texts(const char *s, size_t n)
{
	struct text *t = text_new(NULL);
	struct object_id id, again;
	unsigned char *octets = malloc(n / 2 + 1);

	if (object_id_parse(s, &id, NULL)) {
		object_id_print(&id, t);
		if (!object_id_parse(t->s, &again, NULL) || object_id_compare(&id, &again) != 0)
			abort();
	}
	for (int type = OBJECT_COUNTER; type <= OBJECT_NONE; type++)
		object_value_check((enum object_type)type, s, n, NULL);
	if (octets != NULL && object_octets(s, n, octets) > (long)(n / 2))
		abort();
	object_print_octets(s, n, t);
	free(octets);
	mem_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	json_t *j = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	struct snmp_answer answer;
	char *text;

	text = mem_alloc(ctx, size + 1);
	memcpy(text, data, size);
	read_texts(text, size);
	if (json_is_object(j)) {
		read_job(ctx, j);
		snmp_answer_from_json(ctx, j, &answer, NULL);
	}
	json_decref(j);
	mem_free(ctx);
	return 0;
}
