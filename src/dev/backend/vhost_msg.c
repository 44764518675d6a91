// SPDX-License-Identifier: Apache-2.0
/*
 * One message out, one answer in. The socket does not block; waiting is done
 * by poll, with a limit. An answer that does not fit the question ends the
 * conversation: after it, nobody knows where the next one begins.
 */
#include "dev/backend/vhost_msg.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/* Waits for @events until @end. */
static int wait_for(int fd, short events, u64 end)
{
	struct pollfd p = { fd, events, 0 };
	u64 now;
	int ret;

	do {
		now = now_ms();
		ret = poll(&p, 1, now < end ? (int)(end - now) : 0);
	} while (ret < 0 && errno == EINTR);
	return ret > 0 ? 0 : ret ? -errno : -ETIMEDOUT;
}

/* Header, payload and descriptors in one piece: descriptors belong to its first byte. */
static int send_first(const struct vhost_link *l, struct msghdr *m, const struct vhost_msg *msg)
{
	union {
		struct cmsghdr head;
		u8 space[CMSG_SPACE(sizeof(msg->fd))];
	} c;
	ssize_t n;

	if (msg->has_fd) {
		memset(&c, 0, sizeof(c));
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(sizeof(int));
		m->msg_control = &c;
		m->msg_controllen = sizeof(c);
		memcpy(CMSG_DATA(&c.head), &msg->fd, sizeof(int));
	}
	do
		n = sendmsg(l->fd, m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	m->msg_control = NULL;
	m->msg_controllen = 0;
	return n < 0 ? -errno : (int)n;
}

static int send_flags(const struct vhost_link *l, const struct vhost_msg *msg, u32 flags, u64 end)
{
	u8 buf[sizeof(struct vhost_head) + sizeof(union vhost_payload)];
	struct vhost_head head = { msg->request, VHOST_VERSION | flags, msg->size };
	size_t size = sizeof(head) + msg->size, done = 0;
	int ret;

	memcpy(buf, &head, sizeof(head));
	memcpy(buf + sizeof(head), &msg->payload, msg->size);
	while (done < size) {
		struct iovec v = { buf + done, size - done };
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

		ret = send_first(l, &m, done ? &(const struct vhost_msg){ 0 } : msg);
		if (ret == -EAGAIN)
			ret = wait_for(l->fd, POLLOUT, end);
		if (ret < 0)
			return ret == -ECONNRESET ? -EPIPE : ret;
		done += (size_t)ret;
	}
	return 0;
}

static int receive(const struct vhost_link *l, void *to, size_t size, u64 end)
{
	u8 *p = to;

	while (size) {
		ssize_t n = recv(l->fd, p, size, MSG_DONTWAIT);
		int ret = 0;

		if (n < 0 && errno == EAGAIN)
			ret = wait_for(l->fd, POLLIN, end);
		else if (!n || (n < 0 && errno == ECONNRESET))
			ret = -EPIPE;
		else if (n < 0 && errno != EINTR)
			ret = -errno;
		if (ret)
			return ret;
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* The answer to @request, of exactly @size bytes. */
static int receive_answer(const struct vhost_link *l, u32 request, void *to, u32 size, u64 end)
{
	struct vhost_head h;
	int ret = receive(l, &h, sizeof(h), end);

	if (ret)
		return ret;
	if (h.request != request || h.size != size || !(h.flags & VHOST_REPLY) ||
	    (h.flags & VHOST_VERSION_MASK) != VHOST_VERSION)
		return -EPROTO;
	return receive(l, to, size, end);
}

int vhost_msg_send(const struct vhost_link *l, const struct vhost_msg *m)
{
	u64 end = now_ms() + (u64)l->limit_ms, status = 0;
	int ret = send_flags(l, m, l->acks ? VHOST_NEED_REPLY : 0, end);

	if (!ret && l->acks)
		ret = receive_answer(l, m->request, &status, sizeof(status), end);
	return ret ? ret : status ? -EREMOTEIO : 0;
}

int vhost_msg_ask(const struct vhost_link *l, struct vhost_msg *m, u32 size)
{
	u64 end = now_ms() + (u64)l->limit_ms;
	int ret = send_flags(l, m, 0, end);

	return ret ? ret : receive_answer(l, m->request, &m->payload, size, end);
}
