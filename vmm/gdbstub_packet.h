/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of GDB's remote serial protocol: $data#sum, with + and - as answers
 * until both sides agree to leave them out. No sockets here.
 */
#ifndef HYPAR_VMM_GDBSTUB_PACKET_H
#define HYPAR_VMM_GDBSTUB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MAX 0x4000u /* bytes of data, as qSupported tells */

/* Bytes to be sent. */
struct gdb_buf {
	char *p;
	size_t n, size;
	bool is_lost; /* no memory */
};

void gdb_buf_add(struct gdb_buf *b, const void *bytes, size_t n);
void gdb_buf_drop(struct gdb_buf *b, size_t n); /* of its start */
void gdb_buf_free(struct gdb_buf *b);

enum gdb_state { GDB_IDLE, GDB_DATA, GDB_SUM_1, GDB_SUM_2 };

struct gdb_in {
	enum gdb_state state;
	bool is_too_long, is_bad;
	uint8_t sum, told;
	size_t n;
	char data[GDB_PACKET_MAX + 1]; /* a NUL follows */
};

/* What a byte completed. */
enum gdb_event {
	GDB_NOTHING,
	GDB_PACKET,    /* in->data, in->n bytes */
	GDB_BROKEN,    /* a packet whose sum is wrong */
	GDB_TOO_LONG,  /* a packet of more than GDB_PACKET_MAX */
	GDB_AGAIN,     /* -: the other side got something broken */
	GDB_INTERRUPT, /* Ctrl-C */
};

enum gdb_event gdb_in_byte(struct gdb_in *in, uint8_t byte);

/* Appends a packet with @n bytes of @data, which are escaped where they have to be. */
void gdb_out_packet(struct gdb_buf *b, const void *data, size_t n);

/* Takes escapes out of @n bytes at @data, in place; returns how many are left. */
size_t gdb_unescape(char *data, size_t n);

/* The value of a hexadecimal digit, or -1. */
int gdb_hex_digit(char c);

/* Reads a hexadecimal number of 1 to 16 digits at *p and moves it behind them. */
bool gdb_hex_number(const char **p, uint64_t *out);

/* Reads @n bytes of two digits each. */
bool gdb_hex_bytes(const char *p, uint8_t *out, size_t n);

/* Appends @n bytes as digits. */
void gdb_buf_hex(struct gdb_buf *b, const void *bytes, size_t n);

/* Appends text. */
void gdb_buf_text(struct gdb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
