/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation with one GDB: from bytes that came to bytes to be sent, over
 * include/hypar/debug.h. No sockets and no threads here.
 */
#ifndef HYPAR_VMM_GDBSTUB_INT_H
#define HYPAR_VMM_GDBSTUB_INT_H

#include "gdbstub_packet.h"
#include "hypar/hypar.h"

#define GDB_POINTS 512u
#define GDB_REGS_IN_G 137u /* core, floating point, vectors: the packets g and G */

/* A Z packet: type 0 to 4, address, kind or size. */
struct gdb_point {
	uint64_t at, size;
	unsigned int type;
};

/* What the conversation wants of its caller. */
enum gdb_wish { GDB_GO_ON, GDB_CLOSE, GDB_KILL };

struct gdb {
	hypar_machine *machine;
	unsigned int n_cpus;
	struct gdb_in in;
	struct gdb_buf out;   /* to be sent */
	struct gdb_buf reply; /* the packet being made */
	struct gdb_buf last;  /* sent last, while there are acknowledgements */
	struct gdb_buf scratch;
	struct gdb_buf xml;
	bool no_ack, has_swbreak;
	bool is_running, is_le, is_phys;
	bool has_replied;
	unsigned int cpu_g; /* of g, p, m ... */
	int cpu_c;	    /* of c and s; -1: all */
	struct hypar_debug_stop stop;
	unsigned int signal;
	enum hypar_debug_run how[HYPAR_CPUS_MAX];
	uint64_t range[HYPAR_CPUS_MAX][2]; /* steps within it are not told */
	unsigned int n_points;
	struct gdb_point points[GDB_POINTS];
	enum gdb_wish wish;
};

/* A client is there and @m stands still. gdb_fini() frees what it holds. */
void gdb_init(struct gdb *g, hypar_machine *m);
void gdb_fini(struct gdb *g);

/* Bytes came. */
void gdb_input(struct gdb *g, const uint8_t *bytes, size_t n);

/* The function given to hypar_debug_attach() was called. */
void gdb_look(struct gdb *g);

/* The machine is gone: @status. */
void gdb_exited(struct gdb *g, unsigned int status);

/* ---- between the files ---- */

/* A packet in g->in.data; appends the answer to g->reply. */
void gdb_command(struct gdb *g);

/* Sends g->reply as a packet. */
void gdb_send(struct gdb *g);

/* The answer is an error: E and an errno. */
void gdb_error(struct gdb *g, int code);

/* The answer to a packet that started or stopped something. */
void gdb_say_stop(struct gdb *g);

void gdb_resume(struct gdb *g);
void gdb_interrupt(struct gdb *g);

/* A register's bytes in the target's order; returns how many. */
size_t gdb_reg_bytes(const struct gdb *g, unsigned int bits, const struct hypar_debug_value *v,
		     uint8_t *out);
void gdb_reg_value(const struct gdb *g, unsigned int bits, const uint8_t *bytes,
		   struct hypar_debug_value *v);

/* qXfer: documents, in g->xml. False: no such one. */
bool gdb_make_xml(struct gdb *g, const char *object, const char *annex);

/* qRcmd: a line of "monitor". */
void gdb_monitor(struct gdb *g, const char *line);

/* The Z and z packets, after their letter. */
void gdb_point(struct gdb *g, const char *p, bool is_set);

/* v packets. */
void gdb_v_packet(struct gdb *g, const char *p);

/* c, s, C, S. */
void gdb_old_resume(struct gdb *g, const char *p);

#endif
