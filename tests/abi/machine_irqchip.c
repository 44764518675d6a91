// SPDX-License-Identifier: Apache-2.0
/*
 * The interrupt controller of a machine through the device attributes of the
 * public library, and the pause that a save needs.
 *
 *     machine_irqchip GUEST
 *     machine_irqchip KERNEL INITRD xive|xics CPUS
 *
 * GUEST is the guest of tests/abi/cli/console.S: pauses, and what may be asked
 * when. KERNEL boots while, again and again, its controller is saved, made
 * useless and restored.
 *
 * One line a check, "ok NAME" or "FAIL NAME"; status 1 when one failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypar/hypar.h"
#include "hypar/kvm.h"

#define N_PRIO 7u
#define CPUS_MAX 8u

static unsigned int n_failed;

struct box {
	hypar_machine *m;
	pthread_t thread;
	enum hypar_end end;
	atomic_bool ended;
	atomic_uint n_text; /* bytes of the console so far */
	bool print;
};

static void check(bool ok, const char *name)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", name);
	n_failed += !ok;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct box *b = opaque;

	(void)vty;
	if (b->print)
		fwrite(buf, 1, n, stdout);
	atomic_fetch_add(&b->n_text, (unsigned int)n);
	return n;
}

static const struct hypar_host_ops host = { .console_write = console_write };

static void make(struct box *b, struct hypar_config c)
{
	struct hypar_err e = { 0 };

	memset(b, 0, sizeof(*b));
	c.memory = 2 * HYPAR_LMB_SIZE;
	c.threads = 1;
	c.cpu = HYPAR_CPU_POWER10;
	c.host = &host;
	c.opaque = b;
	b->m = hypar_machine_new(&c, &e);
	if (!b->m) {
		printf("FAIL %s\n", e.text);
		exit(1);
	}
}

static void *run(void *opaque)
{
	struct box *b = opaque;

	b->end = hypar_machine_run(b->m, NULL);
	atomic_store(&b->ended, true);
	return NULL;
}

static void start(struct box *b)
{
	if (pthread_create(&b->thread, NULL, run, b))
		exit(2);
}

static enum hypar_end finish(struct box *b)
{
	pthread_join(b->thread, NULL);
	hypar_machine_free(b->m);
	return b->end;
}

/* Waits, 30 seconds at most, for output beyond @n bytes. */
static bool wait_text(struct box *b, unsigned int n)
{
	for (int i = 0; i < 3000 && atomic_load(&b->n_text) <= n; i++)
		nap(10);
	return atomic_load(&b->n_text) > n;
}

/* ---- pauses ---- */

static void no_line(void *opaque, const char *line)
{
	(void)line;
	++*(unsigned int *)opaque;
}

static void check_pause(const char *kernel)
{
	struct hypar_config c = { .kernel = kernel, .cpus = 2, .irqchip = HYPAR_IRQCHIP_XICS };
	struct hypar_err e = { 0 };
	struct box b;
	unsigned int n, lines = 0;

	make(&b, c);
	check(hypar_machine_pause(b.m, &e) == -ESRCH && e.text[0], "pause: before it runs");
	start(&b);
	check(wait_text(&b, 4), "the guest is ready");
	check(hypar_machine_resume(b.m, NULL) == -EINVAL, "resume: not paused");
	check(!hypar_machine_pause(b.m, NULL) && !hypar_machine_pause(b.m, NULL), "pause twice");
	n = atomic_load(&b.n_text);
	hypar_console_input(b.m, 0, "x", 1);
	nap(200);
	check(atomic_load(&b.n_text) == n, "paused: the guest says nothing");
	check(!hypar_machine_report(b.m, "registers", no_line, &lines) && lines, "paused: report");
	check(!hypar_machine_renew_irqchip(b.m, NULL), "paused: the controller is renewed");
	check(!hypar_machine_resume(b.m, NULL), "resume once");
	nap(200);
	check(atomic_load(&b.n_text) == n, "paused: still");
	check(!hypar_machine_resume(b.m, NULL) && wait_text(&b, n), "resumed: it answers");
	hypar_machine_pause(b.m, NULL);
	hypar_console_input(b.m, 0, "q", 1);
	hypar_machine_shutdown(b.m);
	nap(200);
	check(!atomic_load(&b.ended), "paused: no power-off");
	hypar_machine_resume(b.m, NULL);
	check(finish(&b) == HYPAR_END_POWEROFF, "resumed: power-off");
	make(&b, c);
	start(&b);
	wait_text(&b, 4);
	check(!hypar_machine_pause(b.m, NULL), "pause another");
	hypar_machine_stop(b.m);
	pthread_join(b.thread, NULL);
	check(b.end == HYPAR_END_STOPPED, "paused: stopped at once");
	check(hypar_machine_resume(b.m, NULL) == -ESRCH, "resume: it has ended");
	check(hypar_machine_pause(b.m, NULL) == -ESRCH, "pause: it has ended");
	hypar_machine_free(b.m);
}

static void check_device(const char *kernel)
{
	struct hypar_config c = { .kernel = kernel, .cpus = 2, .irqchip = HYPAR_IRQCHIP_XIVE };
	struct hypar_irqdev_access a = { 0, 8, HYPAR_XIVE_TIMA_OS + 0x10 };
	uint64_t v = KVM_XIVE_LEVEL_SENSITIVE, vp[2];
	uint32_t n = 1;
	hypar_irqdev *d;
	struct box b;

	make(&b, c);
	d = hypar_machine_irqdev(b.m);
	check(hypar_irqdev_type(d) == KVM_DEV_TYPE_XIVE, "machine: XIVE before it runs");
	start(&b);
	wait_text(&b, 4);
	check(hypar_irqdev_connect(d, 1) == -EEXIST, "machine: its servers are connected");
	check(hypar_irqdev_connect(d, 2) == -EINVAL, "machine: no more servers");
	check(hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n) ==
		      -EBUSY,
	      "machine: NR_SERVERS is too late");
	check(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, HYPAR_MACHINE_SOURCES - 1, &v),
	      "machine: a source of the VMM's");
	check(!hypar_irqdev_set_irq(d, HYPAR_MACHINE_SOURCES - 1, true), "machine: its line");
	check(!hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE, HYPAR_MACHINE_SOURCES - 1, &v) &&
		      v == (KVM_XIVE_LEVEL_SENSITIVE | KVM_XIVE_LEVEL_ASSERTED),
	      "machine: asserted");
	check(hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, HYPAR_MACHINE_SOURCES, &v) ==
		      -ENOMEM,
	      "machine: no more sources");
	check(!hypar_irqdev_get_reg(d, 1, KVM_REG_PPC_VP_STATE, vp), "machine: VP_STATE");
	check(!hypar_irqdev_load(d, &a, &v), "machine: TIMA");
	hypar_irqdev_free(d); /* does nothing */
	hypar_machine_stop(b.m);
	check(finish(&b) == HYPAR_END_STOPPED, "machine: stopped");
	c.irqchip = HYPAR_IRQCHIP_XICS;
	make(&b, c);
	check(hypar_irqdev_type(hypar_machine_irqdev(b.m)) == KVM_DEV_TYPE_XICS, "machine: XICS");
	hypar_machine_free(b.m);
}

/* ---- save, spoil, restore ---- */

struct saved {
	uint32_t n_cpus;
	bool exists[HYPAR_MACHINE_SOURCES];
	uint64_t word[HYPAR_MACHINE_SOURCES], config[HYPAR_MACHINE_SOURCES],
		pq[HYPAR_MACHINE_SOURCES];
	struct kvm_ppc_xive_eq eq[CPUS_MAX][N_PRIO];
	uint64_t vp[CPUS_MAX][2];
};

static uint64_t eq_attr(uint32_t server, uint32_t prio)
{
	return (uint64_t)server << KVM_XIVE_EQ_SERVER_SHIFT | prio;
}

/* Sets PQ; the answer is what it was. */
static uint64_t esb(hypar_irqdev *d, uint32_t source, uint64_t pq)
{
	struct hypar_irqdev_access a = { 0, 8, HYPAR_XIVE_ESB_MANAGE(source) + 0xc00 + (pq << 8) };
	uint64_t v = 0;

	return hypar_irqdev_load(d, &a, &v) ? ~0ULL : v;
}

static int xive_save(hypar_irqdev *d, struct saved *s)
{
	int bad = 0;

	for (uint32_t i = 0; i < HYPAR_MACHINE_SOURCES; i++) {
		s->exists[i] = !hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->word[i]);
		if (s->exists[i])
			s->pq[i] = esb(d, i, 1);
	}
	bad |= hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, NULL);
	for (uint32_t i = 0; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			bad |= hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
						     &s->config[i]);
	for (uint32_t i = 0; i < s->n_cpus; i++) {
		for (uint32_t p = 0; p < N_PRIO; p++)
			bad |= hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, eq_attr(i, p),
						     &s->eq[i][p]);
		bad |= hypar_irqdev_get_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]);
	}
	return bad;
}

static int xive_restore(hypar_irqdev *d, const struct saved *s)
{
	int bad = 0;

	for (uint32_t i = 0; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			bad |= hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->word[i]);
	for (uint32_t i = 0; i < s->n_cpus; i++)
		for (uint32_t p = 0; p < N_PRIO; p++)
			bad |= hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, eq_attr(i, p),
						     &s->eq[i][p]);
	for (uint32_t i = 0; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			bad |= hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
						     &s->config[i]);
	for (uint32_t i = 0; i < s->n_cpus; i++)
		bad |= hypar_irqdev_set_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]);
	return bad;
}

/* The last step of a restore, and what lets a saved device go on. */
static void xive_put_pq(hypar_irqdev *d, const struct saved *s)
{
	for (uint32_t i = 0; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			esb(d, i, s->pq[i]);
}

static int xive_spoil(hypar_irqdev *d, const struct saved *s)
{
	uint64_t vp[2] = { 0 };
	int bad = hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_RESET, NULL);

	for (uint32_t i = 0; i < s->n_cpus; i++)
		bad |= hypar_irqdev_set_reg(d, i, KVM_REG_PPC_VP_STATE, vp);
	return bad;
}

static int xics_save(hypar_irqdev *d, struct saved *s)
{
	int bad = 0;

	for (uint32_t i = 16; i < HYPAR_MACHINE_SOURCES; i++)
		s->exists[i] = !hypar_irqdev_get_attr(d, KVM_DEV_XICS_GRP_SOURCES, i, &s->word[i]);
	for (uint32_t i = 0; i < s->n_cpus; i++)
		bad |= hypar_irqdev_get_reg(d, i, KVM_REG_PPC_ICP_STATE, s->vp[i]);
	return bad;
}

static int xics_restore(hypar_irqdev *d, const struct saved *s)
{
	int bad = 0;

	for (uint32_t i = 16; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			bad |= hypar_irqdev_set_attr(d, KVM_DEV_XICS_GRP_SOURCES, i, &s->word[i]);
	for (uint32_t i = 0; i < s->n_cpus; i++)
		bad |= hypar_irqdev_set_reg(d, i, KVM_REG_PPC_ICP_STATE, s->vp[i]);
	return bad;
}

static int xics_spoil(hypar_irqdev *d, const struct saved *s)
{
	uint64_t masked = KVM_XICS_MASKED | 0xffULL << KVM_XICS_PRIORITY_SHIFT;
	uint64_t icp = 0xffULL << KVM_REG_PPC_ICP_MFRR_SHIFT |
		       0xffULL << KVM_REG_PPC_ICP_PPRI_SHIFT;
	int bad = 0;

	for (uint32_t i = 0; i < s->n_cpus; i++)
		bad |= hypar_irqdev_set_reg(d, i, KVM_REG_PPC_ICP_STATE, &icp);
	for (uint32_t i = 16; i < HYPAR_MACHINE_SOURCES; i++)
		if (s->exists[i])
			bad |= hypar_irqdev_set_attr(d, KVM_DEV_XICS_GRP_SOURCES, i, &masked);
	return bad;
}

/*
 * With the machine paused. The last save is to find what the first found.
 * Nonzero: it does not, or a call failed.
 */
static int save_spoil_restore(hypar_irqdev *d, struct saved *s)
{
	struct saved *again = calloc(1, sizeof(*again));
	int bad;

	if (!again)
		return -1;
	again->n_cpus = s->n_cpus;
	memset(s->eq, 0, sizeof(s->eq)); /* a queue that is not there is not written */
	if (hypar_irqdev_type(d) == KVM_DEV_TYPE_XIVE) {
		bad = xive_save(d, s);
		bad |= xive_spoil(d, s);
		bad |= xive_restore(d, s);
		xive_put_pq(d, s);
		bad |= xive_save(d, again);
		xive_put_pq(d, again);
		bad |= memcmp(s->config, again->config, sizeof(s->config)) |
		       memcmp(s->pq, again->pq, sizeof(s->pq)) |
		       memcmp(s->eq, again->eq, sizeof(s->eq));
	} else {
		bad = xics_save(d, s);
		bad |= xics_spoil(d, s);
		bad |= xics_restore(d, s);
		bad |= xics_save(d, again);
	}
	bad |= memcmp(s->word, again->word, sizeof(s->word)) |
	       memcmp(s->vp, again->vp, sizeof(s->vp));
	free(again);
	return bad;
}

static void check_linux(char **argv)
{
	struct hypar_config c = { .kernel = argv[1],
				  .initrd = argv[2],
				  .irqchip = strcmp(argv[3], "xics") ? HYPAR_IRQCHIP_XIVE :
								       HYPAR_IRQCHIP_XICS,
				  .cpus = (unsigned int)strtoul(argv[4], NULL, 10),
				  .append = "console=hvc0 rdinit=/bin/busybox -- poweroff -f" };
	struct saved *s = calloc(1, sizeof(*s));
	unsigned int n_done = 0, n_bad = 0, n_xive = 0;
	struct box b;

	if (!s || c.cpus > CPUS_MAX)
		exit(2);
	make(&b, c);
	b.print = true;
	s->n_cpus = c.cpus;
	start(&b);
	for (; !atomic_load(&b.ended); nap(20)) {
		if (hypar_machine_pause(b.m, NULL))
			continue;
		n_bad += save_spoil_restore(hypar_machine_irqdev(b.m), s) != 0;
		n_xive += hypar_irqdev_type(hypar_machine_irqdev(b.m)) == KVM_DEV_TYPE_XIVE;
		n_done++;
		hypar_machine_resume(b.m, NULL);
	}
	printf("\n# %u times, %u of them XIVE\n", n_done, n_xive);
	check(finish(&b) == HYPAR_END_POWEROFF, "the guest powers off");
	check(n_done && !n_bad, "all calls succeed, all comes back");
	check(strcmp(argv[3], "xics") ? n_xive : !n_xive, "the controller asked for");
	free(s);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5) {
		check_linux(argv);
	} else if (argc == 2) {
		check_pause(argv[1]);
		check_device(argv[1]);
	} else {
		return 2;
	}
	return n_failed != 0;
}
