/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Add, multiply, divide, square root and multiply-add, for every format, on
 * unpacked numbers. [ISA 3.1B I 4.6.6, 7.6.1.3]. Only the quad multiply-add
 * needs more than 128 bits; it has its own addition of 256.
 */
#include "cpu/softfp/unpack.h"

static struct unp invalid(struct fp_env *env, u32 flag)
{
	env->flags |= flag;
	return unp_default_nan();
}

/* The sign of an exact zero that is the sum of opposite signs. */
static struct unp cancelled(const struct fp_env *env)
{
	return unp_zero(env->rm == FP_RM_MINUS);
}

/* Sums where an operand is infinite or zero; true if @r has been set. */
static bool add_special(struct fp_env *env, const struct unp *a, const struct unp *b, struct unp *r)
{
	if (LIKELY(a->cls == FP_NORMAL && b->cls == FP_NORMAL))
		return false;
	if (a->cls == FP_INF && b->cls == FP_INF && a->sign != b->sign)
		*r = invalid(env, FP_VXISI);
	else if (a->cls == FP_INF || b->cls == FP_INF)
		*r = a->cls == FP_INF ? *a : *b;
	else if (a->cls == FP_ZERO && b->cls == FP_ZERO)
		*r = a->sign == b->sign ? *a : cancelled(env);
	else
		*r = a->cls == FP_ZERO ? *b : *a;
	return true;
}

/* Neither is a NaN; the low bits of both significands are 0. */
static struct unp unp_add(struct fp_env *env, const struct unp *a, const struct unp *b)
{
	struct unp r;
	u128 x, y;

	if (add_special(env, a, b, &r))
		return r;
	if (a->exp < b->exp) {
		const struct unp *t = a;

		a = b;
		b = t;
	}
	x = a->sig >> 1;
	y = shr_sticky(b->sig >> 1, (u32)(a->exp - b->exp));
	r = (struct unp){ FP_NORMAL, a->sign, a->exp + 1, 0 };
	if (a->sign == b->sign) {
		r.sig = x + y;
	} else if (x >= y) {
		r.sig = x - y;
	} else {
		r.sig = y - x;
		r.sign = b->sign;
	}
	if (!r.sig)
		return cancelled(env);
	unp_normalize(&r);
	return r;
}

struct u256 {
	u128 hi, lo;
};

static struct u256 mul_wide(u128 x, u128 y)
{
	u128 x1 = x >> 64, x0 = (u64)x, y1 = y >> 64, y0 = (u64)y;
	u128 mid = x1 * y0 + (x0 * y0 >> 64);
	u128 mid2 = x0 * y1 + (u64)mid;

	return (struct u256){ x1 * y1 + (mid >> 64) + (mid2 >> 64), mid2 << 64 | (u64)(x0 * y0) };
}

static struct u256 shl_wide(struct u256 v, unsigned int n)
{
	if (n >= 128)
		return (struct u256){ v.lo << (n - 128), 0 };
	if (n)
		v = (struct u256){ v.hi << n | v.lo >> (128 - n), v.lo << n };
	return v;
}

static struct u256 shr_wide(struct u256 v, unsigned int n)
{
	bool lost;

	if (n >= 128)
		return (struct u256){ 0, shr_sticky(v.hi, n - 128) | (v.lo != 0) };
	if (!n)
		return v;
	lost = v.lo << (128 - n) != 0;
	return (struct u256){ v.hi >> n, v.hi << (128 - n) | v.lo >> n | lost };
}

static struct u256 sub_wide(struct u256 x, struct u256 y)
{
	return (struct u256){ x.hi - y.hi - (x.lo < y.lo), x.lo - y.lo };
}

/* a's product in @p (its exponent in a->exp) plus b, both nonzero, finite. */
static struct unp add_wide(struct fp_env *env, const struct unp *a, struct u256 p,
			   const struct unp *b)
{
	struct unp r = { FP_NORMAL, a->sign, a->exp + 1, 0 };
	struct u256 x = shr_wide(p, 1);
	struct u256 y = { b->sig >> 1, 0 };
	unsigned int n;

	if (a->exp >= b->exp) {
		y = shr_wide(y, (u32)(a->exp - b->exp));
	} else {
		x = shr_wide(x, (u32)(b->exp - a->exp));
		r.exp = b->exp + 1;
	}
	if (a->sign == b->sign) {
		x.lo += y.lo;
		x.hi += y.hi + (x.lo < y.lo);
	} else if (x.hi > y.hi || (x.hi == y.hi && x.lo >= y.lo)) {
		x = sub_wide(x, y);
	} else {
		x = sub_wide(y, x);
		r.sign = b->sign;
	}
	if (!x.hi && !x.lo)
		return cancelled(env);
	n = (unsigned int)(x.hi ? clz128(x.hi) : 128 + clz128(x.lo));
	x = shl_wide(x, n);
	r.exp -= (s32)n;
	r.sig = x.hi | (x.lo != 0);
	return r;
}

static bool is_narrow(const struct unp *a, const struct unp *b)
{
	return !((u64)a->sig | (u64)b->sig);
}

/* The product of normal numbers: exact in @p, normalised in the result. */
static struct unp mul_normal(const struct unp *a, const struct unp *b, struct u256 *p)
{
	struct unp r = { FP_NORMAL, a->sign != b->sign, a->exp + b->exp + 1, 0 };

	if (is_narrow(a, b))
		*p = (struct u256){ (a->sig >> 64) * (b->sig >> 64), 0 };
	else
		*p = mul_wide(a->sig, b->sig);
	if (!(p->hi & SIG_TOP)) {
		*p = shl_wide(*p, 1);
		r.exp--;
	}
	r.sig = p->hi | (p->lo != 0);
	return r;
}

/* Products where an operand is infinite or zero; true if @r has been set. */
static bool mul_special(struct fp_env *env, const struct unp *a, const struct unp *b, struct unp *r)
{
	if (LIKELY(a->cls == FP_NORMAL && b->cls == FP_NORMAL))
		return false;
	if ((a->cls == FP_INF && b->cls == FP_ZERO) || (a->cls == FP_ZERO && b->cls == FP_INF))
		*r = invalid(env, FP_VXIMZ);
	else if (a->cls == FP_INF || b->cls == FP_INF)
		*r = unp_inf(a->sign != b->sign);
	else
		*r = unp_zero(a->sign != b->sign);
	return true;
}

static struct unp unp_mul(struct fp_env *env, const struct unp *a, const struct unp *b)
{
	struct u256 p;
	struct unp r;

	if (mul_special(env, a, b, &r))
		return r;
	return mul_normal(a, b, &p);
}

/* Neither is a NaN. */
struct unp unp_div(struct fp_env *env, const struct unp *a, const struct unp *b)
{
	struct unp r = { FP_NORMAL, a->sign != b->sign, a->exp - b->exp, 0 };
	u128 rem, d, q = 0;

	if (a->cls == FP_INF)
		return b->cls == FP_INF ? invalid(env, FP_VXIDI) : unp_inf(r.sign);
	if (b->cls == FP_INF)
		return unp_zero(r.sign);
	if (b->cls == FP_ZERO) {
		if (a->cls == FP_ZERO)
			return invalid(env, FP_VXZDZ);
		env->flags |= FP_ZX;
		return unp_inf(r.sign);
	}
	if (a->cls == FP_ZERO)
		return unp_zero(r.sign);

	if (is_narrow(a, b)) {
		d = b->sig >> 64;
		rem = a->sig >> 1;
		q = rem / d;
		rem -= q * d;
		if (rem) {
			rem <<= 64;
			q = q << 64 | rem / d;
			r.sig = q | (rem % d != 0);
		} else {
			r.sig = q << 64;
		}
	} else {
		d = b->sig >> 1;
		rem = a->sig >> 1;
		for (int i = 0; i < 118; i++) {
			q <<= 1;
			if (rem >= d) {
				rem -= d;
				q |= 1;
			}
			rem <<= 1;
		}
		r.sig = q << 10 | (rem != 0);
	}
	unp_normalize(&r);
	return r;
}

/* @bits of the root, digit by digit; @a is not a NaN. */
struct unp unp_sqrt(struct fp_env *env, const struct unp *a, unsigned int bits)
{
	struct unp r = { FP_NORMAL, false, a->exp >> 1, 0 };
	u128 rem = 0, root = 0, in = a->exp & 1 ? a->sig : a->sig >> 1;

	if (a->cls == FP_ZERO)
		return *a;
	if (a->sign)
		return invalid(env, FP_VXSQRT);
	if (a->cls == FP_INF)
		return *a;
	for (unsigned int i = 0; i < bits; i++) {
		u128 trial = root << 2 | 1;

		rem = rem << 2 | in >> 126;
		in <<= 2;
		root <<= 1;
		if (rem >= trial) {
			rem -= trial;
			root |= 1;
		}
	}
	r.sig = root << (128 - bits) | (rem != 0);
	return r;
}

/* a * b + c, none of them a NaN. */
static struct unp unp_fma(struct fp_env *env, const struct unp *a, const struct unp *b,
			  const struct unp *c)
{
	struct u256 wide;
	struct unp p, r;

	if (mul_special(env, a, b, &p)) {
		if (unp_is_nan(&p))
			return p;
		return unp_add(env, &p, c);
	}
	p = mul_normal(a, b, &wide);
	if (add_special(env, &p, c, &r))
		return r;
	if (is_narrow(a, b))
		return unp_add(env, &p, c);
	return add_wide(env, &p, wide, c);
}

/*
 * A product of infinity and zero raises VXIMZ even where a NaN addend becomes
 * the result. [ISA 3.1B I 7.6.1.3 xsmaddadp, table]
 */
static struct unp fma_nan(struct fp_env *env, const struct unp *x, const struct unp *y,
			  const struct unp *z)
{
	struct unp r = unp_is_nan(x) ? *x : unp_is_nan(z) ? *z : *y;

	if (x->cls == FP_SNAN || y->cls == FP_SNAN || z->cls == FP_SNAN)
		env->flags |= FP_VXSNAN;
	if ((x->cls == FP_INF && y->cls == FP_ZERO) || (x->cls == FP_ZERO && y->cls == FP_INF))
		env->flags |= FP_VXIMZ;
	fp_quieten(env, &r);
	return r;
}

typedef struct unp unp_op2(struct fp_env *, const struct unp *, const struct unp *);

ALWAYS_INLINE struct unp do_op2(struct fp_env *env, const struct fp_format *f, unp_op2 *op,
				struct unp a, struct unp b)
{
	struct unp r;

	fp_begin(env);
	if (UNLIKELY(unp_is_nan(&a) || unp_is_nan(&b)))
		return fp_pick_nan(env, &a, &b);
	r = op(env, &a, &b);
	fp_round(env, f, &r);
	return r;
}

static struct unp unp_sub(struct fp_env *env, const struct unp *a, const struct unp *b)
{
	struct unp t = *b;

	t.sign = !t.sign;
	return unp_add(env, a, &t);
}

static struct unp do_sqrt(struct fp_env *env, const struct fp_format *f, struct unp a)
{
	struct unp r;

	fp_begin(env);
	if (unp_is_nan(&a)) {
		fp_quieten(env, &a);
		return a;
	}
	r = unp_sqrt(env, &a, f->prec <= 53 ? 60 : 116);
	fp_round(env, f, &r);
	return r;
}

/* The operands of a fused multiply-add: x * y + z. */
struct fma_in {
	struct unp x, y, z;
	unsigned int op;
};

static struct unp do_fma(struct fp_env *env, const struct fp_format *f, struct fma_in *in)
{
	struct unp r;

	fp_begin(env);
	if (unp_is_nan(&in->x) || unp_is_nan(&in->y) || unp_is_nan(&in->z))
		return fma_nan(env, &in->x, &in->y, &in->z);
	in->z.sign ^= (in->op & FP_NEG_ADDEND) != 0;
	r = unp_fma(env, &in->x, &in->y, &in->z);
	fp_round(env, f, &r);
	if ((in->op & FP_NEG_RESULT) && !unp_is_nan(&r))
		r.sign = !r.sign;
	return r;
}

#define DEFINE_OP2(name, type, f, io, verb)                                              \
	type name##_##verb(struct fp_env *env, type x, type y)                           \
	{                                                                                \
		struct unp r = do_op2(env, f, unp_##verb, unpack##io(x), unpack##io(y)); \
		return pack##io(&r);                                                     \
	}

#define DEFINE_ARITH(name, type, f, io)                                                 \
	DEFINE_OP2(name, type, f, io, add)                                              \
	DEFINE_OP2(name, type, f, io, sub)                                              \
	DEFINE_OP2(name, type, f, io, mul)                                              \
	DEFINE_OP2(name, type, f, io, div)                                              \
	type name##_sqrt(struct fp_env *env, type x)                                    \
	{                                                                               \
		struct unp r = do_sqrt(env, f, unpack##io(x));                          \
		return pack##io(&r);                                                    \
	}                                                                               \
	type name##_fma(struct fp_env *env, type x, type y, type z, unsigned int op)    \
	{                                                                               \
		struct fma_in in = { unpack##io(x), unpack##io(y), unpack##io(z), op }; \
		struct unp r = do_fma(env, f, &in);                                     \
		return pack##io(&r);                                                    \
	}

DEFINE_ARITH(fp32, u32, &fp_fmt32, 32)
DEFINE_ARITH(fp64, u64, &fp_fmt64, 64)
DEFINE_ARITH(fp64r32, u64, &fp_fmt32, 64r32)
DEFINE_ARITH(fp128, struct f128, &fp_fmt128, 128)
