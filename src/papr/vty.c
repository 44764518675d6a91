// SPDX-License-Identifier: Apache-2.0
#include "papr/vty.h"

#include <string.h>

void vty_init(struct papr_vty *t)
{
	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->out_lock, NULL);
}

void vty_fini(struct papr_vty *t)
{
	chr_close(t->chr);
	pthread_mutex_destroy(&t->out_lock);
	pthread_mutex_destroy(&t->lock);
}

void vty_disconnect(struct papr_vty *t)
{
	chr_close(t->chr);
	t->chr = NULL;
	t->head = t->n = t->n_output = 0;
	t->full = false;
}

void vty_quiesce(struct papr_vty *t)
{
	if (t->chr)
		chr_stop(t->chr);
}

void vty_reset(struct papr_vty *t)
{
	pthread_mutex_lock(&t->lock);
	t->head = t->n = 0;
	t->full = false;
	pthread_mutex_unlock(&t->lock);
	if (t->chr)
		chr_start(t->chr);
}

/* ---- input ---- */

size_t vty_input(struct papr_vty *t, const void *buf, size_t n)
{
	const u8 *from = buf;
	size_t done = 0;

	pthread_mutex_lock(&t->lock);
	for (; done < n && t->n < VTY_INPUT_SIZE; done++, t->n++)
		t->input[(t->head + t->n) % VTY_INPUT_SIZE] = from[done];
	t->full = done < n;
	pthread_mutex_unlock(&t->lock);
	if (done)
		irq_set(&t->line, true);
	return done;
}

size_t vty_read(struct papr_vty *t, void *buf, size_t n)
{
	u8 *to = buf;
	size_t done = 0;
	bool more, again;

	pthread_mutex_lock(&t->lock);
	for (; done < n && t->n; done++, t->n--) {
		to[done] = t->input[t->head];
		t->head = (t->head + 1) % VTY_INPUT_SIZE;
	}
	more = t->n;
	again = t->full && done;
	if (again)
		t->full = false;
	pthread_mutex_unlock(&t->lock);
	if (again && t->chr)
		chr_input_again(t->chr);
	/* an edge for each time there is still something to fetch */
	if (more && done)
		irq_set(&t->line, true);
	return done;
}

/* ---- output ---- */

/* Hands over what is left. Under out_lock. */
static void flush(struct papr_vty *t)
{
	size_t done = chr_write(t->chr, t->output, t->n_output);

	t->n_output -= (u32)done;
	memmove(t->output, t->output + done, t->n_output);
}

bool vty_write(struct papr_vty *t, const void *buf, size_t n)
{
	bool ok;

	if (n > VTY_OUTPUT_SIZE)
		return false;
	pthread_mutex_lock(&t->out_lock);
	if (t->n_output)
		flush(t);
	ok = !t->n_output;
	if (ok && n) {
		memcpy(t->output, buf, n);
		t->n_output = (u32)n;
		flush(t);
	}
	pthread_mutex_unlock(&t->out_lock);
	return ok;
}

static size_t stream_input(void *opaque, const u8 *buf, size_t n)
{
	return vty_input(opaque, buf, n);
}

static void stream_writable(void *opaque)
{
	(void)vty_write(opaque, NULL, 0);
}

void vty_connect(struct papr_vty *t, struct chr *c)
{
	t->chr = c;
	chr_set_client(c, &(struct chr_client){ stream_input, stream_writable, t });
}
