/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte stream to the host: for consoles and serial channels. One thread for
 * input.
 */
#ifndef HYPAR_DEV_BACKEND_CHR_H
#define HYPAR_DEV_BACKEND_CHR_H

#include "base/types.h"
#include "dev/device.h"
#include "hypar/error.h"

struct chr;

struct chr_client {
	/* Input for the guest, on the back end's thread. Returns how much was taken, 0..n. */
	size_t (*input)(void *opaque, const u8 *buf, size_t n);
	/* Output can be written again after chr_write() took less than all. */
	void (*writable)(void *opaque);
	void *opaque;
};

/*
 * @spec: "null", "pty", "unix:PATH" (one client at a time), "file:PATH" (output
 * only). NULL with *e set.
 */
struct chr *chr_open(const char *spec, const struct device_log *log, struct hypar_err *e);
void chr_close(struct chr *c); /* NULL: nothing */

void chr_set_client(struct chr *c, const struct chr_client *cl); /* before chr_start */
void chr_start(struct chr *c);
void chr_stop(struct chr *c); /* when it returns, no function of the client runs */

/* Output of the guest. Any thread; does not block; returns how much was taken. */
size_t chr_write(struct chr *c, const u8 *buf, size_t n);
void chr_input_again(struct chr *c); /* any thread: the guest takes input again */

#endif
