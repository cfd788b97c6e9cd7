// Runs the files named on the command line through a fuzz target: its corpus, or what a fuzzer found. Needs no fuzzer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t n = 0, cap = 0, k;

	if (!f) {
		perror(path);
		return 1;
	}
	do {
		if (n == cap && !(data = realloc(data, cap = cap ? cap * 2 : 4096))) {
			perror("replay");
			exit(1);
		}
		k = fread(data + n, 1, cap - n, f);
		n += k;
	} while (k > 0);
	if (ferror(f) || fclose(f) != 0) {
		perror(path);
		free(data);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (argc < 2) {
		fprintf(stderr, "replay: no files named\n");
		failed = 2;
	}
	return failed;
}
