/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing, escapes and hexadecimal digits of GDB's protocol.
 */
#include "gdbstub_packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE '}'
#define ESCAPE_BIT 0x20
#define CTRL_C 3

/* ---- buffers ---- */

void gdb_buf_add(struct gdb_buf *b, const void *bytes, size_t n)
{
	if (b->is_lost || !n)
		return;
	if (n > b->size - b->n) {
		size_t size = (b->n + n) * 2;
		char *p = realloc(b->p, size);

		if (!p) {
			b->is_lost = true;
			return;
		}
		b->p = p;
		b->size = size;
	}
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

void gdb_buf_drop(struct gdb_buf *b, size_t n)
{
	if (!n)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
}

void gdb_buf_free(struct gdb_buf *b)
{
	free(b->p);
	*b = (struct gdb_buf){ 0 };
}

void gdb_buf_text(struct gdb_buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		gdb_buf_add(b, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* ---- hexadecimal ---- */

static const char digits[] = "0123456789abcdef";

int gdb_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gdb_hex_number(const char **p, uint64_t *out)
{
	unsigned int n = 0;

	*out = 0;
	for (; gdb_hex_digit(**p) >= 0; ++*p) {
		if (++n > 16)
			return false;
		*out = *out << 4 | (unsigned int)gdb_hex_digit(**p);
	}
	return n;
}

bool gdb_hex_bytes(const char *p, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int hi = gdb_hex_digit(p[2 * i]);
		int lo = hi < 0 ? -1 : gdb_hex_digit(p[2 * i + 1]);

		if (lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

void gdb_buf_hex(struct gdb_buf *b, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++) {
		char two[2] = { digits[p[i] >> 4], digits[p[i] & 15] };

		gdb_buf_add(b, two, 2);
	}
}

/* ---- packets ---- */

static enum gdb_event start(struct gdb_in *in)
{
	in->state = GDB_DATA;
	in->n = 0;
	in->sum = 0;
	in->is_too_long = in->is_bad = false;
	return GDB_NOTHING;
}

static enum gdb_event idle_byte(struct gdb_in *in, uint8_t byte)
{
	switch (byte) {
	case '$':
		return start(in);
	case '-':
		return GDB_AGAIN;
	case CTRL_C:
		return GDB_INTERRUPT;
	default: /* "+", and what is left of something broken */
		return GDB_NOTHING;
	}
}

static enum gdb_event data_byte(struct gdb_in *in, uint8_t byte)
{
	if (byte == '$') /* never within data: the end was lost */
		return start(in);
	if (byte == '#') {
		in->state = GDB_SUM_1;
		return GDB_NOTHING;
	}
	in->sum = (uint8_t)(in->sum + byte);
	if (in->n < GDB_PACKET_MAX)
		in->data[in->n++] = (char)byte;
	else
		in->is_too_long = true;
	return GDB_NOTHING;
}

static enum gdb_event end(struct gdb_in *in)
{
	in->state = GDB_IDLE;
	in->data[in->n] = 0;
	if (in->is_bad || in->told != in->sum)
		return GDB_BROKEN;
	return in->is_too_long ? GDB_TOO_LONG : GDB_PACKET;
}

enum gdb_event gdb_in_byte(struct gdb_in *in, uint8_t byte)
{
	int digit = gdb_hex_digit((char)byte);

	switch (in->state) {
	case GDB_IDLE:
		return idle_byte(in, byte);
	case GDB_DATA:
		return data_byte(in, byte);
	case GDB_SUM_1:
		in->is_bad = digit < 0;
		in->told = (uint8_t)((digit & 15) << 4);
		in->state = GDB_SUM_2;
		return GDB_NOTHING;
	default:
		in->is_bad |= digit < 0;
		in->told = (uint8_t)(in->told | (digit & 15));
		return end(in);
	}
}

void gdb_out_packet(struct gdb_buf *b, const void *data, size_t n)
{
	const char *p = data;
	uint8_t sum = 0;

	gdb_buf_add(b, "$", 1);
	for (size_t i = 0; i < n; i++) {
		bool special = p[i] && strchr("#$}*", p[i]);
		char out[2] = { ESCAPE, p[i] };

		if (special)
			out[1] ^= ESCAPE_BIT;
		sum = (uint8_t)(sum + (uint8_t)out[1] + (special ? ESCAPE : 0));
		gdb_buf_add(b, special ? out : out + 1, special ? 2 : 1);
	}
	gdb_buf_text(b, "#%02x", sum);
}

size_t gdb_unescape(char *data, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		if (data[i] == ESCAPE && i + 1 < n)
			data[to++] = (char)(data[++i] ^ ESCAPE_BIT);
		else
			data[to++] = data[i];
	}
	return to;
}
