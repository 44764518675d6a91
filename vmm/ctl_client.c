/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QMP client: lines of JSON over a socket, one command at a time. Events that
 * come in between are dropped, but for the one that is waited for.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "term.h"
#include "unixsock.h"

#define ANSWER_MS 30000
#define LINE_MAX_BYTES (16u << 20)
#define FIRST_SIZE 65536u

struct ctl_client {
	const char *path;
	int fd;
	char *buf; /* n bytes read, of which the first line is the next message */
	size_t n, size;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads some bytes by @end (-1: for ever). 0, -ETIMEDOUT, -EPIPE: closed, or the host's errno. */
static int fill(struct ctl_client *c, int64_t end)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int64_t left = end < 0 ? -1 : end - now_ms();
	ssize_t n;
	char *buf;

	if (c->n == c->size) {
		size_t size = c->size ? 2 * c->size : FIRST_SIZE;

		buf = size > LINE_MAX_BYTES ? NULL : realloc(c->buf, size);
		if (!buf)
			return -ENOMEM;
		c->buf = buf;
		c->size = size;
	}
	if (end >= 0 && left < 0)
		return -ETIMEDOUT;
	n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n)
		return left > INT32_MAX ? 0 : -ETIMEDOUT;
	n = recv(c->fd, c->buf + c->n, c->size - c->n, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	c->n += (size_t)n;
	return n ? 0 : -EPIPE;
}

/* The next message by @end, or NULL with *ret as of fill(), -EPROTO: not an object. */
static json_t *next(struct ctl_client *c, int64_t end, int *ret)
{
	json_t *o = NULL;
	char *nl;
	size_t n;

	while (!(nl = c->n ? memchr(c->buf, '\n', c->n) : NULL)) {
		*ret = fill(c, end);
		if (*ret)
			return NULL;
	}
	n = (size_t)(nl - c->buf) + 1;
	o = json_loadb(c->buf, n, 0, NULL);
	c->n -= n;
	memmove(c->buf, c->buf + n, c->n);
	*ret = json_is_object(o) ? 0 : -EPROTO;
	if (*ret) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static void say_lost(const struct ctl_client *c, int ret)
{
	const char *what = ret == -EPIPE     ? "the machine is gone" :
			   ret == -EPROTO    ? "what answers there is no monitor" :
			   ret == -ETIMEDOUT ? "no answer" :
					       strerror(-ret);

	term_say("%s: %s", c->path, what);
}

struct ctl_client *ctl_connect(const char *path)
{
	struct ctl_client *c = calloc(1, sizeof(*c));
	int fd = unixsock_connect(path), ret = -ENOMEM;
	json_t *o = NULL;

	if (fd < 0 || !c) {
		term_say("%s: %s", path, fd < 0 ? unixsock_error(fd) : "no memory");
		if (fd >= 0)
			close(fd);
		free(c);
		return NULL;
	}
	c->fd = fd;
	c->path = path;
	o = next(c, now_ms() + ANSWER_MS, &ret);
	if (o && !json_object_get(o, "QMP")) {
		json_t *desc = json_object_get(json_object_get(o, "error"), "desc");

		if (desc)
			term_say("%s: %s", path, json_string_value(desc));
		else
			say_lost(c, -EPROTO);
		json_decref(o);
		ctl_disconnect(c);
		return NULL;
	}
	json_decref(o);
	if (!o) {
		say_lost(c, ret);
		ctl_disconnect(c);
		return NULL;
	}
	o = ctl_execute(c, "qmp_capabilities", NULL);
	json_decref(o);
	if (o)
		return c;
	ctl_disconnect(c);
	return NULL;
}

void ctl_disconnect(struct ctl_client *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c->buf);
	free(c);
}

static int send_all(const struct ctl_client *c, const char *text)
{
	size_t n = strlen(text), at = 0;

	while (at < n) {
		ssize_t done = send(c->fd, text + at, n - at, MSG_NOSIGNAL);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0)
			at += (size_t)done;
	}
	return 0;
}

static int send_command(struct ctl_client *c, const char *command, json_t *args)
{
	json_t *o = json_pack("{s:s,s:s}", "execute", command, "id", "ctl");
	char *text;
	int ret;

	if (args)
		json_object_set_new(o, "arguments", args);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return -ENOMEM;
	ret = send_all(c, text);
	free(text);
	return ret ? ret : send_all(c, "\n");
}

json_t *ctl_execute(struct ctl_client *c, const char *command, json_t *args)
{
	int64_t end = now_ms() + ANSWER_MS;
	int ret = send_command(c, command, args);
	json_t *o = NULL, *value;

	while (!ret) {
		o = next(c, end, &ret);
		if (!o || !json_object_get(o, "event"))
			break;
		json_decref(o);
	}
	if (ret) {
		say_lost(c, ret);
		return NULL;
	}
	value = json_incref(json_object_get(o, "return"));
	if (!value) {
		json_t *e = json_object_get(o, "error");
		const char *desc = json_string_value(json_object_get(e, "desc"));

		term_say("%s", desc ? desc : "the monitor's answer says nothing");
	}
	json_decref(o);
	return value;
}

enum status ctl_wait_event(struct ctl_client *c, const char *name, int ms, json_t **event)
{
	int64_t end = ms < 0 ? -1 : now_ms() + ms;
	const char *is;
	json_t *o;
	int ret;

	while ((o = next(c, end, &ret))) {
		is = json_string_value(json_object_get(o, "event"));
		if (is && !strcmp(is, name)) {
			*event = o;
			return STATUS_OK;
		}
		json_decref(o);
	}
	if (ret == -ETIMEDOUT)
		return STATUS_TIMEOUT;
	say_lost(c, ret);
	return STATUS_HOST;
}
