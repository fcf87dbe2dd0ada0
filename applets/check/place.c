/* Places: where in a line the word stands that a finding is about. */
#include <ctype.h>
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "$name" that is not the beginning of a longer name. */
static const char *
find_variable(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word))
		if (!is_name(at[n]))
			return at;
	return NULL;
}

int
place_column(const char *line, const char *word, bool has_label)
{
	void *ctx = mem_ctx(NULL, "place");
	struct kw_token *tokens;
	size_t n = kw_split(ctx, line, &tokens), first = has_label && n > 2 ? 2 : 0;
	const char *found = NULL;
	size_t at = n > 0 ? tokens[0].start : 0;

	if (word == check_label && n > 1) {
		at = tokens[1].start;
	} else if (word != NULL && n > first) {
		if (word[0] == '$')
			found = find_variable(line + tokens[first].start, word);
		for (size_t i = first; i < n && found == NULL; i++)
			if (strcmp(tokens[i].text, word) == 0)
				found = line + tokens[i].start;
		if (found == NULL)
			found = strstr(line + tokens[first].start, word);
		if (found != NULL)
			at = (size_t)(found - line);
	}
	mem_free(ctx);
	return (int)at + 1;
}
