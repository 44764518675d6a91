/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs under qemu-ppc64le for test_dfp.c: reads records of an instruction word
 * and its operands, executes it, writes the registers it may have changed. The
 * word uses FRT = 6, FRA = 2, FRB = 4 (pairs f6:f7, f2:f3, f4:f5), VRT = 6,
 * VRB = 4, BF = 3.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct request {
	uint64_t fpscr;
	uint64_t f[6]; /* f2..f7 */
	uint64_t v[2]; /* v4, in register order */
	uint32_t insn, pad;
};

struct reply {
	uint64_t f[2]; /* f6, f7 */
	uint64_t v[2]; /* v6 */
	uint64_t fpscr, cr;
};

static void execute(const struct request *q, struct reply *r, void *code)
{
	uint64_t cr;

	__asm__ volatile("lfd 0, 0(%[q])\n\t"
			 "mtfsf 255, 0, 1, 0\n\t"
			 "lfd 2, 8(%[q])\n\t"
			 "lfd 3, 16(%[q])\n\t"
			 "lfd 4, 24(%[q])\n\t"
			 "lfd 5, 32(%[q])\n\t"
			 "lfd 6, 40(%[q])\n\t"
			 "lfd 7, 48(%[q])\n\t"
			 "addi 9, %[q], 56\n\t"
			 "lxvd2x 36, 0, 9\n\t"
			 "xxlxor 38, 38, 38\n\t"
			 "li 9, 0\n\t"
			 "mtcr 9\n\t"
			 "mtctr %[code]\n\t"
			 "bctrl\n\t"
			 "mfcr %[cr]\n\t"
			 "stfd 6, 0(%[r])\n\t"
			 "stfd 7, 8(%[r])\n\t"
			 "addi 9, %[r], 16\n\t"
			 "stxvd2x 38, 0, 9\n\t"
			 "mffs 0\n\t"
			 "stfd 0, 32(%[r])\n\t"
			 "li 9, 0\n\t"
			 "mtvsrd 0, 9\n\t"
			 "mtfsf 255, 0, 1, 0\n\t"
			 : [cr] "=&r"(cr)
			 : [q] "b"(q), [r] "b"(r), [code] "b"(code)
			 : "r9", "ctr", "lr", "cc", "memory", "fr0", "fr2", "fr3", "fr4", "fr5",
			   "fr6", "fr7", "v4", "v6");
	r->cr = cr;
}

static void emit(uint32_t *code, uint32_t insn)
{
	code[0] = insn;
	code[1] = 0x4e800020; /* blr */
	__asm__ volatile("dcbst 0, %0\n\tsync\n\ticbi 0, %0\n\tisync" : : "r"(code) : "memory");
}

/* Enabled exceptions trap here: go on behind the instruction. */
static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)sig;
	(void)info;
	u->uc_mcontext.regs->nip += 4;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO };
	uint32_t *code = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct request q;
	struct reply r;
	uint32_t last = 0;

	if (code == MAP_FAILED || sigaction(SIGFPE, &sa, NULL))
		return 1;
	while (fread(&q, sizeof(q), 1, stdin) == 1) {
		if (q.insn != last)
			emit(code, last = q.insn);
		memset(&r, 0, sizeof(r));
		execute(&q, &r, code);
		if (fwrite(&r, sizeof(r), 1, stdout) != 1)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
