/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GDB's packets: threads, registers, memory, queries. A packet that is not
 * known gets the empty answer, as the protocol wants. Vcpu n is thread n + 1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub_int.h"

typedef unsigned long long ull;

void gdb_error(struct gdb *g, int code)
{
	g->reply.n = 0;
	gdb_buf_text(&g->reply, "E%02x", (unsigned int)(code < 0 ? -code : code) & 0xff);
}

static void ok(struct gdb *g)
{
	gdb_buf_text(&g->reply, "OK");
}

static bool begins(const char **p, const char *with)
{
	size_t n = strlen(with);

	if (strncmp(*p, with, n))
		return false;
	*p += n;
	return true;
}

/* ---- threads ---- */

/* The vCPU of thread @p, -1: all; false: none such. 0 is any: the one it was. */
static bool read_thread(const struct gdb *g, const char *p, int was, int *out)
{
	struct hypar_cpu_info info;
	uint64_t n;

	if (*p == 'p' && strchr(p, '.'))
		p = strchr(p, '.') + 1;
	*out = -1;
	if (!strcmp(p, "-1"))
		return true;
	if (!gdb_hex_number(&p, &n) || *p || n > g->n_cpus)
		return false;
	if (n && hypar_machine_cpu_info(g->machine, (unsigned int)n - 1, &info))
		return false;
	*out = n ? (int)n - 1 : was;
	return true;
}

static void select_thread(struct gdb *g, const char *p)
{
	int cpu;

	if ((*p != 'g' && *p != 'c') ||
	    !read_thread(g, p + 1, *p == 'g' ? (int)g->cpu_g : -1, &cpu)) {
		gdb_error(g, -EINVAL);
		return;
	}
	if (*p == 'c')
		g->cpu_c = cpu;
	else
		g->cpu_g = cpu < 0 ? 0 : (unsigned int)cpu;
	ok(g);
}

static void is_alive(struct gdb *g, const char *p)
{
	int cpu;

	if (read_thread(g, p, 0, &cpu) && cpu >= 0)
		ok(g);
	else
		gdb_error(g, -ESRCH);
}

static void list_threads(struct gdb *g)
{
	struct hypar_cpu_info info;
	const char *before = "m";

	for (unsigned int i = 0; !hypar_machine_cpu_next(g->machine, &i, &info); i++) {
		gdb_buf_text(&g->reply, "%s%x", before, i + 1);
		before = ",";
	}
}

static void extra_info(struct gdb *g, const char *p)
{
	struct hypar_cpu_info info;
	char text[80];
	int cpu, n;

	if (!read_thread(g, p, 0, &cpu) || cpu < 0 ||
	    hypar_machine_cpu_info(g->machine, (unsigned int)cpu, &info)) {
		gdb_error(g, -ESRCH);
		return;
	}
	n = snprintf(text, sizeof(text), "vCPU %d%s", cpu, info.is_started ? "" : ", not started");
	if (n > 0)
		gdb_buf_hex(&g->reply, text, (size_t)n);
}

/* ---- registers ---- */

size_t gdb_reg_bytes(const struct gdb *g, unsigned int bits, const struct hypar_debug_value *v,
		     uint8_t *out)
{
	size_t n = bits / 8;

	for (size_t i = 0; i < n; i++) {
		uint64_t half = i < 8 ? v->lo : v->hi;

		out[g->is_le ? i : n - 1 - i] = (uint8_t)(half >> (8 * (i & 7)));
	}
	return n;
}

void gdb_reg_value(const struct gdb *g, unsigned int bits, const uint8_t *bytes,
		   struct hypar_debug_value *v)
{
	size_t n = bits / 8;

	v->lo = v->hi = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t byte = bytes[g->is_le ? i : n - 1 - i];

		*(i < 8 ? &v->lo : &v->hi) |= byte << (8 * (i & 7));
	}
}

static void say_regs(struct gdb *g, unsigned int reg, unsigned int n)
{
	struct hypar_debug_value v[GDB_REGS_IN_G];
	struct hypar_err e = { 0 };
	struct hypar_debug_reg r;
	uint8_t bytes[16];
	int ret = hypar_debug_read_regs(g->machine, g->cpu_g, reg, n, v, &e);

	if (ret) {
		gdb_error(g, ret);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		if (!hypar_debug_reg_at(reg + i, &r))
			gdb_buf_hex(&g->reply, bytes, gdb_reg_bytes(g, r.bits, &v[i], bytes));
}

static void one_reg(struct gdb *g, const char *p)
{
	uint64_t reg;

	if (!gdb_hex_number(&p, &reg) || *p || reg > 0xffff)
		gdb_error(g, -EINVAL);
	else
		say_regs(g, (unsigned int)reg, 1);
}

/* Writes register @reg from the digits at *p and moves it behind them. */
static int write_reg(struct gdb *g, unsigned int reg, const char **p)
{
	struct hypar_debug_reg r;
	struct hypar_debug_value v;
	struct hypar_err e = { 0 };
	uint8_t bytes[16];

	if (hypar_debug_reg_at(reg, &r))
		return -ENOENT;
	if (!gdb_hex_bytes(*p, bytes, r.bits / 8))
		return -EINVAL;
	*p += r.bits / 4;
	gdb_reg_value(g, r.bits, bytes, &v);
	return hypar_debug_write_reg(g->machine, g->cpu_g, reg, &v, &e);
}

static void set_one_reg(struct gdb *g, const char *p)
{
	uint64_t reg;
	int ret = -EINVAL;

	if (gdb_hex_number(&p, &reg) && *p++ == '=' && reg <= 0xffff)
		ret = write_reg(g, (unsigned int)reg, &p);
	if (ret || *p)
		gdb_error(g, ret ? ret : -EINVAL);
	else
		ok(g);
}

static void set_regs(struct gdb *g, const char *p)
{
	int ret = 0;

	for (unsigned int i = 0; i < GDB_REGS_IN_G && *p && !ret; i++)
		ret = write_reg(g, i, &p);
	if (ret || *p)
		gdb_error(g, ret ? ret : -EINVAL);
	else
		ok(g);
}

/* ---- memory ---- */

static struct hypar_debug_place place_of(const struct gdb *g, uint64_t at)
{
	return (struct hypar_debug_place){ g->cpu_g, g->is_phys, at };
}

/* "address,length" */
static bool read_range(const char **p, uint64_t *at, uint64_t *n)
{
	return gdb_hex_number(p, at) && *(*p)++ == ',' && gdb_hex_number(p, n);
}

static void read_memory(struct gdb *g, const char *p)
{
	uint8_t bytes[GDB_PACKET_MAX / 2];
	struct hypar_debug_place at;
	struct hypar_err e = { 0 };
	uint64_t address, n;
	long got;

	if (!read_range(&p, &address, &n) || *p) {
		gdb_error(g, -EINVAL);
		return;
	}
	if (n > sizeof(bytes))
		n = sizeof(bytes);
	at = place_of(g, address);
	got = hypar_debug_read(g->machine, &at, bytes, n, &e);
	if (got < 0)
		gdb_error(g, (int)got);
	else
		gdb_buf_hex(&g->reply, bytes, (size_t)got);
}

static void write_bytes(struct gdb *g, uint64_t address, const void *bytes, size_t n)
{
	struct hypar_debug_place at = place_of(g, address);
	struct hypar_err e = { 0 };
	long done = n ? hypar_debug_write(g->machine, &at, bytes, n, &e) : 0;

	if (done != (long)n)
		gdb_error(g, done < 0 ? (int)done : -EFAULT);
	else
		ok(g);
}

static void write_memory(struct gdb *g, const char *p)
{
	uint8_t bytes[GDB_PACKET_MAX / 2];
	uint64_t address, n;

	if (!read_range(&p, &address, &n) || *p++ != ':' || n > sizeof(bytes) ||
	    strlen(p) != 2 * n || !gdb_hex_bytes(p, bytes, n))
		gdb_error(g, -EINVAL);
	else
		write_bytes(g, address, bytes, n);
}

static void write_binary(struct gdb *g, const char *p)
{
	size_t left;
	uint64_t address, n;
	char *data;

	if (!read_range(&p, &address, &n) || *p++ != ':') {
		gdb_error(g, -EINVAL);
		return;
	}
	data = g->in.data + (p - g->in.data);
	left = gdb_unescape(data, g->in.n - (size_t)(p - g->in.data));
	if (left != n)
		gdb_error(g, -EINVAL);
	else
		write_bytes(g, address, data, n);
}

/* ---- queries ---- */

static void supported(struct gdb *g, const char *p)
{
	g->has_swbreak = strstr(p, "swbreak+");
	gdb_buf_text(&g->reply,
		     "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
		     "qXfer:threads:read+;vContSupported+;swbreak+;hwbreak+",
		     GDB_PACKET_MAX);
}

/* "object:read:annex:offset,length" */
static void transfer(struct gdb *g, const char *p)
{
	char object[16], annex[32];
	uint64_t at, n;
	int used = 0;

	if (sscanf(p, "%15[a-z-]:read:%n", object, &used) != 1 || !used)
		return;
	p += used;
	annex[0] = 0;
	if (sscanf(p, "%31[a-z0-9.-]%n", annex, &used) == 1)
		p += used;
	if (*p++ != ':' || !read_range(&p, &at, &n) || *p) {
		gdb_error(g, -EINVAL);
		return;
	}
	if (strcmp(object, "features") && strcmp(object, "threads")) {
		g->reply.n = 0;
		return;
	}
	if (!gdb_make_xml(g, object, annex)) {
		gdb_buf_text(&g->reply, "E00");
		return;
	}
	if (at > g->xml.n) {
		gdb_error(g, -EINVAL);
		return;
	}
	if (n > GDB_PACKET_MAX / 2 - 8)
		n = GDB_PACKET_MAX / 2 - 8;
	gdb_buf_text(&g->reply, "%c", n < g->xml.n - at ? 'm' : 'l');
	gdb_buf_add(&g->reply, g->xml.p + at, n < g->xml.n - at ? n : g->xml.n - at);
}

static void remote_command(struct gdb *g, const char *p)
{
	char line[256];
	size_t n = strlen(p) / 2;

	if (strlen(p) & 1 || n >= sizeof(line) || !gdb_hex_bytes(p, (uint8_t *)line, n)) {
		gdb_error(g, -EINVAL);
		return;
	}
	line[n] = 0;
	gdb_monitor(g, line);
}

static void query(struct gdb *g, const char *p)
{
	if (begins(&p, "Supported"))
		supported(g, p);
	else if (begins(&p, "Xfer:"))
		transfer(g, p);
	else if (begins(&p, "Rcmd,"))
		remote_command(g, p);
	else if (begins(&p, "ThreadExtraInfo,"))
		extra_info(g, p);
	else if (!strcmp(p, "fThreadInfo"))
		list_threads(g);
	else if (!strcmp(p, "sThreadInfo"))
		gdb_buf_text(&g->reply, "l");
	else if (!strcmp(p, "C"))
		gdb_buf_text(&g->reply, "QC%x", g->cpu_g + 1);
	else if (begins(&p, "Attached"))
		gdb_buf_text(&g->reply, "1");
	else if (!strcmp(p, "Symbol::"))
		ok(g);
	else if (!strcmp(p, "qemu.PhyMemMode"))
		gdb_buf_text(&g->reply, "%d", g->is_phys);
}

static void set_query(struct gdb *g, const char *p)
{
	if (!strcmp(p, "StartNoAckMode")) {
		ok(g);
		g->no_ack = true;
	} else if (begins(&p, "qemu.PhyMemMode:")) {
		if ((*p != '0' && *p != '1') || p[1]) {
			gdb_error(g, -EINVAL);
			return;
		}
		g->is_phys = *p == '1';
		ok(g);
	}
}

/* ---- all ---- */

static void stopped_command(struct gdb *g, const char *p)
{
	switch (*p++) {
	case 'H':
		select_thread(g, p);
		break;
	case 'g':
		say_regs(g, 0, GDB_REGS_IN_G);
		break;
	case 'G':
		set_regs(g, p);
		break;
	case 'p':
		one_reg(g, p);
		break;
	case 'P':
		set_one_reg(g, p);
		break;
	case 'm':
		read_memory(g, p);
		break;
	case 'M':
		write_memory(g, p);
		break;
	case 'X':
		write_binary(g, p);
		break;
	case 'Z':
	case 'z':
		gdb_point(g, p, p[-1] == 'Z');
		break;
	case 'c':
	case 's':
	case 'C':
	case 'S':
		gdb_old_resume(g, p - 1);
		break;
	case 'v':
		gdb_v_packet(g, p);
		break;
	case 'T':
		is_alive(g, p);
		break;
	case 'q':
		query(g, p);
		break;
	case 'Q':
		set_query(g, p);
		break;
	default:
		break;
	}
}

void gdb_command(struct gdb *g)
{
	const char *p = g->in.data;

	g->reply.n = 0;
	/* a NUL ends the text of all packets but X */
	if (*p != 'X' && memchr(p, 0, g->in.n)) {
		gdb_error(g, -EINVAL);
		gdb_send(g);
		return;
	}
	switch (*p) {
	case 'k':
		g->wish = GDB_KILL;
		return;
	case 'D':
		ok(g);
		gdb_send(g);
		g->wish = GDB_CLOSE;
		return;
	case '?':
		if (g->is_running)
			gdb_interrupt(g); /* answers */
		else
			gdb_say_stop(g);
		break;
	default:
		if (g->is_running)
			gdb_error(g, -EBUSY);
		else
			stopped_command(g, p);
		if (g->is_running && !g->reply.n)
			return; /* the answer comes when it stops */
		break;
	}
	if (*p != '?' || g->reply.n)
		gdb_send(g);
}

void gdb_send(struct gdb *g)
{
	size_t from = g->out.n;

	gdb_out_packet(&g->out, g->reply.p, g->reply.n);
	g->reply.n = 0;
	if (g->no_ack || g->out.is_lost)
		return;
	g->last.n = 0;
	gdb_buf_add(&g->last, g->out.p + from, g->out.n - from);
}

static void packet(struct gdb *g)
{
	if (!g->no_ack)
		gdb_buf_add(&g->out, "+", 1);
	gdb_command(g);
}

void gdb_input(struct gdb *g, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && g->wish == GDB_GO_ON; i++)
		switch (gdb_in_byte(&g->in, bytes[i])) {
		case GDB_PACKET:
			packet(g);
			break;
		case GDB_BROKEN:
			if (!g->no_ack)
				gdb_buf_add(&g->out, "-", 1);
			break;
		case GDB_TOO_LONG:
			if (!g->no_ack)
				gdb_buf_add(&g->out, "+", 1);
			gdb_error(g, -E2BIG);
			gdb_send(g);
			break;
		case GDB_AGAIN:
			if (!g->no_ack)
				gdb_buf_add(&g->out, g->last.p, g->last.n);
			break;
		case GDB_INTERRUPT:
			gdb_interrupt(g);
			break;
		default:
			break;
		}
}

void gdb_init(struct gdb *g, hypar_machine *m)
{
	struct hypar_cpu_info info;

	memset(g, 0, sizeof(*g));
	g->machine = m;
	g->n_cpus = hypar_debug_cpus(m);
	(void)hypar_machine_cpu_next(m, &g->stop.cpu, &info);
	g->cpu_g = g->stop.cpu;
	g->is_le = hypar_debug_is_le(m);
	g->cpu_c = -1;
	g->signal = 5;
}

void gdb_fini(struct gdb *g)
{
	gdb_buf_free(&g->out);
	gdb_buf_free(&g->reply);
	gdb_buf_free(&g->last);
	gdb_buf_free(&g->scratch);
	gdb_buf_free(&g->xml);
}
