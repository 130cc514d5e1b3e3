/* Dense products with one row of numbers: forward, through the weights, and for their gradient. A template: see kernels.h.
 *
 * What a row gives is small, and each sum waits for its own last step: many are under way at a time.
 */

#ifndef FASTNN_ONE_ROW_ONCE
#define FASTNN_ONE_ROW_ONCE
/* Up to eight vectors of a row of weights stay in registers; narrow layers take several rows at a time instead, because
 * one chain of multiply-adds waits four cycles for each link. */
enum { PANEL_VECTORS = 8, STREAMS = 4 };
#define PANEL_CASES(call)                                                                                              \
    switch (vectors) {                                                                                                 \
    case 1: call(4, 1); break;                                                                                         \
    case 2: call(4, 2); break;                                                                                         \
    case 3: call(2, 3); break;                                                                                         \
    case 4: call(2, 4); break;                                                                                         \
    case 5: call(1, 5); break;                                                                                         \
    case 6: call(1, 6); break;                                                                                         \
    case 7: call(1, 7); break;                                                                                         \
    default: call(1, 8); break;                                                                                        \
    }
#endif

FASTNN_INLINE void N(finish_row)(const int vectors, const vec *sum, const real *bias, real *y, int activation, const real *numbers, part last)
{
    const int cheap = N(is_cheap)(activation) ? activation : NO_ACTIVATION;
    FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
        vec c = sum[v];
        if (v < vectors - 1) {
            if (bias) c = c + N(load)(bias + v * LANES);
            N(store)(y + v * LANES, N(activate_cheaply)(cheap, numbers, c));
        } else {
            if (bias) c = c + N(load_part)(bias + v * LANES, last);
            N(store_part)(y + v * LANES, N(activate_cheaply)(cheap, numbers, c), last);
        }
    }
}

FASTNN_INLINE void N(row_product_panel)(
    const int vectors, const real *x, const real *w, ptrdiff_t w_row, ptrdiff_t depth, const real *bias, real *y, int activation,
    const real *numbers, part last)
{
    vec sum[PANEL_VECTORS];
    FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[v] = N(set1)(0);
    for (ptrdiff_t k = 0; k < depth; k++, w += w_row) {
        const vec value = N(set1)(x[k]);
        FASTNN_UNROLL for (int v = 0; v < vectors; v++)
            sum[v] = N(fma)(value, v < vectors - 1 ? N(load)(w + v * LANES) : N(load_part)(w + v * LANES, last), sum[v]);
    }
    N(finish_row)(vectors, sum, bias, y, activation, numbers, last);
}

/* y = f(bias + x w) for one row; each sum is one chain in ascending order, as in a tile. */
FASTNN_FUNCTION void N(row_product)(
    const real *x, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t columns, const real *bias, real *y, int activation,
    const real *numbers)
{
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        const ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        const int vectors = (int)((width + LANES - 1) / LANES);
        const part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(s, v) N(row_product_panel)(v, x, w + j, w_row, depth, bias ? bias + j : NULL, y + j, activation, numbers, last)
        PANEL_CASES(CALL)
#undef CALL
    }
    if (!N(is_cheap)(activation)) N(activate_row)(y, y, activation, numbers, columns);
}

/* dx[k] = the sum of dy w[k] for some rows of w side by side, each by two sums in turn. */
FASTNN_INLINE void N(through_weights_panel)(
    const int rows, real *dx, const real *dy, const real *w, ptrdiff_t w_row, ptrdiff_t columns)
{
    vec even[STREAMS], odd[STREAMS];
    ptrdiff_t j = 0;
    FASTNN_UNROLL for (int r = 0; r < rows; r++) even[r] = odd[r] = N(set1)(0);
    for (; j + 2 * LANES <= columns; j += 2 * LANES) {
        const vec first = N(load)(dy + j), second = N(load)(dy + j + LANES);
        FASTNN_UNROLL for (int r = 0; r < rows; r++) {
            even[r] = N(fma)(first, N(load)(w + r * w_row + j), even[r]);
            odd[r] = N(fma)(second, N(load)(w + r * w_row + j + LANES), odd[r]);
        }
    }
    for (; j < columns; j += LANES) {
        const part lanes = N(first)(columns - j);
        const vec rest = N(load_part)(dy + j, lanes);
        FASTNN_UNROLL for (int r = 0; r < rows; r++) even[r] = N(fma)(rest, N(load_part)(w + r * w_row + j, lanes), even[r]);
    }
    FASTNN_UNROLL for (int r = 0; r < rows; r++) dx[r] = N(sum)(even[r] + odd[r]);
}

/* dx[k] = the sum of dy w[k] for rows begin to end of w: of few rows of dy, less work than the panels of a product. */
FASTNN_FUNCTION void N(row_through_weights)(
    real *dx, const real *dy, const real *w, ptrdiff_t w_row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t columns)
{
    ptrdiff_t k = begin;
    for (; k + STREAMS <= end; k += STREAMS) N(through_weights_panel)(STREAMS, dx + k, dy, w + k * w_row, w_row, columns);
    for (; k < end; k++) N(through_weights_panel)(1, dx + k, dy, w + k * w_row, w_row, columns);
}

FASTNN_INLINE void N(outer_product_panel)(
    const int vectors, real *w, ptrdiff_t w_row, const real *x, const real *dy, ptrdiff_t rows, part last)
{
    vec d[PANEL_VECTORS];
    FASTNN_UNROLL for (int v = 0; v < vectors; v++) d[v] = v < vectors - 1 ? N(load)(dy + v * LANES) : N(load_part)(dy + v * LANES, last);
    for (ptrdiff_t k = 0; k < rows; k++, w += w_row) {
        const vec value = N(set1)(x[k]);
        FASTNN_UNROLL for (int v = 0; v < vectors - 1; v++) N(store)(w + v * LANES, N(fma)(value, d[v], N(set1)(0)));
        N(store_part)(w + (vectors - 1) * LANES, N(fma)(value, d[vectors - 1], N(set1)(0)), last);
    }
}

/* w = x^T dy for one row of each and so many of w; the numbers are those of the tiles, whose sums begin at zero. */
FASTNN_FUNCTION void N(outer_product)(real *w, ptrdiff_t w_row, const real *x, const real *dy, ptrdiff_t rows, ptrdiff_t columns)
{
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        const ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        const int vectors = (int)((width + LANES - 1) / LANES);
        const part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(s, v) N(outer_product_panel)(v, w + j, w_row, x, dy + j, rows, last)
        PANEL_CASES(CALL)
#undef CALL
    }
}
