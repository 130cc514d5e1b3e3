/* Vectors of one lane: plain C, against which the others are tested. Part of simd.h. */

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
