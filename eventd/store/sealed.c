/* An identity whose key is sealed. */
#include "store/sealed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/secret.h"

const char *
sealed_identity(const void *ctx, const struct secrets *secrets, const json_t *sealed)
{
	const char *text = json_string_value(json_object_get(sealed, "key")), *result;
	char *key = text != NULL ? secret_decrypt(secrets, NULL, text, strlen(text)) : NULL, *whole;
	json_t *j, *value;

	if (key == NULL)
		return NULL;
	j = json_copy((json_t *)(uintptr_t)sealed);
	value = json_string(key);
	mem_free(key);
	json_object_set(j, "key", value);
	whole = json_dumps(j, JSON_COMPACT);
	result = mem_secret(ctx, whole, strlen(whole));
	explicit_bzero(whole, strlen(whole));
	free(whole);
	explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_decref(value);
	json_decref(j);
	return result;
}
