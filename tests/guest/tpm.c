/* SPDX-License-Identifier: Apache-2.0 */
/*
 * H_TPM_COMM: a conversation with the TPM behind it [TPM 2.0 part 3]. run_tpm.py
 * brings the TPM and types what to do:
 *   a  every status of the arguments   b  those of bad ones alone
 *   p  PCRs read and extended, a secret sealed and unsealed
 *   o  a command succeeds   r  it fails with H_RESOURCE
 *   f  there is no TPM      c  the session is closed
 *   q  the end
 * guest-run: no
 */
#include "guest.h"

#define OP_EXECUTE 1u
#define OP_CLOSE 2u
#define MAX 4096u
#define TPM_NO_SESSIONS 0x8001u
#define TPM_SESSIONS 0x8002u
#define TPM_PASSWORD 0x40000009u
#define TPM_OWNER 0x40000001u
#define ALG_SHA256 0x000bu
#define CC_CREATE_PRIMARY 0x131u
#define CC_CREATE 0x153u
#define CC_LOAD 0x157u
#define CC_UNSEAL 0x15eu
#define CC_FLUSH 0x165u
#define CC_PCR_READ 0x17eu
#define CC_PCR_EXTEND 0x182u
#define PCR 16u /* the debug PCR */

#define H(status, nr, ...)                                          \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

/* ---- messages ---- */

static u8 *cmd, *rsp; /* pages */
static u32 at;

static void p8(u32 v)
{
	cmd[at++] = (u8)v;
}
static void p16(u32 v)
{
	p8(v >> 8);
	p8(v);
}
static void p32(u32 v)
{
	p16(v >> 16);
	p16(v);
}
static void bytes(const void *p, u32 n)
{
	memcpy(cmd + at, p, n);
	at += n;
}

static u32 g16(u32 i)
{
	return (u32)rsp[i] << 8 | rsp[i + 1];
}
static u32 g32(u32 i)
{
	return g16(i) << 16 | g16(i + 2);
}

static void begin(u32 tag, u32 code)
{
	at = 0;
	p16(tag);
	p32(0);
	p32(code);
}

/* The authorization of one handle: an empty password. */
static void password(void)
{
	p32(9);
	p32(TPM_PASSWORD);
	p16(0);
	p8(0);
	p16(0);
}

static void close_message(void)
{
	u32 n = at;

	at = 2;
	p32(n);
	at = n;
}

/* The hypercall's status. */
static s64 send(void)
{
	close_message();
	return hcall(H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, (u64)rsp, MAX);
}

/* Has the TPM done it? */
static bool done(const char *what)
{
	s64 st = send();

	return check(!st && hret[0] >= 10 && hret[0] == g32(2) && !g32(6),
		     "%s: status %d, code 0x%x, size %u", what, (int)st, st ? 0 : g32(6),
		     (u32)hret[0]);
}

static void pcr_read(void)
{
	begin(TPM_NO_SESSIONS, CC_PCR_READ);
	p32(1);
	p16(ALG_SHA256);
	p8(3);
	p8(0);
	p8(0);
	p8(1u << (PCR - 16));
}

/* ---- what the TPM is for ---- */

/* Reads PCR 16 to @to. */
static bool read_pcr(u8 *to)
{
	pcr_read();
	/* update counter, selection of 10 bytes, count, size, digest */
	if (!done("TPM2_PCR_Read") || !check(g16(28) == 32, "a digest of 32 bytes"))
		return false;
	memcpy(to, rsp + 30, 32);
	return true;
}

static void extend(void)
{
	u8 before[32], after[32];

	read_pcr(before);
	begin(TPM_SESSIONS, CC_PCR_EXTEND);
	p32(PCR);
	password();
	p32(1);
	p16(ALG_SHA256);
	bytes("0123456789abcdef0123456789abcdef", 32);
	done("TPM2_PCR_Extend");
	read_pcr(after);
	check(memcmp(before, after, 32) != 0, "the PCR changed");
}

static u32 create_primary(void)
{
	begin(TPM_SESSIONS, CC_CREATE_PRIMARY);
	p32(TPM_OWNER);
	password();
	p16(4); /* no authorization value, no data */
	p32(0);
	p16(26);
	p16(0x23); /* ECC */
	p16(ALG_SHA256);
	p32(0x00030072); /* a restricted storage key that never leaves */
	p16(0);
	p16(6); /* AES, 128, CFB */
	p16(128);
	p16(0x43);
	p16(0x10); /* no scheme */
	p16(3);	   /* P-256 */
	p16(0x10);
	p32(0); /* unique */
	p16(0);
	p32(0);
	return done("TPM2_CreatePrimary") ? g32(10) : 0;
}

/* Seals @secret under @parent; leaves private and public parts in @to. Answers their size. */
static u32 seal(u32 parent, const char *secret, u8 *to)
{
	u32 n = (u32)strlen(secret), size;

	begin(TPM_SESSIONS, CC_CREATE);
	p32(parent);
	password();
	p16(4 + n);
	p16(0);
	p16(n);
	bytes(secret, n);
	p16(14);
	p16(8); /* keyed hash */
	p16(ALG_SHA256);
	p32(0x52);
	p16(0);
	p16(0x10);
	p16(0);
	p16(0);
	p32(0);
	if (!done("TPM2_Create"))
		return 0;
	size = 2 + g16(14);
	size += 2 + g16(14 + size);
	memcpy(to, rsp + 14, size);
	return size;
}

static void seal_and_unseal(void)
{
	static const char secret[] = "the key of a file system";
	static u8 blob[MAX];
	u32 parent = create_primary(), n = seal(parent, secret, blob), item = 0;

	begin(TPM_SESSIONS, CC_LOAD);
	p32(parent);
	password();
	bytes(blob, n);
	if (done("TPM2_Load"))
		item = g32(10);
	begin(TPM_SESSIONS, CC_UNSEAL);
	p32(item);
	password();
	done("TPM2_Unseal");
	check(g16(14) == strlen(secret) && !memcmp(rsp + 16, secret, strlen(secret)),
	      "the secret is what was sealed");
	for (u32 i = 0; i < 2; i++) {
		begin(TPM_NO_SESSIONS, CC_FLUSH);
		p32(i ? item : parent);
		done("TPM2_FlushContext");
	}
}

/* One buffer for command and response. */
static void one_buffer(void)
{
	u8 *was = rsp;

	pcr_read();
	rsp = cmd;
	done("one buffer for both");
	rsp = was;
}

/* ---- statuses ---- */

static void bad_arguments(void)
{
	u64 none = 1ULL << 60, end = 512ULL << 20;

	pcr_read();
	close_message();
	H(H_PARAMETER, H_TPM_COMM, 0, (u64)cmd, at, (u64)rsp, MAX);
	H(H_PARAMETER, H_TPM_COMM, 3, (u64)cmd, at, (u64)rsp, MAX);
	H(H_PARAMETER, H_TPM_COMM, 1ULL << 32 | 1, (u64)cmd, at, (u64)rsp, MAX);
	H(H_P2, H_TPM_COMM, OP_EXECUTE, none, at, (u64)rsp, MAX);
	H(H_P2, H_TPM_COMM, OP_EXECUTE, ~0ULL, at, (u64)rsp, MAX);
	H(H_P2, H_TPM_COMM, OP_EXECUTE, end - 10, at, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, 0, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, 9, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, MAX + 1, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, ~0ULL, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at - 1, (u64)rsp, MAX);
	H(H_P3, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at + 1, (u64)rsp, MAX);
	H(H_P4, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, none, MAX);
	H(H_P4, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, end - MAX + 1, MAX);
	H(H_P5, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, (u64)rsp, 0);
	H(H_P5, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, (u64)rsp, MAX - 1);
}

static void arguments(void)
{
	u64 end = 512ULL << 20;

	bad_arguments();
	H(H_SUCCESS, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, end - MAX, MAX);
	H(H_SUCCESS, H_TPM_COMM, OP_EXECUTE, (u64)cmd, at, (u64)rsp, ~0ULL);
	H(H_SUCCESS, H_TPM_COMM, OP_CLOSE);
	H(H_SUCCESS, H_TPM_COMM, OP_CLOSE);
}

static u32 key(void)
{
	while (hcall(H_GET_TERM_CHAR, 0) || !hret[0])
		continue;
	return (u32)(hret[1] >> 56);
}

static bool obey(u32 what)
{
	switch (what) {
	case 'a':
		arguments();
		break;
	case 'b':
		bad_arguments();
		break;
	case 'p':
		extend();
		seal_and_unseal();
		one_buffer();
		break;
	case 'o':
		pcr_read();
		done("a command");
		break;
	case 'r':
		pcr_read();
		check_eq((u64)send(), (u64)(s64)H_RESOURCE, "a command fails");
		break;
	case 'f':
		pcr_read();
		check_eq((u64)send(), (u64)(s64)H_FUNCTION, "no TPM");
		check_eq((u64)hcall(H_TPM_COMM, OP_CLOSE), (u64)(s64)H_FUNCTION,
			 "nothing to close");
		break;
	case 'c':
		H(H_SUCCESS, H_TPM_COMM, OP_CLOSE);
		break;
	default:
		return false;
	}
	print("done %c\n", (int)what);
	return true;
}

int main(void)
{
	cmd = alloc(65536, 65536);
	rsp = alloc(65536, 65536);
	print("ready\n");
	while (obey(key()))
		continue;
	finish();
}
