// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

PRINTF_LIKE(3, 0)
static void err_format(struct hypar_err *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = 0;
}

int err_set(struct hypar_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->code)
		return code;
	va_start(ap, fmt);
	err_format(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int err_set_errno(struct hypar_err *e, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (!e || e->code)
		return code;
	va_start(ap, fmt);
	err_format(e, code, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(-code));
	return code;
}
