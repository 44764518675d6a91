/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a machine. The main thread is in hypar_machine_run(); a second one, the
 * I/O thread, moves the console's bytes and waits for signals, which are
 * blocked everywhere and arrive through a signalfd, and for the time limit.
 */
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "config.h"
#include "console.h"
#include "gdbstub.h"
#include "monitor.h"
#include "term.h"

#define INPUT_AGAIN_MS 5
#define INPUT_FIRST_MS 1000 /* a reset forgets input: wait for the guest to speak */
#define STOP_MS 10000	    /* a machine that does not stop by then is left behind */
#define DRAIN_MS 1000

/* The last messages of the library, told when the guest dies. */
#define LOG_LINES 16

/* Messages that are shown at once: so many in so long, as a guest can cause them. */
#define NOTICES 20
#define NOTICES_MS 10000

struct log {
	pthread_mutex_t lock;
	char line[LOG_LINES][320];
	unsigned int n; /* all that there were */
	/* notices since then, and those that were not shown */
	int64_t since_ms;
	unsigned int n_notices, n_hidden;
};

enum quit { QUIT_NONE, QUIT_MONITOR, QUIT_GDB };

struct run {
	const struct options *o;
	struct log log;
	hypar_machine *machine;
	struct console *console;
	struct monitor *monitor; /* or NULL */
	struct gdbstub *gdbstub; /* or NULL */
	FILE *trace;
	int signal_fd;
	int64_t start_ms, stop_ms;
	int end;	   /* atomic: the machine ended, the I/O thread shall */
	int cause;	   /* atomic: why the machine was stopped, a status; 0: it was not */
	int quit_asked;	   /* atomic, enum quit: by a client */
	int has_spoken;	   /* atomic: the guest wrote something */
	bool is_asked;	   /* the guest was asked to shut down */
	bool has_panicked; /* of the main thread */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what the machine calls ---- */

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct run *r = opaque;

	if (vty)
		return n;
	if (!__atomic_load_n(&r->has_spoken, __ATOMIC_RELAXED))
		__atomic_store_n(&r->has_spoken, 1, __ATOMIC_RELAXED);
	return console_put(r->console, buf, n);
}

static void trace(void *opaque, const char *line)
{
	struct run *r = opaque;

	if (r->trace)
		fprintf(r->trace, "%s\n", line);
	else
		term_line(line);
}

/* Life cycle and guest mistakes: at once with --trace only, as a guest could flood us. */
static void log_line(void *opaque, const char *line)
{
	struct run *r = opaque;
	struct log *l = &r->log;

	pthread_mutex_lock(&l->lock);
	snprintf(l->line[l->n++ % LOG_LINES], sizeof(l->line[0]), "%s", line);
	pthread_mutex_unlock(&l->lock);
	if (r->o->machine.trace)
		trace(opaque, line);
}

/* Shown at once, as long as there are not too many. */
static void notice(void *opaque, const char *line)
{
	struct run *r = opaque;
	struct log *l = &r->log;
	int64_t now = now_ms();
	unsigned int hidden = 0;
	bool show;

	pthread_mutex_lock(&l->lock);
	if (!l->n_notices || now - l->since_ms >= NOTICES_MS) {
		l->since_ms = now;
		l->n_notices = 0;
		hidden = l->n_hidden;
		l->n_hidden = 0;
	}
	show = l->n_notices++ < NOTICES;
	if (!show)
		l->n_hidden++;
	pthread_mutex_unlock(&l->lock);
	if (hidden)
		term_say("%u messages were left out", hidden);
	if (show)
		term_say("%s", line);
}

/* Who ended the machine, or made it start again. */
static const char *reason_of(const struct run *r, const struct hypar_event *ev)
{
	int cause = __atomic_load_n(&r->cause, __ATOMIC_SEQ_CST);

	if (ev->kind == HYPAR_EVENT_RESET)
		return ev->by_guest ? "guest-reset" : "host-qmp-system-reset";
	if (ev->by_guest)
		return r->has_panicked ? "guest-panic" : "guest-shutdown";
	if (__atomic_load_n(&r->quit_asked, __ATOMIC_SEQ_CST))
		return "host-qmp-quit";
	return cause == STATUS_QUIT || cause == STATUS_TIMEOUT ? "host-ui" :
	       cause					       ? "host-signal" :
								 "host-error";
}

static void event(void *opaque, const struct hypar_event *ev)
{
	struct run *r = opaque;

	if (ev->kind == HYPAR_EVENT_GUEST_PANICKED)
		r->has_panicked = true;
	if (r->monitor)
		monitor_event(r->monitor, ev, reason_of(r, ev));
}

static const struct hypar_host_ops host_ops = { console_write, trace, log_line, event, notice };

/* ---- the I/O thread ---- */

static void stop(struct run *r, int cause)
{
	int none = 0;

	__atomic_compare_exchange_n(&r->cause, &none, cause, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	if (!r->stop_ms)
		r->stop_ms = now_ms() + STOP_MS;
	hypar_machine_stop(r->machine);
}

static void ask_quit(struct run *r, int who)
{
	__atomic_store_n(&r->quit_asked, who, __ATOMIC_SEQ_CST);
	console_wake(r->console);
}

/* On the thread of the monitor. */
static void quit_by_monitor(void *opaque)
{
	ask_quit(opaque, QUIT_MONITOR);
}

/* On the thread of --gdb. */
static void quit_by_gdb(void *opaque)
{
	ask_quit(opaque, QUIT_GDB);
}

static void flush_trace(void *opaque)
{
	const struct run *r = opaque;

	if (r->trace && fflush(r->trace))
		return; /* told at the end */
}

static void handle_signal(struct run *r, int sig)
{
	switch (sig) {
	case SIGTERM:
		if (!r->is_asked) {
			r->is_asked = true;
			term_say("SIGTERM: the guest is asked to shut down; once more stops it");
			hypar_machine_shutdown(r->machine);
			return;
		}
		break;
	case SIGTSTP:
		term_restore();
		kill(getpid(), SIGSTOP);
		return;
	case SIGCONT:
		console_resume(r->console);
		return;
	default:
		break;
	}
	stop(r, STATUS_SIGNAL + sig);
}

static void handle_signals(struct run *r)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		handle_signal(r, (int)si.ssi_signo);
}

/* Hands input to the guest; true: some is left. */
static bool feed_guest(struct run *r)
{
	const void *buf;
	size_t n = console_input(r->console, &buf), done;

	if (!n)
		return false;
	if (!__atomic_load_n(&r->has_spoken, __ATOMIC_RELAXED) &&
	    now_ms() - r->start_ms < INPUT_FIRST_MS)
		return true;
	done = hypar_console_input(r->machine, 0, buf, n);
	console_input_taken(r->console, done);
	return console_input(r->console, &buf);
}

/* The machine does not react: leave without it. */
static void give_up(const struct run *r)
{
	term_say("the machine does not stop");
	term_restore();
	_exit(r->cause);
}

static void check_time(struct run *r)
{
	int64_t now = now_ms();

	if (r->stop_ms && now >= r->stop_ms)
		give_up(r);
	if (r->o->timeout && !r->stop_ms && now - r->start_ms >= (int64_t)r->o->timeout * 1000)
		stop(r, STATUS_TIMEOUT);
}

/* How long poll may wait: the nearest of what is due. */
static int wait_ms(const struct run *r, int console_ms, bool is_left)
{
	int64_t now = now_ms(), ms = -1;

	if (r->stop_ms)
		ms = r->stop_ms - now;
	else if (r->o->timeout)
		ms = r->start_ms + (int64_t)r->o->timeout * 1000 - now;
	if (console_ms >= 0 && (ms < 0 || ms > console_ms))
		ms = console_ms;
	if (is_left && (ms < 0 || ms > INPUT_AGAIN_MS))
		ms = INPUT_AGAIN_MS;
	return ms > 3600000 ? 3600000 : (int)ms;
}

static void *io_thread(void *opaque)
{
	struct run *r = opaque;
	struct pollfd fds[2 + CONSOLE_FDS];
	uint64_t count;

	pthread_setname_np(pthread_self(), "hypar-io");
	while (!__atomic_load_n(&r->end, __ATOMIC_SEQ_CST)) {
		bool is_left = feed_guest(r);
		int ms = console_prepare(r->console, fds + 2);

		fds[0] = (struct pollfd){ .fd = console_wake_fd(r->console), .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = r->signal_fd, .events = POLLIN };
		ms = wait_ms(r, ms, is_left);
		if (poll(fds, ARRAY_SIZE(fds), ms < -1 ? 0 : ms) < 0)
			continue;
		/* the event says only: look at the ring */
		if (fds[0].revents && read(fds[0].fd, &count, sizeof(count)) < 0)
			count = 0;
		if (fds[1].revents)
			handle_signals(r);
		if (console_handle(r->console, fds + 2) == CONSOLE_KEY_QUIT)
			stop(r, STATUS_QUIT);
		if (__atomic_load_n(&r->quit_asked, __ATOMIC_SEQ_CST))
			stop(r, STATUS_QUIT);
		check_time(r);
	}
	return NULL;
}

/* ---- start and end ---- */

static int open_trace(struct run *r, struct hypar_err *e)
{
	const char *path = r->o->trace_file;
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0)
		return opt_error(e, -errno, OPT_trace_file, path, strerror(errno));
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK); /* a FIFO's reader is waited for */
	r->trace = fdopen(fd, "w");
	if (!r->trace) {
		close(fd);
		return err_set(e, -ENOMEM, "no memory for --trace-file");
	}
	return 0;
}

static int open_signals(struct run *r, struct hypar_err *e)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		sigaddset(&set, all[i]);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0)
		return err_set_errno(e, -errno, "signalfd");
	/* of the terminal's job control: reads then fail instead of stopping us */
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int open_all(struct run *r, struct hypar_err *e)
{
	struct hypar_config cfg = r->o->machine;
	int ret = config_check(r->o, e);

	if (!ret)
		ret = open_signals(r, e);
	if (!ret)
		ret = open_trace(r, e);
	if (ret)
		return ret;
	r->console = console_new(r->o, e);
	if (!r->console)
		return e->code;
	cfg.host = &host_ops;
	cfg.opaque = r;
	if (r->o->monitor_path) {
		r->monitor = monitor_new(
			&(struct monitor_config){ r->o, quit_by_monitor, flush_trace, r }, e);
		if (!r->monitor)
			return e->code;
	}
	if (r->o->gdb) {
		r->gdbstub = gdbstub_new(r->o, e);
		if (!r->gdbstub)
			return e->code;
	}
	r->machine = hypar_machine_new(&cfg, e);
	return r->machine ? 0 : e->code;
}

static void close_all(struct run *r)
{
	monitor_free(r->monitor);
	gdbstub_free(r->gdbstub);
	hypar_machine_free(r->machine);
	console_free(r->console);
	if (r->trace)
		fclose(r->trace);
	if (r->signal_fd >= 0)
		close(r->signal_fd);
}

static void out_line(void *opaque, const char *line)
{
	(void)opaque;
	term_line(line);
}

static void trace_record(void *opaque, const char *line)
{
	bool *said = opaque;

	if (!*said)
		term_say("the last trace records:");
	*said = true;
	term_line(line);
}

/* What the guest died of, and in what state. */
static enum status say_death(struct run *r, enum hypar_end end)
{
	const char *reason = hypar_machine_reason(r->machine);
	const struct log *l = &r->log;
	bool said = false;

	term_say("%s%s%s", end == HYPAR_END_OS_TERM ? "ibm,os-term" : "checkstop",
		 *reason ? ": " : "", reason);
	for (unsigned int i = l->n < LOG_LINES ? 0 : l->n - LOG_LINES; i < l->n; i++)
		term_say("message: %s", l->line[i % LOG_LINES]);
	hypar_machine_report(r->machine, "registers", out_line, NULL);
	hypar_machine_report(r->machine, "trace", trace_record, &said);
	return end == HYPAR_END_OS_TERM ? STATUS_OS_TERM : STATUS_CHECKSTOP;
}

/* A program that ends the machine by "quit" did not fail; a person may have given up. */
static enum status status_of_stop(const struct run *r)
{
	int cause = __atomic_load_n(&r->cause, __ATOMIC_SEQ_CST);

	if (cause == STATUS_TIMEOUT)
		term_say("--timeout %s: the time is over, the machine was stopped",
			 r->o->given[OPT_timeout]);
	if (cause == STATUS_QUIT &&
	    __atomic_load_n(&r->quit_asked, __ATOMIC_SEQ_CST) == QUIT_MONITOR)
		return STATUS_OK;
	return cause ? (enum status)cause : STATUS_QUIT;
}

static enum status status_of(struct run *r, enum hypar_end end, const struct hypar_err *e)
{
	switch (end) {
	case HYPAR_END_POWEROFF:
		return STATUS_OK;
	case HYPAR_END_STOPPED:
		return status_of_stop(r);
	case HYPAR_END_OS_TERM:
	case HYPAR_END_CHECKSTOP:
		return say_death(r, end);
	default:
		term_say("%s", e->code ? e->text : "the host failed");
		return STATUS_HOST;
	}
}

static bool trace_failed(struct run *r)
{
	bool bad = r->trace && (fflush(r->trace) || ferror(r->trace));

	if (bad)
		term_say("--trace-file %s: not all could be written", r->o->trace_file);
	return bad;
}

/* What GDB calls the exit code of its program. */
static unsigned int status_for_gdb(struct run *r, enum hypar_end end)
{
	switch (end) {
	case HYPAR_END_POWEROFF:
		return STATUS_OK;
	case HYPAR_END_STOPPED:
		return (unsigned int)__atomic_load_n(&r->cause, __ATOMIC_SEQ_CST);
	case HYPAR_END_OS_TERM:
		return STATUS_OS_TERM;
	case HYPAR_END_CHECKSTOP:
		return STATUS_CHECKSTOP;
	default:
		return STATUS_HOST;
	}
}

static enum status run_opened(struct run *r)
{
	struct hypar_err e = { 0 };
	enum hypar_end end;
	enum status status;
	struct stat st;
	pthread_t io;
	int ret;

	if (r->trace && !fstat(fileno(r->trace), &st) && S_ISREG(st.st_mode) &&
	    ftruncate(fileno(r->trace), 0))
		term_say("--trace-file %s: %s", r->o->trace_file, strerror(errno));
	console_start(r->console);
	r->start_ms = now_ms();
	ret = pthread_create(&io, NULL, io_thread, r);
	if (ret) {
		term_restore();
		term_say("no thread for the console: %s", strerror(ret));
		return STATUS_HOST;
	}
	ret = r->monitor ? monitor_start(r->monitor, r->machine, &e) : 0;
	if (!ret && r->gdbstub)
		ret = gdbstub_start(r->gdbstub, r->machine, quit_by_gdb, r, &e);
	end = ret ? HYPAR_END_ERROR : hypar_machine_run(r->machine, &e);
	gdbstub_end(r->gdbstub, status_for_gdb(r, end));
	monitor_free(r->monitor);
	r->monitor = NULL;
	__atomic_store_n(&r->end, 1, __ATOMIC_SEQ_CST);
	console_wake(r->console);
	pthread_join(io, NULL);
	console_drain(r->console, DRAIN_MS);
	term_restore();
	status = status_of(r, end, &e);
	if (r->o->stats)
		hypar_machine_report(r->machine, "stats", out_line, NULL);
	return trace_failed(r) && status == STATUS_OK ? STATUS_HOST : status;
}

enum status run_machine(const struct options *o)
{
	struct run r = { .o = o, .signal_fd = -1 };
	struct hypar_err e = { 0 };
	enum status status;
	int ret;

	pthread_mutex_init(&r.log.lock, NULL);
	ret = open_all(&r, &e);
	if (!ret) {
		status = run_opened(&r);
	} else {
		term_say("%s", e.text);
		status = ret == -ENOMEM ? STATUS_HOST : STATUS_USAGE;
	}
	close_all(&r);
	pthread_mutex_destroy(&r.log.lock);
	return status;
}
