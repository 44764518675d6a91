// SPDX-License-Identifier: Apache-2.0
#include "papr/vty.h"

void vty_init(struct papr_vty *t)
{
	pthread_mutex_init(&t->lock, NULL);
	t->head = t->n = 0;
}

void vty_fini(struct papr_vty *t)
{
	pthread_mutex_destroy(&t->lock);
}

void vty_reset(struct papr_vty *t)
{
	pthread_mutex_lock(&t->lock);
	t->head = t->n = 0;
	pthread_mutex_unlock(&t->lock);
}

size_t vty_input(struct papr_vty *t, const void *buf, size_t n)
{
	const u8 *from = buf;
	size_t done = 0;

	pthread_mutex_lock(&t->lock);
	for (; done < n && t->n < VTY_INPUT_SIZE; done++, t->n++)
		t->input[(t->head + t->n) % VTY_INPUT_SIZE] = from[done];
	pthread_mutex_unlock(&t->lock);
	if (done)
		irq_set(&t->line, true);
	return done;
}

size_t vty_read(struct papr_vty *t, void *buf, size_t n)
{
	u8 *to = buf;
	size_t done = 0;
	bool more;

	pthread_mutex_lock(&t->lock);
	for (; done < n && t->n; done++, t->n--) {
		to[done] = t->input[t->head];
		t->head = (t->head + 1) % VTY_INPUT_SIZE;
	}
	more = t->n;
	pthread_mutex_unlock(&t->lock);
	/* an edge for each time there is still something to fetch */
	if (more && done)
		irq_set(&t->line, true);
	return done;
}
