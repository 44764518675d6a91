// SPDX-License-Identifier: Apache-2.0
/*
 * The other side of run_vectors.c: a program for ppc64le Linux (under
 * qemu-ppc64le-static, or on a real machine) that executes instruction words
 * on register images. A signal is reported in the image and skips the word.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "vectors.h"

struct work {
	struct image in, out;
	uint8_t keep[WORK_SIZE - 2 * IM_SIZE];
} __attribute__((aligned(128)));
_Static_assert(sizeof(struct work) == WORK_SIZE, "");

void vector_run(struct work *w);
extern uint32_t vector_slot[], vector_slot1[];
extern char vector_back[];

static struct work work;
static volatile uint64_t trapped;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uint64_t nip = uc->uc_mcontext.gp_regs[32];

	(void)info;
	if (nip - (uintptr_t)vector_slot > 8)
		_exit(100 + sig); /* not by the instruction */
	trapped = (uint64_t)sig;
	uc->uc_mcontext.gp_regs[32] = (uintptr_t)vector_back;
}

static int move_all(int fd, void *buf, size_t n, int out)
{
	char *p = buf;

	while (n) {
		ssize_t k = out ? write(fd, p, n) : read(fd, p, n);

		if (k <= 0)
			return 0;
		p += k;
		n -= (size_t)k;
	}
	return 1;
}

static void set_code(uint32_t prefix, uint32_t insn)
{
	uint32_t first = prefix ? prefix : insn, second = prefix ? insn : 0x60000000;

	if (vector_slot[0] == first && vector_slot1[0] == second)
		return;
	vector_slot[0] = first;
	vector_slot1[0] = second;
	__asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; isync" : : "r"(vector_slot) : "memory");
}

static void run_one(struct vector *v, uint8_t *mem)
{
	set_code(v->prefix, v->insn);
	work.in = v->in;
	memcpy(mem, v->in.mem, MEM_SIZE);
	trapped = 0;
	vector_run(&work);
	work.out.trap = trapped;
	memcpy(work.out.mem, mem, MEM_SIZE);
}

int main(void)
{
	static const int signals[] = { SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV };
	static uint8_t stack[65536];
	struct hello hello = { .r1 = (uintptr_t)&work, .pc = (uintptr_t)vector_slot };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	uint8_t *mem;
	uint32_t n;

	sigaltstack(&ss, NULL);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	mem = mmap((void *)MEM_AT, 65536, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (mem == MAP_FAILED)
		return 2;
	__asm__("mr %0,13" : "=r"(hello.r13));
	if (!move_all(1, &hello, sizeof(hello), 1))
		return 3;
	while (move_all(0, &n, sizeof(n), 0) && n) {
		struct vector *v = malloc(n * sizeof(*v));

		if (!v || !move_all(0, v, n * sizeof(*v), 0))
			return 4;
		for (uint32_t i = 0; i < n; i++) {
			run_one(&v[i], mem);
			v[i].in = work.out;
		}
		for (uint32_t i = 0; i < n; i++)
			if (!move_all(1, &v[i].in, sizeof(v[i].in), 1))
				return 5;
		free(v);
	}
	return 0;
}
