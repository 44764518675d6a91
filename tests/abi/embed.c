/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that embeds libhypar: several machines in one process, each with a
 * console of its own. docs/howto/embed.md explains it.
 *
 *     embed GUEST     GUEST: the guest of tests/abi/cli/console.S
 *
 * One line a check, "ok NAME" or "FAIL NAME"; status 1 when one failed.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hypar/hypar.h"

/* A machine with what belongs to it. */
struct box {
	hypar_machine *machine;
	pthread_t thread;
	enum hypar_end end;
	struct hypar_err err;
	pthread_mutex_t lock; /* of text and n: a vCPU's thread writes, ours reads */
	char text[4096];
	size_t n;
};

static unsigned int n_failed;

static void check(bool ok, const char *name)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", name);
	n_failed += !ok;
}

/* ---- the host's side of a console ---- */

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct box *b = opaque;

	(void)vty;
	pthread_mutex_lock(&b->lock);
	if (n > sizeof(b->text) - 1 - b->n)
		n = sizeof(b->text) - 1 - b->n;
	memcpy(b->text + b->n, buf, n);
	b->n += n;
	b->text[b->n] = 0;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static const struct hypar_host_ops host = { .console_write = console_write };

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* Waits, 30 seconds at most, until the console holds @text. */
static bool wait_for(struct box *b, const char *text)
{
	for (int i = 0; i < 3000; i++) {
		bool found;

		pthread_mutex_lock(&b->lock);
		found = strstr(b->text, text);
		pthread_mutex_unlock(&b->lock);
		if (found)
			return true;
		nap();
	}
	return false;
}

/* All of @text: the guest takes it when it is ready. */
static void type(struct box *b, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		size_t done = hypar_console_input(b->machine, 0, text, n);

		text += done;
		n -= done;
		if (n)
			nap();
	}
}

/* ---- the life of a machine ---- */

static bool make(struct box *b, const struct hypar_config *cfg)
{
	struct hypar_config c = *cfg;

	memset(b, 0, sizeof(*b));
	pthread_mutex_init(&b->lock, NULL);
	c.host = &host;
	c.opaque = b;
	b->machine = hypar_machine_new(&c, &b->err);
	if (!b->machine)
		printf("# %s\n", b->err.text);
	return b->machine;
}

static void *run(void *opaque)
{
	struct box *b = opaque;

	b->end = hypar_machine_run(b->machine, &b->err);
	return NULL;
}

static bool start(struct box *b)
{
	return !pthread_create(&b->thread, NULL, run, b);
}

static enum hypar_end finish(struct box *b)
{
	pthread_join(b->thread, NULL);
	return b->end;
}

static void drop(struct box *b)
{
	hypar_machine_free(b->machine);
	pthread_mutex_destroy(&b->lock);
}

static void find_instructions(void *opaque, const char *line)
{
	if (!strncmp(line, "instructions: ", 14) && strcmp(line + 14, "0"))
		*(bool *)opaque = true;
}

/* ---- checks ---- */

static const struct hypar_config small = {
	.memory = 2 * HYPAR_LMB_SIZE,
	.cpus = 1,
	.threads = 1,
	.cpu = HYPAR_CPU_POWER10,
};

/* Two unlike machines at once; what one says the other does not hear. */
static void check_two(const char *kernel)
{
	struct hypar_config c = small;
	struct box a, b;
	bool counted = false;

	c.kernel = kernel;
	c.cpu = HYPAR_CPU_POWER9;
	c.irqchip = HYPAR_IRQCHIP_XICS;
	check(make(&a, &c), "first machine");
	c.cpu = HYPAR_CPU_POWER10;
	c.irqchip = HYPAR_IRQCHIP_XIVE;
	c.cpus = 2;
	c.threads = 2;
	check(make(&b, &c), "second machine");
	check(start(&a) && start(&b), "both start");
	check(wait_for(&a, "ready") && wait_for(&b, "ready"), "both are ready");
	type(&a, "12");
	type(&b, "34");
	check(wait_for(&a, "12") && wait_for(&b, "34"), "both echo");
	check(!strchr(a.text, '3') && !strchr(b.text, '1'), "consoles are apart");
	type(&a, "f"); /* the guest writes 1 MiB, more than this console takes */
	hypar_machine_stop(a.machine);
	check(finish(&a) == HYPAR_END_STOPPED, "one stops while it waits for its console");
	type(&b, "abc");
	check(wait_for(&b, "abc"), "the other goes on");
	type(&b, "q");
	check(finish(&b) == HYPAR_END_POWEROFF, "power-off");
	check(!hypar_machine_report(b.machine, "stats", find_instructions, &counted) && counted,
	      "report");
	check(hypar_machine_report(b.machine, "weather", find_instructions, &counted) < 0,
	      "no such report");
	drop(&a);
	drop(&b);
}

static void check_ends(const char *kernel)
{
	struct hypar_config c = small;
	struct box b;

	c.kernel = kernel;
	check(make(&b, &c) && start(&b) && wait_for(&b, "ready"), "third machine");
	type(&b, "o");
	check(finish(&b) == HYPAR_END_OS_TERM, "os-term");
	check(!strcmp(hypar_machine_reason(b.machine), "gone"), "reason");
	drop(&b);
	check(make(&b, &c) && start(&b) && wait_for(&b, "ready"), "fourth machine");
	type(&b, "k");
	check(finish(&b) == HYPAR_END_CHECKSTOP, "checkstop");
	check(*hypar_machine_reason(b.machine), "reason of the checkstop");
	drop(&b);
	/* before it runs, a machine may be stopped or dropped */
	check(make(&b, &c), "fifth machine");
	hypar_machine_stop(b.machine);
	check(start(&b) && finish(&b) == HYPAR_END_STOPPED, "stopped before it ran");
	drop(&b);
	check(make(&b, &c), "sixth machine");
	drop(&b);
}

static void check_errors(void)
{
	struct hypar_config c = small;
	struct box b;

	c.kernel = "/no/such/kernel";
	check(!make(&b, &c) && b.err.code < 0 && strstr(b.err.text, c.kernel), "no kernel");
	c.memory = 1;
	check(!make(&b, &c) && strstr(b.err.text, "memory"), "bad memory");
	check(!hypar_machine_new(&c, NULL), "no error wanted");
	hypar_machine_free(NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_errors();
	check_two(argv[1]);
	check_ends(argv[1]);
	return n_failed != 0;
}
