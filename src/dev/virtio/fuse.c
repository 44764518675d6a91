// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE /* O_DIRECT */
#include "dev/virtio/fuse.h"

#include <fcntl.h>

#include "base/compiler.h"
#include "base/endian.h"

/* Of the header: le32 len, opcode. */
#define OPCODE 4u

/* A row per request that has open flags, and where, behind the header. */
static const struct {
	u32 opcode;
	u32 flags;
} rows[] = {
	{ 14, 0 },  /* OPEN */
	{ 15, 32 }, /* READ */
	{ 16, 32 }, /* WRITE */
	{ 18, 8 },  /* RELEASE */
	{ 27, 0 },  /* OPENDIR */
	{ 28, 32 }, /* READDIR */
	{ 29, 8 },  /* RELEASEDIR */
	{ 35, 0 },  /* CREATE */
	{ 44, 32 }, /* READDIRPLUS */
	{ 51, 0 },  /* TMPFILE */
};

/* The flags that differ: as Linux has them on POWER, and here. */
static const struct {
	u32 power, host;
} bits[] = {
	{ 040000, O_DIRECTORY },
	{ 0100000, O_NOFOLLOW },
	{ 0200000, 0 }, /* O_LARGEFILE: always, on 64-bit hosts */
	{ 0400000, O_DIRECT },
};

static u32 flags_to_host(u32 flags)
{
	u32 host = flags;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		host &= ~bits[i].power;
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (flags & bits[i].power)
			host |= bits[i].host;
	return host;
}

void fuse_to_host(u8 *request, size_t n)
{
	u32 opcode = ld_le32(request + OPCODE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 *at = request + FUSE_IN_HEADER + rows[i].flags;

		if (rows[i].opcode == opcode && n >= FUSE_IN_HEADER + rows[i].flags + 4)
			st_le32(at, flags_to_host(ld_le32(at)));
	}
}
