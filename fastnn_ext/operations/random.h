/* Randomness by counting: dropout, noise and augmentation of images. A template: see kernels.h.
 *
 * Each number is a function of a key and its place in the row, and a key of the seed, the step, the use and the row: nothing
 * depends on which thread asks, and nothing is stored between the forward and the backward pass.
 */
#ifndef FASTNN_RANDOM_H
#define FASTNN_RANDOM_H

/* The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
FASTNN_INLINE uint64_t fastnn_mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

FASTNN_INLINE uint64_t fastnn_random_key(uint64_t seed, uint64_t step, uint64_t use, uint64_t row)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    return fastnn_mixed(fastnn_mixed(fastnn_mixed(fastnn_mixed(seed + golden) + golden * step) + golden * use) + golden * row);
}

/* 32 bits for place i: twice a 32-bit mixing function (C. Wellons, "lowbias32", 2018), with half of the key before each. */
FASTNN_INLINE uint32_t fastnn_random_bits(uint32_t low, uint32_t high, uint32_t i)
{
    uint32_t x = i * UINT32_C(0x9e3779b9) + low;
    x ^= x >> 16;
    x *= UINT32_C(0x7feb352d);
    x ^= x >> 15;
    x *= UINT32_C(0x846ca68b);
    x ^= x >> 16;
    x += high;
    x *= UINT32_C(0x7feb352d);
    x ^= x >> 15;
    x *= UINT32_C(0x846ca68b);
    return x ^ (x >> 16);
}

/* Uniform in (0, 1). */
FASTNN_INLINE double fastnn_uniform(uint64_t key, uint32_t i)
{
    return ((double)fastnn_random_bits((uint32_t)key, (uint32_t)(key >> 32), i) + 0.5) * (1.0 / 4294967296.0);
}
#endif

/* y = scale x where a place's bits reach the threshold, else 0. y may be x. */
FASTNN_FUNCTION void N(dropout_row)(real *y, const real *x, ptrdiff_t size, uint64_t key, uint32_t threshold, real scale)
{
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    for (ptrdiff_t i = 0; i < size; i++) {
        real kept = x[i] * scale;
        y[i] = fastnn_random_bits(low, high, (uint32_t)i) >= threshold ? kept : 0;
    }
}

typedef struct { double first, second; } normal_pair;

/* Two normal numbers from the uniform ones of places i and i + 1 (Box and Muller 1958). */
FASTNN_FUNCTION normal_pair fastnn_normal_pair(uint64_t key, uint32_t i)
{
    const double radius = sqrt(-2 * log(fastnn_uniform(key, i))), angle = 6.283185307179586 * fastnn_uniform(key, i + 1);
    const normal_pair drawn = {radius * cos(angle), radius * sin(angle)};
    return drawn;
}

/* y = x plus normal noise, drawn in pairs. y may be x. */
FASTNN_FUNCTION void N(noise_row)(real *y, const real *x, ptrdiff_t size, uint64_t key, real deviation)
{
    for (ptrdiff_t i = 0; i < size; i += 2) {
        const normal_pair drawn = fastnn_normal_pair(key, (uint32_t)i);
        y[i] = x[i] + deviation * (real)drawn.first;
        if (i + 1 < size) y[i + 1] = x[i + 1] + deviation * (real)drawn.second;
    }
}

/* y = scale x + shift, with left_out in place of x where a place's bits do not reach the threshold. y may be x. */
FASTNN_FUNCTION void N(alpha_dropout_row)(
    real *y, const real *x, ptrdiff_t size, uint64_t key, uint32_t threshold, real scale, real left_out, real shift)
{
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    const real without = left_out * scale + shift;
    for (ptrdiff_t i = 0; i < size; i++) {
        real kept = x[i] * scale + shift;
        y[i] = fastnn_random_bits(low, high, (uint32_t)i) >= threshold ? kept : without;
    }
}

/* y = x times normal numbers of mean 1, drawn as above. y may be x. */
FASTNN_FUNCTION void N(gaussian_dropout_row)(real *y, const real *x, ptrdiff_t size, uint64_t key, real deviation)
{
    for (ptrdiff_t i = 0; i < size; i += 2) {
        const normal_pair drawn = fastnn_normal_pair(key, (uint32_t)i);
        y[i] = x[i] * (1 + deviation * (real)drawn.first);
        if (i + 1 < size) y[i + 1] = x[i + 1] * (1 + deviation * (real)drawn.second);
    }
}

/* An image of height by width by channels through the map from places of `out` to places of `in`,
 * (row, column) -> (map[0] row + map[1] column + map[2], map[3] row + map[4] column + map[5]), between whose four neighbours it
 * is interpolated; beyond the edge lies `fill`. out may not be in. */
FASTNN_FUNCTION void N(warp)(
    real *out, const real *in, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, const double *map, real fill)
{
    const real m0 = (real)map[0], m1 = (real)map[1], m3 = (real)map[3], m4 = (real)map[4];
    for (ptrdiff_t r = 0; r < height; r++) {
        const real row_start = m0 * (real)r + (real)map[2], column_start = m3 * (real)r + (real)map[5];
        for (ptrdiff_t c = 0; c < width; c++, out += channels) {
            const real row = row_start + m1 * (real)c, column = column_start + m4 * (real)c;
            /* Comparisons in this form are false for NaN, and keep the conversion to a whole number in range. */
            if (!(row > -1 && row < (real)height && column > -1 && column < (real)width)) {
                for (ptrdiff_t k = 0; k < channels; k++) out[k] = fill;
                continue;
            }
            const ptrdiff_t top = (ptrdiff_t)(row + 1) - 1, left = (ptrdiff_t)(column + 1) - 1;
            const real down = row - (real)top, across = column - (real)left;
            const int above = top >= 0, below = top + 1 < height, before = left >= 0, behind = left + 1 < width;
            const real *p = in + (top * width + left) * channels;
            for (ptrdiff_t k = 0; k < channels; k++) {
                real a = above && before ? p[k] : fill, b = above && behind ? p[channels + k] : fill;
                real d = below && before ? p[width * channels + k] : fill;
                real e = below && behind ? p[(width + 1) * channels + k] : fill;
                real upper = a + across * (b - a), lower = d + across * (e - d);
                out[k] = upper + down * (lower - upper);
            }
        }
    }
}
