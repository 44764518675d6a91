/* SPDX-License-Identifier: Apache-2.0 */
/* Console, checks, memory, hypercalls, RTAS and the vectors of guests. */
#include "guest.h"

void *memset(void *p, int c, size_t n)
{
	u8 *b = p;

	for (size_t i = 0; i < n; i++) {
		b[i] = (u8)c;
		asm volatile("");
	}
	return p;
}

void *memcpy(void *to, const void *from, size_t n)
{
	u8 *t = to;
	const u8 *f = from;

	for (size_t i = 0; i < n; i++) {
		t[i] = f[i];
		asm volatile("");
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
		asm volatile("");
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
		asm volatile("");
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

/* ---- hypercalls ---- */

u64 hret_of[GUEST_CPUS][9];
u32 rret_of[GUEST_CPUS][16];

s64 hcall9(u64 nr, const u64 *in)
{
	return hcall_raw(nr, in, hret_of[cpu_number()]);
}

s64 rtas_block(u64 at)
{
	u64 in[9] = { at }, out[9];

	return hcall_raw(H_RTAS, in, out);
}

s32 rtas_call(u32 token, u32 nargs, u32 nret, const u32 *args)
{
	u32 block[3 + 32];
	s64 st;

	block[0] = be32(token);
	block[1] = be32(nargs);
	block[2] = be32(nret);
	for (u32 i = 0; i < 16; i++)
		block[3 + i] = i < nargs ? be32(args[i]) : 0;
	for (u32 i = 16; i < 32; i++)
		block[3 + i] = 0;
	st = rtas_block((u64)block);
	for (u32 i = 0; i + 1 < nret && i < 16; i++)
		rret[i] = be32(block[3 + nargs + 1 + i]);
	if (st && !nret)
		return (s32)st;
	return (s32)be32(block[3 + nargs]);
}

/* ---- console ---- */

static u32 console_lock;
static char line[512];
static unsigned int line_n;

static void lock(u32 *l)
{
	while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))
		continue;
}

static void unlock(u32 *l)
{
	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
}

static void flush(void)
{
	for (unsigned int at = 0; at < line_n; at += 16) {
		u64 n = line_n - at < 16 ? line_n - at : 16, b[2] = { 0 }, in[9] = { 0 }, out[9];

		memcpy(b, line + at, n);
		in[1] = n;
		in[2] = be64(b[0]);
		in[3] = be64(b[1]);
		while (hcall_raw(H_PUT_TERM_CHAR, in, out) == H_BUSY)
			continue;
	}
	line_n = 0;
}

static void put(char c)
{
	if (line_n == sizeof(line))
		flush();
	line[line_n++] = c;
}

static void put_number(u64 v, unsigned int base, unsigned int width, char pad)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (width > n) {
		put(pad);
		width--;
	}
	while (n)
		put(digits[--n]);
}

static void put_string(const char *s)
{
	while (*s)
		put(*s++);
}

/* %s %c %d %u %x with l or ll, zero padding and a width. */
static void vprint(const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		unsigned int width = 0, longs = 0;
		char pad = ' ';
		u64 v;

		if (*fmt != '%') {
			put(*fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			pad = '0';
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + (unsigned int)(*fmt - '0');
		for (; *fmt == 'l'; fmt++)
			longs++;
		switch (*fmt) {
		case 's':
			put_string(va_arg(ap, const char *));
			break;
		case 'c':
			put((char)va_arg(ap, int));
			break;
		case 'd':
			v = longs ? va_arg(ap, u64) : (u64)(s64)va_arg(ap, int);
			if ((s64)v < 0) {
				put('-');
				v = -v;
			}
			put_number(v, 10, width, pad);
			break;
		case 'u':
			v = longs ? va_arg(ap, u64) : va_arg(ap, unsigned int);
			put_number(v, 10, width, pad);
			break;
		case 'x':
			v = longs ? va_arg(ap, u64) : va_arg(ap, unsigned int);
			put_number(v, 16, width, pad);
			break;
		default:
			put(*fmt);
			break;
		}
	}
}

void print(const char *fmt, ...)
{
	va_list ap;

	lock(&console_lock);
	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	flush();
	unlock(&console_lock);
}

/* ---- checks ---- */

static u32 n_ok, n_bad;

static bool verdict(bool ok, bool quiet, const char *fmt, va_list ap)
{
	__atomic_add_fetch(ok ? &n_ok : &n_bad, 1, __ATOMIC_RELAXED);
	if (ok && quiet)
		return true;
	lock(&console_lock);
	put_string(ok ? "ok - " : "not ok - ");
	vprint(fmt, ap);
	put('\n');
	flush();
	unlock(&console_lock);
	return ok;
}

bool check(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict(ok, false, fmt, ap);
	va_end(ap);
	return ok;
}

bool check_eq(u64 have, u64 want, const char *fmt, ...)
{
	bool ok = have == want;
	va_list ap;

	va_start(ap, fmt);
	verdict(ok, false, fmt, ap);
	va_end(ap);
	if (!ok)
		print("  have 0x%llx, want 0x%llx\n", (unsigned long long)have,
		      (unsigned long long)want);
	return ok;
}

bool expect(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict(ok, true, fmt, ap);
	va_end(ap);
	return ok;
}

void pass(const char *name)
{
	print("done - %s\n", name);
}

void finish(void)
{
	print("end: %u ok, %u not ok\n", n_ok, n_bad);
	rtas(RTAS_POWER_OFF, 2, 1);
	for (;;)
		continue;
}

void stop_self(void);
void stop_self(void)
{
	rtas(RTAS_STOP_SELF, 0, 1);
}

void unexpected(u64 vector, u64 srr0, u64 srr1, u64 dar, u64 dsisr, u64 r1, u64 lr);
void unexpected(u64 vector, u64 srr0, u64 srr1, u64 dar, u64 dsisr, u64 r1, u64 lr)
{
	console_lock = 0;
	print("\nnot ok - interrupt 0x%llx at 0x%llx srr1 0x%llx "
	      "dar 0x%llx dsisr 0x%llx r1 0x%llx lr 0x%llx\n",
	      (unsigned long long)vector, (unsigned long long)srr0, (unsigned long long)srr1,
	      (unsigned long long)dar, (unsigned long long)dsisr, (unsigned long long)r1,
	      (unsigned long long)lr);
	finish();
}

/* ---- memory ---- */

extern char guest_end[];
static u64 next_free;

void *alloc(u64 size, u64 align)
{
	u64 at;

	if (!next_free)
		next_free = (u64)guest_end;
	at = (next_free + align - 1) & -align;
	next_free = at + size;
	return (void *)at;
}

/* ---- code and vectors ---- */

/* Stores and icbi: the engine needs neither, but guests are to be correct. */
static void sync_code(const void *at, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		asm volatile("dcbst 0,%0; sync; icbi 0,%0" ::"r"((u64)at + 4 * i) : "memory");
	asm volatile("sync; isync" ::: "memory");
}

void put_code(void *at, const u32 *words, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		((volatile u32 *)at)[i] = words[i];
	sync_code(at, n);
}

void put_code_swapped(void *at, const u32 *words, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		((volatile u32 *)at)[i] = __builtin_bswap32(words[i]);
	sync_code(at, n);
}

extern const u32 exc_common[], exc_swapped[], exc_swapped_end[];
extern const u32 call32_back[], call32_back_end[];
extern const char call32_return[];

#define SWAPPED_AT 0x18000u
#define CALL32_BACK_AT 0xc0c0u

/*
 * A vector, 8 words, for both byte orders:
 *   tdi 0,0,0x48 (other order: b .+8); b .+16;
 *   other order: mtsprg0 r13; li r13,N; ba exc_swapped;
 *   mtsprg0 r13; li r13,N; ba exc_common
 */
static void put_vector(u64 at, u32 n)
{
	const u32 words[8] = {
		0x08000048,
		0x48000010,
		__builtin_bswap32(0x7db043a6),
		__builtin_bswap32(0x39a00000 | n),
		__builtin_bswap32(0x48000002 | SWAPPED_AT),
		0x7db043a6,
		0x39a00000 | n,
		0x48000002 | (u32)(u64)exc_common,
	};

	put_code((void *)at, words, 8);
}

void vectors_endian(bool le)
{
	hcall(H_SET_MODE, le, 4);
}

void vectors_init(void)
{
	static const u32 vectors[] = { 0x100, 0x200, 0x300, 0x380, 0x400, 0x480, 0x500,
				       0x600, 0x700, 0x800, 0x900, 0xa00, 0xc00, 0xd00,
				       0xe00, 0xe20, 0xe40, 0xe60, 0xe80, 0xea0, 0xf00,
				       0xf20, 0xf40, 0xf60, 0xf80, 0x1500 };

	for (u32 i = 0; i < ARRAY_SIZE(vectors); i++) {
		put_vector(vectors[i], vectors[i]);
		put_vector(0x4000 + vectors[i], vectors[i]); /* AIL 3, mapped there */
	}
	for (u32 lev = 0; lev < 128; lev++) {
		put_vector(0x17000 + 32 * lev, 0x3000 | lev);
		put_vector(0x3000 + 32 * lev, 0x3000 | lev);
	}
	put_code_swapped((void *)(u64)SWAPPED_AT, exc_swapped,
			 (unsigned int)(exc_swapped_end - exc_swapped));
	if (IS_LE)
		put_code_swapped((void *)(u64)CALL32_BACK_AT, call32_back,
				 (unsigned int)(call32_back_end - call32_back));
	else
		put_code((void *)(u64)CALL32_BACK_AT, call32_back,
			 (unsigned int)(call32_back_end - call32_back));
	vectors_endian(IS_LE);
}

/* ---- processors ---- */

void (*cpu_main[GUEST_CPUS])(unsigned int cpu);

bool start_cpu(unsigned int cpu, void (*fn)(unsigned int cpu))
{
	cpu_main[cpu] = fn;
	asm volatile("sync" ::: "memory");
	return rtas(RTAS_START_CPU, 3, 1, cpu, (u32)(u64)secondary_start, cpu) == 0;
}
