/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime of bare-metal guests. A guest is a C file with main(); it starts
 * in 64-bit real mode in its own byte order, on one vCPU, with interrupts off.
 *
 * Interrupts: run() executes a piece of code with registers and MSR of the
 * caller's choice until the first interrupt, and returns what that saved. There
 * is no other handler; an interrupt outside of run() fails the guest.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define BIT(n) (1ULL << (63 - (n))) /* as the ISA counts */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MSR_SF BIT(0)
#define MSR_VEC BIT(38)
#define MSR_VSX BIT(40)
#define MSR_EE BIT(48)
#define MSR_PR BIT(49)
#define MSR_FP BIT(50)
#define MSR_ME BIT(51)
#define MSR_FE0 BIT(52)
#define MSR_FE1 BIT(55)
#define MSR_IR BIT(58)
#define MSR_DR BIT(59)
#define MSR_RI BIT(62)
#define MSR_LE BIT(63)

#define IS_LE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define MSR_OWN_LE (IS_LE ? MSR_LE : 0)
/* MSR values to run code with. */
#define MSR_REAL (MSR_SF | MSR_OWN_LE | MSR_RI | MSR_ME) /* ME is the hypervisor's: always 1 */
#define MSR_VIRT (MSR_REAL | MSR_IR | MSR_DR)
#define MSR_USER (MSR_VIRT | MSR_PR | MSR_EE)

#define GUEST_CPUS 8
#define GUEST_STACK 16384

/* ---- start.S ---- */

/* What run() loads and an interrupt saves. The order is known to start.S. */
struct regs {
	u64 gpr[32];
	u64 pc, msr; /* saved: SRR0, SRR1 */
	u64 lr, ctr, cr, xer;
	/* results only */
	u64 vector, dar, dsisr;
	u64 handler_msr;
	u64 swapped; /* the handler was entered in the other byte order */
	u64 cfar;
};

/* Runs from regs->pc with regs->msr until an interrupt; answers its vector. */
u64 run(struct regs *r);

/* Own number; the kernel's registers of this vCPU. */
unsigned int cpu_number(void);

/* Hypercall @nr with in[0..8] from r4; out[0..8] gets r4.. afterwards. */
s64 hcall_raw(u64 nr, const u64 *in, u64 *out);

/* r3 of the entry: what the boot loader gave. */
extern u64 boot_r3, boot_r4, boot_r5;

int main(void);

/* Entry of start-cpu with r3 = cpu number; calls cpu_main[number]. */
extern const char secondary_start[];
extern void (*cpu_main[GUEST_CPUS])(unsigned int cpu);

/* The 32-bit big-endian client interface, at boot_r5, and RTAS at its base. */
s64 call32(u64 entry, u64 arg);

/* ---- lib.c ---- */

void *memset(void *p, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "ok - name" or "not ok - name". Answers @ok. */
bool check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The two numbers must be equal; they are shown if not. */
bool check_eq(u64 have, u64 want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, but only failures are shown; call pass() after a series of them. */
bool expect(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pass(const char *name);

/* "end: N ok, M not ok" and power off. */
void finish(void) __attribute__((noreturn));

static inline u64 swap64(u64 v)
{
	return __builtin_bswap64(v);
}
static inline u32 be32(u32 v)
{
	return IS_LE ? __builtin_bswap32(v) : v;
}
static inline u64 be64(u64 v)
{
	return IS_LE ? __builtin_bswap64(v) : v;
}
static inline u16 be16(u16 v)
{
	return IS_LE ? __builtin_bswap16(v) : v;
}

/* Page-aligned memory that nothing else uses; never freed. */
void *alloc(u64 size, u64 align);

/* Prepares interrupt vectors and the memory behind run(); start.S calls it. */
void vectors_init(void);
/* Whether interrupts arrive in our byte order: H_SET_MODE LE. */
void vectors_endian(bool le);

#define HCALL(name, nr, ...) name = (nr),
enum hcall_number {
#include "papr/hcall.def"
};
#undef HCALL
#define HSTATUS(name, value) name = (value),
enum hcall_status {
#include "papr/hstatus.def"
};
#undef HSTATUS

/* hcall(H_X, a, b, ...): missing arguments are 0; results in hret[0..8] (r4..). */
extern u64 hret_of[GUEST_CPUS][9];
#define hret (hret_of[cpu_number()])
s64 hcall9(u64 nr, const u64 *in);
#define hcall(nr, ...) hcall9(nr, (const u64[9]){ __VA_ARGS__ })

/* rtas(token, nargs, nret, args...): ret[0] is the answer; rret[0..] the rest. */
extern u32 rret_of[GUEST_CPUS][16];
#define rret (rret_of[cpu_number()])
s32 rtas_call(u32 token, u32 nargs, u32 nret, const u32 *args);
#define rtas(token, nargs, nret, ...) rtas_call(token, nargs, nret, (const u32[16]){ __VA_ARGS__ })
/* The hypercall's own status for the block at @at. */
s64 rtas_block(u64 at);

#define RTAS_POWER_OFF 0x2003
#define RTAS_START_CPU 0x2006
#define RTAS_STOP_SELF 0x2007

/* Starts vCPU @cpu in fn(cpu), real mode. */
bool start_cpu(unsigned int cpu, void (*fn)(unsigned int cpu));

/* ---- mmu.c ---- */

#define PTE_PRIV 8u
#define PTE_R 4u
#define PTE_W 2u
#define PTE_X 1u
#define PTE_REF 0x100u
#define PTE_CHG 0x80u
#define PTE_VALID BIT(0)
#define PTE_LEAF BIT(1)

struct tree {
	u64 *root;
};

/* Trees of 52 bits; identity of the first 512 MiB is mapped for privileged state. */
void mmu_init(void);
struct tree *tree_of(u32 pid); /* made at the first call */
/* Maps 2^shift bytes (12, 16, 21, 30); answers the leaf. pte: PTE_* or ATT bits. */
u64 *map(u32 pid, u64 ea, u64 ra, unsigned int shift, u64 pte);
void unmap(u64 *leaf);
void process_entry(u32 pid, u64 doubleword);
u64 process_entry_get(u32 pid);
void tlbie_page(u32 pid, u64 ea, unsigned int shift);
void tlbie_pid(u32 pid);
void tlbie_all(void);

#define mfspr(n)                                                   \
	({                                                         \
		u64 v_;                                            \
		asm volatile("mfspr %0," #n : "=r"(v_)::"memory"); \
		v_;                                                \
	})
#define mtspr(n, v) asm volatile("mtspr " #n ",%0" ::"r"((u64)(v)) : "memory")
#define SPRN(x) #x

static inline u64 timebase(void)
{
	u64 v;

	asm volatile("mfspr %0,268" : "=r"(v)::"memory");
	return v;
}

/* Instruction words for code pieces, written in the byte order of MSR[LE]. */
void put_code(void *at, const u32 *words, unsigned int n);
void put_code_swapped(void *at, const u32 *words, unsigned int n);

#define I_SC 0x44000002u
#define I_NOP 0x60000000u
#define I_BLR 0x4e800020u

#endif
