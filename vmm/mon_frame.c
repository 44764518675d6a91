/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only brackets and strings are looked at; everything else is the parser's.
 * After an error the stream is in step again behind the next newline.
 */
#include "mon_frame.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024u

static bool grow(struct mon_frame *f)
{
	size_t size = f->size ? 2 * f->size : FIRST_SIZE;
	char *buf = realloc(f->buf, size);

	if (!buf)
		return false;
	f->buf = buf;
	f->size = size;
	return true;
}

static void restart(struct mon_frame *f)
{
	f->n = 0;
	f->depth = 0;
	f->in_string = f->is_escaped = false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A byte within a string. */
static enum mon_frame_result in_string(struct mon_frame *f, char c)
{
	if ((unsigned char)c < 0x20)
		return MON_FRAME_JUNK;
	if (f->is_escaped)
		f->is_escaped = false;
	else if (c == '\\')
		f->is_escaped = true;
	else if (c == '"')
		f->in_string = false;
	return MON_FRAME_MORE;
}

static enum mon_frame_result outside(struct mon_frame *f, char c)
{
	switch (c) {
	case '{':
	case '[':
		return ++f->depth > MON_DEPTH_MAX ? MON_FRAME_DEEP : MON_FRAME_MORE;
	case '}':
	case ']':
		return --f->depth ? MON_FRAME_MORE : MON_FRAME_WHOLE;
	case '"':
		f->in_string = true;
		return MON_FRAME_MORE;
	default:
		return MON_FRAME_MORE;
	}
}

static enum mon_frame_result take(struct mon_frame *f, char c)
{
	if (!f->depth && c != '{' && c != '[')
		return MON_FRAME_JUNK;
	if (f->n == MON_MESSAGE_MAX)
		return MON_FRAME_HUGE;
	if (f->n == f->size && !grow(f))
		return MON_FRAME_MEMORY;
	f->buf[f->n++] = c;
	return f->in_string ? in_string(f, c) : outside(f, c);
}

size_t mon_frame_feed(struct mon_frame *f, const char *bytes, size_t n,
		      enum mon_frame_result *result)
{
	*result = MON_FRAME_MORE;
	if (!f->depth)
		restart(f);
	for (size_t i = 0; i < n; i++) {
		if (f->is_skipping) {
			f->is_skipping = bytes[i] != '\n';
			continue;
		}
		if (!f->depth && is_blank(bytes[i]))
			continue;
		*result = take(f, bytes[i]);
		if (*result == MON_FRAME_MORE)
			continue;
		if (*result != MON_FRAME_WHOLE) {
			restart(f);
			f->is_skipping = bytes[i] != '\n';
		}
		return i + 1;
	}
	return n;
}

void mon_frame_fini(struct mon_frame *f)
{
	free(f->buf);
	*f = (struct mon_frame){ 0 };
}

const char *mon_frame_error(enum mon_frame_result result)
{
	switch (result) {
	case MON_FRAME_HUGE:
		return "the message is longer than 256 KiB";
	case MON_FRAME_DEEP:
		return "the message has more than 64 brackets in each other";
	case MON_FRAME_JUNK:
		return "not JSON: a message is an object, and strings have no control characters";
	default:
		return "no memory for the message";
	}
}
