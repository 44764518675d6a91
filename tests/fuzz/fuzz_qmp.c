/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the monitor: the input is its stream, in pieces whose length the
 * first byte of each gives. Every message must get exactly one answer, which is
 * an object with either "return" or "error". The machine does not run, so
 * commands that need it fail.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../vmm/mon.h"
#include "../../vmm/mon_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void nothing(void *opaque)
{
	(void)opaque;
}

/* A machine whose kernel is one page of zeroes. */
static hypar_machine *machine(const struct hypar_config *with)
{
	struct hypar_config cfg = *with;
	struct hypar_err e = { 0 };
	int fd = memfd_create("kernel", 0);
	hypar_machine *m;

	require(fd >= 0 && !ftruncate(fd, 4096));
	cfg.kernel = "/proc/self/fd/999";
	require(dup2(fd, 999) == 999);
	m = hypar_machine_new(&cfg, &e);
	require(m != NULL);
	close(999);
	close(fd);
	return m;
}

static void check_answer(char *line)
{
	json_t *o;

	require(line && strlen(line) > 2 && !strcmp(line + strlen(line) - 2, "\r\n"));
	o = json_loads(line, 0, NULL);
	require(json_is_object(o));
	require(!json_object_get(o, "return") != !json_object_get(o, "error"));
	json_decref(o);
	free(line);
}

static void feed(struct mon *m, struct mon_session *s, struct mon_frame *f, const char *p, size_t n)
{
	while (n) {
		enum mon_frame_result result;
		size_t taken = mon_frame_feed(f, p, n, &result);

		require(taken && taken <= n);
		require(f->n <= MON_MESSAGE_MAX && f->depth <= MON_DEPTH_MAX);
		p += taken;
		n -= taken;
		if (result == MON_FRAME_WHOLE)
			check_answer(mon_answer(m, s, f->buf, f->n));
		else if (result != MON_FRAME_MORE)
			check_answer(mon_refuse(mon_frame_error(result)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o = {
		.machine = { .memory = 2 * HYPAR_LMB_SIZE, .cpus = 2, .threads = 1 }
	};
	static hypar_machine *its; /* the same for all inputs: it takes long to make */
	struct mon m = { .o = &o, .quit = nothing, .flush_trace = nothing };
	struct mon_session s = { 0 };
	struct mon_frame f = { 0 };

	if (!its)
		its = machine(&o.machine);
	m.machine = its;
	while (size) {
		size_t n = *data + 1u;

		data++;
		size--;
		if (n > size)
			n = size;
		feed(&m, &s, &f, (const char *)data, n);
		data += n;
		size -= n;
	}
	mon_frame_fini(&f);
	return 0;
}
