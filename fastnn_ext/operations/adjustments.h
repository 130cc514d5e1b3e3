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

/* Columns begin to end of w: each whose Euclidean norm is above limit is scaled down to it. */
FASTNN_FUNCTION void N(limit_columns)(real *w, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end, real limit)
{
    for (ptrdiff_t j = begin; j < end; j += LANES) {
        part lanes = N(first)(end - j);
        vec squares = N(set1)(0);
        for (ptrdiff_t k = 0; k < rows; k++) {
            vec weight = N(load_part)(w + k * columns + j, lanes);
            squares = N(fma)(weight, weight, squares);
        }
        vec norm = N(sqrt)(squares);
        vec factor = N(above_zero)(norm - N(set1)(limit), N(set1)(limit) / norm, N(set1)(1));
        for (ptrdiff_t k = 0; k < rows; k++)
            N(store_part)(w + k * columns + j, N(load_part)(w + k * columns + j, lanes) * factor, lanes);
    }
}

