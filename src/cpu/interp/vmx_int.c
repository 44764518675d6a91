// SPDX-License-Identifier: Apache-2.0
/*
 * Vector integer arithmetic: addition, subtraction, multiplication, division,
 * average, maximum and so on [ISA 3.1B I 6.9.1]. Multiply-sum and sum-across
 * are in vmx_sum.c. Quotients that the ISA leaves undefined are 0.
 */
#include "cpu/interp/vmx.h"

/* ---- addition and subtraction ---- */

VOP_AB(vaddubm, EACH_XY(b, x + y))
VOP_AB(vadduhm, EACH_XY(h, x + y))
VOP_AB(vadduwm, EACH_XY(w, x + y))
VOP_AB(vaddudm, EACH_XY(d, x + y))
VOP_AB(vsububm, EACH_XY(b, x - y))
VOP_AB(vsubuhm, EACH_XY(h, x - y))
VOP_AB(vsubuwm, EACH_XY(w, x - y))
VOP_AB(vsubudm, EACH_XY(d, x - y))

VOP_AB(vaddubs, EACH_SAT(b, s32, 0, 0xff, a.b[i] + b.b[i]))
VOP_AB(vadduhs, EACH_SAT(h, s32, 0, 0xffff, a.h[i] + b.h[i]))
VOP_AB(vadduws, EACH_SAT(w, s64, 0, 0xffffffffLL, (s64)a.w[i] + b.w[i]))
VOP_AB(vaddsbs, EACH_SAT(sb, s32, INT8_MIN, INT8_MAX, a.sb[i] + b.sb[i]))
VOP_AB(vaddshs, EACH_SAT(sh, s32, INT16_MIN, INT16_MAX, a.sh[i] + b.sh[i]))
VOP_AB(vaddsws, EACH_SAT(sw, s64, INT32_MIN, INT32_MAX, (s64)a.sw[i] + b.sw[i]))
VOP_AB(vsububs, EACH_SAT(b, s32, 0, 0xff, a.b[i] - b.b[i]))
VOP_AB(vsubuhs, EACH_SAT(h, s32, 0, 0xffff, a.h[i] - b.h[i]))
VOP_AB(vsubuws, EACH_SAT(w, s64, 0, 0xffffffffLL, (s64)a.w[i] - b.w[i]))
VOP_AB(vsubsbs, EACH_SAT(sb, s32, INT8_MIN, INT8_MAX, a.sb[i] - b.sb[i]))
VOP_AB(vsubshs, EACH_SAT(sh, s32, INT16_MIN, INT16_MAX, a.sh[i] - b.sh[i]))
VOP_AB(vsubsws, EACH_SAT(sw, s64, INT32_MIN, INT32_MAX, (s64)a.sw[i] - b.sw[i]))

/* Carry out of each word; for the subtraction it is "no borrow". */
VOP_AB(vaddcuw, EACH_XY(w, (u32)(x + y) < x))
VOP_AB(vsubcuw, EACH_XY(w, x >= y))

/* The carry out of x + y + ci. */
static inline u128 carry128(u128 x, u128 y, u32 ci)
{
	u128 s = x + y;

	return (s < x) | (ci && s == ~(u128)0);
}

VOP_AB(vadduqm, r.q = a.q + b.q)
VOP_AB(vaddcuq, r.q = carry128(a.q, b.q, 0))
VOP_AB(vsubuqm, r.q = a.q - b.q)
VOP_AB(vsubcuq, r.q = carry128(a.q, ~b.q, 1))
VOP_ABC(vaddeuqm, r.q = a.q + b.q + (m.b[0] & 1))
VOP_ABC(vaddecuq, r.q = carry128(a.q, b.q, m.b[0] & 1))
VOP_ABC(vsubeuqm, r.q = a.q + ~b.q + (m.b[0] & 1))
VOP_ABC(vsubecuq, r.q = carry128(a.q, ~b.q, m.b[0] & 1))

/* ---- multiplication ---- */

/* Products twice as wide of the even (left) and the odd elements. */
#define MUL_EVEN(to, from) EACH(to, (ELEM(to))a.from[2 * i + 1] * b.from[2 * i + 1])
#define MUL_ODD(to, from) EACH(to, (ELEM(to))a.from[2 * i] * b.from[2 * i])

VOP_AB(vmuleub, MUL_EVEN(h, b))
VOP_AB(vmuleuh, MUL_EVEN(w, h))
VOP_AB(vmuleuw, MUL_EVEN(d, w))
VOP_AB(vmulesb, MUL_EVEN(sh, sb))
VOP_AB(vmulesh, MUL_EVEN(sw, sh))
VOP_AB(vmulesw, MUL_EVEN(sd, sw))
VOP_AB(vmuloub, MUL_ODD(h, b))
VOP_AB(vmulouh, MUL_ODD(w, h))
VOP_AB(vmulouw, MUL_ODD(d, w))
VOP_AB(vmulosb, MUL_ODD(sh, sb))
VOP_AB(vmulosh, MUL_ODD(sw, sh))
VOP_AB(vmulosw, MUL_ODD(sd, sw))
VOP_AB(vmuleud, r.q = (u128)a.d[1] * b.d[1])
VOP_AB(vmuloud, r.q = (u128)a.d[0] * b.d[0])
VOP_AB(vmulesd, r.q = (u128)((s128)a.sd[1] * b.sd[1]))
VOP_AB(vmulosd, r.q = (u128)((s128)a.sd[0] * b.sd[0]))

VOP_AB(vmuluwm, EACH_XY(w, x *y))
VOP_AB(vmulld, EACH_XY(d, x *y))
VOP_AB(vmulhuw, EACH_XY(w, (u64)x *y >> 32))
VOP_AB(vmulhsw, EACH_XY(sw, (s64)x *y >> 32))
VOP_AB(vmulhud, EACH_XY(d, (u128)x *y >> 64))
VOP_AB(vmulhsd, EACH_XY(sd, (s128)x *y >> 64))

/* ---- division ---- */

#define UDIV(wide, x, y) ((y) ? (wide)(x) / (y) : 0)
#define UMOD(wide, x, y) ((y) ? (wide)(x) % (y) : 0)
/* With y = -1 the quotient may overflow in the host's division. */
#define SDIV(unsigned_t, x, y) \
	((y) == 0 ? 0 : (y) == -1 ? -(unsigned_t)(x) : (unsigned_t)((x) / (y)))
#define SMOD(x, y) ((y) == 0 || (y) == -1 ? 0 : (x) % (y))

VOP_AB(vdivuw, EACH_XY(w, UDIV(u32, x, y)))
VOP_AB(vdivud, EACH_XY(d, UDIV(u64, x, y)))
VOP_AB(vdivuq, r.q = UDIV(u128, a.q, b.q))
VOP_AB(vdivsw, EACH_XY(sw, SDIV(u32, x, y)))
VOP_AB(vdivsd, EACH_XY(sd, SDIV(u64, x, y)))
VOP_AB(vdivsq, r.q = SDIV(u128, (s128)a.q, (s128)b.q))
VOP_AB(vmoduw, EACH_XY(w, UMOD(u32, x, y)))
VOP_AB(vmodud, EACH_XY(d, UMOD(u64, x, y)))
VOP_AB(vmoduq, r.q = UMOD(u128, a.q, b.q))
VOP_AB(vmodsw, EACH_XY(sw, SMOD(x, y)))
VOP_AB(vmodsd, EACH_XY(sd, SMOD(x, y)))
VOP_AB(vmodsq, r.q = (u128)SMOD((s128)a.q, (s128)b.q))

/* x followed by as many zeros, divided by y: 0 unless the quotient fits. */
static u32 divide_u32(u32 x, u32 y)
{
	return x < y ? (u32)(((u64)x << 32) / y) : 0;
}

static u64 divide_u64(u64 x, u64 y)
{
	return x < y ? (u64)(((u128)x << 64) / y) : 0;
}

static u128 divide_u128(u128 x, u128 y)
{
	u128 quotient = 0;

	if (x >= y)
		return 0;
	for (int i = 0; i < 128; i++) {
		bool high = x >> 127;

		x <<= 1;
		quotient <<= 1;
		if (high || x >= y) {
			x -= y;
			quotient |= 1;
		}
	}
	return quotient;
}

/* Signed, from the magnitudes. */
#define DIVIDE_SIGNED(name, s, u, bits)                                           \
	static u name(s x, s y)                                                   \
	{                                                                         \
		bool neg = (x < 0) != (y < 0);                                    \
		u q = divide_u##bits(x < 0 ? -(u)x : (u)x, y < 0 ? -(u)y : (u)y); \
		u limit = ((u)1 << (bits - 1)) - !neg;                            \
                                                                                  \
		if (q > limit)                                                    \
			return 0;                                                 \
		return neg ? -q : q;                                              \
	}

DIVIDE_SIGNED(divide_s32, s32, u32, 32)
DIVIDE_SIGNED(divide_s64, s64, u64, 64)
DIVIDE_SIGNED(divide_s128, s128, u128, 128)

VOP_AB(vdiveuw, EACH_XY(w, divide_u32(x, y)))
VOP_AB(vdiveud, EACH_XY(d, divide_u64(x, y)))
VOP_AB(vdiveuq, r.q = divide_u128(a.q, b.q))
VOP_AB(vdivesw, EACH_XY(sw, divide_s32(x, y)))
VOP_AB(vdivesd, EACH_XY(sd, divide_s64(x, y)))
VOP_AB(vdivesq, r.q = divide_s128((s128)a.q, (s128)b.q))

/* ---- negation, sign extension, average, maximum ---- */

VOP_B(vnegw, EACH_Y(w, -y))
VOP_B(vnegd, EACH_Y(d, -y))
VOP_B(vextsb2w, EACH(sw, (s8)b.sw[i]))
VOP_B(vextsh2w, EACH(sw, (s16)b.sw[i]))
VOP_B(vextsb2d, EACH(sd, (s8)b.sd[i]))
VOP_B(vextsh2d, EACH(sd, (s16)b.sd[i]))
VOP_B(vextsw2d, EACH(sd, (s32)b.sd[i]))
VOP_B(vextsd2q, r.q = (u128)(s128)b.sd[0])

VOP_AB(vavgub, EACH_XY(b, (x + y + 1) >> 1))
VOP_AB(vavguh, EACH_XY(h, (x + y + 1) >> 1))
VOP_AB(vavguw, EACH_XY(w, ((u64)x + y + 1) >> 1))
VOP_AB(vavgsb, EACH_XY(sb, (x + y + 1) >> 1))
VOP_AB(vavgsh, EACH_XY(sh, (x + y + 1) >> 1))
VOP_AB(vavgsw, EACH_XY(sw, ((s64)x + y + 1) >> 1))

VOP_AB(vabsdub, EACH_XY(b, x > y ? x - y : y - x))
VOP_AB(vabsduh, EACH_XY(h, x > y ? x - y : y - x))
VOP_AB(vabsduw, EACH_XY(w, x > y ? x - y : y - x))

VOP_AB(vmaxub, EACH_XY(b, x > y ? x : y))
VOP_AB(vmaxuh, EACH_XY(h, x > y ? x : y))
VOP_AB(vmaxuw, EACH_XY(w, x > y ? x : y))
VOP_AB(vmaxud, EACH_XY(d, x > y ? x : y))
VOP_AB(vmaxsb, EACH_XY(sb, x > y ? x : y))
VOP_AB(vmaxsh, EACH_XY(sh, x > y ? x : y))
VOP_AB(vmaxsw, EACH_XY(sw, x > y ? x : y))
VOP_AB(vmaxsd, EACH_XY(sd, x > y ? x : y))
VOP_AB(vminub, EACH_XY(b, x < y ? x : y))
VOP_AB(vminuh, EACH_XY(h, x < y ? x : y))
VOP_AB(vminuw, EACH_XY(w, x < y ? x : y))
VOP_AB(vminud, EACH_XY(d, x < y ? x : y))
VOP_AB(vminsb, EACH_XY(sb, x < y ? x : y))
VOP_AB(vminsh, EACH_XY(sh, x < y ? x : y))
VOP_AB(vminsw, EACH_XY(sw, x < y ? x : y))
VOP_AB(vminsd, EACH_XY(sd, x < y ? x : y))
