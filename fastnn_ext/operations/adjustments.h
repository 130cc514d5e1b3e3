/* What happens to a gradient between the backward pass and the optimiser: penalties and clipping. A template: see kernels.h. */

/* A row: g += l1 sign(w) + 2 l2 w, then g within -clip and clip where clip is positive. Writes the row's penalty
 * l1 |w| + l2 w^2 and the sum of squares of g. */
FASTNN_FUNCTION void N(adjust_row)(
    real *g, const real *w, ptrdiff_t count, real l1, real l2, real clip, double *penalty, double *squares)
{
    const vec zero = N(set1)(0), one = N(set1)(1), lasso = N(set1)(l1), ridge = N(set1)(l2), limit = N(set1)(clip);
    vec cost = zero, sum = zero;
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        vec gradient = N(load_part)(g + i, lanes), weight = N(load_part)(w + i, lanes);
        vec sign = N(above_zero)(weight, one, N(above_zero)(-weight, -one, zero));
        gradient = N(fma)(lasso, sign, N(fma)(ridge + ridge, weight, gradient));
        cost = N(fma)(lasso * sign, weight, N(fma)(ridge * weight, weight, cost));
        /* max and min give their second operand where one is NaN: a gradient that is NaN stays so. */
        if (clip > 0) gradient = N(max)(-limit, N(min)(limit, gradient));
        sum = N(fma)(gradient, gradient, sum);
        N(store_part)(g + i, gradient, lanes);
    }
    *penalty = (double)N(sum)(cost);
    *squares = (double)N(sum)(sum);
}

/* The same penalty of a row without l1, where the optimiser's step adds its slope to the gradient. */
FASTNN_FUNCTION double N(squared_penalty)(const real *w, ptrdiff_t count, real l2)
{
    const vec ridge = N(set1)(l2);
    vec cost = N(set1)(0);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        vec weight = N(load_part)(w + i, N(first)(count - i));
        cost = N(fma)(ridge * weight, weight, cost);
    }
    return (double)N(sum)(cost);
}

/* g = factor g + decay w. */
FASTNN_FUNCTION void N(scale_row)(real *g, const real *w, ptrdiff_t count, real factor, real decay)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        vec gradient = N(load_part)(g + i, lanes) * N(set1)(factor);
        N(store_part)(g + i, N(fma)(N(set1)(decay), N(load_part)(w + i, lanes), gradient), lanes);
    }
}

/* The factor that brings norms from outside low and high a share `rate` of the way there; of a norm of 0, any. */
FASTNN_FUNCTION vec N(limiting)(vec norm, real low, real high, real rate)
{
    const vec tiny = N(set1)((real)1e-30), within = N(max)(N(set1)(low), N(min)(N(set1)(high), norm));
    vec desired = within * N(set1)(rate) + norm * N(set1)(1 - rate);
    vec apart = N(above_zero)(norm - N(set1)(high), N(set1)(1), N(set1)(low) - norm);
    return N(above_zero)(apart, desired / N(max)(tiny, norm), N(set1)(1));
}

/* Columns begin to end of w, each by its Euclidean norm. */
FASTNN_FUNCTION void N(limit_columns)(
    real *w, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, real low, real high, real rate)
{
    for (ptrdiff_t j = begin; j < end; j += LANES) {
        part lanes = N(first)(end - j);
        vec squares = N(set1)(0);
        for (ptrdiff_t k = 0; k < rows; k++) {
            vec weight = N(load_part)(w + k * columns + j, lanes);
            squares = N(fma)(weight, weight, squares);
        }
        vec factor = N(limiting)(N(sqrt)(squares), low, high, rate);
        for (ptrdiff_t k = 0; k < rows; k++)
            N(store_part)(w + k * columns + j, N(load_part)(w + k * columns + j, lanes) * factor, lanes);
    }
}

/* A row of w by its Euclidean norm. */
FASTNN_FUNCTION void N(limit_row)(real *w, ptrdiff_t count, real low, real high, real rate)
{
    vec squares = N(set1)(0);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        vec weight = N(load_part)(w + i, N(first)(count - i));
        squares = N(fma)(weight, weight, squares);
    }
    const vec factor = N(limiting)(N(sqrt)(N(set1)(N(sum)(squares))), low, high, rate);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(w + i, N(load_part)(w + i, lanes) * factor, lanes);
    }
}

/* max gives its second operand where one is NaN: a number that is NaN stays so. */
FASTNN_FUNCTION void N(forbid_negative)(real *w, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(w + i, N(max)(N(set1)(0), N(load_part)(w + i, lanes)), lanes);
    }
}

/* l1 |x| + l2 x^2 of a row. */
FASTNN_FUNCTION double N(activity_row)(const real *x, ptrdiff_t count, real l1, real l2)
{
    const vec zero = N(set1)(0), lasso = N(set1)(l1), ridge = N(set1)(l2);
    vec cost = zero;
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        vec number = N(load_part)(x + i, N(first)(count - i));
        cost = N(fma)(lasso, N(max)(-number, number), N(fma)(ridge * number, number, cost));
    }
    return (double)N(sum)(cost);
}

/* dx = dy + l1 sign(x) + 2 l2 x; dx may be dy. */
FASTNN_FUNCTION void N(activity_slope_row)(real *dx, const real *dy, const real *x, ptrdiff_t count, real l1, real l2)
{
    const vec zero = N(set1)(0), one = N(set1)(1), lasso = N(set1)(l1), ridge = N(set1)(l2 + l2);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        vec number = N(load_part)(x + i, lanes);
        vec sign = N(above_zero)(number, one, N(above_zero)(-number, -one, zero));
        N(store_part)(dx + i, N(fma)(lasso, sign, N(fma)(ridge, number, N(load_part)(dy + i, lanes))), lanes);
    }
}
