/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the vhost-user protocol [Vhost-user Protocol, Message
 * Specification]: what goes over the socket, in the host's byte order. The
 * functions send one message, and receive the answer that belongs to it,
 * within a time limit.
 */
#ifndef HYPAR_DEV_BACKEND_VHOST_MSG_H
#define HYPAR_DEV_BACKEND_VHOST_MSG_H

#include "dev/backend/vhost.h"

enum vhost_request {
	VHOST_GET_FEATURES = 1,
	VHOST_SET_FEATURES = 2,
	VHOST_SET_OWNER = 3,
	VHOST_SET_MEM_TABLE = 5,
	VHOST_SET_VRING_NUM = 8,
	VHOST_SET_VRING_ADDR = 9,
	VHOST_SET_VRING_BASE = 10,
	VHOST_GET_VRING_BASE = 11,
	VHOST_SET_VRING_KICK = 12,
	VHOST_SET_VRING_CALL = 13,
	VHOST_GET_PROTOCOL_FEATURES = 15,
	VHOST_SET_PROTOCOL_FEATURES = 16,
	VHOST_GET_QUEUE_NUM = 17,
	VHOST_SET_VRING_ENABLE = 18,
};

/* In the header's flags. */
#define VHOST_VERSION 1u
#define VHOST_VERSION_MASK 3u
#define VHOST_REPLY 4u
#define VHOST_NEED_REPLY 8u

/* A feature bit of the protocol, in the space of virtio's. */
#define VHOST_F_PROTOCOL_FEATURES (1ULL << 30)

/* Protocol features. */
#define VHOST_PROTOCOL_F_MQ (1ULL << 0)
#define VHOST_PROTOCOL_F_REPLY_ACK (1ULL << 3)

struct vhost_head {
	u32 request, flags, size;
};

struct vhost_state {
	u32 index, num;
};

struct vhost_addr {
	u32 index, flags;
	u64 desc, used, avail, log;
};

struct vhost_region {
	u64 gpa, size, user, offset;
};

struct vhost_mem {
	u32 n, padding;
	struct vhost_region region;
};

union vhost_payload {
	u64 u64;
	struct vhost_state state;
	struct vhost_addr addr;
	struct vhost_mem mem;
};

struct vhost_msg {
	u32 request;
	u32 size; /* of the payload */
	bool has_fd;
	int fd; /* that goes with it */
	union vhost_payload payload;
};

/* A connection. */
struct vhost_link {
	int fd;
	bool acks; /* VHOST_PROTOCOL_F_REPLY_ACK is in force */
	int limit_ms;
};

/* -errno: EPIPE when the server closed the connection, ETIMEDOUT, EPROTO, EREMOTEIO: it refused. */
int vhost_msg_send(const struct vhost_link *l, const struct vhost_msg *m);
/* Sends a query and fills the payload in with its answer of @size bytes. */
int vhost_msg_ask(const struct vhost_link *l, struct vhost_msg *m, u32 size);

#endif
