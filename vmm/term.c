/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal belongs to the process, so its state is one per process: this
 * is the program's only state at file scope, as signal handlers need it.
 *
 * Threads: term_raw and term_restore are called by the I/O thread, and by the
 * main thread before and after that; term_line by any.
 */
#include "term.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/compiler.h"

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

static struct {
	struct termios saved;
	struct sigaction old[ARRAY_SIZE(crash_signals)];
	bool is_saved;
	volatile sig_atomic_t is_raw;
} term;

bool term_is_ours(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void term_restore(void)
{
	if (!term.is_raw)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
	term.is_raw = 0;
}

/*
 * Then the signal goes to whom it belonged before: a fault comes again when this
 * returns, one that was sent has to be sent again.
 */
static void crashed(int sig, siginfo_t *info, void *context)
{
	(void)context;
	term_restore();
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		if (crash_signals[i] == sig)
			sigaction(sig, &term.old[i], NULL);
	if (info->si_code <= 0)
		raise(sig);
}

static void save(void)
{
	struct sigaction sa = { .sa_sigaction = crashed,
				.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

	tcgetattr(STDIN_FILENO, &term.saved);
	term.is_saved = true;
	atexit(term_restore);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		sigaction(crash_signals[i], &sa, &term.old[i]);
}

void term_raw(void)
{
	struct termios t;

	if (term.is_raw || !term_is_ours())
		return;
	if (!term.is_saved)
		save();
	t = term.saved;
	cfmakeraw(&t);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	term.is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

void term_line(const char *line)
{
	char out[1024];
	size_t n = 0;

	for (; *line && n < sizeof(out) - 8; line++) {
		unsigned char c = (unsigned char)*line;

		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	if (term.is_raw)
		out[n++] = '\r';
	out[n++] = '\n';
	/* standard error may be gone: nobody is left to be told */
	while (write(STDERR_FILENO, out, n) < 0 && errno == EINTR)
		continue;
}

void term_say(const char *fmt, ...)
{
	char line[512] = "hypar: ";
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line + 7, sizeof(line) - 7, fmt, ap) >= 0)
		term_line(line);
	va_end(ap);
}
