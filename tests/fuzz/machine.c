/* Any text as a file of /proc: what is read of it is bounded, and the name of a process ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = calloc(1, n + 1);
	struct machine_cpu cpu;
	struct machine_memory memory;
	struct machine_process process;

	if (text == NULL)
		abort();
	memcpy(text, data, n);
	machine_parse_cpu(text, &cpu);
	machine_parse_memory(text, &memory);
	machine_parse_process(text, &process);
	if (memchr(process.name, '\0', sizeof process.name) == NULL)
		abort();
	free(text);
	return 0;
}
