/* Vectors of 64 bytes. Part of simd.h. */

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
