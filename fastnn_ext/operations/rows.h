/* What is done row by row or number by number: softmax, losses, the bias, one sample's backward step. A template. */

/* dx = (dy w^T) f'(x) and w -= learning_rate x^T dy for one sample, each row of w read and written once. dx may be NULL. */
FASTNN_INLINE void N(row_backward_panel)(
    const int vectors, const real *dy, const real *x, real *w, ptrdiff_t w_row, ptrdiff_t rows, real *dx, int add,
    real learning_rate, part last)
{
    vec d[PANEL_VECTORS], step[PANEL_VECTORS];
    FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
        d[v] = v == vectors - 1 ? N(load_part)(dy + v * LANES, last) : N(load)(dy + v * LANES);
        step[v] = d[v] * N(set1)(-learning_rate);
    }
    for (ptrdiff_t k = 0; k < rows; k++, w += w_row) {
        vec value = N(set1)(x[k]), total = N(set1)(0);
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
            vec old = v == vectors - 1 ? N(load_part)(w + v * LANES, last) : N(load)(w + v * LANES);
            vec new = N(fma)(value, step[v], old);
            total = N(fma)(d[v], old, total);
            if (v == vectors - 1) N(store_part)(w + v * LANES, new, last);
            else N(store)(w + v * LANES, new);
        }
        if (dx) dx[k] = (add ? dx[k] : 0) + N(sum)(total);
    }
}

FASTNN_FUNCTION void N(row_backward)(
    const real *dy, const real *x, real *w, ptrdiff_t w_row, ptrdiff_t rows, ptrdiff_t columns, real *dx, real learning_rate)
{
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        int vectors = (int)((width + LANES - 1) / LANES);
        part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(s, v) N(row_backward_panel)(v, dy + j, x, w + j, w_row, rows, dx, j > 0, learning_rate, last)
        PANEL_CASES(CALL)
#undef CALL
    }
}

/* The optimiser's step for the bias: its gradient is the sum of dy over the rows, in order. */
FASTNN_FUNCTION void N(update_bias)(
    const N(rule) *rule, const real *dy, ptrdiff_t dy_row, ptrdiff_t rows, N(parameters) b, ptrdiff_t count)
{
    real gradient[PANEL_VECTORS * LANES];
    for (ptrdiff_t begin = 0; begin < count; begin += PANEL_VECTORS * LANES) {
        const ptrdiff_t width = count - begin < PANEL_VECTORS * LANES ? count - begin : PANEL_VECTORS * LANES;
        for (ptrdiff_t j = 0; j < width; j += LANES) {
            const part lanes = N(first)(width - j);
            vec g = N(set1)(0);
            for (ptrdiff_t r = 0; r < rows; r++) g = g + N(load_part)(dy + r * dy_row + begin + j, lanes);
            N(store)(gradient + j, g);
        }
        N(step_rows)(rule, gradient, 0, N(parameters_at)(b, begin), 0, 1, width);
    }
}

/* b -= learning_rate g. */
FASTNN_FUNCTION void N(descend)(real *b, const real *g, real learning_rate, ptrdiff_t count)
{
    for (ptrdiff_t j = 0; j < count; j += LANES) {
        part lanes = N(first)(count - j);
        N(store_part)(b + j, N(fma)(N(set1)(-learning_rate), N(load_part)(g + j, lanes), N(load_part)(b + j, lanes)), lanes);
    }
}

FASTNN_INLINE real N(largest_of_row)(const real *x, ptrdiff_t size)
{
    vec top = N(set1)(-(real)INFINITY);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        /* Lanes outside the row repeat its first number. */
        top = N(max)(top, N(keep_part)(N(load_part)(x + j, lanes), N(set1)(x[0]), lanes));
    }
    return N(largest)(top);
}

/* exp(x - largest) / sum for a row that one vector holds; *total: the sum. What has been stored in pieces is waited for when it is
 * loaded whole: here it stays in registers. */
FASTNN_INLINE vec N(softmax_vector)(vec x, part lanes, real largest, real *total)
{
    const vec e = N(keep_part)(N(exp)(x - N(set1)(largest)), N(set1)(0), lanes);
    *total = N(sum)(N(set1)(0) + e);
    return e * N(set1)(1 / *total);
}

/* p = exp(x - max x) / sum; returns the maximum and, in *total, the sum. p may be x. */
FASTNN_INLINE real N(softmax_parts)(real *p, const real *x, ptrdiff_t size, real *total)
{
    vec sum = N(set1)(0);
    const real largest = N(largest_of_row)(x, size);
    if (size <= LANES) {
        const part lanes = N(first)(size);
        N(store_part)(p, N(softmax_vector)(N(load_part)(x, lanes), lanes, largest, total), lanes);
        return largest;
    }
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec e = N(keep_part)(N(exp)(N(load_part)(x + j, lanes) - N(set1)(largest)), N(set1)(0), lanes);
        sum = sum + e;
        N(store_part)(p + j, e, lanes);
    }
    *total = N(sum)(sum);
    vec factor = N(set1)(1 / *total);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        N(store_part)(p + j, N(load_part)(p + j, lanes) * factor, lanes);
    }
    return largest;
}

FASTNN_FUNCTION void N(softmax_row)(real *p, const real *x, ptrdiff_t size)
{
    real total;
    N(softmax_parts)(p, x, size, &total);
}

/* The gradient through softmax: dx = p (dp - <dp, p>); dx may be dp. */
FASTNN_FUNCTION void N(softmax_backward_row)(real *dx, const real *dp, const real *p, ptrdiff_t size)
{
    vec inner = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        inner = N(fma)(N(load_part)(dp + j, lanes), N(load_part)(p + j, lanes), inner);
    }
    vec product = N(set1)(N(sum)(inner));
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        N(store_part)(dx + j, N(load_part)(p + j, lanes) * (N(load_part)(dp + j, lanes) - product), lanes);
    }
}

/* y = log softmax(x) = x - max x - log(sum exp(x - max x)); y may be x. */
FASTNN_FUNCTION void N(log_softmax_row)(real *y, const real *x, ptrdiff_t size)
{
    vec sum = N(set1)(0);
    const vec largest = N(set1)(N(largest_of_row)(x, size));
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        sum = sum + N(keep_part)(N(exp)(N(load_part)(x + j, lanes) - largest), N(set1)(0), lanes);
    }
    const vec partition = N(set1)((real)log((double)N(sum)(sum)));
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        N(store_part)(y + j, N(load_part)(x + j, lanes) - largest - partition, lanes);
    }
}

/* The gradient through it: dx = dy - exp(y) sum(dy); dx may be dy. */
FASTNN_FUNCTION void N(log_softmax_backward_row)(real *dx, const real *dy, const real *y, ptrdiff_t size)
{
    vec sum = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) sum = sum + N(load_part)(dy + j, N(first)(size - j));
    const vec all = N(set1)(N(sum)(sum));
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        N(store_part)(dx + j, N(load_part)(dy + j, lanes) - N(exp)(N(load_part)(y + j, lanes)) * all, lanes);
    }
}

/* Cross-entropy of softmax(x): log(sum exp x) - x, exact for logits of any size; dx = (p sum(y) - y) scale. */
FASTNN_FUNCTION double N(softmax_entropy_row)(real *p, real *dx, const real *x, const real *y, ptrdiff_t size, real scale)
{
    real total;
    if (size <= LANES) {
        const part lanes = N(first)(size);
        const vec logits = N(load_part)(x, lanes), target = N(load_part)(y, lanes);
        const real largest = N(largest_of_row)(x, size), mass = N(sum)(N(set1)(0) + target);
        const vec probability = N(softmax_vector)(logits, lanes, largest, &total);
        const vec cost = N(fma)(target, N(set1)(largest) - logits, N(set1)(0));
        N(store_part)(p, probability, lanes);
        N(store_part)(dx, N(fma)(probability, N(set1)(mass), -target) * N(set1)(scale), lanes);
        return (double)N(sum)(cost) + (double)mass * log((double)total);
    }
    real largest = N(softmax_parts)(p, x, size, &total);
    vec mass = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) mass = mass + N(load_part)(y + j, N(first)(size - j));
    vec all = N(set1)(N(sum)(mass)), cost = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec target = N(load_part)(y + j, lanes);
        cost = N(fma)(target, N(set1)(largest) - N(load_part)(x + j, lanes), cost);
        N(store_part)(dx + j, N(fma)(N(load_part)(p + j, lanes), all, -target) * N(set1)(scale), lanes);
    }
    return (double)N(sum)(cost) + (double)N(sum)(mass) * log((double)total);
}

/* Whether every number is finite. */
FASTNN_FUNCTION int N(all_finite)(const real *x, ptrdiff_t size)
{
    /* Four chains, as each addition waits for the one before. */
    const vec none = N(set1)(0);
    vec zero[4] = {none, none, none, none};
    ptrdiff_t j = 0;
    for (; j + 4 * LANES <= size; j += 4 * LANES)
        FASTNN_UNROLL for (int v = 0; v < 4; v++) zero[v] = N(fma)(N(load)(x + j + v * LANES), none, zero[v]);
    for (; j < size; j += LANES) zero[0] = N(fma)(N(load_part)(x + j, N(first)(size - j)), none, zero[0]);
    return N(sum)((zero[0] + zero[1]) + (zero[2] + zero[3])) == 0;
}
