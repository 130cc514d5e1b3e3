/* Vectors of 16 bytes: SSE2, NEON, and what else the compiler knows. Part of simd.h. */

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
