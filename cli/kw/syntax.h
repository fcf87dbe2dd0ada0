/* A table as a manual writes it: `[occurs <1-32>] pattern WORD {up | down}`. */
#ifndef CLI_KW_SYNTAX_H
#define CLI_KW_SYNTAX_H

#include "cli/kw/kw.h"

/* Each visible row with a blank before it; rows NULL: nothing. */
void kw_syntax(const struct kw *rows, struct text *out);

/* How the value of a row is shown: "<1-32>", "WORD", "{yes | no}". Nothing for a flag. */
void kw_syntax_value(const struct kw *row, struct text *out);

/* The default as it would be printed; false when there is none to tell. */
bool kw_syntax_default(const struct kw *row, struct text *out);

#endif
