/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running and stopping: breakpoints, vCont and its older forms, stop replies.
 * All-stop: when one vCPU stops, all do.
 */
#include <errno.h>
#include <string.h>

#include "gdbstub_int.h"

typedef unsigned long long ull;

#define SIGNAL_INT 2u
#define SIGNAL_TRAP 5u
#define REG_SP 1u
#define REG_PC 64u
#define REG_LR 67u
#define ALL (-1)

/* ---- stops ---- */

static void say_register(struct gdb *g, unsigned int reg)
{
	struct hypar_debug_value v;
	struct hypar_err e = { 0 };
	uint8_t bytes[16];

	if (hypar_debug_read_regs(g->machine, g->stop.cpu, reg, 1, &v, &e))
		return;
	gdb_buf_text(&g->reply, "%02x:", reg);
	gdb_buf_hex(&g->reply, bytes, gdb_reg_bytes(g, 64, &v, bytes));
	gdb_buf_text(&g->reply, ";");
}

static bool has_point(const struct gdb *g, unsigned int type, uint64_t at)
{
	for (unsigned int i = 0; i < g->n_points; i++)
		if (g->points[i].type == type && g->points[i].at == at)
			return true;
	return false;
}

static void say_why(struct gdb *g)
{
	switch (g->stop.why) {
	case HYPAR_DEBUG_BREAK:
		if (has_point(g, 0, g->stop.ea) && g->has_swbreak)
			gdb_buf_text(&g->reply, "swbreak:;");
		else if (has_point(g, 1, g->stop.ea) && g->has_swbreak)
			gdb_buf_text(&g->reply, "hwbreak:;");
		break;
	case HYPAR_DEBUG_WATCH:
		gdb_buf_text(&g->reply, "%swatch:%llx;",
			     g->stop.kinds == HYPAR_DEBUG_WRITE ? "" :
			     g->stop.kinds == HYPAR_DEBUG_READ	? "r" :
								  "a",
			     (ull)g->stop.ea);
		break;
	default:
		break;
	}
}

void gdb_say_stop(struct gdb *g)
{
	gdb_buf_text(&g->reply, "T%02xthread:%x;", g->signal, g->stop.cpu + 1);
	say_why(g);
	say_register(g, REG_PC);
	say_register(g, REG_SP);
	say_register(g, REG_LR);
}

/* All stand still: @signal is what the user sees. */
static void stopped(struct gdb *g, unsigned int signal)
{
	g->is_running = false;
	g->signal = signal;
	g->cpu_g = g->stop.cpu;
	gdb_say_stop(g);
	gdb_send(g);
}

/* A step that ended within its range goes on. */
static bool is_in_range(struct gdb *g)
{
	const uint64_t *range = g->range[g->stop.cpu];
	struct hypar_debug_value pc;
	struct hypar_err e = { 0 };

	if (g->stop.why != HYPAR_DEBUG_STEPPED || !range[1] ||
	    hypar_debug_read_regs(g->machine, g->stop.cpu, REG_PC, 1, &pc, &e))
		return false;
	return pc.lo >= range[0] && pc.lo < range[1];
}

void gdb_look(struct gdb *g)
{
	struct hypar_err e = { 0 };
	struct hypar_debug_stop stop;

	if (!g->is_running || hypar_debug_reason(g->machine, &stop, &e) ||
	    stop.why == HYPAR_DEBUG_NONE)
		return;
	g->stop = stop;
	if (is_in_range(g) && !hypar_debug_resume(g->machine, g->how, &e))
		return;
	stopped(g, SIGNAL_TRAP);
}

void gdb_interrupt(struct gdb *g)
{
	struct hypar_err e = { 0 };
	struct hypar_cpu_info info;
	unsigned int cpu = g->stop.cpu;

	if (!g->is_running)
		return;
	gdb_look(g); /* it may have stopped just now */
	if (!g->is_running || hypar_debug_stop(g->machine, &e))
		return;
	/* the one that was told last may have gone */
	if (hypar_machine_cpu_info(g->machine, cpu, &info))
		cpu = 0;
	(void)hypar_machine_cpu_next(g->machine, &cpu, &info);
	g->stop = (struct hypar_debug_stop){ .why = HYPAR_DEBUG_NONE, .cpu = cpu };
	stopped(g, SIGNAL_INT);
}

void gdb_exited(struct gdb *g, unsigned int status)
{
	if (!g->is_running)
		return;
	g->is_running = false;
	gdb_buf_text(&g->reply, "W%02x", status & 0xff);
	gdb_send(g);
}

void gdb_resume(struct gdb *g)
{
	struct hypar_err e = { 0 };
	int ret = hypar_debug_resume(g->machine, g->how, &e);

	if (ret) {
		gdb_error(g, ret);
		return;
	}
	g->is_running = true;
}

/* ---- vCont ---- */

/* -1: all; -2: none such. "p1.2" is accepted, as there is one process. */
static int thread_of(const struct gdb *g, const char **p)
{
	struct hypar_cpu_info info;
	uint64_t n;

	if (**p == 'p') {
		const char *dot = strchr(*p, '.');

		if (!dot)
			return ALL;
		*p = dot + 1;
	}
	if (!strncmp(*p, "-1", 2)) {
		*p += 2;
		return ALL;
	}
	if (!gdb_hex_number(p, &n) || n > g->n_cpus)
		return -2;
	if (n && hypar_machine_cpu_info(g->machine, (unsigned int)n - 1, &info))
		return -2;
	return n ? (int)n - 1 : (int)g->cpu_g;
}

struct action {
	enum hypar_debug_run how;
	uint64_t from, to;
	int cpu;
};

/* One ";action[:thread]"; *p is behind it then. */
static bool read_action(const struct gdb *g, const char **p, struct action *a)
{
	char c = *(*p)++;
	uint64_t n;

	*a = (struct action){ .cpu = ALL };
	switch (c) {
	case 'c':
	case 'C':
		a->how = HYPAR_DEBUG_CONTINUE;
		break;
	case 'r':
	case 's':
	case 'S':
		a->how = HYPAR_DEBUG_STEP;
		break;
	case 't':
		a->how = HYPAR_DEBUG_STAY;
		break;
	default:
		return false;
	}
	/* a signal: the guest has none */
	if ((c == 'C' || c == 'S') && !gdb_hex_number(p, &n))
		return false;
	if (c == 'r' &&
	    (!gdb_hex_number(p, &a->from) || *(*p)++ != ',' || !gdb_hex_number(p, &a->to)))
		return false;
	if (**p == ':') {
		++*p;
		a->cpu = thread_of(g, p);
	}
	return a->cpu >= ALL && (!**p || **p == ';');
}

static void v_cont(struct gdb *g, const char *p)
{
	bool has[HYPAR_CPUS_MAX] = { 0 };
	struct action a;

	memset(g->range, 0, sizeof(g->range));
	for (unsigned int i = 0; i < g->n_cpus; i++)
		g->how[i] = HYPAR_DEBUG_STAY;
	while (*p == ';') {
		p++;
		if (!read_action(g, &p, &a)) {
			gdb_error(g, -EINVAL);
			return;
		}
		/* the leftmost that fits counts */
		for (unsigned int i = 0; i < g->n_cpus; i++) {
			if (has[i] || (a.cpu != ALL && a.cpu != (int)i))
				continue;
			has[i] = true;
			g->how[i] = a.how;
			g->range[i][0] = a.from;
			g->range[i][1] = a.to;
		}
	}
	gdb_resume(g);
}

void gdb_v_packet(struct gdb *g, const char *p)
{
	if (!strcmp(p, "Cont?")) {
		gdb_buf_text(&g->reply, "vCont;c;C;s;S;t;r");
	} else if (!strncmp(p, "Cont;", 5)) {
		v_cont(g, p + 4);
	} else if (!strncmp(p, "Kill", 4)) {
		gdb_buf_text(&g->reply, "OK");
		g->wish = GDB_KILL;
	}
	/* vMustReplyEmpty, vAttach and all others: an empty answer */
}

void gdb_old_resume(struct gdb *g, const char *p)
{
	enum hypar_debug_run how = (p[0] | 0x20) == 's' ? HYPAR_DEBUG_STEP : HYPAR_DEBUG_CONTINUE;
	bool has_signal = p[0] == 'C' || p[0] == 'S';
	struct hypar_debug_value pc = { 0 };
	struct hypar_err e = { 0 };
	uint64_t n;

	p++;
	if (has_signal && (!gdb_hex_number(&p, &n) || (*p && *p++ != ';'))) {
		gdb_error(g, -EINVAL);
		return;
	}
	if (gdb_hex_number(&p, &pc.lo) &&
	    hypar_debug_write_reg(g->machine, g->cpu_c < 0 ? g->cpu_g : (unsigned int)g->cpu_c,
				  REG_PC, &pc, &e)) {
		gdb_error(g, e.code);
		return;
	}
	memset(g->range, 0, sizeof(g->range));
	for (unsigned int i = 0; i < g->n_cpus; i++)
		if (how == HYPAR_DEBUG_STEP)
			g->how[i] = (int)i == (g->cpu_c < 0 ? (int)g->cpu_g : g->cpu_c) ?
					    HYPAR_DEBUG_STEP :
					    HYPAR_DEBUG_STAY;
		else
			g->how[i] = g->cpu_c < 0 || g->cpu_c == (int)i ? HYPAR_DEBUG_CONTINUE :
									 HYPAR_DEBUG_STAY;
	gdb_resume(g);
}

/* ---- breakpoints and watchpoints ---- */

static struct gdb_point *find_point(struct gdb *g, const struct gdb_point *x)
{
	for (unsigned int i = 0; i < g->n_points; i++)
		if (g->points[i].type == x->type && g->points[i].at == x->at &&
		    (x->type < 2 || g->points[i].size == x->size))
			return &g->points[i];
	return NULL;
}

static int apply_watch(struct gdb *g, const struct gdb_point *x, bool is_set, struct hypar_err *e)
{
	struct hypar_debug_watch w = { x->at, x->size,
				       (x->type != 3 ? HYPAR_DEBUG_WRITE : 0) |
					       (x->type != 2 ? HYPAR_DEBUG_READ : 0) };

	return is_set ? hypar_debug_set_watch(g->machine, &w, e) :
			hypar_debug_clear_watch(g->machine, &w, e);
}

static int apply(struct gdb *g, const struct gdb_point *x, bool is_set)
{
	struct hypar_err e = { 0 };

	if (x->type >= 2)
		return apply_watch(g, x, is_set, &e);
	if (has_point(g, !x->type, x->at)) /* the other kind is there: one for the machine */
		return 0;
	return is_set ? hypar_debug_set_break(g->machine, x->at, &e) :
			hypar_debug_clear_break(g->machine, x->at, &e);
}

void gdb_point(struct gdb *g, const char *p, bool is_set)
{
	struct gdb_point x, *found;
	int ret;

	x.type = (unsigned int)(*p - '0');
	if (x.type > 4)
		return; /* an empty answer: not that kind */
	p++;
	if (*p++ != ',' || !gdb_hex_number(&p, &x.at) || *p++ != ',' ||
	    !gdb_hex_number(&p, &x.size) || (*p && *p != ';')) {
		gdb_error(g, -EINVAL);
		return;
	}
	found = find_point(g, &x);
	if (is_set && !found && g->n_points == GDB_POINTS) {
		gdb_error(g, -ENOSPC);
		return;
	}
	if (is_set == !found) { /* otherwise it is as it shall be */
		if (found)
			*found = g->points[--g->n_points];
		ret = apply(g, &x, is_set);
		if (ret) {
			gdb_error(g, ret);
			return;
		}
		if (is_set)
			g->points[g->n_points++] = x;
	}
	gdb_buf_text(&g->reply, "OK");
}
