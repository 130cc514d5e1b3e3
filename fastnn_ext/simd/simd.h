/* Vector registers, which Cython cannot name: one type and a dozen operations for each dtype.
 *
 * The compiler's flags choose the instruction set: AVX-512, AVX2 with FMA, NEON, or SSE2. FASTNN_PORTABLE, or a compiler
 * without GCC's vector extensions, gives vectors of one lane: plain C, against which the others are tested.
 *
 * For both prefixes f32_ and f64_: LANES; load, store (any alignment); part, a choice of the first n lanes, and load_part
 * (the other lanes are zero) and store_part, which touch no memory outside it, and keep_part
 * (the other lanes are those of another vector); load_piece and store_piece, the first 16 or 32 bytes of a longer vector; set1,
 * fma (a*b + c, fused where the instruction set can), max and min (the second operand where one is NaN), sqrt, sum (in one
 * fixed order), above_zero (value where chooser > 0, else other), power_of_two (2**n for whole n). The operators + - * / work on
 * vectors as they are.
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
#include "simd/portable.h"
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
#include "simd/avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "simd/avx2.h"
#else
#include "simd/sixteen_bytes.h"
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
