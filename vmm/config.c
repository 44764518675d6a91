/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks before anything is opened for writing: a wrong command line leaves
 * every file as it was. What is in a kernel, the library looks at.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

struct used_file {
	enum opt_id id;
	const char *path;
	bool is_written;
};

static int refuse(struct hypar_err *e, enum opt_id id, const char *path, int code)
{
	return opt_error(e, code, id, path, strerror(-code));
}

/* Opened without waiting: a FIFO is refused, not waited for. */
static int check_readable(enum opt_id id, const char *path, struct hypar_err *e)
{
	struct stat st;
	int fd, ret = 0;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse(e, id, path, -errno);
	if (fstat(fd, &st))
		ret = refuse(e, id, path, -errno);
	else if (S_ISDIR(st.st_mode))
		ret = refuse(e, id, path, -EISDIR);
	else if (!S_ISREG(st.st_mode))
		ret = opt_error(e, -EINVAL, id, path, "not a regular file");
	close(fd);
	return ret;
}

/* Where @path would be made: its folder without links, and its last part. */
static bool place(const char *path, char *folder, const char **last)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	bool ok = dir && realpath(dir, folder);

	free(dir);
	*last = slash ? slash + 1 : path;
	return ok;
}

/* One file under two names? Terminals, pipes and the like may be shared. */
static bool is_same(const char *a, const char *b)
{
	char *folders = malloc(2 * 4096);
	const char *last_a, *last_b;
	struct stat sa, sb;
	bool has_a = !stat(a, &sa), has_b = !stat(b, &sb), same = false;

	if (has_a && has_b)
		same = S_ISREG(sa.st_mode) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
	else if (folders && !has_a && !has_b && place(a, folders, &last_a) &&
		 place(b, folders + 4096, &last_b))
		same = !strcmp(folders, folders + 4096) && !strcmp(last_a, last_b);
	free(folders);
	return same;
}

/* Is a disk that either side writes also that file? Two disks: the lock tells. */
static int check_disks(const struct options *o, const struct used_file *f, struct hypar_err *e)
{
	char why[120];

	for (unsigned int i = 0; i < o->machine.n_disks; i++) {
		const struct hypar_disk *d = &o->machine.disks[i];

		if ((d->readonly && !f->is_written) || !is_same(d->file, f->path))
			continue;
		snprintf(why, sizeof(why), "the same file as that of --%s", opt_rows[f->id].name);
		return opt_error(e, -EINVAL, OPT_disk, d->file, why);
	}
	return 0;
}

/* The file that a console writes to, or NULL. */
static const char *chardev_file(const struct hypar_device *d)
{
	return d->chardev && !strncmp(d->chardev, "file:", 5) ? d->chardev + 5 : NULL;
}

/* Consoles' files are nobody else's, nor are they disks. */
static int check_chardevs(const struct options *o, const char *path, enum opt_id id,
			  struct hypar_err *e)
{
	char why[120];

	for (unsigned int i = 0; i < o->machine.n_devices; i++) {
		const char *file = chardev_file(&o->machine.devices[i]);

		if (!file || file == path || !is_same(file, path))
			continue;
		snprintf(why, sizeof(why), "the same file as that of --%s", opt_rows[id].name);
		return opt_error(e, -EINVAL, OPT_device, o->machine.devices[i].chardev, why);
	}
	return 0;
}

static int check_devices(const struct options *o, struct hypar_err *e)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < o->machine.n_disks; i++)
		ret = check_chardevs(o, o->machine.disks[i].file, OPT_disk, e);
	for (unsigned int i = 0; !ret && i < o->machine.n_devices; i++) {
		const char *file = chardev_file(&o->machine.devices[i]);

		ret = file ? check_chardevs(o, file, OPT_device, e) : 0;
	}
	return ret;
}

static int check_conflicts(const struct options *o, struct hypar_err *e)
{
	const struct used_file files[] = {
		{ OPT_firmware, o->machine.firmware, false },
		{ OPT_kernel, o->machine.kernel, false },
		{ OPT_initrd, o->machine.initrd, false },
		{ OPT_nvram, o->machine.nvram, true },
		{ OPT_console, o->console_path, true },
		{ OPT_trace_file, o->trace_file, true },
		{ OPT_monitor, o->monitor_path, true },
		{ OPT_gdb, o->gdb_path, true },
	};
	char why[120];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int ret = files[i].path ? check_disks(o, &files[i], e) : 0;

		if (!ret && files[i].path)
			ret = check_chardevs(o, files[i].path, files[i].id, e);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (size_t k = 0; k < i; k++) {
			const struct used_file *a = &files[i], *b = &files[k];

			if (!a->path || !b->path || !(a->is_written || b->is_written) ||
			    !is_same(a->path, b->path))
				continue;
			snprintf(why, sizeof(why), "the same file as that of --%s",
				 opt_rows[b->id].name);
			return opt_error(e, -EINVAL, a->id, o->given[a->id], why);
		}
	return 0;
}

int config_check(const struct options *o, struct hypar_err *e)
{
	int ret;

	if (!o->machine.kernel && !o->machine.firmware)
		return opt_error(e, -EINVAL, OPT_kernel, NULL, "no kernel given");
	if (o->trace_file && !o->machine.trace && !o->monitor_path)
		return opt_error(
			e, -EINVAL, OPT_trace_file, o->trace_file,
			"conflicts with no --trace and no --monitor: there is nothing to write");
	if (o->gdb_wait && !o->gdb)
		return opt_error(e, -EINVAL, OPT_gdb_wait, NULL,
				 "nobody could connect: --gdb is missing");
	ret = check_readable(OPT_firmware, o->machine.firmware, e);
	if (!ret)
		ret = check_readable(OPT_kernel, o->machine.kernel, e);
	if (!ret)
		ret = check_readable(OPT_initrd, o->machine.initrd, e);
	if (!ret)
		ret = check_conflicts(o, e);
	return ret ? ret : check_devices(o, e);
}
