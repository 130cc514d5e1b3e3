/* The kernels' C part. The instruction set and the number type are constants of the compilation: FASTNN_DOUBLE stands for
 * float64, and without it real is float32. */
#ifndef FASTNN_KERNELS_H
#define FASTNN_KERNELS_H

#include "simd/simd.h"
#include "tables/tables.h"
#ifndef FASTNN_GNU
#include <intrin.h>
/* Microsoft's atomics for a number of the size of ptrdiff_t. */
#ifdef _WIN64
#define FASTNN_WORD __int64
#define FASTNN_INTERLOCKED(name) _Interlocked##name##64
#else
#define FASTNN_WORD long
#define FASTNN_INTERLOCKED(name) _Interlocked##name
#endif
#endif

typedef uint32_t column_number;

/* Takes n places for the caller alone: returns the first. */
FASTNN_INLINE ptrdiff_t fastnn_take(ptrdiff_t *used, ptrdiff_t n)
{
#ifdef FASTNN_GNU
    return __atomic_fetch_add(used, n, __ATOMIC_RELAXED);
#else
    return (ptrdiff_t)FASTNN_INTERLOCKED(ExchangeAdd)((volatile FASTNN_WORD *)used, n);
#endif
}

/* Where other threads take places at the same time, what is read here may be too few by now. */
FASTNN_INLINE ptrdiff_t fastnn_taken(const ptrdiff_t *used)
{
#ifdef FASTNN_GNU
    return __atomic_load_n(used, __ATOMIC_RELAXED);
#else
    return *(const volatile ptrdiff_t *)used;
#endif
}

/* Sets a mark that any thread may set, and that is read when all have met. */
FASTNN_INLINE void fastnn_mark(unsigned char *at)
{
#ifdef FASTNN_GNU
    __atomic_store_n(at, 1, __ATOMIC_RELAXED);
#else
    *(volatile unsigned char *)at = 1;
#endif
}

/* Lowers a row number to another thread's or this one's, whichever is less; -1 stands for none. */
FASTNN_INLINE void fastnn_lower(ptrdiff_t *at, ptrdiff_t row)
{
#ifdef FASTNN_GNU
    ptrdiff_t found = __atomic_load_n(at, __ATOMIC_RELAXED);
    while ((found < 0 || row < found) &&
           !__atomic_compare_exchange_n(at, &found, row, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
#else
    FASTNN_WORD found = *(volatile FASTNN_WORD *)at, seen;
    while (found < 0 || row < found) {
        seen = FASTNN_INTERLOCKED(CompareExchange)((volatile FASTNN_WORD *)at, row, found);
        if (seen == found)
            break;
        found = seen;
    }
#endif
}

/* How data lie, as in plan.pxd. */
enum { FLOAT32 = 0, FLOAT64 = 1 };

#ifdef FASTNN_DOUBLE
#define NUMBERS FLOAT64
typedef double real;
typedef f64v vec;
typedef f64_part part;
#define LANES F64_LANES
#define N(name) f64_##name
#define ROUNDER 6755399441055744.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_LOWEST -746.0
#define EXP_HIGHEST 710.0
/* 1/13!, 1/12!, ... 1/2! */
#define EXP_SERIES 1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07,         \
    2.7557319223985893e-06, 2.48015873015873e-05, 1.984126984126984e-04, 1.388888888888889e-03, 8.333333333333333e-03, \
    4.1666666666666664e-02, 1.6666666666666666e-01, 0.5
#define LOG_TERMS 16
#define ERFC_SERIES \
    0.5770337386164697, 0.3554369212704985, 0.06509515882878653, 0.003671142395836639, \
    -0.0011128447433526325, -0.0001607582991537808, 3.278031574173137e-05, 5.442441645505016e-06, \
    -1.5154665553171482e-06, -1.4297608181169865e-07, 8.234608827419493e-08, -1.2962846852306563e-09, \
    -4.154721631015199e-09, 6.347058278362811e-10, 1.4320822712256225e-10, -6.160390105204585e-11, \
    2.0612138554721698e-12, 3.5714931488477042e-12, -8.586422843251796e-13, -6.14560021379063e-14, \
    7.418725748596617e-14, -1.2895042755032325e-14, -2.358726385710632e-15, 1.5729349381685912e-15, \
    -2.2782966239546465e-16, -6.31233045075643e-17
#else
#define FASTNN_IS_FLOAT 1
#define NUMBERS FLOAT32
typedef float real;
typedef f32v vec;
typedef f32_part part;
#define LANES F32_LANES
#define N(name) f32_##name
#define ROUNDER 12582912.0f
#define LN2_HIGH 0.693145751953125f
#define LN2_LOW 1.42860682030941723212e-6f
#define EXP_LOWEST -104.0f
#define EXP_HIGHEST 89.0f
/* 1/7!, 1/6!, ... 1/2! */
#define EXP_SERIES 1.9841270e-4f, 1.3888889e-3f, 8.3333333e-3f, 4.1666667e-2f, 1.6666667e-1f, 0.5f
/* Terms of artanh: the next is below half a rounding error at 1/3. */
#define LOG_TERMS 8
#define ERFC_SERIES \
    0.577033739f, 0.355436921f, 0.0650951588f, 0.0036711424f, -0.00111284474f, -0.000160758299f, \
    3.27803157e-05f, 5.44244165e-06f, -1.51546656e-06f, -1.42976082e-07f, 8.23460883e-08f
#endif

typedef struct {
    int optimizer;
    real learning_rate, learning_rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, epsilon_inside, decay;
    real ridge; /* times the weights, added to their gradient: a squared penalty's slope */
} N(rule);
/* Numbers that are trained, and the rule's state of each; an array that the rule does not keep is never read. */
typedef struct {
    real *values, *state[STATES];
} N(parameters);
typedef struct {
    const real *a, *b;
    ptrdiff_t a_row, b_row, depth;
    part all, last;
    real *c;
    N(parameters) w;
    ptrdiff_t c_row, width;
    const real *bias, *slopes_of;
    ptrdiff_t slopes_row;
    int add, unfinished, activation;
    const real *numbers;
} N(product);

/* Multiply-adds of independent vectors and nothing else, as many chains as hide their latency: the processor's peak.
 * Returns the float32 operations done. */
FASTNN_FUNCTION double fastnn_fma_loop(long rounds)
{
    enum { CHAINS = 12 };
    f32v sum[CHAINS], a = f32_set1(0.999f), b = f32_set1(0.001f);
    FASTNN_UNROLL for (int c = 0; c < CHAINS; c++) sum[c] = f32_set1((float)c);
    for (long i = 0; i < rounds; i++) {
        FASTNN_UNROLL for (int c = 0; c < CHAINS; c++) sum[c] = f32_fma(sum[c], a, b);
    }
    FASTNN_UNROLL for (int c = 1; c < CHAINS; c++) sum[0] = sum[0] + sum[c];
    /* The sums are positive; to ask keeps the loop. */
    return f32_sum(sum[0]) > 0 ? 2.0 * CHAINS * F32_LANES * (double)rounds : 0;
}

#include "operations/functions.h"
#include "operations/activations.h"
#include "operations/rules.h"
#include "operations/tiles.h"
#include "operations/one_row.h"
#include "operations/few_rows.h"
#include "operations/products.h"
#include "operations/compress.h"
#include "operations/sparse.h"
#include "operations/columns.h"
#include "operations/narrow.h"
#include "operations/rows.h"
#include "operations/losses.h"
#include "operations/normalization.h"
#include "operations/random.h"
#include "operations/adjustments.h"

#endif
