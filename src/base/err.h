/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host errors. Functions return 0 or a negative errno and describe the reason
 * in a struct hypar_err given by the caller (NULL: not wanted). Text is meant
 * for users: it names the option, file or value and what is wrong with it.
 */
#ifndef HYPAR_BASE_ERR_H
#define HYPAR_BASE_ERR_H

#include "base/compiler.h"
#include "hypar/error.h"

/*
 * Describes an error and returns @code (a negative errno), so that callers
 * write `return err_set(e, -EINVAL, "...");`. The first description wins.
 */
int err_set(struct hypar_err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same, with ": " and the host's text for @code appended. */
int err_set_errno(struct hypar_err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
