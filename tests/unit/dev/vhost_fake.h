/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vhost-user server for tests: listens at a socket, serves one client after
 * the other on a thread, keeps what a request held, and answers each with
 * FUSE_OUT_HEADER bytes that count up. It can misbehave in the ways of enum
 * fake_mode.
 */
#ifndef VHOST_FAKE_H
#define VHOST_FAKE_H

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/endian.h"
#include "dev/backend/vhost_msg.h"
#include "dev/virtio/fuse.h"

enum fake_mode {
	FAKE_GOOD,
	FAKE_HOLD,	 /* takes no requests until it is good again */
	FAKE_NO_VIRTIO1, /* lacks the feature */
	FAKE_ONE_QUEUE,
	FAKE_WRONG_ANSWER, /* of another question */
	FAKE_REFUSES,	   /* the memory table */
	FAKE_HANGS_UP,	   /* at the memory table */
	FAKE_BAD_ID,	   /* in the used ring */
	FAKE_BAD_LEN,
	FAKE_BAD_IDX,
	FAKE_BAD_BASE, /* when stopped */
};

struct fake {
	char path[64];
	int listen_fd, wake_fd;
	pthread_t thread;
	int mode;	 /* atomic */
	bool end, leave; /* atomic: the thread, the connection */
	u32 n_clients;	 /* atomic */
	u32 n_requests;	 /* atomic */
	pthread_mutex_t lock;
	u8 last[128]; /* what the last request began with; under lock */
	u32 last_pieces;
	/* of the thread */
	int fd, kick[2], call[2];
	u8 *mem;
	struct vhost_region region;
	struct vhost_addr addr[2];
	u16 next[2], size[2];
};

static inline int fake_mode(struct fake *f)
{
	return __atomic_load_n(&f->mode, __ATOMIC_SEQ_CST);
}

static inline void fake_poke(int fd)
{
	u64 one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		abort();
}

static u8 *fake_at(struct fake *f, u64 at, u64 n)
{
	if (at < f->region.user || n > f->region.size || at - f->region.user > f->region.size - n)
		abort();
	return f->mem + (at - f->region.user);
}

/* One request; answers how many bytes it wrote. */
static u32 fake_serve(struct fake *f, unsigned int q, u16 head)
{
	u32 at = 0, in = 0, pieces = 0;
	u16 i = head, flags;

	memset(f->last, 0, sizeof(f->last));
	do {
		const u8 *d = fake_at(f, f->addr[q].desc + 16 * i, 16);
		u32 len = ld_le32(d + 8);
		u8 *p = fake_at(f, ld_le64(d), len);

		flags = ld_le16(d + 12);
		pieces++;
		for (u32 k = 0; k < len; k++)
			if (!(flags & 2) && at < sizeof(f->last))
				f->last[at++] = p[k];
			else if (flags & 2 && in < FUSE_OUT_HEADER)
				p[k] = (u8)(0xa0 + in++);
		i = ld_le16(d + 14);
	} while (flags & 1);
	f->last_pieces = pieces;
	return in;
}

static void fake_run_queue(struct fake *f, unsigned int q)
{
	u8 *avail, *used;
	int mode = fake_mode(f);

	if (f->call[q] < 0 || f->kick[q] < 0 || mode == FAKE_HOLD)
		return;
	avail = fake_at(f, f->addr[q].avail, 4 + 2 * f->size[q]);
	used = fake_at(f, f->addr[q].used, 4 + 8 * f->size[q]);
	while (__atomic_load_n((u16 *)(void *)(avail + 2), __ATOMIC_ACQUIRE) != f->next[q]) {
		u16 head = ld_le16(avail + 4 + 2 * (f->next[q] % f->size[q]));
		u8 *elem = used + 4 + 8 * (f->next[q] % f->size[q]);
		u32 n;

		pthread_mutex_lock(&f->lock);
		n = fake_serve(f, q, head);
		pthread_mutex_unlock(&f->lock);
		st_le32(elem, mode == FAKE_BAD_ID ? head + 8u : head);
		st_le32(elem + 4, mode == FAKE_BAD_LEN ? n + 100 : n);
		f->next[q]++;
		__atomic_store_n((u16 *)(void *)(used + 2),
				 (u16)(f->next[q] + (mode == FAKE_BAD_IDX ? 100 : 0)),
				 __ATOMIC_RELEASE);
		__atomic_fetch_add(&f->n_requests, 1, __ATOMIC_SEQ_CST);
		fake_poke(f->call[q]);
	}
}

static void fake_fd(int *to, int fd)
{
	if (*to >= 0)
		close(*to);
	*to = fd;
}

/* Answers @n bytes of the payload, 0: only if asked for an acknowledgement. */
static void fake_answer(struct fake *f, struct vhost_head h, union vhost_payload *p, u32 n,
			bool fails)
{
	u8 buf[64];
	u64 status = fails;

	if (!n && !(h.flags & VHOST_NEED_REPLY))
		return;
	if (!n) {
		p->u64 = status;
		n = 8;
	}
	if (fake_mode(f) == FAKE_WRONG_ANSWER)
		h.request++;
	h.flags = VHOST_VERSION | VHOST_REPLY;
	h.size = n;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), p, n);
	if (send(f->fd, buf, sizeof(h) + n, MSG_NOSIGNAL) < 0)
		__atomic_store_n(&f->leave, true, __ATOMIC_SEQ_CST);
}

static void fake_set_memory(struct fake *f, const struct vhost_mem *m, int fd)
{
	if (f->mem)
		munmap(f->mem, f->region.size);
	f->region = m->region;
	f->mem = mmap(NULL, f->region.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      (off_t)f->region.offset);
	close(fd);
	if (m->n != 1 || f->mem == MAP_FAILED)
		abort();
}

static void fake_handle(struct fake *f, struct vhost_head h, union vhost_payload *p, int fd)
{
	int mode = fake_mode(f);
	u32 n = 0;

	switch (h.request) {
	case VHOST_GET_FEATURES:
		p->u64 = (mode == FAKE_NO_VIRTIO1 ? 0 : 1ULL << 32) | VHOST_F_PROTOCOL_FEATURES;
		n = 8;
		break;
	case VHOST_GET_PROTOCOL_FEATURES:
		p->u64 = 0xffff;
		n = 8;
		break;
	case VHOST_GET_QUEUE_NUM:
		p->u64 = mode == FAKE_ONE_QUEUE ? 1 : 2;
		n = 8;
		break;
	case VHOST_SET_MEM_TABLE:
		if (mode == FAKE_HANGS_UP)
			__atomic_store_n(&f->leave, true, __ATOMIC_SEQ_CST);
		fake_set_memory(f, &p->mem, fd);
		break;
	case VHOST_SET_VRING_NUM:
		f->size[p->state.index & 1] = (u16)p->state.num;
		break;
	case VHOST_SET_VRING_BASE:
		f->next[p->state.index & 1] = (u16)p->state.num;
		break;
	case VHOST_SET_VRING_ADDR:
		f->addr[p->addr.index & 1] = p->addr;
		break;
	case VHOST_SET_VRING_CALL:
		fake_fd(&f->call[p->u64 & 1], fd);
		break;
	case VHOST_SET_VRING_KICK:
		fake_fd(&f->kick[p->u64 & 1], fd);
		break;
	case VHOST_SET_VRING_ENABLE:
		fake_run_queue(f, p->state.index & 1);
		break;
	case VHOST_GET_VRING_BASE:
		fake_run_queue(f, p->state.index & 1);
		p->state.num = f->next[p->state.index & 1] + (mode == FAKE_BAD_BASE ? 1u : 0);
		fake_fd(&f->kick[p->state.index & 1], -1);
		n = sizeof(p->state);
		break;
	default:
		break;
	}
	fake_answer(f, h, p, n, mode == FAKE_REFUSES && h.request == VHOST_SET_MEM_TABLE);
}

static void fake_receive(struct fake *f)
{
	union vhost_payload p = { 0 };
	struct vhost_head h;
	struct iovec v = { &h, sizeof(h) };
	union {
		struct cmsghdr head;
		u8 space[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &c,
			    .msg_controllen = sizeof(c) };
	int fd = -1;

	if (recvmsg(f->fd, &m, MSG_WAITALL) != sizeof(h) || h.size > sizeof(p) ||
	    (h.size && recv(f->fd, &p, h.size, MSG_WAITALL) != (ssize_t)h.size)) {
		__atomic_store_n(&f->leave, true, __ATOMIC_SEQ_CST);
		return;
	}
	if (m.msg_controllen >= sizeof(c.head) && c.head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&c.head), sizeof(fd));
	fake_handle(f, h, &p, fd);
}

static bool fake_goes_on(struct fake *f)
{
	return !__atomic_load_n(&f->end, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&f->leave, __ATOMIC_SEQ_CST);
}

static void fake_client(struct fake *f)
{
	u64 ignored;

	while (fake_goes_on(f)) {
		struct pollfd p[4] = { { f->wake_fd, POLLIN, 0 },
				       { f->fd, POLLIN, 0 },
				       { f->kick[0], POLLIN, 0 },
				       { f->kick[1], POLLIN, 0 } };

		if (poll(p, 4, -1) < 0)
			continue;
		for (int i = 0; i < 4; i++)
			if (i != 1 && p[i].revents & POLLIN &&
			    read(p[i].fd, &ignored, sizeof(ignored)) < 0)
				abort();
		if (!fake_goes_on(f))
			break;
		if (f->mem) {
			fake_run_queue(f, 0);
			fake_run_queue(f, 1);
		}
		if (p[1].revents)
			fake_receive(f);
	}
	close(f->fd);
	for (int q = 0; q < 2; q++) {
		fake_fd(&f->kick[q], -1);
		fake_fd(&f->call[q], -1);
	}
	if (f->mem)
		munmap(f->mem, f->region.size);
	f->mem = NULL;
}

static void *fake_thread(void *opaque)
{
	struct fake *f = opaque;

	while (!__atomic_load_n(&f->end, __ATOMIC_SEQ_CST)) {
		struct pollfd p[2] = { { f->wake_fd, POLLIN, 0 }, { f->listen_fd, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0 || !(p[1].revents & POLLIN))
			continue;
		f->fd = accept(f->listen_fd, NULL, NULL);
		__atomic_store_n(&f->leave, false, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&f->n_clients, 1, __ATOMIC_SEQ_CST);
		fake_client(f);
	}
	return NULL;
}

static inline void fake_listen(struct fake *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->path);
	f->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (f->listen_fd < 0 || bind(f->listen_fd, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(f->listen_fd, 1))
		abort();
}

static inline void fake_open(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	for (int q = 0; q < 2; q++)
		f->kick[q] = f->call[q] = -1;
	snprintf(f->path, sizeof(f->path), "/tmp/hypar-vhost-%d", (int)getpid());
	unlink(f->path);
	pthread_mutex_init(&f->lock, NULL);
	fake_listen(f);
	f->wake_fd = eventfd(0, 0);
	if (f->wake_fd < 0 || pthread_create(&f->thread, NULL, fake_thread, f))
		abort();
}

/* The mode from now on. */
static inline void fake_set(struct fake *f, enum fake_mode mode)
{
	__atomic_store_n(&f->mode, mode, __ATOMIC_SEQ_CST);
	fake_poke(f->wake_fd);
}

/* The word at @at of the last request, or how many pieces it had. */
static inline u32 fake_last(struct fake *f, u32 at)
{
	u32 ret;

	pthread_mutex_lock(&f->lock);
	ret = ld_le32(f->last + at);
	pthread_mutex_unlock(&f->lock);
	return ret;
}

static inline u32 fake_pieces(struct fake *f)
{
	u32 ret;

	pthread_mutex_lock(&f->lock);
	ret = f->last_pieces;
	pthread_mutex_unlock(&f->lock);
	return ret;
}

/* Ends the connection there is. */
static inline void fake_leave(struct fake *f)
{
	__atomic_store_n(&f->leave, true, __ATOMIC_SEQ_CST);
	fake_poke(f->wake_fd);
}

static inline void fake_close(struct fake *f)
{
	__atomic_store_n(&f->end, true, __ATOMIC_SEQ_CST);
	fake_poke(f->wake_fd);
	pthread_join(f->thread, NULL);
	close(f->listen_fd);
	close(f->wake_fd);
	unlink(f->path);
}

#endif
