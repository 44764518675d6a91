/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening, connecting and cleaning up.
 */
#define _GNU_SOURCE
#include "unixsock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	memcpy(a->sun_path, path, strlen(path) + 1);
	return 0;
}

/* A socket that nobody listens on is what a killed run left behind. */
static int remove_stale(const struct sockaddr_un *a)
{
	struct stat st;
	int fd, ret = 0;

	if (lstat(a->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)a, sizeof(*a)) || errno != ECONNREFUSED)
		ret = -EADDRINUSE;
	close(fd);
	return ret || !unlink(a->sun_path) ? ret : -errno;
}

int unixsock_listen(struct unixsock *s, const char *path)
{
	struct sockaddr_un a;
	struct stat st;
	mode_t mask;
	int ret;

	*s = (struct unixsock){ .fd = -1, .path = path };
	ret = address(&a, path);
	if (!ret)
		ret = remove_stale(&a);
	if (ret)
		return ret;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	mask = umask(0177);
	ret = bind(s->fd, (const struct sockaddr *)&a, sizeof(a)) ? -errno : 0;
	umask(mask);
	if (!ret && !lstat(path, &st)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	if (!ret && listen(s->fd, 8))
		ret = -errno;
	if (ret)
		unixsock_close(s);
	return ret;
}

void unixsock_close(struct unixsock *s)
{
	struct stat st;

	if (s->ino && !lstat(s->path, &st) && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->ino = 0;
}

int unixsock_connect(const char *path)
{
	struct sockaddr_un a;
	int fd, ret = address(&a, path);

	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&a, sizeof(a)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

const char *unixsock_error(int code)
{
	switch (code) {
	case -EEXIST:
		return "there is a file that is not a socket";
	case -ENAMETOOLONG:
		return "the path is too long for a socket";
	default:
		return strerror(-code);
	}
}
