/* SPDX-License-Identifier: Apache-2.0 */
/*
 * H_SCM_*: two NVDIMMs, of seven blocks with labels and of one without.
 * run_scm.py brings their files and types what to do:
 *   a  every status of every call
 *   w  binds, writes a pattern, writes a label, flushes
 *   v  binds and finds it all
 *   t  the file was cut: touches what is gone
 *   i  the connector is isolated and given back
 *   r  restarts the machine with blocks bound
 *   u  what an unarmed NVDIMM does
 *   h  prints the health
 *   q  the end
 * guest-run: no
 */
#include "code.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define H(status, nr, ...)                                          \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

#define DRC 0x90000000ULL  /* seven blocks, 128 KiB of labels */
#define DRC1 0x90000001ULL /* one, none */
#define NONE 0x90000002ULL
#define LMB 0x80000000ULL
#define N 7
#define LABELS 0x20000ULL
#define WINDOW 0x10000000000ULL
#define WINDOW_END 0x20000000000ULL
#define BLOCK 0x10000000ULL
#define ANY (~0ULL)
#define MCHECK 0x200
#define SC 0xc00
#define NO_MEMORY 0x30000000000ULL

CODE(c_ld, "ld 3,0(4)");
CODE(c_std, "std 3,0(4)");

static u64 at; /* where DRC is bound */

static u64 load(u64 ea)
{
	R.gpr[4] = ea;
	return GO(c_ld, MSR_REAL);
}

static u64 store(u64 ea, u64 v)
{
	R.gpr[4] = ea;
	R.gpr[3] = v;
	return GO(c_std, MSR_REAL);
}

/* All of a BIND_MEM, how often it is made. */
static s64 bind(u64 drc, u64 first, u64 n, u64 target, u32 *calls)
{
	u64 token = 0, fixed = 0;
	s64 st;

	*calls = 0;
	do {
		st = hcall(H_SCM_BIND_MEM, drc, first, n, target, token);
		if (st != H_SUCCESS && st != H_BUSY)
			return st;
		if (!fixed)
			fixed = hret[1];
		expect(hret[1] == fixed, "the address stays");
		expect((hret[0] != 0) == (st == H_BUSY), "a token while it goes on");
		token = hret[0];
		++*calls;
	} while (st == H_BUSY);
	expect(hret[2] == n, "all blocks");
	at = fixed;
	return st;
}

static bool is_busy(s64 st)
{
	return st == H_BUSY || (st >= H_LONG_BUSY_1_MS && st <= H_LONG_BUSY_100_S);
}

static s64 unbind_all(u64 scope, u64 drc)
{
	u64 token = 0;
	s64 st;

	do {
		st = hcall(H_SCM_UNBIND_ALL, scope, drc, token);
		token = hret[0];
	} while (is_busy(st));
	return st;
}

static s64 flush(u64 drc, u32 *calls)
{
	u64 token = 0;
	s64 st;

	*calls = 0;
	do {
		st = hcall(H_SCM_FLUSH, drc, token);
		token = hret[0];
		++*calls;
	} while (is_busy(st));
	return st;
}

/* ---- a ---- */

static void labels(void)
{
	static const u64 sizes[] = { 0, 3, 5, 6, 7, 9, 16, 1ULL << 32, ~0ULL };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		H(H_P3, H_SCM_READ_METADATA, DRC, 0, sizes[i]);
		H(H_P4, H_SCM_WRITE_METADATA, DRC, 0, 0, sizes[i]);
	}
	H(H_PARAMETER, H_SCM_READ_METADATA, NONE, 0, 8);
	H(H_PARAMETER, H_SCM_READ_METADATA, LMB, 0, 8);
	H(H_PARAMETER, H_SCM_READ_METADATA, DRC | 1ULL << 32, 0, 8);
	H(H_PARAMETER, H_SCM_READ_METADATA, DRC1, 0, 8);
	H(H_PARAMETER, H_SCM_WRITE_METADATA, NONE, 0, 0, 8);
	H(H_PARAMETER, H_SCM_WRITE_METADATA, DRC1, 0, 0, 8);
	H(H_P2, H_SCM_READ_METADATA, DRC, LABELS, 1);
	H(H_P2, H_SCM_READ_METADATA, DRC, LABELS - 7, 8);
	H(H_P2, H_SCM_READ_METADATA, DRC, ~0ULL, 2);
	H(H_P2, H_SCM_WRITE_METADATA, DRC, LABELS, 0, 1);
	H(H_P2, H_SCM_WRITE_METADATA, DRC, LABELS - 1, 0, 2);
	H(H_P2, H_SCM_WRITE_METADATA, DRC, ~0ULL - 6, 0, 8);
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, 8, 0x0102030405060708, 8);
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 8, 8);
	check_eq(hret[0], 0x0102030405060708, "as it was written");
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 9, 1);
	check_eq(hret[0], 2, "the most significant byte first");
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 12, 4);
	check_eq(hret[0], 0x05060708, "right-justified");
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, 11, 0xffffffffffffabcd, 2);
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 8, 8);
	check_eq(hret[0], 0x010203abcd060708, "two bytes, of eight");
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, LABELS - 8, 1, 8);
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, LABELS - 8, 8);
	check_eq(hret[0], 1, "the last ones");
}

static void query(void)
{
	H(H_PARAMETER, H_SCM_QUERY_BLOCK_MEM_BINDING, NONE, 0);
	H(H_P2, H_SCM_QUERY_BLOCK_MEM_BINDING, DRC, N);
	H(H_NOT_FOUND, H_SCM_QUERY_BLOCK_MEM_BINDING, DRC, N - 1);
	H(H_PARAMETER, H_SCM_QUERY_LOGICAL_MEM_BINDING, NO_MEMORY);
	H(H_PARAMETER, H_SCM_QUERY_LOGICAL_MEM_BINDING, WINDOW_END);
	H(H_P2, H_SCM_QUERY_LOGICAL_MEM_BINDING, BIT(0));
	H(H_P2, H_SCM_QUERY_LOGICAL_MEM_BINDING, BIT(3));
	H(H_NOT_FOUND, H_SCM_QUERY_LOGICAL_MEM_BINDING, 0);
	H(H_NOT_FOUND, H_SCM_QUERY_LOGICAL_MEM_BINDING, WINDOW);
	H(H_NOT_FOUND, H_SCM_QUERY_LOGICAL_MEM_BINDING, WINDOW_END - 1);
}

static void bind_arguments(void)
{
	H(H_PARAMETER, H_SCM_BIND_MEM, NONE, 0, 1, ANY, 0);
	H(H_PARAMETER, H_SCM_BIND_MEM, LMB, 0, 1, ANY, 0);
	H(H_P2, H_SCM_BIND_MEM, DRC, N, 1, ANY, 0);
	H(H_P2, H_SCM_BIND_MEM, DRC, 1ULL << 32, 1, ANY, 0);
	H(H_P3, H_SCM_BIND_MEM, DRC, 0, 0, ANY, 0);
	H(H_P3, H_SCM_BIND_MEM, DRC, 0, N + 1, ANY, 0);
	H(H_P3, H_SCM_BIND_MEM, DRC, 1, ~0ULL, ANY, 0);
	H(H_P4, H_SCM_BIND_MEM, DRC, 0, 1, 0, 0);
	H(H_P4, H_SCM_BIND_MEM, DRC, 0, 1, WINDOW + 0x10000, 0);
	H(H_P4, H_SCM_BIND_MEM, DRC, 0, 1, WINDOW - BLOCK, 0);
	H(H_P4, H_SCM_BIND_MEM, DRC, 0, 1, WINDOW_END, 0);
	H(H_P5, H_SCM_BIND_MEM, DRC, 0, 1, ANY, 1ULL << 60);
	H(H_TOO_BIG, H_SCM_BIND_MEM, DRC, 0, 2, WINDOW_END - BLOCK, 0);
	H(H_PARAMETER, H_SCM_UNBIND_MEM, NONE, WINDOW, 1, 0);
	H(H_P2, H_SCM_UNBIND_MEM, DRC, WINDOW + 1, 1, 0);
	H(H_P2, H_SCM_UNBIND_MEM, DRC, 0, 1, 0);
	H(H_P2, H_SCM_UNBIND_MEM, DRC, WINDOW, 1, 0);
	H(H_P3, H_SCM_UNBIND_MEM, DRC, WINDOW, 0, 0);
	H(H_P3, H_SCM_UNBIND_MEM, DRC, WINDOW_END - BLOCK, 2, 0);
	H(H_P4, H_SCM_UNBIND_MEM, DRC, WINDOW, 1, 1ULL << 60);
	H(H_PARAMETER, H_SCM_UNBIND_ALL, 0, DRC, 0);
	H(H_PARAMETER, H_SCM_UNBIND_ALL, 3, DRC, 0);
	H(H_P2, H_SCM_UNBIND_ALL, 2, NONE, 0);
	H(H_P3, H_SCM_UNBIND_ALL, 2, DRC, 1ULL << 60);
	H(H_P3, H_SCM_UNBIND_ALL, 1, NONE, 1ULL << 60);
	H(H_SUCCESS, H_SCM_UNBIND_ALL, 1, NONE, 0);
}

/* Where it is bound, seen from both sides. */
static void is_bound(u64 drc, u64 block, u64 where)
{
	H(H_SUCCESS, H_SCM_QUERY_BLOCK_MEM_BINDING, drc, block);
	check_eq(hret[0], where, "block %llu is there", (unsigned long long)block);
	H(H_SUCCESS, H_SCM_QUERY_LOGICAL_MEM_BINDING, where + BLOCK - 1);
	check_eq(hret[0], drc, "and it is of that NVDIMM");
	check_eq(hret[1], block, "that block");
}

static void chosen(void)
{
	u64 where = WINDOW + 16 * BLOCK;
	u32 calls;

	check_eq(load(where), MCHECK, "nothing is there before");
	check_eq((u64)bind(DRC, 2, 1, where, &calls), H_SUCCESS,
		 "one block, where the guest likes");
	check_eq(at, where, "it is there");
	check_eq(calls, 1, "at once");
	is_bound(DRC, 2, where);
	check_eq(load(where), SC, "it is memory");
	check_eq(load(where + BLOCK), MCHECK, "what is behind is none");
	check_eq(load(where - 8), MCHECK, "nor what is before");
	check_eq(store(where + 8, 0x1234), SC, "stored");
	H(H_OVERLAP, H_SCM_BIND_MEM, DRC, 2, 1, ANY, 0);
	H(H_OVERLAP, H_SCM_BIND_MEM, DRC, 1, 3, ANY, 0);
	H(H_OVERLAP, H_SCM_BIND_MEM, DRC1, 0, 1, where, 0);
	H(H_OVERLAP, H_SCM_BIND_MEM, DRC, 0, 2, where - BLOCK, 0);
	H(H_P2, H_SCM_UNBIND_MEM, DRC1, where, 1, 0);
	H(H_OVERLAP, H_SCM_UNBIND_MEM, DRC, where, 2, 0);
	H(H_SUCCESS, H_SCM_BIND_MEM, DRC1, 0, 1, where + BLOCK, 0);
	H(H_OVERLAP, H_SCM_UNBIND_MEM, DRC, where, 2, 0);
	H(H_SUCCESS, H_SCM_UNBIND_ALL, 2, DRC1, 0);
	check_eq(hret[1], 1, "one block");
	check_eq(load(where + BLOCK), MCHECK, "gone");
	H(H_SUCCESS, H_SCM_UNBIND_MEM, DRC, where, 1, 0);
	check_eq(hret[0], 0, "no token");
	check_eq(hret[1], 1, "one block");
	check_eq(load(where), MCHECK, "gone");
	check_eq(store(where, 1), MCHECK, "for stores, too");
	check((u64)hcall(H_LOGICAL_CI_LOAD, 8, where) == (u64)H_PARAMETER, "and hypercalls");
}

static void in_use(void)
{
	u64 vpa;
	u32 calls;

	check_eq((u64)bind(DRC, 0, 3, ANY, &calls), H_SUCCESS, "three blocks");
	vpa = at + BLOCK;
	memset((void *)vpa, 0, 4096);
	*(u16 *)(vpa + 4) = be16(640);
	H(H_SUCCESS, H_REGISTER_VPA, 1ULL << 45, 0, vpa);
	H(H_IN_USE, H_SCM_UNBIND_MEM, DRC, at, 3, 0);
	H(H_IN_USE, H_SCM_UNBIND_ALL, 1, 0, 0);
	H(H_IN_USE, H_SCM_UNBIND_ALL, 2, DRC, 0);
	H(H_SUCCESS, H_SCM_UNBIND_MEM, DRC, at, 1, 0);
	H(H_SUCCESS, H_REGISTER_VPA, 5ULL << 45, 0, 0);
	H(H_SUCCESS, H_SCM_UNBIND_MEM, DRC, at + BLOCK, 2, 0);
}

static void tokens(void)
{
	u64 token, where;

	H(H_BUSY, H_SCM_BIND_MEM, DRC, 0, N, ANY, 0);
	token = hret[0];
	where = hret[1];
	check(token, "a token");
	check_eq(hret[2], 2, "two are bound");
	is_bound(DRC, 1, where + BLOCK);
	check_eq(load(where + 2 * BLOCK), MCHECK, "the third is not yet");
	H(H_OVERLAP, H_SCM_BIND_MEM, DRC1, 0, 1, where + (N - 1) * BLOCK, 0);
	H(H_P5, H_SCM_BIND_MEM, DRC, 0, N - 1, ANY, token);
	H(H_P5, H_SCM_BIND_MEM, DRC, 1, N - 1, ANY, token);
	H(H_P5, H_SCM_BIND_MEM, DRC, 0, N, where + BLOCK, token);
	H(H_P5, H_SCM_BIND_MEM, DRC1, 0, 1, ANY, token);
	H(H_P4, H_SCM_UNBIND_MEM, DRC, where, 2, token);
	H(H_P3, H_SCM_UNBIND_ALL, 1, 0, token);
	H(H_BUSY, H_SCM_BIND_MEM, DRC, 0, N, ANY, token);
	check_eq(hret[0], token, "the same token");
	H(H_BUSY, H_SCM_BIND_MEM, DRC, 0, N, where, token);
	H(H_SUCCESS, H_SCM_BIND_MEM, DRC, 0, N, ANY, token);
	check_eq(hret[1], where, "where it was promised");
	check_eq(hret[2], N, "all of them");
	H(H_P5, H_SCM_BIND_MEM, DRC, 0, N, ANY, token);
	for (u64 i = 0; i < N; i++)
		is_bound(DRC, i, where + i * BLOCK);
	H(H_LONG_BUSY_10_MS, H_SCM_UNBIND_MEM, DRC, where, N, 0);
	token = hret[0];
	check_eq(hret[1], 2, "two are unbound");
	check_eq(load(where), MCHECK, "the first is gone");
	check_eq(load(where + 3 * BLOCK), SC, "the fourth is not");
	H(H_P4, H_SCM_UNBIND_MEM, DRC, where, N - 1, token);
	H(H_LONG_BUSY_1_MS, H_SCM_UNBIND_MEM, DRC, where, N, token);
	H(H_BUSY, H_SCM_UNBIND_MEM, DRC, where, N, token);
	H(H_SUCCESS, H_SCM_UNBIND_MEM, DRC, where, N, token);
	check_eq(hret[1], N, "all of them");
	H(H_P4, H_SCM_UNBIND_MEM, DRC, where, N, token);
}

static void all(void)
{
	u64 token;
	u32 calls;

	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "all of one");
	check_eq(calls, 4, "in four calls");
	H(H_SUCCESS, H_SCM_BIND_MEM, DRC1, 0, 1, ANY, 0);
	check_eq(hret[1], at + N * BLOCK, "the next free place");
	H(H_LONG_BUSY_10_MS, H_SCM_UNBIND_ALL, 2, DRC, 0);
	token = hret[0];
	H(H_P3, H_SCM_UNBIND_ALL, 2, DRC1, token);
	H(H_P3, H_SCM_UNBIND_ALL, 1, DRC, token);
	H(H_LONG_BUSY_1_MS, H_SCM_UNBIND_ALL, 2, DRC, token);
	H(H_BUSY, H_SCM_UNBIND_ALL, 2, DRC, token);
	H(H_SUCCESS, H_SCM_UNBIND_ALL, 2, DRC, token);
	is_bound(DRC1, 0, at + N * BLOCK);
	check_eq((u64)bind(DRC, 0, 2, ANY, &calls), H_SUCCESS, "two of one");
	check_eq((u64)unbind_all(1, NONE), H_SUCCESS, "all of all");
	H(H_NOT_FOUND, H_SCM_QUERY_BLOCK_MEM_BINDING, DRC1, 0);
	H(H_NOT_FOUND, H_SCM_QUERY_BLOCK_MEM_BINDING, DRC, 1);
}

static void health(void)
{
	H(H_PARAMETER, H_SCM_HEALTH, NONE);
	H(H_PARAMETER, H_SCM_HEALTH, ~0ULL);
	H(H_SUCCESS, H_SCM_HEALTH, DRC);
	check_eq(hret[1], 0xffe0000000000000ULL, "bits 0 to 10");
	check(!(hret[0] & ~hret[1]), "and no others");
}

static void flushes(void)
{
	u64 token;
	u32 calls;

	H(H_PARAMETER, H_SCM_FLUSH, NONE, 0);
	H(H_P2, H_SCM_FLUSH, DRC, 1ULL << 60);
	H(H_BUSY, H_SCM_FLUSH, DRC, 0);
	token = hret[0];
	check(token, "a token");
	while (is_busy(hcall(H_SCM_FLUSH, DRC, token)))
		;
	H(H_P2, H_SCM_FLUSH, DRC, token);
	check_eq((u64)bind(DRC, 0, 1, ANY, &calls), H_SUCCESS, "memory");
	for (u64 i = 0; i < 0x4000000; i += 128)
		asm volatile("dcbz 0,%0" ::"r"(at + i) : "memory");
	check_eq((u64)flush(DRC, &calls), H_SUCCESS, "64 MiB are flushed");
	print("flush: %u calls\n", calls);
	check_eq((u64)unbind_all(2, DRC), H_SUCCESS, "unbound");
}

/* ---- counters ---- */

static u8 stats[4096] __attribute__((aligned(4096)));

static void head(const char *eye, u32 version, u32 n)
{
	memset(stats, 0, sizeof(stats));
	memcpy(stats, eye, 8);
	*(u32 *)(stats + 8) = be32(version);
	*(u32 *)(stats + 12) = be32(n);
}

static u64 stat(u64 drc, const char *id)
{
	head("SCMSTATS", 1, 1);
	memcpy(stats + 16, id, 8);
	if (hcall(H_SCM_PERFORMANCE_STATS, drc, (u64)stats, 32))
		return ~0ULL;
	return be64(*(u64 *)(stats + 24));
}

static void counters(void)
{
	u64 loads, stores, size;
	u32 calls;

	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, NONE, 0, 0);
	H(H_SUCCESS, H_SCM_PERFORMANCE_STATS, DRC, 0, 0);
	size = hret[0];
	check_eq(size, 16 + 16 * 16, "what it takes");
	head("SCMSTATS", 1, 0);
	H(H_SUCCESS, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, size);
	check_eq(be32(*(u32 *)(stats + 12)), 16, "sixteen of them");
	check(!memcmp(stats + 16, "CtlResCt", 8), "the first is CtlResCt");
	check(!memcmp(stats + 16 + 15 * 16, "FastWCnt", 8), "the last is FastWCnt");
	head("SCMSTATT", 1, 0);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, size);
	head("SCMSTATS", 2, 0);
	H(H_UNSUPPORTED, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, size);
	head("SCMSTATS", 1, 0);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, size - 1);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, 15);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, NO_MEMORY, size);
	head("SCMSTATS", 1, 0xffffffff);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, ~0ULL);
	head("SCMSTATS", 1, 2);
	H(H_PARAMETER, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, 47);
	memcpy(stats + 16, "PonSecs ", 8);
	memcpy(stats + 32, "Nonsense", 8);
	H(H_PARTIAL, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, 48);
	check_eq(hret[0], 32, "where it is");
	check_eq(stat(DRC, "MemLife "), 100, "all of its life is left");
	loads = stat(DRC, "HostLCnt");
	stores = stat(DRC, "HostSCnt");
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 0, 8);
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, 0, 0, 8);
	check(stat(DRC, "HostLCnt") > loads, "reading a label counts");
	check(stat(DRC, "HostSCnt") > stores, "writing one, too");
	check_eq((u64)bind(DRC, 0, 1, ANY, &calls), H_SUCCESS, "memory");
	loads = stat(DRC, "HostLCnt");
	stores = stat(DRC, "MedWCnt ");
	for (u64 i = 0; i < 64; i++)
		*(volatile u64 *)(at + i * 4096) = i + 1;
	check(stat(DRC, "HostLCnt") >= loads + 64, "64 pages count");
	check_eq((u64)flush(DRC, &calls), H_SUCCESS, "flushed");
	check(stat(DRC, "MedWCnt ") > stores, "they were written");
	check_eq((u64)unbind_all(2, DRC), H_SUCCESS, "unbound");
}

CODE(c_hcall, "sc 1");

static void problem_state(void)
{
	R.gpr[3] = H_SCM_PERFORMANCE_STATS;
	R.gpr[4] = DRC;
	check_eq(GO(c_hcall, MSR_USER & ~MSR_EE), SC, "from problem state");
	check_eq(R.gpr[3], (u64)(s64)H_PRIVILEGE, "is H_PRIVILEGE");
}

/* ---- the others ---- */

static u64 pattern(u64 i)
{
	return i * 0x9e3779b97f4a7c15ULL + 1;
}

static void write_all(void)
{
	u32 calls;

	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "bound");
	for (u64 i = 0; i < N * 16; i++)
		*(volatile u64 *)(at + i * (BLOCK / 16) + 8 * i) = pattern(i);
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, 0x100, 0x6c6162656c73, 8);
	check_eq((u64)flush(DRC, &calls), H_SUCCESS, "flushed");
}

static void find_all(void)
{
	u32 calls;

	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "bound");
	for (u64 i = 0; i < N * 16; i++)
		expect(*(volatile u64 *)(at + i * (BLOCK / 16) + 8 * i) == pattern(i),
		       "word %llu is there", (unsigned long long)i);
	pass("what was written is there");
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 0x100, 8);
	check_eq(hret[0], 0x6c6162656c73, "the label is there");
}

/* The file has three blocks left. */
static void cut(void)
{
	u32 calls;

	check_eq(load(at + 2 * BLOCK), SC, "what is left is there");
	for (u64 i = 3; i < N; i++) {
		check_eq(store(at + i * BLOCK + 0x1000, i), SC, "a store to what is gone");
		check_eq(load(at + i * BLOCK + 0x2000), SC, "a load");
		check_eq(R.gpr[3], 0, "finds zeroes");
	}
	check_eq((u64)flush(DRC, &calls), (u64)(s64)H_HARDWARE, "a flush fails");
	H(H_HARDWARE, H_SCM_READ_METADATA, DRC, 0, 8);
	H(H_HARDWARE, H_SCM_WRITE_METADATA, DRC, 0, 0, 8);
	head("SCMSTATS", 1, 0);
	H(H_HARDWARE, H_SCM_PERFORMANCE_STATS, DRC, (u64)stats, 4096);
	H(H_SUCCESS, H_SCM_HEALTH, DRC);
	check(hret[0] & BIT(6), "health bit 6");
	check_eq((u64)unbind_all(2, DRC), H_SUCCESS, "it can be unbound");
	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "and bound");
	check_eq(load(at + 6 * BLOCK), SC, "and looked at");
}

static u64 set(u32 what, u32 value)
{
	return (u64)(s64)rtas(T_rtas_set_indicator, 3, 1, what, (u32)DRC, value);
}

static void isolate(void)
{
	u32 calls;

	check_eq((u64)bind(DRC, 0, 1, ANY, &calls), H_SUCCESS, "bound");
	check_eq(set(9001, 0), 0, "isolated");
	check_eq(load(at), MCHECK, "it is gone");
	H(H_PARAMETER, H_SCM_HEALTH, DRC);
	H(H_PARAMETER, H_SCM_BIND_MEM, DRC, 0, 1, ANY, 0);
	H(H_NOT_FOUND, H_SCM_QUERY_LOGICAL_MEM_BINDING, at);
	check_eq(set(9003, 0), 0, "given back");
	check_eq(set(9003, 1), 0, "taken again");
	check_eq(set(9001, 1), 0, "unisolated");
	H(H_NOT_FOUND, H_SCM_QUERY_BLOCK_MEM_BINDING, DRC, 0);
	check_eq((u64)bind(DRC, 0, 1, ANY, &calls), H_SUCCESS, "bound again");
	check_eq(load(at), SC, "it is there");
	check_eq((u64)unbind_all(1, 0), H_SUCCESS, "unbound");
}

static void unarmed(void)
{
	u32 calls;

	H(H_SUCCESS, H_SCM_HEALTH, DRC);
	check(hret[0] & BIT(0), "health bit 0");
	find_all();
	check_eq((u64)unbind_all(2, DRC), H_SUCCESS, "unbound");
	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "bound");
	*(volatile u64 *)at = 1;
	H(H_SUCCESS, H_SCM_WRITE_METADATA, DRC, 0x100, 1, 8);
	H(H_SUCCESS, H_SCM_READ_METADATA, DRC, 0x100, 8);
	check_eq(hret[0], 1, "labels are kept while it runs");
	check_eq((u64)flush(DRC, &calls), H_SUCCESS, "a flush does nothing");
}

static void every_status(void)
{
	labels();
	query();
	bind_arguments();
	chosen();
	in_use();
	tokens();
	all();
	health();
	flushes();
	counters();
	problem_state();
}

static void show_health(void)
{
	s64 st = hcall(H_SCM_HEALTH, DRC);

	print("health %lld %016llx\n", (long long)st, (unsigned long long)hret[0]);
}

static void reboot(void)
{
	u32 calls;

	check_eq((u64)bind(DRC, 0, N, ANY, &calls), H_SUCCESS, "bound");
	rtas(T_rtas_system_reboot, 0, 1);
}

static char key(void)
{
	while (hcall(H_GET_TERM_CHAR, 0x71000000) != H_SUCCESS || !hret[0])
		;
	return (char)(hret[1] >> 56);
}

int main(void)
{
	static const struct {
		char key;
		void (*fn)(void);
	} does[] = { { 'a', every_status }, { 'w', write_all },	 { 'v', find_all },
		     { 't', cut },	    { 'i', isolate },	 { 'r', reboot },
		     { 'u', unarmed },	    { 'h', show_health } };

	mmu_init();
	code_init();
	hcall(H_SCM_QUERY_BLOCK_MEM_BINDING, DRC, 0);
	print("ready\n");
	for (;;) {
		char c = key();

		if (c == 'q')
			finish();
		for (unsigned int i = 0; i < ARRAY_SIZE(does); i++)
			if (does[i].key == c) {
				does[i].fn();
				print("done %c\n", c);
			}
	}
}
