/* Lists of the numbers of a row that are not zero. A template: see kernels.h.
 *
 * A list's buffers have room for LANES numbers more than the row has, and eight at least: vectors are written whole.
 */

#if (defined(__AVX2__) || defined(__AVX512F__)) && !defined(FASTNN_PORTABLE)
#ifndef FASTNN_CHOSEN_ONCE
#define FASTNN_CHOSEN_ONCE
/* For each choice of eight lanes, a byte each: these first. */
#define PLACE(m, i) ((uint64_t)((m) >> (i) & 1) * (i) << 8 * __builtin_popcount((m) & ((1 << (i)) - 1)))
#define CHOSEN(m) (PLACE(m, 1) | PLACE(m, 2) | PLACE(m, 3) | PLACE(m, 4) | PLACE(m, 5) | PLACE(m, 6) | PLACE(m, 7))
#define CHOSEN_4(m) CHOSEN(m), CHOSEN(m + 1), CHOSEN(m + 2), CHOSEN(m + 3)
#define CHOSEN_16(m) CHOSEN_4(m), CHOSEN_4(m + 4), CHOSEN_4(m + 8), CHOSEN_4(m + 12)
#define CHOSEN_64(m) CHOSEN_16(m), CHOSEN_16(m + 16), CHOSEN_16(m + 32), CHOSEN_16(m + 48)
static const uint64_t fastnn_chosen[256] = {CHOSEN_64(0), CHOSEN_64(64), CHOSEN_64(128), CHOSEN_64(192)};
#undef PLACE
#undef CHOSEN
#undef CHOSEN_4
#undef CHOSEN_16
#undef CHOSEN_64
#endif

/* Eight bytes of x from number k on: those of `keep` go to the list, times a scale. */
FASTNN_INLINE void N(compress_eight)(
    column_number *columns, real *values, const unsigned char *x, ptrdiff_t k, unsigned keep, real scale)
{
    const __m128i chosen = _mm_loadl_epi64((const __m128i *)&fastnn_chosen[keep]);
    const __m128i bytes = _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(x + k)), chosen);
    const __m256i whole = _mm256_cvtepu8_epi32(bytes);
#if defined(FASTNN_IS_FLOAT)
    _mm256_storeu_ps(values, _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_set1_ps(scale)));
#else
    _mm256_storeu_pd(values, _mm256_mul_pd(_mm256_cvtepi32_pd(_mm256_castsi256_si128(whole)), _mm256_set1_pd(scale)));
    _mm256_storeu_pd(values + 4, _mm256_mul_pd(_mm256_cvtepi32_pd(_mm256_extracti128_si256(whole, 1)), _mm256_set1_pd(scale)));
#endif
    _mm256_storeu_si256((__m256i *)columns, _mm256_add_epi32(_mm256_cvtepu8_epi32(chosen), _mm256_set1_epi32((int)k)));
}
#endif

#if defined(__AVX2__) && !defined(__AVX512F__) && !defined(FASTNN_PORTABLE)
/* Which lanes are not zero, NaN among them. */
FASTNN_INLINE uint8_t N(not_zero)(vec v)
{
#if defined(FASTNN_IS_FLOAT)
    return (uint8_t)_mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#else
    return (uint8_t)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)v, _mm256_setzero_pd(), _CMP_NEQ_UQ));
#endif
}

/* The lanes of a vector at number k that are kept. */
FASTNN_INLINE void N(compress_vector)(column_number *columns, real *values, vec v, ptrdiff_t k, unsigned keep)
{
#if defined(FASTNN_IS_FLOAT)
    const __m256i chosen = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)&fastnn_chosen[keep]));
    _mm256_storeu_ps(values, _mm256_permutevar8x32_ps((__m256)v, chosen));
    _mm256_storeu_si256((__m256i *)columns, _mm256_add_epi32(chosen, _mm256_set1_epi32((int)k)));
#else
    const __m128i chosen = _mm_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)&fastnn_chosen[keep]));
    /* A number is two halves: twice the lane, and the one behind. */
    const __m256i halves = _mm256_cvtepu32_epi64(_mm_slli_epi32(chosen, 1));
    const __m256i pairs = _mm256_or_si256(halves, _mm256_slli_epi64(_mm256_add_epi64(halves, _mm256_set1_epi64x(1)), 32));
    _mm256_storeu_si256((__m256i *)values, _mm256_permutevar8x32_epi32((__m256i)v, pairs));
    _mm_storeu_si128((__m128i *)columns, _mm_add_epi32(chosen, _mm_set1_epi32((int)k)));
#endif
}
#elif defined(__AVX512F__) && !defined(FASTNN_PORTABLE)
/* Which lanes are not zero, NaN among them. */
FASTNN_INLINE uint16_t N(not_zero)(vec v)
{
#if defined(FASTNN_IS_FLOAT)
    return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
#else
    return _mm512_cmp_pd_mask((__m512d)v, _mm512_setzero_pd(), _CMP_NEQ_UQ);
#endif
}

/* The lanes of a vector at number k that are kept. */
FASTNN_INLINE void N(compress_vector)(column_number *columns, real *values, vec v, ptrdiff_t k, uint16_t keep)
{
#if defined(FASTNN_IS_FLOAT)
    const __m512i number = _mm512_add_epi32(_mm512_set1_epi32((int)k), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    _mm512_storeu_ps(values, _mm512_maskz_compress_ps(keep, (__m512)v));
    _mm512_storeu_si512(columns, _mm512_maskz_compress_epi32(keep, number));
#else
    const __m512i number = _mm512_add_epi64(_mm512_set1_epi64(k), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
    _mm512_storeu_pd(values, _mm512_maskz_compress_pd((__mmask8)keep, (__m512d)v));
    _mm256_storeu_si256((__m256i *)columns, _mm512_cvtepi64_epi32(_mm512_maskz_compress_epi64((__mmask8)keep, number)));
#endif
}
#endif

#if defined(__AVX2__) && !defined(FASTNN_PORTABLE)
/* Of a row's choices of lanes, 32 at a time: which have any. */
FASTNN_INLINE uint32_t fastnn_not_empty(const uint8_t *keep)
{
    const __m256i all = _mm256_loadu_si256((const __m256i *)keep);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
}
#endif

/* Writes the list of x. `ahead` is what is listed soon, of the same size: it is on its way from memory meanwhile. Returns the list's
 * length, or -1 when a number is NaN or infinite. */
FASTNN_FUNCTION ptrdiff_t N(compress)(column_number *columns, real *values, const real *x, ptrdiff_t size, const real *ahead)
{
    ptrdiff_t count = 0, k = 0;
    vec zero_unless_finite = N(set1)(0);
#if defined(__AVX512F__) && !defined(FASTNN_PORTABLE)
    /* As for bytes below: masks first, then the vectors that have any. */
    enum { TOGETHER = 64 };
    while (k + LANES <= size) {
        uint16_t keep[TOGETHER];
        uint64_t some = 0, bit = 1;
        const ptrdiff_t begin = k;
        for (int b = 0; b < TOGETHER && k + LANES <= size; b++, k += LANES, bit <<= 1) {
            keep[b] = N(not_zero)(N(load)(x + k));
            FASTNN_PREFETCH(ahead + k);
            some |= keep[b] ? bit : 0;
        }
        for (; some; some &= some - 1) {
            const int b = __builtin_ctzll(some);
            const vec v = N(load)(x + begin + b * LANES);
            zero_unless_finite = N(fma)(v, N(set1)(0), zero_unless_finite);
            N(compress_vector)(columns + count, values + count, v, begin + b * LANES, keep[b]);
            count += __builtin_popcount(keep[b]);
        }
    }
    if (k < size) {
        const vec v = N(load_part)(x + k, N(first)(size - k));
        const uint16_t keep = N(not_zero)(v);
        zero_unless_finite = N(fma)(v, N(set1)(0), zero_unless_finite);
        N(compress_vector)(columns + count, values + count, v, k, keep);
        count += __builtin_popcount(keep);
    }
#else
    for (; k + LANES <= size; k += LANES) {
        const vec v = N(load)(x + k);
        zero_unless_finite = N(fma)(v, N(set1)(0), zero_unless_finite);
#if defined(__AVX2__) && !defined(FASTNN_PORTABLE)
        const unsigned keep = N(not_zero)(v);
        FASTNN_PREFETCH(ahead + k);
        N(compress_vector)(columns + count, values + count, v, k, keep);
        count += __builtin_popcount(keep);
#else
        (void)ahead;
        for (int i = 0; i < LANES; i++) {
            columns[count] = (column_number)(k + i);
            values[count] = x[k + i];
            count += x[k + i] != 0;
        }
#endif
    }
    for (; k < size; k++) {
        zero_unless_finite = zero_unless_finite + N(set1)(x[k] * 0);
        columns[count] = (column_number)k;
        values[count] = x[k];
        count += x[k] != 0;
    }
#endif
    return N(sum)(zero_unless_finite) == 0 ? count : -1;
}

/* The same of bytes, times a scale: there is no row of numbers between. */
FASTNN_FUNCTION ptrdiff_t N(compress_bytes)(
    column_number *columns, real *values, const unsigned char *x, ptrdiff_t size, real scale, const unsigned char *ahead)
{
    ptrdiff_t count = 0, k = 0;
#if defined(__AVX2__) && !defined(FASTNN_PORTABLE)
    /* First which are kept, where nothing waits for anything; then the groups of eight that have any. */
    enum { TOGETHER = 128 };
    for (; k + 32 <= size;) {
        uint8_t keep[TOGETHER];
        const ptrdiff_t begin = k;
        int b = 0;
        for (; b < TOGETHER && k + 32 <= size; b += 4, k += 32) {
            const __m256i zero = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(x + k)), _mm256_setzero_si256());
            const int four = ~_mm256_movemask_epi8(zero);
            FASTNN_PREFETCH(ahead + k);
            memcpy(keep + b, &four, sizeof four);
        }
        const int eights = b;
        memset(keep + b, 0, (size_t)(-b & 31));
        for (int group = 0; group < eights; group += 32)
            for (uint32_t some = fastnn_not_empty(keep + group); some; some &= some - 1) {
                b = group + __builtin_ctz(some);
                N(compress_eight)(columns + count, values + count, x, begin + b * 8, keep[b], scale);
                count += __builtin_popcount(keep[b]);
            }
    }
#else
    (void)ahead;
#endif
    for (; k < size; k++) {
        columns[count] = (column_number)k;
        values[count] = (real)x[k] * scale;
        count += x[k] != 0;
    }
    return count;
}
