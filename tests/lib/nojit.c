// Preloaded under valgrind: PCRE2 refuses to make machine code, so patterns are interpreted. Machine code reads whole vector
// registers at the end of a subject, which memcheck must take for errors, a thousand times a second.

#include <stdint.h>

int pcre2_jit_compile_8(void *code, uint32_t options);

int
pcre2_jit_compile_8(void *code, uint32_t options)
{
	(void)code;
	(void)options;
	return -45; // PCRE2_ERROR_JIT_BADOPTION
}
