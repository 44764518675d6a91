/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main of a fuzz target that is not built with libFuzzer: feeds it the
 * empty input, every file named on the command line, every file of every
 * folder named, and, with "-n COUNT", that many made-up inputs (the same ones
 * each time; a mutated corpus file if there is one). Prints the count.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_SIZE = 1 << 20, N_SEEDS = 4096 };

struct seeds {
	uint8_t *data[N_SEEDS];
	size_t size[N_SEEDS];
	size_t n;
};

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* The input is copied to a block of its exact size, for the sanitizers. */
static void one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(99);
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void add_file(struct seeds *s, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(99);
	}
	if (s->n < N_SEEDS) {
		uint8_t *buf = malloc(INPUT_SIZE);

		if (!buf)
			exit(99);
		s->size[s->n] = fread(buf, 1, INPUT_SIZE, f);
		s->data[s->n++] = buf;
	}
	fclose(f);
}

static void add(struct seeds *s, const char *path)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		add_file(s, path);
		return;
	}
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		add_file(s, name);
	}
	closedir(d);
}

static void made_up(const struct seeds *s, uint64_t *x)
{
	static uint8_t buf[INPUT_SIZE + 4096];
	size_t size = 0;
	size_t n;

	if (s->n && next(x) % 4) {
		size_t from = next(x) % s->n;

		size = s->size[from];
		memcpy(buf, s->data[from], size);
	}
	if (!size || next(x) % 8 == 0)
		for (n = next(x) % 512; n; n--)
			buf[size++] = (uint8_t)next(x);
	for (n = next(x) % 8; n && size; n--)
		buf[next(x) % size] = (uint8_t)(next(x) & 1 ? next(x) : 0xff);
	if (size && next(x) % 8 == 0)
		size = next(x) % size;
	one(buf, size);
}

int main(int argc, char **argv)
{
	static struct seeds s;
	uint64_t x = 0x9e3779b97f4a7c15;
	long made = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-n") && i + 1 < argc)
			made = atol(argv[++i]);
		else
			add(&s, argv[i]);
	}
	one(NULL, 0);
	for (size_t i = 0; i < s.n; i++)
		one(s.data[i], s.size[i]);
	for (long i = 0; i < made; i++)
		made_up(&s, &x);
	printf("%zu inputs, %ld made up\n", s.n + 1, made);
	for (size_t i = 0; i < s.n; i++)
		free(s.data[i]);
	return 0;
}
