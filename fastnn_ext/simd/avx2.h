/* Vectors of 32 bytes. Part of simd.h. */

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
