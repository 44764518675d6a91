// SPDX-License-Identifier: Apache-2.0
/*
 * vhost-user front end [Vhost-user Protocol]: negotiation when the connection
 * is made, memory table and rings at each start, GET_VRING_BASE at each stop.
 *
 * The memory table has one region, a sealed file without a name with the rings
 * and their rooms. Its "guest" and "user" addresses are the same made-up ones.
 * A server that does not answer in time may still have it mapped, so the next
 * server gets another file.
 *
 * Not here: IOTLB messages, the dirty log, requests that survive their server,
 * a channel for requests of the server, the device's configuration.
 */
#define _GNU_SOURCE /* thread names, POLLRDHUP, memfd_create */
#include "dev/backend/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "dev/backend/vhost_msg.h"

/* How long a server may take for an answer, and for finishing what is under way. */
#define ANSWER_MS 5000
#define FINISH_MS 30000

#define FEATURE_VERSION_1 (1ULL << 32)

/* Where the memory is for the server. */
#define MEMORY_AT 0x100000000ULL

/* What the thread polls. */
enum { P_WAKE, P_SOCKET, P_CALL };

struct vhost {
	struct sockaddr_un address;
	unsigned int n_queues;
	u64 features, protocol;
	int wake_fd;
	int kick[VHOST_QUEUES_MAX], call[VHOST_QUEUES_MAX];
	pthread_t thread;
	bool has_thread;
	bool end; /* atomic */
	pthread_mutex_t lock;
	/* changed by start and stop under lock, read by the thread under it */
	struct vhost_link link;
	u32 n_links;		     /* that there have been: names the present one */
	bool lost;		     /* the link is no good any more; atomic */
	pthread_mutex_t client_lock; /* held while the client is called */
	struct vhost_client client;
	bool running; /* under client_lock */
	/* of start, stop and open */
	u8 *mem; /* n_queues * VRING_BYTES */
	int mem_fd;
	u16 base[VHOST_QUEUES_MAX]; /* where the server was stopped */
	struct vring ring[VHOST_QUEUES_MAX];
};

static const char *path_of(const struct vhost *v)
{
	return v->address.sun_path;
}

static bool is_lost(const struct vhost *v)
{
	return __atomic_load_n(&v->lost, __ATOMIC_SEQ_CST);
}

static void signal_fd(int fd)
{
	u64 one = 1;

	/* a full counter says the same */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Was it signalled? */
static bool take_signal(int fd)
{
	u64 n;

	return read(fd, &n, sizeof(n)) == sizeof(n);
}

/* ---- messages ---- */

static int explain(const struct vhost *v, int err, const char *what, struct hypar_err *e)
{
	switch (err) {
	case -EPIPE:
		return err_set(e, err, "%s: the server closed the connection (%s)", path_of(v),
			       what);
	case -EPROTO:
		return err_set(e, err, "%s: an answer that is none of vhost-user (%s)", path_of(v),
			       what);
	case -EREMOTEIO:
		return err_set(e, err, "%s: the server refuses %s", path_of(v), what);
	default:
		return err_set_errno(e, err, "%s: %s", path_of(v), what);
	}
}

static int send_msg(const struct vhost *v, const struct vhost_msg *m, const char *what,
		    struct hypar_err *e)
{
	int ret = vhost_msg_send(&v->link, m);

	return ret ? explain(v, ret, what, e) : 0;
}

static int get_u64(const struct vhost *v, u32 request, u64 *out, struct hypar_err *e)
{
	struct vhost_msg m = { .request = request };
	int ret = vhost_msg_ask(&v->link, &m, sizeof(u64));

	if (ret)
		return explain(v, ret, "its features", e);
	*out = m.payload.u64;
	return 0;
}

static int set_u64(const struct vhost *v, u32 request, u64 val, struct hypar_err *e)
{
	struct vhost_msg m = { .request = request, .size = sizeof(u64), .payload.u64 = val };

	return send_msg(v, &m, "features", e);
}

static int set_state(const struct vhost *v, u32 request, u32 q, u32 num, struct hypar_err *e)
{
	struct vhost_msg m = { .request = request,
			       .size = sizeof(struct vhost_state),
			       .payload.state = { q, num } };

	return send_msg(v, &m, "a queue", e);
}

static int set_fd(const struct vhost *v, u32 request, u32 q, int fd, struct hypar_err *e)
{
	struct vhost_msg m = { .request = request,
			       .size = sizeof(u64),
			       .has_fd = true,
			       .fd = fd,
			       .payload.u64 = q };

	return send_msg(v, &m, "a descriptor", e);
}

/* ---- the connection ---- */

static int connect_to(struct vhost *v, struct hypar_err *e)
{
	struct timeval limit = { ANSWER_MS / 1000, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return err_set_errno(e, -errno, "%s", path_of(v));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)&v->address, sizeof(v->address)))
		return fd;
	err = -errno;
	close(fd);
	return err_set_errno(e, err, "%s: no server", path_of(v));
}

static int negotiate_protocol(struct vhost *v, struct hypar_err *e)
{
	u64 queues = 0;

	if (!(v->features & FEATURE_VERSION_1) || !(v->features & VHOST_F_PROTOCOL_FEATURES))
		return err_set(e, -ENOTSUP,
			       "%s: the server has no virtio 1 or no protocol features",
			       path_of(v));
	if (get_u64(v, VHOST_GET_PROTOCOL_FEATURES, &v->protocol, e))
		return e->code;
	v->protocol &= VHOST_PROTOCOL_F_MQ | VHOST_PROTOCOL_F_REPLY_ACK;
	if (set_u64(v, VHOST_SET_PROTOCOL_FEATURES, v->protocol, e))
		return e->code;
	v->link.acks = v->protocol & VHOST_PROTOCOL_F_REPLY_ACK;
	if (!(v->protocol & VHOST_PROTOCOL_F_MQ))
		return 0;
	if (get_u64(v, VHOST_GET_QUEUE_NUM, &queues, e))
		return e->code;
	if (queues < v->n_queues)
		return err_set(e, -ENOTSUP, "%s: the server has %llu queues, %u are needed",
			       path_of(v), (unsigned long long)queues, v->n_queues);
	return 0;
}

static void mark_lost(struct vhost *v)
{
	__atomic_store_n(&v->lost, true, __ATOMIC_SEQ_CST);
	shutdown(v->link.fd, SHUT_RDWR);
}

static u64 mem_size(const struct vhost *v)
{
	return v->n_queues * VRING_BYTES;
}

/* Other memory than until now, at the same place. */
static int renew_memory(struct vhost *v, struct hypar_err *e)
{
	int fd = memfd_create("hypar-vhost", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mem;

	if (fd < 0)
		return err_set_errno(e, -errno, "memory for a vhost-user device");
	/* a file that the server could shrink would fault here */
	if (ftruncate(fd, (off_t)mem_size(v)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto fail;
	mem = mmap(v->mem, mem_size(v), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE | (v->mem ? MAP_FIXED : 0), fd, 0);
	if (mem == MAP_FAILED)
		goto fail;
	if (v->mem_fd >= 0)
		close(v->mem_fd);
	v->mem_fd = fd;
	v->mem = mem;
	for (unsigned int q = 0; q < v->n_queues; q++) {
		v->ring[q].mem = v->mem + q * VRING_BYTES;
		v->ring[q].at = MEMORY_AT + q * VRING_BYTES;
	}
	return 0;
fail:
	err_set_errno(e, -errno, "memory for a vhost-user device");
	close(fd);
	return e->code;
}

/* A new connection instead of the one there is, if any. @e is not NULL. */
static int renew(struct vhost *v, struct hypar_err *e)
{
	struct vhost_msg owner = { .request = VHOST_SET_OWNER };
	int fd = renew_memory(v, e), old;

	if (fd)
		return fd;
	fd = connect_to(v, e);
	if (fd < 0)
		return fd;
	pthread_mutex_lock(&v->lock);
	old = v->link.fd;
	v->link = (struct vhost_link){ fd, false, ANSWER_MS };
	v->n_links++;
	__atomic_store_n(&v->lost, false, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&v->lock);
	if (old >= 0)
		close(old);
	if (get_u64(v, VHOST_GET_FEATURES, &v->features, e) ||
	    send_msg(v, &owner, "being owned", e) || negotiate_protocol(v, e)) {
		mark_lost(v);
		return e->code;
	}
	signal_fd(v->wake_fd);
	return 0;
}

struct vring *vhost_ring(struct vhost *v, unsigned int q)
{
	return &v->ring[q];
}

/* ---- start ---- */

static int set_memory(const struct vhost *v, struct hypar_err *e)
{
	struct vhost_msg m = { .request = VHOST_SET_MEM_TABLE,
			       .size = sizeof(struct vhost_mem),
			       .has_fd = true,
			       .fd = v->mem_fd,
			       .payload.mem = { 1, 0, { MEMORY_AT, mem_size(v), MEMORY_AT, 0 } } };

	return send_msg(v, &m, "memory", e);
}

static int set_ring(struct vhost *v, unsigned int q, struct hypar_err *e)
{
	u64 at = v->ring[q].at;
	struct vhost_msg addr = { .request = VHOST_SET_VRING_ADDR,
				  .size = sizeof(struct vhost_addr),
				  .payload.addr = { .index = q,
						    .desc = at + VRING_DESC,
						    .used = at + VRING_USED,
						    .avail = at + VRING_AVAIL } };

	if (set_state(v, VHOST_SET_VRING_NUM, q, VRING_SIZE, e) ||
	    set_state(v, VHOST_SET_VRING_BASE, q, v->base[q], e) ||
	    send_msg(v, &addr, "the place of a queue", e) ||
	    set_fd(v, VHOST_SET_VRING_CALL, q, v->call[q], e) ||
	    set_fd(v, VHOST_SET_VRING_KICK, q, v->kick[q], e))
		return e->code;
	return set_state(v, VHOST_SET_VRING_ENABLE, q, 1, e);
}

static int hand_over(struct vhost *v, struct hypar_err *e)
{
	if (set_u64(v, VHOST_SET_FEATURES, FEATURE_VERSION_1 | VHOST_F_PROTOCOL_FEATURES, e) ||
	    set_memory(v, e))
		return e->code;
	for (unsigned int q = 0; q < v->n_queues; q++)
		if (set_ring(v, q, e))
			return e->code;
	return 0;
}

static void set_running(struct vhost *v, bool on)
{
	pthread_mutex_lock(&v->client_lock);
	v->running = on;
	pthread_mutex_unlock(&v->client_lock);
}

int vhost_start(struct vhost *v, bool is_new, struct hypar_err *e)
{
	struct hypar_err why = { 0 };

	if (is_lost(v) && !is_new)
		return explain(v, -EPIPE, "while the device stood still", e);
	if (is_lost(v) && renew(v, &why))
		return err_set(e, why.code, "%s", why.text);
	for (unsigned int q = 0; is_new && q < v->n_queues; q++) {
		vring_reset(&v->ring[q]);
		v->base[q] = 0;
	}
	set_running(v, true);
	if (hand_over(v, &why)) {
		set_running(v, false);
		mark_lost(v);
		return err_set(e, why.code, "%s", why.text);
	}
	return 0;
}

/* ---- stop ---- */

/* Passes the interrupts on that the server wanted until now. */
static void take_calls(struct vhost *v)
{
	pthread_mutex_lock(&v->client_lock);
	for (unsigned int q = 0; q < v->n_queues; q++)
		if (take_signal(v->call[q]) && v->running)
			v->client.interrupt(v->client.opaque, q);
	pthread_mutex_unlock(&v->client_lock);
}

static void tell_lost(struct vhost *v, const char *why)
{
	pthread_mutex_lock(&v->client_lock);
	if (v->running)
		v->client.lost(v->client.opaque, why);
	pthread_mutex_unlock(&v->client_lock);
}

static int take_back(struct vhost *v, unsigned int q, struct hypar_err *e)
{
	struct vhost_link l = v->link;
	struct vhost_msg m = { .request = VHOST_GET_VRING_BASE,
			       .size = sizeof(struct vhost_state),
			       .payload.state = { q, 0 } };
	int ret;

	l.limit_ms = FINISH_MS;
	ret = vhost_msg_ask(&l, &m, sizeof(struct vhost_state));
	if (!ret &&
	    (m.payload.state.index != q || !vring_base_ok(&v->ring[q], m.payload.state.num)))
		ret = -EPROTO;
	if (ret)
		return explain(v, ret, "stopping a queue", e);
	v->base[q] = (u16)m.payload.state.num;
	return 0;
}

void vhost_stop(struct vhost *v)
{
	struct hypar_err why = { 0 };
	bool running;

	pthread_mutex_lock(&v->client_lock);
	running = v->running;
	pthread_mutex_unlock(&v->client_lock);
	if (!running)
		return;
	for (unsigned int q = 0; q < v->n_queues && !is_lost(v); q++)
		if (take_back(v, q, &why)) {
			mark_lost(v);
			tell_lost(v, why.text);
		}
	take_calls(v);
	set_running(v, false);
}

void vhost_kick(struct vhost *v, unsigned int q)
{
	if (q < v->n_queues)
		signal_fd(v->kick[q]);
}

/* ---- the thread ---- */

/* The server hung up link number @link. */
static void hung_up(struct vhost *v, u32 link)
{
	bool news = false;

	pthread_mutex_lock(&v->lock);
	if (link == v->n_links)
		news = !__atomic_exchange_n(&v->lost, true, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&v->lock);
	if (news) {
		struct hypar_err why = { 0 };

		take_calls(v);
		explain(v, -EPIPE, "it may have ended", &why);
		tell_lost(v, why.text);
	}
}

static void *vhost_thread(void *opaque)
{
	struct vhost *v = opaque;
	struct pollfd p[P_CALL + VHOST_QUEUES_MAX];

	pthread_setname_np(pthread_self(), "hypar-vhost");
	while (!__atomic_load_n(&v->end, __ATOMIC_SEQ_CST)) {
		u32 link;

		pthread_mutex_lock(&v->lock);
		link = v->n_links;
		p[P_WAKE] = (struct pollfd){ v->wake_fd, POLLIN, 0 };
		/* answers are read by who asked */
		p[P_SOCKET] = (struct pollfd){ v->link.fd, POLLRDHUP, 0 };
		if (is_lost(v))
			p[P_SOCKET].fd = -1;
		pthread_mutex_unlock(&v->lock);
		for (unsigned int q = 0; q < v->n_queues; q++)
			p[P_CALL + q] = (struct pollfd){ v->call[q], POLLIN, 0 };
		if (poll(p, P_CALL + v->n_queues, -1) < 0)
			continue;
		take_signal(v->wake_fd);
		take_calls(v);
		if (p[P_SOCKET].revents)
			hung_up(v, link);
	}
	return NULL;
}

static int start_thread(struct vhost *v, struct hypar_err *e)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	sigdelset(&all, SIGBUS); /* mem/guard.h */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&v->thread, NULL, vhost_thread, v);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return err_set_errno(e, -ret, "no thread for a vhost-user device");
	v->has_thread = true;
	return 0;
}

/* ---- open and close ---- */

static int open_eventfds(struct vhost *v, struct hypar_err *e)
{
	v->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (v->wake_fd < 0)
		return err_set_errno(e, -errno, "eventfd");
	for (unsigned int q = 0; q < v->n_queues; q++) {
		v->kick[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		v->call[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (v->kick[q] < 0 || v->call[q] < 0)
			return err_set_errno(e, -errno, "eventfd");
	}
	return 0;
}

static int set_path(struct vhost *v, const char *path, struct hypar_err *e)
{
	if (!*path || strlen(path) >= sizeof(v->address.sun_path))
		return err_set(e, -EINVAL, "%.80s: the path of a socket is empty or too long",
			       path);
	v->address.sun_family = AF_UNIX;
	memcpy(v->address.sun_path, path, strlen(path) + 1);
	return 0;
}

struct vhost *vhost_open(const char *path, unsigned int n_queues, struct hypar_err *e)
{
	struct vhost *v = n_queues <= VHOST_QUEUES_MAX ? calloc(1, sizeof(*v)) : NULL;
	struct hypar_err why = { 0 };

	if (!v) {
		err_set(e, -ENOMEM, "no memory for a vhost-user device");
		return NULL;
	}
	v->n_queues = n_queues;
	v->link.fd = v->wake_fd = v->mem_fd = -1;
	memset(v->kick, 0xff, sizeof(v->kick));
	memset(v->call, 0xff, sizeof(v->call));
	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->client_lock, NULL);
	if (set_path(v, path, &why) || open_eventfds(v, &why) || renew(v, &why) ||
	    start_thread(v, &why)) {
		err_set(e, why.code, "%s", why.text);
		vhost_close(v);
		return NULL;
	}
	return v;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void vhost_close(struct vhost *v)
{
	if (!v)
		return;
	__atomic_store_n(&v->end, true, __ATOMIC_SEQ_CST);
	if (v->has_thread) {
		signal_fd(v->wake_fd);
		pthread_join(v->thread, NULL);
	}
	for (unsigned int q = 0; q < v->n_queues; q++) {
		close_fd(v->kick[q]);
		close_fd(v->call[q]);
	}
	close_fd(v->link.fd);
	close_fd(v->wake_fd);
	close_fd(v->mem_fd);
	if (v->mem)
		munmap(v->mem, mem_size(v));
	pthread_mutex_destroy(&v->lock);
	pthread_mutex_destroy(&v->client_lock);
	free(v);
}

void vhost_set_client(struct vhost *v, const struct vhost_client *c)
{
	v->client = *c;
}
