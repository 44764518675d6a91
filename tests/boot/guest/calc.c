/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes in user space with what the kernel does not use: floats of four
 * formats, vectors, atomics, threads. The results are compared bit by bit with
 * values that any IEEE 754 machine gives; built with -DSHOW on another machine
 * it prints those. Nothing here may depend on the C library's rounding.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fenv.h>
#include <math.h>

#pragma GCC optimize("fp-contract=off")

enum { N_THREADS = 4, N_ADDS = 50000, N_PINGS = 2000 };

static int failed;

static void check(const char *what, uint64_t got, uint64_t want)
{
#ifdef SHOW
	printf("\tcheck(\"%s\", ..., 0x%016llx);\n", what, (unsigned long long)got);
	want = got;
#endif
	if (got == want)
		return;
	failed++;
	printf("calc: %s: got %016llx, want %016llx\n", what, (unsigned long long)got,
	       (unsigned long long)want);
}

static uint64_t bits(double d)
{
	uint64_t v;

	memcpy(&v, &d, 8);
	return v;
}

static uint32_t bits32(float f)
{
	uint32_t v;

	memcpy(&v, &f, 4);
	return v;
}

/* The compiler must not know the value. */
static double hide(double d)
{
	__asm__ volatile("" : "+m"(d));
	return d;
}

static double pi_machin(void)
{
	double s5 = 0, s239 = 0;
	double p5 = hide(5), p239 = hide(239);

	for (int k = 1; k < 60; k += 2) {
		double sign = k % 4 == 1 ? 1 : -1;

		s5 += sign / (k * p5);
		s239 += sign / (k * p239);
		p5 *= 25;
		p239 *= 57121.0;
	}
	return 4 * (4 * s5 - s239);
}

static double lorenz(void)
{
	double x = hide(1), y = hide(1), z = hide(1);

	for (int i = 0; i < 20000; i++) {
		double dx = 10 * (y - x);
		double dy = x * (28 - z) - y;
		double dz = x * y - z * (8.0 / 3);

		x += dx * 0.005;
		y += dy * 0.005;
		z += dz * 0.005;
	}
	return x + y * z;
}

static double logistic_fma(void)
{
	double x = hide(0.37);

	for (int i = 0; i < 10000; i++)
		x = fma(-3.9 * x, x, 3.9 * x);
	return x;
}

static float single(void)
{
	float s = (float)hide(0);

	for (int i = 1; i < 5000; i++)
		s += sqrtf(1.0f / (float)i);
	return s;
}

static double subnormal(void)
{
	double d = hide(0x1p-1022);
	double s = 0;

	for (int i = 0; i < 60; i++) {
		d /= 2;
		s += d;
	}
	return s;
}

static uint64_t rounding(void)
{
	static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	uint64_t sum = 0;

	for (int i = 0; i < 4; i++) {
		fesetround(modes[i]);
		for (int k = 1; k < 200; k++) {
			double q = hide(k) / hide(7);

			sum = sum * 31 + bits(q) + bits(hide(-k) * hide(0.1)) + bits(sqrt(hide(k)));
			sum += (uint64_t)(int64_t)rint(q * 10);
		}
	}
	fesetround(FE_TONEAREST);
	return sum;
}

static uint64_t conversions(void)
{
	uint64_t h = 0;

	for (int i = -300; i < 300; i++) {
		double d = hide(i) * 1.7e16;

		h = h * 31 + (uint64_t)(int64_t)d;
		h = h * 31 + (uint64_t)(int32_t)(d / 1e12);
		h = h * 31 + bits32((float)d) + bits((double)(int64_t)(h >> 1));
		h = h * 31 + bits(floor(d / 3e15)) + bits(ceil(d / 3e15)) + bits(trunc(d / 7e15));
	}
	return h;
}

static uint64_t quad(void)
{
	__float128 x = (__float128)hide(1);
	uint64_t w[2];

	for (int i = 1; i < 200; i++)
		x = x * (__float128)1.0625 / (__float128)i + (__float128)0.1 - x / 3;
	memcpy(w, &x, 16);
	return w[0] ^ w[1] * 3;
}

static uint64_t decimal(void)
{
	_Decimal64 x = (_Decimal64)(int)hide(1);
	uint64_t h = 0;

	for (int i = 1; i < 100; i++) {
		x = x / 7 + 0.25dd * i - x * x * 0.01dd;
		h = h * 31 + (uint64_t)(long long)(x * 1000000.0dd);
	}
	return h;
}

typedef int32_t v4si __attribute__((vector_size(16)));
typedef uint8_t v16qi __attribute__((vector_size(16)));
typedef double v2df __attribute__((vector_size(16)));
typedef float v4sf __attribute__((vector_size(16)));
typedef uint64_t v2di __attribute__((vector_size(16)));

static uint64_t vectors(void)
{
	v4si a = { 1, 2, 3, 4 }, b = { 7, -5, 11, 13 };
	v16qi p = { 0 }, rev;
	v2di q = { (uint64_t)hide(3), 5 };
	uint64_t h = 0;

	for (int i = 0; i < 16; i++) {
		p[i] = (uint8_t)(i * 17 + (int)hide(3));
		rev[i] = (uint8_t)(15 - i);
	}
	for (int i = 0; i < 2000; i++) {
		a = a * b + (a ^ (b << 3)) - (b >> 1);
		b = b + (a > b);
		p = __builtin_shuffle(p, rev) + (p ^ 0x5a);
		rev = __builtin_shuffle(rev, p & 15);
		q = q * 6364136223846793005ull + (q >> 7);
		h = h * 31 + (uint32_t)a[i % 4] + p[i % 16] + q[i % 2];
	}
	return h;
}

static uint64_t float_vectors(void)
{
	v2df x = { hide(1.5), hide(-2.25) }, y = { 0.5, 3 };
	v4sf s = { 1, 2, 3, 4 }, t = { (float)hide(0.1), 0.2f, 0.3f, 0.4f };

	for (int i = 0; i < 3000; i++) {
		x = x * 0.5 + y;
		y = (x - y) * 0.3 + 1;
		s = s * t + t;
		t = t * 0.5f + s / 100 + 0.1f;
	}
	return bits(x[0] + x[1] * y[0] - y[1]) ^ bits32(s[0] + s[1] - s[2] * s[3] + t[1]);
}

static uint64_t integers(void)
{
	uint64_t x = (uint64_t)hide(88172645463325252.0);
	uint64_t h = 0;
	uint8_t block[256];

	for (int i = 0; i < 20000; i++) {
		unsigned __int128 w;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		w = (unsigned __int128)x * (x >> 3);
		h = h * 31 + (uint64_t)(w >> 64) + (uint64_t)(w / ((x >> 20) | 1));
		h += (uint64_t)((int64_t)x / (int64_t)((x & 0xffff) | 1)) + x % 1000003;
		h ^= (uint64_t)__builtin_popcountll(x) + (uint64_t)__builtin_ctzll(x | 1 << 20);
		h += __builtin_bswap64(x) + __builtin_bswap32((uint32_t)x);
		block[i & 255] = (uint8_t)x;
		if ((i & 255) == 255) {
			memmove(block + 3, block, 200);
			h += (uint64_t)block[7] + (memchr(block, 0, 256) != NULL);
		}
	}
	return h;
}

struct shared {
	uint64_t atomic;
	uint64_t locked;
	uint32_t word;
	uint16_t half;
	uint8_t byte;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int turn;
	int pings;
};

static void *adder(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < N_ADDS; i++) {
		uint32_t old = __atomic_load_n(&s->word, __ATOMIC_RELAXED);

		__atomic_fetch_add(&s->atomic, 3, __ATOMIC_SEQ_CST);
		while (!__atomic_compare_exchange_n(&s->word, &old, old + 5, 1, __ATOMIC_ACQ_REL,
						    __ATOMIC_RELAXED))
			;
		__atomic_fetch_add(&s->half, 1, __ATOMIC_RELAXED);
		__atomic_fetch_xor(&s->byte, (uint8_t)i, __ATOMIC_RELAXED);
		if (i % 16 == 0) {
			pthread_mutex_lock(&s->mutex);
			s->locked += 7;
			pthread_mutex_unlock(&s->mutex);
		}
	}
	return NULL;
}

static void *player(void *arg)
{
	struct shared *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (int i = 0; i < N_PINGS; i++) {
		while (s->turn != 1)
			pthread_cond_wait(&s->cond, &s->mutex);
		s->pings++;
		s->turn = 0;
		pthread_cond_broadcast(&s->cond);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

static void threads(void)
{
	static struct shared s = { .mutex = PTHREAD_MUTEX_INITIALIZER,
				   .cond = PTHREAD_COND_INITIALIZER };
	pthread_t t[N_THREADS];

	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&t[i], NULL, adder, &s);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(t[i], NULL);
	check("atomic doubleword", s.atomic, 3ull * N_THREADS * N_ADDS);
	check("atomic word", s.word, 5u * N_THREADS * N_ADDS);
	check("atomic halfword", s.half, (uint16_t)(N_THREADS * N_ADDS));
	check("atomic byte", s.byte, 0);
	check("mutex", s.locked, 7ull * N_THREADS * (N_ADDS / 16));

	pthread_create(&t[0], NULL, player, &s);
	pthread_mutex_lock(&s.mutex);
	for (int i = 0; i < N_PINGS; i++) {
		s.turn = 1;
		pthread_cond_broadcast(&s.cond);
		while (s.turn != 0)
			pthread_cond_wait(&s.cond, &s.mutex);
	}
	pthread_mutex_unlock(&s.mutex);
	pthread_join(t[0], NULL);
	check("ping-pong", (uint64_t)s.pings, N_PINGS);
}

int main(void)
{
	char text[64];

	check("pi", bits(pi_machin()), 0x400921fb54442d1a);
	check("lorenz", bits(lorenz()), 0xc043a1f2ad356375);
	check("fused multiply-add", bits(logistic_fma()), 0x3fb87267b44f7935);
	check("single precision", bits32(single()), 0x00000000430bf43f);
	check("subnormals", bits(subnormal()), 0x000fffffffffffff);
	check("rounding modes", rounding(), 0xe747058330b4a401);
	check("conversions", conversions(), 0x0d44fa2518007c91);
	check("quad precision", quad(), 0xb4606baa8fae32a5);
	check("decimal", decimal(), 0xb52d9c1b2a7b5844);
	check("vectors", vectors(), 0xeaf3a0fe706694f7);
	check("float vectors", float_vectors(), 0x40160a72cf7408c9);
	check("integers", integers(), 0x896413de8eece9db);
	threads();
	snprintf(text, sizeof(text), "%.17g %.3f %e", hide(0.1), hide(2.5e10), hide(1e-300));
	check("printf", (uint64_t)strcmp(text, "0.10000000000000001 25000000000.000 1.000000e-300"),
	      0);
	check("strtod", bits(strtod("3.14159265358979311600", NULL)), 0x400921fb54442d18);
	printf("calc: %s\n", failed ? "FAILED" : "all results are right");
	return failed != 0;
}
