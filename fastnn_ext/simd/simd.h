/* Vector registers, which Cython cannot name: one type and a dozen operations for each dtype.
 *
 * The compiler's flags choose the instruction set: AVX-512, AVX2 with FMA, NEON, or SSE2. FASTNN_PORTABLE, or a compiler
 * without GCC's vector extensions, gives vectors of one lane: plain C, against which the others are tested.
 *
 * For both prefixes f32_ and f64_: LANES; load, store (any alignment); part, a choice of the first n lanes, and load_part
 * (the other lanes are zero) and store_part, which touch no memory outside it, and keep_part
 * (the other lanes are those of another vector); set1, fma (a*b + c, fused where the
 * instruction set can), max and min (the second operand where one is NaN), sqrt, sum (in one fixed order), above_zero
 * (value where chooser > 0, else other), power_of_two (2**n for whole n). The operators + - * / work on vectors as they are.
 */
#ifndef FASTNN_SIMD_H
#define FASTNN_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Clang has GCC's extensions also where it stands for Microsoft's compiler and does not say so. */
#if defined(__GNUC__) || defined(__clang__)
#define FASTNN_GNU 1
#elif !defined(FASTNN_PORTABLE)
#define FASTNN_PORTABLE 1
#endif

#ifdef FASTNN_GNU
#define FASTNN_INLINE static inline __attribute__((always_inline, unused))
#define FASTNN_FUNCTION static __attribute__((noinline, unused))
/* Clang reads GCC's pragma and unrolls too late for the sums to be registers: tiles were two to three times slower. */
#ifdef __clang__
#define FASTNN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FASTNN_UNROLL _Pragma("GCC unroll 32")
#endif
#else
#define FASTNN_INLINE static __inline
#define FASTNN_FUNCTION static
#define FASTNN_UNROLL
#endif

/* Takes numbers below the smallest normal one for zero in this thread, if `flush`, and gives back its mode until then. */
#if defined(__SSE2__) && defined(FASTNN_GNU)
FASTNN_INLINE unsigned long long fastnn_flush_denormals(int flush)
{
    unsigned int mode = __builtin_ia32_stmxcsr();
    if (flush) __builtin_ia32_ldmxcsr(mode | 0x8040);
    return mode;
}
FASTNN_INLINE void fastnn_restore_denormals(unsigned long long mode) { __builtin_ia32_ldmxcsr((unsigned int)mode); }
#elif defined(__aarch64__) && defined(FASTNN_GNU)
FASTNN_INLINE unsigned long long fastnn_flush_denormals(int flush)
{
    unsigned long long mode;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(mode));
    if (flush) __asm__ __volatile__("msr fpcr, %0" : : "r"(mode | (1ull << 24)));
    return mode;
}
FASTNN_INLINE void fastnn_restore_denormals(unsigned long long mode) { __asm__ __volatile__("msr fpcr, %0" : : "r"(mode)); }
#else
FASTNN_INLINE unsigned long long fastnn_flush_denormals(int flush) { return (void)flush, 0; }
FASTNN_INLINE void fastnn_restore_denormals(unsigned long long mode) { (void)mode; }
#endif

#if defined(FASTNN_PORTABLE)

#define FASTNN_ISA_NAME "portable"
#define F32_LANES 1
#define F64_LANES 1
/* Rows of a tile: as many accumulators as a compiler keeps in sixteen registers. */
#define TILE_ROWS 4

#define FASTNN_SCALAR(prefix, type, bits, bias, mantissa, root)                                                        \
    typedef type prefix##v;                                                                                            \
    typedef int prefix##_part;                                                                                         \
    FASTNN_INLINE type prefix##_load(const type *p) { return *p; }                                                     \
    FASTNN_INLINE void prefix##_store(type *p, type v) { *p = v; }                                                     \
    FASTNN_INLINE int prefix##_first(ptrdiff_t n) { return n > 0; }                                                    \
    FASTNN_INLINE type prefix##_load_part(const type *p, int part) { return part ? *p : 0; }                           \
    FASTNN_INLINE void prefix##_store_part(type *p, type v, int part) { if (part) *p = v; }                            \
    FASTNN_INLINE type prefix##_keep_part(type v, type other, int part) { return part ? v : other; }                   \
    FASTNN_INLINE type prefix##_set1(type x) { return x; }                                                             \
    FASTNN_INLINE type prefix##_fma(type a, type b, type c) { return a * b + c; }                                      \
    FASTNN_INLINE type prefix##_max(type a, type b) { return a > b ? a : b; }                                          \
    FASTNN_INLINE type prefix##_min(type a, type b) { return a < b ? a : b; }                                          \
    FASTNN_INLINE type prefix##_sqrt(type a) { return root(a); }                                                       \
    FASTNN_INLINE type prefix##_zip_low(type a, type b) { (void)b; return a; }                                         \
    FASTNN_INLINE type prefix##_zip_high(type a, type b) { (void)a; return b; }                                        \
    FASTNN_INLINE type prefix##_sum(type a) { return a; }                                                              \
    FASTNN_INLINE type prefix##_largest(type a) { return a; }                                                          \
    FASTNN_INLINE type prefix##_above_zero(type chooser, type value, type other) { return chooser > 0 ? value : other; } \
    FASTNN_INLINE type prefix##_power_of_two(type n)                                                                   \
    {                                                                                                                  \
        bits whole = ((bits)n + bias) << mantissa;                                                                     \
        type result;                                                                                                   \
        memcpy(&result, &whole, sizeof result);                                                                        \
        return result;                                                                                                 \
    }

FASTNN_SCALAR(f32, float, int32_t, 127, 23, sqrtf)
FASTNN_SCALAR(f64, double, int64_t, 1023, 52, sqrt)

#else /* GCC's vector extensions */

#if defined(__AVX512F__)
#include <immintrin.h>
#define FASTNN_ISA_NAME "avx512"
#define FASTNN_BYTES 64
#define TILE_ROWS 14
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define FASTNN_ISA_NAME "avx2"
#define FASTNN_BYTES 32
#define TILE_ROWS 6
#elif defined(__aarch64__)
#include <arm_neon.h>
#define FASTNN_ISA_NAME "neon"
#define FASTNN_BYTES 16
#define TILE_ROWS 12
#elif defined(__SSE2__)
#include <immintrin.h>
#define FASTNN_ISA_NAME "baseline"
#define FASTNN_BYTES 16
#define TILE_ROWS 6
#else
#define FASTNN_ISA_NAME "baseline"
#define FASTNN_BYTES 16
#define TILE_ROWS 6
#endif

#define F32_LANES (FASTNN_BYTES / 4)
#define F64_LANES (FASTNN_BYTES / 8)

typedef float f32v __attribute__((vector_size(FASTNN_BYTES), may_alias));
typedef double f64v __attribute__((vector_size(FASTNN_BYTES), may_alias));
typedef int32_t f32i __attribute__((vector_size(FASTNN_BYTES), may_alias));
typedef int64_t f64i __attribute__((vector_size(FASTNN_BYTES), may_alias));
typedef float f32u __attribute__((vector_size(FASTNN_BYTES), may_alias, aligned(4)));
typedef double f64u __attribute__((vector_size(FASTNN_BYTES), may_alias, aligned(8)));

/* What is the same for every instruction set. */
#define FASTNN_COMMON(prefix, PREFIX, type, bits, bias, mantissa)                                                      \
    FASTNN_INLINE prefix##v prefix##_load(const type *p) { return *(const prefix##u *)p; }                             \
    FASTNN_INLINE void prefix##_store(type *p, prefix##v v) { *(prefix##u *)p = v; }                                   \
    FASTNN_INLINE prefix##v prefix##_set1(type x) { return x - (prefix##v){0}; }                                       \
    FASTNN_INLINE prefix##v prefix##_above_zero(prefix##v chooser, prefix##v value, prefix##v other)                   \
    {                                                                                                                  \
        prefix##i mask = (prefix##i)(chooser > (prefix##v){0});                                                        \
        return (prefix##v)(((prefix##i)value & mask) | ((prefix##i)other & ~mask));                                    \
    }                                                                                                                  \
    FASTNN_INLINE prefix##v prefix##_power_of_two(prefix##v n)                                                         \
    {                                                                                                                  \
        return (prefix##v)((__builtin_convertvector(n, prefix##i) + bias) << mantissa);                                \
    }

FASTNN_COMMON(f32, F32, float, int32_t, 127, 23)
FASTNN_COMMON(f64, F64, double, int64_t, 1023, 52)

/* The lower and the upper halves of two vectors, lane by lane in turn: log2(LANES) rounds of it transpose a square. */
#define ZIP_LOW_2 0, 2
#define ZIP_HIGH_2 1, 3
#define ZIP_LOW_4 0, 4, 1, 5
#define ZIP_HIGH_4 2, 6, 3, 7
#define ZIP_LOW_8 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_HIGH_8 4, 12, 5, 13, 6, 14, 7, 15
#define ZIP_LOW_16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#ifdef __clang__
#define FASTNN_SHUFFLE(prefix, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FASTNN_SHUFFLE(prefix, a, b, ...) __builtin_shuffle(a, b, (prefix##i){__VA_ARGS__})
#endif
#if FASTNN_BYTES == 64
#define F32_ZIP(half) ZIP_##half##_16
#define F64_ZIP(half) ZIP_##half##_8
#elif FASTNN_BYTES == 32
#define F32_ZIP(half) ZIP_##half##_8
#define F64_ZIP(half) ZIP_##half##_4
#else
#define F32_ZIP(half) ZIP_##half##_4
#define F64_ZIP(half) ZIP_##half##_2
#endif
FASTNN_INLINE f32v f32_zip_low(f32v a, f32v b) { return FASTNN_SHUFFLE(f32, a, b, F32_ZIP(LOW)); }
FASTNN_INLINE f32v f32_zip_high(f32v a, f32v b) { return FASTNN_SHUFFLE(f32, a, b, F32_ZIP(HIGH)); }
FASTNN_INLINE f64v f64_zip_low(f64v a, f64v b) { return FASTNN_SHUFFLE(f64, a, b, F64_ZIP(LOW)); }
FASTNN_INLINE f64v f64_zip_high(f64v a, f64v b) { return FASTNN_SHUFFLE(f64, a, b, F64_ZIP(HIGH)); }

#if defined(__AVX512F__)

typedef struct { __mmask16 mask; int n; } f32_part;
typedef struct { __mmask8 mask; int n; } f64_part;
FASTNN_INLINE f32_part f32_first(ptrdiff_t n)
{
    f32_part part = {(__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1), n >= 16 ? 16 : (int)n};
    return part;
}
FASTNN_INLINE f64_part f64_first(ptrdiff_t n)
{
    f64_part part = {(__mmask8)(n >= 8 ? 0xff : (1u << n) - 1), n >= 8 ? 8 : (int)n};
    return part;
}
FASTNN_INLINE f32v f32_load_part(const float *p, f32_part part) { return (f32v)_mm512_maskz_loadu_ps(part.mask, p); }
FASTNN_INLINE f64v f64_load_part(const double *p, f64_part part) { return (f64v)_mm512_maskz_loadu_pd(part.mask, p); }
/* A masked store makes later loads of all 64 bytes wait, also of those outside its mask, such as the next row of narrow
 * weights: three times the whole training step. A few plain ones do not. */
FASTNN_INLINE void f32_store_part(float *p, f32v v, f32_part part)
{
    __m512 rest = (__m512)v;
    if (part.n >= 16) { f32_store(p, v); return; }
    if (part.n & 8) { _mm256_storeu_ps(p, _mm512_castps512_ps256(rest)); p += 8; rest = _mm512_shuffle_f32x4(rest, rest, 0xee); }
    if (part.n & 4) { _mm_storeu_ps(p, _mm512_castps512_ps128(rest)); p += 4; rest = _mm512_shuffle_f32x4(rest, rest, 0xe5); }
    if (part.n & 2) { _mm_storel_pi((__m64 *)p, _mm512_castps512_ps128(rest)); p += 2; rest = _mm512_permute_ps(rest, 0xee); }
    if (part.n & 1) _mm_store_ss(p, _mm512_castps512_ps128(rest));
}
FASTNN_INLINE void f64_store_part(double *p, f64v v, f64_part part)
{
    __m512d rest = (__m512d)v;
    if (part.n >= 8) { f64_store(p, v); return; }
    if (part.n & 4) { _mm256_storeu_pd(p, _mm512_castpd512_pd256(rest)); p += 4; rest = _mm512_shuffle_f64x2(rest, rest, 0xee); }
    if (part.n & 2) { _mm_storeu_pd(p, _mm512_castpd512_pd128(rest)); p += 2; rest = _mm512_shuffle_f64x2(rest, rest, 0xe5); }
    if (part.n & 1) _mm_store_sd(p, _mm512_castpd512_pd128(rest));
}
/* The first 16 or 32 bytes of a vector, which cross no cache line where they are aligned; the other lanes are zero. */
FASTNN_INLINE f32v f32_load_piece(const int bytes, const float *p)
{
    return bytes == 16 ? (f32v)_mm512_zextps128_ps512(_mm_loadu_ps(p)) : (f32v)_mm512_zextps256_ps512(_mm256_loadu_ps(p));
}
FASTNN_INLINE f64v f64_load_piece(const int bytes, const double *p)
{
    return bytes == 16 ? (f64v)_mm512_zextpd128_pd512(_mm_loadu_pd(p)) : (f64v)_mm512_zextpd256_pd512(_mm256_loadu_pd(p));
}
FASTNN_INLINE void f32_store_piece(const int bytes, float *p, f32v v)
{
    if (bytes == 16) _mm_storeu_ps(p, _mm512_castps512_ps128((__m512)v));
    else _mm256_storeu_ps(p, _mm512_castps512_ps256((__m512)v));
}
FASTNN_INLINE void f64_store_piece(const int bytes, double *p, f64v v)
{
    if (bytes == 16) _mm_storeu_pd(p, _mm512_castpd512_pd128((__m512d)v));
    else _mm256_storeu_pd(p, _mm512_castpd512_pd256((__m512d)v));
}
FASTNN_INLINE f32v f32_keep_part(f32v v, f32v other, f32_part part) { return (f32v)_mm512_mask_blend_ps(part.mask, (__m512)other, (__m512)v); }
FASTNN_INLINE f64v f64_keep_part(f64v v, f64v other, f64_part part) { return (f64v)_mm512_mask_blend_pd(part.mask, (__m512d)other, (__m512d)v); }
FASTNN_INLINE f32v f32_fma(f32v a, f32v b, f32v c) { return (f32v)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
FASTNN_INLINE f64v f64_fma(f64v a, f64v b, f64v c) { return (f64v)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
FASTNN_INLINE f32v f32_max(f32v a, f32v b) { return (f32v)_mm512_max_ps((__m512)a, (__m512)b); }
FASTNN_INLINE f64v f64_max(f64v a, f64v b) { return (f64v)_mm512_max_pd((__m512d)a, (__m512d)b); }
FASTNN_INLINE f32v f32_min(f32v a, f32v b) { return (f32v)_mm512_min_ps((__m512)a, (__m512)b); }
FASTNN_INLINE f64v f64_min(f64v a, f64v b) { return (f64v)_mm512_min_pd((__m512d)a, (__m512d)b); }
FASTNN_INLINE f32v f32_sqrt(f32v a) { return (f32v)_mm512_sqrt_ps((__m512)a); }
FASTNN_INLINE f64v f64_sqrt(f64v a) { return (f64v)_mm512_sqrt_pd((__m512d)a); }
/* An estimate of 14 bits and one step of Newton's for it: the root of a normal number to the last digit but one, beside a
 * division that keeps the divider busy. 3.3 against 5.7 ns for Adam's 16 numbers on a Xeon. */
FASTNN_INLINE f32v f32_root(f32v a)
{
    a = f32_max(f32_set1(1.17549435e-38f), a);
    f32v inverse = (f32v)_mm512_rsqrt14_ps((__m512)a), root = a * inverse;
    return f32_fma(f32_fma(-root, root, a), inverse * f32_set1(0.5f), root);
}
#define FASTNN_HAS_ROOT 1
FASTNN_INLINE float f32_sum(f32v a) { return _mm512_reduce_add_ps((__m512)a); }
FASTNN_INLINE double f64_sum(f64v a) { return _mm512_reduce_add_pd((__m512d)a); }
FASTNN_INLINE float f32_largest(f32v a) { return _mm512_reduce_max_ps((__m512)a); }
FASTNN_INLINE double f64_largest(f64v a) { return _mm512_reduce_max_pd((__m512d)a); }

#elif defined(__AVX2__) && defined(__FMA__)

typedef struct { __m256i mask; int n; } f32_part;
typedef struct { __m256i mask; int n; } f64_part;
FASTNN_INLINE f32_part f32_first(ptrdiff_t n)
{
    f32_part part = {_mm256_cmpgt_epi32(_mm256_set1_epi32(n > 8 ? 8 : (int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)), n > 8 ? 8 : (int)n};
    return part;
}
FASTNN_INLINE f64_part f64_first(ptrdiff_t n)
{
    f64_part part = {_mm256_cmpgt_epi64(_mm256_set1_epi64x(n > 4 ? 4 : n), _mm256_setr_epi64x(0, 1, 2, 3)), n > 4 ? 4 : (int)n};
    return part;
}
FASTNN_INLINE f32v f32_load_part(const float *p, f32_part part) { return (f32v)_mm256_maskload_ps(p, part.mask); }
FASTNN_INLINE f64v f64_load_part(const double *p, f64_part part) { return (f64v)_mm256_maskload_pd(p, part.mask); }
/* The first 16 bytes of a vector; the other lanes are zero. */
FASTNN_INLINE f32v f32_load_piece(const int bytes, const float *p) { return (void)bytes, (f32v)_mm256_zextps128_ps256(_mm_loadu_ps(p)); }
FASTNN_INLINE f64v f64_load_piece(const int bytes, const double *p) { return (void)bytes, (f64v)_mm256_zextpd128_pd256(_mm_loadu_pd(p)); }
FASTNN_INLINE void f32_store_piece(const int bytes, float *p, f32v v) { (void)bytes; _mm_storeu_ps(p, _mm256_castps256_ps128((__m256)v)); }
FASTNN_INLINE void f64_store_piece(const int bytes, double *p, f64v v) { (void)bytes; _mm_storeu_pd(p, _mm256_castpd256_pd128((__m256d)v)); }
FASTNN_INLINE f32v f32_keep_part(f32v v, f32v other, f32_part part) { return (f32v)_mm256_blendv_ps((__m256)other, (__m256)v, _mm256_castsi256_ps(part.mask)); }
FASTNN_INLINE f64v f64_keep_part(f64v v, f64v other, f64_part part) { return (f64v)_mm256_blendv_pd((__m256d)other, (__m256d)v, _mm256_castsi256_pd(part.mask)); }
/* Masked stores take dozens of cycles on AMD's processors: a few plain ones do the same. */
FASTNN_INLINE void f32_store_part(float *p, f32v v, f32_part part)
{
    if (part.n >= 8) { f32_store(p, v); return; }
    __m128 rest = _mm256_castps256_ps128((__m256)v);
    int n = part.n;
    if (n & 4) { _mm_storeu_ps(p, rest); p += 4; rest = _mm256_extractf128_ps((__m256)v, 1); }
    if (n & 2) { _mm_storel_pi((__m64 *)p, rest); p += 2; rest = _mm_movehl_ps(rest, rest); }
    if (n & 1) _mm_store_ss(p, rest);
}
FASTNN_INLINE void f64_store_part(double *p, f64v v, f64_part part)
{
    if (part.n >= 4) { f64_store(p, v); return; }
    __m128d rest = _mm256_castpd256_pd128((__m256d)v);
    if (part.n & 2) { _mm_storeu_pd(p, rest); p += 2; rest = _mm256_extractf128_pd((__m256d)v, 1); }
    if (part.n & 1) _mm_store_sd(p, rest);
}
FASTNN_INLINE f32v f32_fma(f32v a, f32v b, f32v c) { return (f32v)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
FASTNN_INLINE f64v f64_fma(f64v a, f64v b, f64v c) { return (f64v)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
FASTNN_INLINE f32v f32_max(f32v a, f32v b) { return (f32v)_mm256_max_ps((__m256)a, (__m256)b); }
FASTNN_INLINE f64v f64_max(f64v a, f64v b) { return (f64v)_mm256_max_pd((__m256d)a, (__m256d)b); }
FASTNN_INLINE f32v f32_min(f32v a, f32v b) { return (f32v)_mm256_min_ps((__m256)a, (__m256)b); }
FASTNN_INLINE f64v f64_min(f64v a, f64v b) { return (f64v)_mm256_min_pd((__m256d)a, (__m256d)b); }
FASTNN_INLINE f32v f32_sqrt(f32v a) { return (f32v)_mm256_sqrt_ps((__m256)a); }
FASTNN_INLINE f64v f64_sqrt(f64v a) { return (f64v)_mm256_sqrt_pd((__m256d)a); }
#define FASTNN_HALVES(name, op)                                                                                        \
    FASTNN_INLINE float f32_##name(f32v a)                                                                             \
    {                                                                                                                  \
        __m128 half = _mm_##op##_ps(_mm256_castps256_ps128((__m256)a), _mm256_extractf128_ps((__m256)a, 1));           \
        half = _mm_##op##_ps(half, _mm_movehl_ps(half, half));                                                         \
        return _mm_cvtss_f32(_mm_##op##_ss(half, _mm_shuffle_ps(half, half, 1)));                                      \
    }                                                                                                                  \
    FASTNN_INLINE double f64_##name(f64v a)                                                                            \
    {                                                                                                                  \
        __m128d half = _mm_##op##_pd(_mm256_castpd256_pd128((__m256d)a), _mm256_extractf128_pd((__m256d)a, 1));        \
        return _mm_cvtsd_f64(_mm_##op##_sd(half, _mm_unpackhi_pd(half, half)));                                        \
    }
FASTNN_HALVES(sum, add)
FASTNN_HALVES(largest, max)

#else /* sixteen bytes: SSE2, NEON, and what else the compiler knows */

#define FASTNN_SMALL(prefix, PREFIX, type)                                                                             \
    typedef int prefix##_part;                                                                                         \
    FASTNN_INLINE prefix##_part prefix##_first(ptrdiff_t n) { return n > PREFIX##_LANES ? PREFIX##_LANES : (int)n; }   \
    FASTNN_INLINE prefix##v prefix##_load_part(const type *p, prefix##_part part)                                      \
    {                                                                                                                  \
        prefix##v v = {0};                                                                                             \
        if (part == PREFIX##_LANES) return *(const prefix##u *)p;                                                      \
        FASTNN_UNROLL for (int i = 0; i < PREFIX##_LANES - 1; i++) if (i < part) v[i] = p[i];                          \
        return v;                                                                                                      \
    }                                                                                                                  \
    FASTNN_INLINE void prefix##_store_part(type *p, prefix##v v, prefix##_part part)                                   \
    {                                                                                                                  \
        if (part == PREFIX##_LANES) { *(prefix##u *)p = v; return; }                                                   \
        FASTNN_UNROLL for (int i = 0; i < PREFIX##_LANES - 1; i++) if (i < part) p[i] = v[i];                          \
    }
FASTNN_SMALL(f32, F32, float)
FASTNN_SMALL(f64, F64, double)
#define FASTNN_KEEP(prefix, PREFIX)                                                                                    \
    FASTNN_INLINE prefix##v prefix##_keep_part(prefix##v v, prefix##v other, prefix##_part part)                       \
    {                                                                                                                  \
        FASTNN_UNROLL for (int i = 0; i < PREFIX##_LANES; i++) if (i >= part) v[i] = other[i];                         \
        return v;                                                                                                      \
    }
FASTNN_KEEP(f32, F32)
FASTNN_KEEP(f64, F64)

#define FASTNN_REDUCE(prefix, PREFIX, type)                                                                            \
    FASTNN_INLINE type prefix##_sum(prefix##v v)                                                                       \
    {                                                                                                                  \
        FASTNN_UNROLL for (int half = PREFIX##_LANES / 2; half > 0; half /= 2)                                         \
            for (int i = 0; i < half; i++) v[i] += v[i + half];                                                        \
        return v[0];                                                                                                   \
    }                                                                                                                  \
    FASTNN_INLINE type prefix##_largest(prefix##v v)                                                                   \
    {                                                                                                                  \
        FASTNN_UNROLL for (int half = PREFIX##_LANES / 2; half > 0; half /= 2)                                         \
            for (int i = 0; i < half; i++) v[i] = v[i] > v[i + half] ? v[i] : v[i + half];                             \
        return v[0];                                                                                                   \
    }
FASTNN_REDUCE(f32, F32, float)
FASTNN_REDUCE(f64, F64, double)

#if defined(__aarch64__)
FASTNN_INLINE f32v f32_fma(f32v a, f32v b, f32v c) { return (f32v)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
FASTNN_INLINE f64v f64_fma(f64v a, f64v b, f64v c) { return (f64v)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
/* vmaxq and vminq give NaN where either operand is one, and +0 above -0: not what the other instruction sets do. */
#define FASTNN_SELECT(name, prefix, bits, type, compare)                                                               \
    FASTNN_INLINE prefix##v prefix##_##name(prefix##v a, prefix##v b)                                                  \
    {                                                                                                                  \
        return (prefix##v)vbslq_##prefix((bits)(a compare b), (type)a, (type)b);                                       \
    }
FASTNN_SELECT(max, f32, uint32x4_t, float32x4_t, >)
FASTNN_SELECT(min, f32, uint32x4_t, float32x4_t, <)
FASTNN_SELECT(max, f64, uint64x2_t, float64x2_t, >)
FASTNN_SELECT(min, f64, uint64x2_t, float64x2_t, <)
FASTNN_INLINE f32v f32_sqrt(f32v a) { return (f32v)vsqrtq_f32((float32x4_t)a); }
FASTNN_INLINE f64v f64_sqrt(f64v a) { return (f64v)vsqrtq_f64((float64x2_t)a); }
#elif defined(__SSE2__)
FASTNN_INLINE f32v f32_fma(f32v a, f32v b, f32v c) { return a * b + c; }
FASTNN_INLINE f64v f64_fma(f64v a, f64v b, f64v c) { return a * b + c; }
FASTNN_INLINE f32v f32_max(f32v a, f32v b) { return (f32v)_mm_max_ps((__m128)a, (__m128)b); }
FASTNN_INLINE f64v f64_max(f64v a, f64v b) { return (f64v)_mm_max_pd((__m128d)a, (__m128d)b); }
FASTNN_INLINE f32v f32_min(f32v a, f32v b) { return (f32v)_mm_min_ps((__m128)a, (__m128)b); }
FASTNN_INLINE f64v f64_min(f64v a, f64v b) { return (f64v)_mm_min_pd((__m128d)a, (__m128d)b); }
FASTNN_INLINE f32v f32_sqrt(f32v a) { return (f32v)_mm_sqrt_ps((__m128)a); }
FASTNN_INLINE f64v f64_sqrt(f64v a) { return (f64v)_mm_sqrt_pd((__m128d)a); }
#else
#define FASTNN_GENERIC(prefix, PREFIX, type, root)                                                                     \
    FASTNN_INLINE prefix##v prefix##_fma(prefix##v a, prefix##v b, prefix##v c) { return a * b + c; }                  \
    FASTNN_INLINE prefix##v prefix##_max(prefix##v a, prefix##v b)                                                     \
    {                                                                                                                  \
        prefix##i mask = (prefix##i)(a > b);                                                                           \
        return (prefix##v)(((prefix##i)a & mask) | ((prefix##i)b & ~mask));                                            \
    }                                                                                                                  \
    FASTNN_INLINE prefix##v prefix##_min(prefix##v a, prefix##v b)                                                     \
    {                                                                                                                  \
        prefix##i mask = (prefix##i)(a < b);                                                                           \
        return (prefix##v)(((prefix##i)a & mask) | ((prefix##i)b & ~mask));                                            \
    }                                                                                                                  \
    FASTNN_INLINE prefix##v prefix##_sqrt(prefix##v a)                                                                 \
    {                                                                                                                  \
        FASTNN_UNROLL for (int i = 0; i < PREFIX##_LANES; i++) a[i] = root(a[i]);                                      \
        return a;                                                                                                      \
    }
FASTNN_GENERIC(f32, F32, float, sqrtf)
FASTNN_GENERIC(f64, F64, double, sqrt)
#endif
#endif

#endif /* vector extensions */

/* Vectors of 16 bytes and less have no pieces: FASTNN_PIECES says how many kinds there are. */
#if defined(FASTNN_PORTABLE) || FASTNN_BYTES == 16
#define FASTNN_PIECES 0
FASTNN_INLINE f32v f32_load_piece(const int bytes, const float *p) { return (void)bytes, f32_load(p); }
FASTNN_INLINE f64v f64_load_piece(const int bytes, const double *p) { return (void)bytes, f64_load(p); }
FASTNN_INLINE void f32_store_piece(const int bytes, float *p, f32v v) { (void)bytes; f32_store(p, v); }
FASTNN_INLINE void f64_store_piece(const int bytes, double *p, f64v v) { (void)bytes; f64_store(p, v); }
#else
#define FASTNN_PIECES (FASTNN_BYTES == 64 ? 2 : 1)
#endif

/* Brings a cache line that is read soon. */
#ifdef FASTNN_GNU
#define FASTNN_PREFETCH(p) __builtin_prefetch(p)
#else
#define FASTNN_PREFETCH(p) ((void)(p))
#endif

/* Square roots for the optimisers, which divide by them: fast before they are exact, with the smallest normal number for
 * those below it. */
#ifndef FASTNN_HAS_ROOT
FASTNN_INLINE f32v f32_root(f32v a) { return f32_sqrt(a); }
#endif
FASTNN_INLINE f64v f64_root(f64v a) { return f64_sqrt(a); }
#endif
