/* DNSSEC trust anchors as files have them. */
#include "actions/mail/dns/anchor.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/text.h"

#define BLANKS " \t\r"

/* Copies one entry, which ends at a line end outside parentheses; answers where the next begins. */
static const char *
take_entry(const char *s, struct text *out)
{
	unsigned depth = 0;

	for (; *s != '\0'; s++) {
		if (*s == ';') {
			s += strcspn(s, "\n");
			if (*s == '\0')
				break;
		}
		if (*s == '\n' && depth == 0)
			return s + 1;
		if (*s == '(')
			depth++;
		else if (*s == ')' && depth > 0)
			depth--;
		text_addc(out, *s == '(' || *s == ')' || *s == '\n' || *s == '\t' || *s == '\r' ? ' ' : *s);
	}
	return s;
}

static bool
is_key(const char *entry)
{
	char word[8];

	for (const char *s = entry + strspn(entry, BLANKS); *s != '\0'; s += strspn(s, BLANKS)) {
		size_t n = strcspn(s, BLANKS);

		if (n < sizeof word) {
			memcpy(word, s, n);
			word[n] = '\0';
			if (s != entry && (strcasecmp(word, "DS") == 0 || strcasecmp(word, "DNSKEY") == 0))
				return true;
		}
		s += n;
	}
	return false;
}

char **
anchor_records(const void *ctx, const char *text, size_t *n, struct err *err)
{
	char **records = NULL;
	struct text entry;

	*n = 0;
	text_init(&entry, NULL);
	while (*text != '\0') {
		text_clear(&entry);
		text = take_entry(text, &entry);
		if (entry.s[0] == '$' || !is_key(entry.s))
			continue;
		records = mem_resize(ctx, records, (*n + 1) * sizeof *records);
		records[(*n)++] = mem_strdup(records, entry.s);
	}
	mem_free(entry.s);
	if (records == NULL)
		err_set(err, ERR_CONFIG, "there is no DS or DNSKEY record in the trust anchor file");
	return records;
}
