/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processors of a running Linux come and go, asked for by include/hypar/dr.h.
 *
 *     dr_cpus KERNEL INITRD xive|xics THREADS [ROUNDS]
 *
 * INITRD is tools/mkinitramfs.py's, whose shell this program types to. One line
 * a check, "ok NAME" or "FAIL NAME"; status 1 when one failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypar/dr.h"
#include "hypar/hypar.h"

#define CORES 4u /* that there can be */

struct box {
	hypar_machine *machine;
	pthread_t thread;
	enum hypar_end end;
	unsigned int threads;
	pthread_mutex_t lock; /* of what follows */
	char text[1 << 20];
	size_t n, seen;
	unsigned int n_refused; /* atomic */
};

static unsigned int n_failed;

static void check(bool ok, const char *name)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", name);
	fflush(stdout);
	n_failed += !ok;
}

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct box *b = opaque;
	size_t room;

	(void)vty;
	pthread_mutex_lock(&b->lock);
	room = sizeof(b->text) - 1 - b->n;
	room = room < n ? room : n;
	memcpy(b->text + b->n, buf, room);
	b->n += room;
	b->text[b->n] = 0;
	pthread_mutex_unlock(&b->lock);
	if (getenv("VERBOSE"))
		fwrite(buf, 1, n, stderr);
	return n;
}

static void event(void *opaque, const struct hypar_event *ev)
{
	struct box *b = opaque;

	pthread_mutex_lock(&b->lock);
	if (ev->kind == HYPAR_EVENT_DEVICE_UNPLUG_GUEST_ERROR)
		__atomic_add_fetch(&b->n_refused, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&b->lock);
}

static const struct hypar_host_ops host = { .console_write = console_write, .event = event };

/* Sanitizers, slow machines. */
static int slow(void)
{
	const char *factor = getenv("HYPAR_SLOW");

	return factor && atoi(factor) > 1 ? atoi(factor) : 1;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* Waits until the console says @text, behind what was waited for before. */
static bool wait_for(struct box *b, const char *text)
{
	for (int i = 0; i < 6000 * slow(); i++) {
		const char *at;

		pthread_mutex_lock(&b->lock);
		at = strstr(b->text + b->seen, text);
		if (at)
			b->seen = (size_t)(at - b->text) + strlen(text);
		pthread_mutex_unlock(&b->lock);
		if (at)
			return true;
		nap();
	}
	printf("# no \"%s\"\n", text);
	return false;
}

static void type(struct box *b, const char *text)
{
	for (size_t n = strlen(text); n;) {
		size_t done = hypar_console_input(b->machine, 0, text, n);

		text += done;
		n -= done;
		if (n)
			nap();
	}
}

/* The guest's shell carries out @line. */
static bool shell(struct box *b, const char *line)
{
	type(b, line);
	type(b, "; echo \"do\"ne\n");
	return wait_for(b, "done\r");
}

/* Linux starts a processor after it has configured its core. */
static bool is_online(struct box *b, const char *want)
{
	char line[200];

	(void)snprintf(
		line, sizeof(line),
		"for i in $(seq 100); do grep -qx %s /sys/devices/system/cpu/online && break;"
		" sleep 0.1; done; echo \"on:\"$(cat /sys/devices/system/cpu/online):\n",
		want);
	type(b, line);
	if (!wait_for(b, "\non:"))
		return false;
	(void)snprintf(line, sizeof(line), "%s:\r", want);
	return wait_for(b, line);
}

/* The first @n cores. */
static bool are_online(struct box *b, unsigned int n)
{
	char text[16];

	(void)snprintf(text, sizeof(text), n * b->threads > 1 ? "0-%u" : "0", n * b->threads - 1);
	return is_online(b, text);
}

/* The end of a request. */
static enum hypar_dr_state wait_request(struct box *b, uint32_t number)
{
	struct hypar_dr_request r = { .request = number };
	struct hypar_err e = { 0 };

	for (int i = 0; i < 6000 * slow(); i++) {
		r.request = number;
		if (hypar_machine_dr_request(b->machine, &r, &e) || r.request != number)
			break;
		if (r.state >= HYPAR_DR_DONE)
			return r.state;
		nap();
	}
	printf("# request %u: %u of %u %s %s\n", number, r.done, r.wanted, r.why, e.text);
	return r.state;
}

typedef int change_fn(hypar_machine *m, unsigned int n, uint32_t *request, struct hypar_err *e);

static bool change(struct box *b, change_fn *fn, unsigned int n, enum hypar_dr_state want)
{
	struct hypar_err e = { 0 };
	uint32_t request;
	int ret = fn(b->machine, n, &request, &e);

	if (ret)
		printf("# %s\n", e.text);
	return !ret && wait_request(b, request) == want;
}

static bool refused(struct box *b, change_fn *fn, unsigned int n, int want)
{
	struct hypar_err e = { 0 };
	uint32_t request;
	int ret = fn(b->machine, n, &request, &e);

	if (ret != want || !e.text[0])
		printf("# %d %s\n", ret, e.text);
	return ret == want && e.text[0];
}

static unsigned int count(struct box *b)
{
	struct hypar_cpu_info info;
	unsigned int n = 0;

	for (unsigned int i = 0; !hypar_machine_cpu_next(b->machine, &i, &info); i++)
		n++;
	return n;
}

static void test_add_remove(struct box *b)
{
	unsigned int t = b->threads;

	check(are_online(b, 1) && count(b) == t, "one core at first");
	check(change(b, hypar_machine_add_cpus, (CORES - 1) * t, HYPAR_DR_DONE), "add");
	check(are_online(b, CORES) && count(b) == CORES * t, "all cores");
	check(refused(b, hypar_machine_add_cpus, t, -ENOSPC), "more than max");
	check(refused(b, hypar_machine_add_core, 0, -EEXIST), "core 0 is there");
	check(refused(b, hypar_machine_add_core, CORES * t, -ENOENT), "no such core");
	check(t == 1 || refused(b, hypar_machine_add_cpus, 1, -EINVAL), "half a core");
	check(refused(b, hypar_machine_remove_cpus, CORES * t, -EBUSY), "remove all");
	check(change(b, hypar_machine_remove_core, t, HYPAR_DR_DONE), "remove core 1");
	check(refused(b, hypar_machine_remove_core, t, -ENOENT), "core 1 is gone");
	check(count(b) == (CORES - 1) * t, "its vCPUs are gone");
	check(change(b, hypar_machine_add_cpus, t, HYPAR_DR_DONE) && are_online(b, CORES),
	      "it fills the hole");
	check(change(b, hypar_machine_remove_cpus, (CORES - 1) * t, HYPAR_DR_DONE), "remove");
	check(are_online(b, 1) && count(b) == t, "one core again");
}

static void test_rounds(struct box *b, unsigned int rounds)
{
	struct hypar_err e = { 0 };
	bool ok = true;

	shell(b, "for i in 1 2 3; do (while :; do cat /proc/cpuinfo >/dev/null; done) & done");
	for (unsigned int i = 0; i < rounds && ok; i++) {
		unsigned int n = (1 + i % (CORES - 1)) * b->threads;

		ok = change(b, hypar_machine_add_cpus, n, HYPAR_DR_DONE);
		if (ok && i % 4 == 1)
			ok = !hypar_machine_renew_irqchip(b->machine, &e);
		if (ok)
			ok = change(b, hypar_machine_remove_cpus, n, HYPAR_DR_DONE);
	}
	check(ok && count(b) == b->threads, "rounds with a busy guest");
	check(!hypar_machine_renew_irqchip(b->machine, &e), "a fresh controller without servers");
	shell(b, "kill $(jobs -p)");
	check(are_online(b, 1), "the guest is well");
}

static void test_refused(struct box *b)
{
	unsigned int t = b->threads, refusals = b->n_refused;
	char line[160];

	check(change(b, hypar_machine_add_core, t, HYPAR_DR_DONE), "add core 1");
	(void)snprintf(
		line, sizeof(line),
		"for i in $(seq %u %u); do echo 0 >/sys/devices/system/cpu/cpu$i/online; done", t,
		2 * t - 1);
	check(shell(b, line) && are_online(b, 1), "offline core 1");
	check(change(b, hypar_machine_remove_core, 0, HYPAR_DR_REFUSED), "the last online core");
	for (int i = 0; i < 100 && __atomic_load_n(&b->n_refused, __ATOMIC_SEQ_CST) == refusals;
	     i++)
		nap(); /* it comes behind the end of the request */
	check(b->n_refused == refusals + 1, "an event tells of it");
	check(count(b) == 2 * t, "nothing went");
	/* Linux leaves the threads offline that it got to */
	(void)snprintf(
		line, sizeof(line),
		"for i in $(seq 0 %u); do echo 1 >/sys/devices/system/cpu/cpu$i/online; done",
		t - 1);
	check(shell(b, line), "online core 0");
	check(change(b, hypar_machine_remove_core, t, HYPAR_DR_DONE) && are_online(b, 1),
	      "an offline core goes");
}

static void test_first(struct box *b)
{
	unsigned int t = b->threads;

	check(change(b, hypar_machine_add_core, t, HYPAR_DR_DONE), "add core 1");
	check(change(b, hypar_machine_remove_core, 0, HYPAR_DR_DONE), "remove core 0");
	check(count(b) == t, "core 0 is gone");
	check(refused(b, hypar_machine_remove_core, t, -EBUSY), "core 1 is the last");
}

/* Core 0 is not there: the machine starts on core 1, with a hot-added core 2. */
static void test_reboot(struct box *b)
{
	unsigned int t = b->threads;
	char text[16];

	check(change(b, hypar_machine_add_core, 2 * t, HYPAR_DR_DONE), "add core 2");
	hypar_machine_reset(b->machine);
	check(wait_for(b, "hypar: user space") && wait_for(b, "~# "), "reboot");
	check(count(b) == 2 * t, "two cores remain");
	/* Linux numbers them from 0 on */
	(void)snprintf(text, sizeof(text), "0-%u", 2 * t - 1);
	check(is_online(b, text), "they are in the tree");
	check(change(b, hypar_machine_add_core, 0, HYPAR_DR_DONE), "add core 0");
	check(count(b) == 3 * t, "three cores");
	check(change(b, hypar_machine_remove_cpus, 2 * t, HYPAR_DR_DONE) && count(b) == t,
	      "remove the highest");
}

static void *run(void *opaque)
{
	struct box *b = opaque;
	struct hypar_err e = { 0 };

	b->end = hypar_machine_run(b->machine, &e);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct box box = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct hypar_config cfg = { .memory = 4 * HYPAR_LMB_SIZE,
				    .cpu = HYPAR_CPU_POWER10,
				    .append = "console=hvc0",
				    .host = &host,
				    .opaque = &box };
	struct hypar_err e = { 0 };

	if (argc < 5)
		return 2;
	cfg.kernel = argv[1];
	cfg.initrd = argv[2];
	cfg.irqchip = strcmp(argv[3], "xics") ? HYPAR_IRQCHIP_XIVE : HYPAR_IRQCHIP_XICS;
	cfg.cpus = cfg.threads = box.threads = (unsigned int)strtoul(argv[4], NULL, 0);
	cfg.cpus_max = CORES * cfg.threads;
	box.machine = hypar_machine_new(&cfg, &e);
	if (!box.machine) {
		printf("FAIL machine: %s\n", e.text);
		return 1;
	}
	pthread_create(&box.thread, NULL, run, &box);
	check(wait_for(&box, "hypar: user space") && wait_for(&box, "~# "), "boot");
	if (!n_failed) {
		test_add_remove(&box);
		test_rounds(&box, argc > 5 ? (unsigned int)strtoul(argv[5], NULL, 0) : 20);
		test_refused(&box);
		test_first(&box);
		test_reboot(&box);
	}
	type(&box, "poweroff -f\n");
	if (n_failed)
		hypar_machine_stop(box.machine);
	pthread_join(box.thread, NULL);
	check(box.end == HYPAR_END_POWEROFF, "power off");
	check(!strstr(box.text, "Oops") && !strstr(box.text, "WARNING: ") &&
		      !strstr(box.text, "BUG: "),
	      "no trouble in the guest");
	hypar_machine_free(box.machine);
	return n_failed != 0;
}
