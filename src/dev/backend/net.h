/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a network card: a user-mode network (libslirp) or a tap
 * device of the host. Each has one thread, on which everything below happens
 * that is not called by the device. Frames are Ethernet frames without FCS.
 */
#ifndef HYPAR_DEV_BACKEND_NET_H
#define HYPAR_DEV_BACKEND_NET_H

#include "base/types.h"
#include "dev/device.h"
#include "hypar/error.h"

#define NET_FRAME_MAX 65550u /* longest frame, header included */
#define NET_MTU 1500u

struct net;

/* A frame for the guest. */
struct net_frame {
	const u8 *bytes;
	size_t n;
	u16 mss; /* not 0: many TCP segments of that size; the checksum is the pseudo header's */
	bool is_good; /* the host made it: checksums are right */
};

/* What the device is told, on the back end's thread. */
struct net_client {
	/*
	 * A frame for the guest. False: no room now; the back end keeps the
	 * frame and offers it again after net_receive_again().
	 */
	bool (*receive)(void *opaque, const struct net_frame *f);
	/* After net_kick(): fetch frames from the guest and net_send() them. */
	void (*transmit)(void *opaque);
	void *opaque;
	/* The rest may be NULL. After one or several frames: time for an interrupt. */
	void (*received)(void *opaque);
	/* Whether frames with mss are welcome now. */
	bool (*merges)(void *opaque);
	/* About a millisecond after net_later(). */
	void (*late)(void *opaque);
};

enum net_kind { NET_USER, NET_TAP, NET_ECHO }; /* NET_ECHO: for tests */

struct net_config {
	enum net_kind kind;
	const char *id;
	const char *tap;	    /* NET_TAP: name of the interface */
	const char *const *hostfwd; /* NET_USER: "tcp:HOSTADDR:HOSTPORT-GUESTADDR:GUESTPORT" */
	unsigned int n_hostfwd;
	struct device_log log;
};

/* NULL with *e set: port in use, no such interface, text that cannot be read. */
struct net *net_open(const struct net_config *c, struct hypar_err *e);
void net_close(struct net *n); /* NULL: nothing */

/* Connects the device; frames flow only from net_start() to net_stop(). */
void net_set_client(struct net *n, const struct net_client *c);
void net_start(struct net *n);
/* When it returns, no function of the client runs or will run. Not on the back end's thread. */
void net_stop(struct net *n);

/* A frame from the guest, copied. Any thread; never blocks. False: dropped. */
bool net_send(struct net *n, const u8 *frame, size_t len);

/* TCP segments of any size may be sent as one frame, with its checksum. */
bool net_takes_large(const struct net *n);

void net_later(struct net *n);	       /* on the back end's thread: calls late soon */
void net_kick(struct net *n);	       /* any thread: calls transmit soon */
void net_receive_again(struct net *n); /* any thread: the guest has room again */

/* Bytes "52:54:00:..." of @text, or of a name-dependent default when NULL. */
int net_mac_parse(const char *text, u8 mac[6], struct hypar_err *e);
void net_mac_default(unsigned int index, u8 mac[6]);

struct net_stats {
	u64 rx, tx, rx_dropped, tx_dropped; /* frames; rx is to the guest */
};

void net_stats(struct net *n, struct net_stats *out);

#endif
