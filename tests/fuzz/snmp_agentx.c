/*
 * Fuzz target: what a master agent sends, message behind message. What is read goes out again in a response,
 * whose length is right.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/mem.h"
#include "snmp/agentx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read goes out again as a response. */
static void
respond(const struct agentx_pdu *pdu)
{
	struct text *t = text_new(NULL);
	struct agentx_result *results = mem_array(t, struct agentx_result, pdu->nranges + pdu->nvars + 1);
	size_t n = 0, whole;

	for (size_t i = 0; i < pdu->nranges; i++)
		results[n++] =
			(struct agentx_result){ .found = AGENTX_NO_INSTANCE, .id = pdu->ranges[i].start };
	for (size_t i = 0; i < pdu->nvars; i++) {
		const struct snmp_var *v = &pdu->vars[i];
		struct agentx_result *r = &results[n++];

		*r = (struct agentx_result){ AGENTX_END_OF_VIEW, { { 0 }, 0 }, v->type, v->value, v->len };
		object_id_parse(v->oid, &r->id, NULL);
		if (object_value_check(v->type, v->value, v->len, NULL))
			r->found = AGENTX_VALUE;
	}
	agentx_response(t, &pdu->head, AGENTX_NO_ERROR, 0, results, n);
	if (t->len <= AGENTX_PAYLOAD_MAX && (!agentx_size(t->s, t->len, &whole, NULL) || whole != t->len))
		abort();
	mem_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0, whole;

	while (at < size && agentx_size(data + at, size - at, &whole, NULL) && whole > 0 &&
		whole <= size - at) {
		struct agentx_pdu *pdu = agentx_read(NULL, data + at, whole, NULL);

		if (pdu != NULL)
			respond(pdu);
		mem_free(pdu);
		at += whole;
	}
	return 0;
}
