/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the end of each JSON object or array in a stream of bytes, within
 * bounds of length and depth, so that the parser only sees whole ones.
 */
#ifndef HYPAR_VMM_MON_FRAME_H
#define HYPAR_VMM_MON_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define MON_MESSAGE_MAX 262144u /* bytes */
#define MON_DEPTH_MAX 64u	/* of brackets in each other */

enum mon_frame_result {
	MON_FRAME_MORE,	  /* all bytes are taken, the message is not over */
	MON_FRAME_WHOLE,  /* buf holds n bytes of it */
	MON_FRAME_HUGE,	  /* what follows up to the end of the line is skipped */
	MON_FRAME_DEEP,	  /* the same */
	MON_FRAME_JUNK,	  /* the same: no object, or a control character in a string */
	MON_FRAME_MEMORY, /* the same */
};

/* Zeroed at first. */
struct mon_frame {
	char *buf;
	size_t n, size;
	unsigned int depth;
	bool in_string, is_escaped, is_skipping;
};

/*
 * Takes bytes up to the end of a message or an error. Returns how many; call
 * again with the rest. The message is gone with the next call.
 */
size_t mon_frame_feed(struct mon_frame *f, const char *bytes, size_t n,
		      enum mon_frame_result *result);
void mon_frame_fini(struct mon_frame *f);

/* What is wrong, for the client. */
const char *mon_frame_error(enum mon_frame_result result);

#endif
