// Runs a fuzz target over files and folders of inputs, for compilers without libFuzzer.

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long ran;

static bool
run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		if (f)
			fclose(f);
		return false;
	}
	// Exactly as large as the input: a sanitizer sees the first byte that is read beyond it.
	uint8_t *data = malloc((size_t)st.st_size);
	size_t n = data ? fread(data, 1, (size_t)st.st_size, f) : 0;
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	ran++;
	return true;
}

static bool
run_path(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);
	bool good = true;

	if (n < 0)
		return run_file(path);
	for (int i = 0; i < n; i++) {
		char *child = NULL;
		if (list[i]->d_name[0] != '.' && asprintf(&child, "%s/%s", path, list[i]->d_name) > 0)
			good = run_path(child) && good;
		free(child);
		free(list[i]);
	}
	free(list);
	return good;
}

int
main(int argc, char **argv)
{
	bool good = true;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			good = run_path(argv[i]) && good;
	printf("%lu inputs\n", ran);
	return good ? 0 : 1;
}
