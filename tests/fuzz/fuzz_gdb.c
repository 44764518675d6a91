/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a GDB may send. The machine behind include/hypar/debug.h is played
 * here: two vCPUs, 64 KiB of RAM, registers that keep what they are given. The
 * first byte says how the rest is sent: even, as it is; odd, each line as a
 * packet with its right sum, where a line that begins with ! makes the machine
 * stop first, for a reason by its next byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/gdbstub_int.h"

#define CPUS 2u
#define REGS 150u
#define RAM 0x10000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct hypar_machine {
	struct hypar_debug_value reg[CPUS][REGS];
	uint8_t ram[RAM];
	bool is_running;
	struct hypar_debug_stop stop;
	unsigned int n_breaks, n_watches;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

int hypar_debug_reg_at(unsigned int reg, struct hypar_debug_reg *out)
{
	if (reg >= REGS)
		return -ENOENT;
	*out = (struct hypar_debug_reg){ "x", 64, HYPAR_DEBUG_SPR };
	out->bits = reg % 3 ? 64 : reg % 2 ? 32 : 128;
	return 0;
}

int hypar_debug_read_regs(hypar_machine *m, unsigned int cpu, unsigned int reg, unsigned int n,
			  struct hypar_debug_value *v, struct hypar_err *e)
{
	(void)e;
	if (cpu >= CPUS || reg >= REGS || n > REGS - reg)
		return -ENOENT;
	memcpy(v, &m->reg[cpu][reg], n * sizeof(*v));
	return 0;
}

int hypar_debug_write_reg(hypar_machine *m, unsigned int cpu, unsigned int reg,
			  const struct hypar_debug_value *v, struct hypar_err *e)
{
	e->code = -ENOENT;
	if (cpu >= CPUS || reg >= REGS)
		return -ENOENT;
	m->reg[cpu][reg] = *v;
	return 0;
}

static long in_ram(const struct hypar_debug_place *at, size_t n)
{
	must(at->cpu < CPUS);
	if (at->address >= RAM)
		return -EFAULT;
	return n < RAM - at->address ? (long)n : (long)(RAM - at->address);
}

long hypar_debug_read(hypar_machine *m, const struct hypar_debug_place *at, void *buf, size_t n,
		      struct hypar_err *e)
{
	long k = in_ram(at, n);

	(void)e;
	if (k > 0)
		memcpy(buf, m->ram + at->address, (size_t)k);
	return k;
}

long hypar_debug_write(hypar_machine *m, const struct hypar_debug_place *at, const void *buf,
		       size_t n, struct hypar_err *e)
{
	long k = in_ram(at, n);

	(void)e;
	if (k > 0)
		memcpy(m->ram + at->address, buf, (size_t)k);
	return k;
}

int hypar_debug_translate(hypar_machine *m, const struct hypar_debug_place *at, uint64_t *real,
			  struct hypar_err *e)
{
	(void)m;
	e->text[0] = 0;
	*real = at->address;
	return at->address < RAM ? 0 : -EFAULT;
}

int hypar_debug_stop(hypar_machine *m, struct hypar_err *e)
{
	(void)e;
	m->is_running = false;
	return 0;
}

int hypar_debug_resume(hypar_machine *m, const enum hypar_debug_run *how, struct hypar_err *e)
{
	(void)e;
	for (unsigned int i = 0; i < CPUS; i++)
		must((unsigned int)how[i] <= HYPAR_DEBUG_STEP);
	m->is_running = true;
	m->stop.why = HYPAR_DEBUG_NONE;
	return 0;
}

int hypar_debug_reason(hypar_machine *m, struct hypar_debug_stop *stop, struct hypar_err *e)
{
	(void)e;
	*stop = m->stop;
	if (m->stop.why != HYPAR_DEBUG_NONE)
		m->is_running = false;
	return 0;
}

int hypar_debug_set_break(hypar_machine *m, uint64_t ea, struct hypar_err *e)
{
	(void)e;
	m->n_breaks += !(ea & 3);
	return ea & 3 ? -EINVAL : 0;
}

int hypar_debug_clear_break(hypar_machine *m, uint64_t ea, struct hypar_err *e)
{
	(void)ea;
	(void)e;
	must(m->n_breaks);
	m->n_breaks--;
	return 0;
}

int hypar_debug_set_watch(hypar_machine *m, const struct hypar_debug_watch *w, struct hypar_err *e)
{
	(void)e;
	must(w->kinds && w->kinds <= 3);
	m->n_watches += w->size != 0;
	return w->size ? 0 : -EINVAL;
}

int hypar_debug_clear_watch(hypar_machine *m, const struct hypar_debug_watch *w,
			    struct hypar_err *e)
{
	(void)w;
	(void)e;
	must(m->n_watches);
	m->n_watches--;
	return 0;
}

unsigned int hypar_debug_cpus(hypar_machine *m)
{
	(void)m;
	return CPUS;
}

bool hypar_debug_is_le(hypar_machine *m)
{
	return m->ram[0];
}

int hypar_debug_report(hypar_machine *m, const char *what,
		       void (*out)(void *opaque, const char *line), void *opaque,
		       struct hypar_err *e)
{
	(void)m;
	(void)e;
	out(opaque, what);
	return 0;
}

int hypar_machine_cpu_info(hypar_machine *m, unsigned int cpu, struct hypar_cpu_info *info)
{
	(void)m;
	*info = (struct hypar_cpu_info){ .index = cpu };
	return cpu < CPUS ? 0 : -ENOENT;
}

int hypar_machine_cpu_next(hypar_machine *m, unsigned int *cpu, struct hypar_cpu_info *info)
{
	return hypar_machine_cpu_info(m, *cpu, info);
}

int hypar_machine_nmi(hypar_machine *m, struct hypar_err *e)
{
	(void)m;
	(void)e;
	return 0;
}

void hypar_machine_shutdown(hypar_machine *m)
{
	(void)m;
}

void hypar_machine_reset(hypar_machine *m)
{
	(void)m;
}

/* ---- the conversation ---- */

static void stop_for(struct gdb *g, hypar_machine *m, uint8_t how)
{
	m->stop = (struct hypar_debug_stop){ (enum hypar_debug_why)(how & 3), how >> 2 & 1, how,
					     (how >> 3 & 3) ? (how >> 3 & 3) : 1u };
	gdb_look(g);
}

static void line(struct gdb *g, hypar_machine *m, const uint8_t *p, size_t n)
{
	uint8_t sum = 0, end[4];

	if (n > 1 && *p == '!') {
		stop_for(g, m, p[1]);
		p += 2;
		n -= 2;
	}
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	snprintf((char *)end, sizeof(end), "#%02x", sum);
	gdb_input(g, (const uint8_t *)"$", 1);
	gdb_input(g, p, n);
	gdb_input(g, end, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	hypar_machine *m = calloc(1, sizeof(*m));
	struct gdb *g = malloc(sizeof(*g));
	size_t n;

	must(m && g);
	gdb_init(g, m);
	if (size && !(*data & 1))
		gdb_input(g, data + 1, size - 1);
	for (size_t at = 1; size && (*data & 1) && at < size && g->wish == GDB_GO_ON; at += n + 1) {
		const uint8_t *nl = memchr(data + at, '\n', size - at);

		n = nl ? (size_t)(nl - data) - at : size - at;
		line(g, m, data + at, n);
		must(g->is_running == m->is_running && g->cpu_g < CPUS && g->cpu_c < (int)CPUS);
		if (g->out.n > 1 << 20)
			g->out.n = 0;
	}
	gdb_exited(g, 0);
	gdb_fini(g);
	free(g);
	free(m);
	return 0;
}
