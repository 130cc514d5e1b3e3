/* The elementary functions of activations and losses, a vector at a time. A template: see kernels.h. */

/* exp(x) - 1 for x = n ln 2 + r is 2^n p + (2^n - 1), where p is the Taylor series of exp(r) - 1 with |r| <= ln 2 / 2. */
FASTNN_INLINE vec N(reduced)(vec x, vec *n)
{
    *n = N(fma)(x, N(set1)((real)1.4426950408889634), N(set1)(ROUNDER)) - N(set1)(ROUNDER);
    vec r = N(fma)(*n, N(set1)(-LN2_HIGH), x);
    r = N(fma)(*n, N(set1)(-LN2_LOW), r);
    static const real series[] = {EXP_SERIES};
    const int terms = (int)(sizeof series / sizeof *series);
    vec p = N(set1)(series[0]);
    FASTNN_UNROLL for (int i = 1; i < terms; i++) p = N(fma)(p, r, N(set1)(series[i]));
    return N(fma)(p * r, r, r);
}

/* Two factors of 2^n each stay within range down to the smallest number and up to infinity. NaN stays NaN. */
FASTNN_INLINE vec N(exp)(vec x)
{
    vec n;
    x = N(max)(N(set1)(EXP_LOWEST), N(min)(N(set1)(EXP_HIGHEST), x));
    vec p = N(reduced)(x, &n);
    vec half = N(fma)(n, N(set1)((real)0.5), N(set1)(ROUNDER)) - N(set1)(ROUNDER);
    vec scale = N(power_of_two)(half);
    return N(fma)(p, scale, scale) * N(power_of_two)(n - half);
}

FASTNN_INLINE vec N(logistic)(vec x)
{
    const vec one = N(set1)(1);
    return one / (one + N(exp)(-x));
}

/* tanh |x| = -e / (2 + e) with e = exp(-2 |x|) - 1: exact to the last digits near zero, too. */
FASTNN_INLINE vec N(tanh)(vec x)
{
    vec n, size = N(max)(x, -x);
    vec p = N(reduced)(N(max)(N(set1)(-64), size * N(set1)(-2)), &n);
    vec scale = N(power_of_two)(n);
    vec e = N(fma)(p, scale, scale - N(set1)(1));
    vec positive = -e / (N(set1)(2) + e);
    return N(above_zero)(x, positive, -positive);
}

/* exp(x) - 1 for x <= 0, exact to the last digits near zero. */
FASTNN_INLINE vec N(expm1_negative)(vec x)
{
    vec n;
    vec p = N(reduced)(N(max)(N(set1)(-64), N(min)(N(set1)(0), x)), &n);
    vec scale = N(power_of_two)(n);
    return N(fma)(p, scale, scale - N(set1)(1));
}

/* log(1 + u) for -1/2 <= u <= 1: 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = u / (2 + u), at most 1/3 in size. */
FASTNN_INLINE vec N(log1p_unit)(vec u)
{
    vec s = u / (N(set1)(2) + u), squared = s * s, series = N(set1)((real)1 / (2 * LOG_TERMS - 1));
    FASTNN_UNROLL for (int k = LOG_TERMS - 2; k >= 0; k--) series = N(fma)(series, squared, N(set1)((real)1 / (2 * k + 1)));
    return N(set1)(2) * s * series;
}

/* The standard normal distribution function: erfc(-x / sqrt 2) / 2, where erfc(z) = t exp(-z^2) Q(2 t - 1) with
 * t = 2 / (2 + z) for z >= 0, and Q is a Chebyshev series fitted in 60 digits, summed by Clenshaw's rule. */
FASTNN_INLINE vec N(normal_distribution)(vec x)
{
    static const real series[] = {ERFC_SERIES};
    const int terms = (int)(sizeof series / sizeof *series);
    vec z = N(max)(x, -x) * N(set1)((real)0.70710678118654752440);
    vec t = N(set1)(2) / (N(set1)(2) + z);
    vec s = t + t - N(set1)(1), twice = s + s, b1 = N(set1)(0), b2 = N(set1)(0);
    FASTNN_UNROLL for (int k = terms - 1; k > 0; k--) {
        vec b0 = N(fma)(twice, b1, N(set1)(series[k]) - b2);
        b2 = b1;
        b1 = b0;
    }
    vec tail = t * N(exp)(-(z * z)) * (N(fma)(s, b1, N(set1)(series[0]) - b2)) * N(set1)((real)0.5);
    return N(above_zero)(x, N(set1)(1) - tail, tail);
}

FASTNN_INLINE vec N(normal_density)(vec x)
{
    return N(exp)(x * x * N(set1)((real)-0.5)) * N(set1)((real)0.39894228040143267794);
}

FASTNN_INLINE vec N(softplus)(vec x)
{
    return N(max)(N(set1)(0), x) + N(log1p_unit)(N(exp)(-N(max)(x, -x)));
}
