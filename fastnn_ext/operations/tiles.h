/* The innermost steps of the kernels, in vector registers, in the number type of kernels.h, which gives: real, vec, part (a
 * choice of lanes), LANES, N(name) (the name with the type's prefix).
 *
 * Matrices are row-major; `x_row` is the distance between rows of x in numbers. Every element of a product is one chain
 * a[0] b[0] + a[1] b[1] + ... in ascending order, whatever the tile, so that results do not depend on how work is split.
 */

/* ---- dense products --------------------------------------------------------------------------------------------- */

/* tile[i][v] += sum over k of a[i, k] b[k, v]: TILE_ROWS by two vectors at most, all in registers. `whole`: vectors of b
 * may be read beyond its last column, in panels and padded rows. A masked load takes one of the two ports that multiply:
 * 188 against 240 of 245 GFLOP/s on a Xeon with AVX-512. */
FASTNN_INLINE void N(multiply)(
    const int rows, const int vectors, const int whole, const ptrdiff_t a_row, const ptrdiff_t a_step, const ptrdiff_t b_row,
    vec tile[TILE_ROWS][2], const N(product) *p)
{
    const real *a = p->a, *b = p->b;
    const ptrdiff_t depth = p->depth;
    const part last = p->last;
    for (ptrdiff_t k = 0; k < depth; k++, a += a_step, b += b_row) {
        vec b0 = whole || vectors == 2 ? N(load)(b) : N(load_part)(b, last), b1 = b0;
        if (vectors == 2) b1 = whole ? N(load)(b + LANES) : N(load_part)(b + LANES, last);
        FASTNN_UNROLL for (int i = 0; i < rows; i++) {
            vec x = N(set1)(a[i * a_row]);
            tile[i][0] = N(fma)(x, b0, tile[i][0]);
            if (vectors == 2) tile[i][1] = N(fma)(x, b1, tile[i][1]);
        }
    }
}

/* Bias and a cheap activation, or the slopes of one, on the sums of a tile. */
FASTNN_INLINE void N(finish_vectors)(const int activation, const int rows, const N(product) *p, const real *sums)
{
    const N(product) q = *p;
    for (ptrdiff_t v = 0; v < q.width; v += LANES) {
        const part lanes = v + LANES < q.width ? q.all : q.last;
        const vec bias = q.bias ? N(load_part)(q.bias + v, lanes) : N(set1)(0);
        for (int i = 0; i < rows; i++) {
            vec c = N(load)(sums + i * 2 * LANES + v);
            if (q.bias) c = c + bias;
            if (q.slopes_of)
                c = N(through_cheaply)(activation, q.numbers, c, N(load_part)(q.slopes_of + i * q.slopes_row + v, lanes));
            else
                c = N(activate_cheaply)(activation, q.numbers, c);
            N(store_part)(q.c + i * q.c_row + v, c, lanes);
        }
    }
}

/* The end of a tile. One copy serves all tiles, and the two most common activations are chosen once for all of its vectors. */
FASTNN_FUNCTION void N(finish_tile)(const int rows, const N(product) *p, const real *sums)
{
    const int cheap = N(is_cheap)(p->activation) ? p->activation : NO_ACTIVATION;
    if (cheap == NO_ACTIVATION) N(finish_vectors)(NO_ACTIVATION, rows, p, sums);
    else if (cheap == RELU) N(finish_vectors)(RELU, rows, p, sums);
    else N(finish_vectors)(cheap, rows, p, sums);
    if (cheap == p->activation) return;
    for (int i = 0; i < rows; i++) {
        real *c = p->c + i * p->c_row;
        if (p->slopes_of) N(activation_backward_row)(c, c, p->slopes_of + i * p->slopes_row, p->activation, p->numbers, p->width);
        else N(activate_row)(c, c, p->activation, p->numbers, p->width);
    }
}

/* y = f(y + bias). */
FASTNN_FUNCTION void N(finish_rows)(
    real *y, ptrdiff_t y_row, ptrdiff_t rows, ptrdiff_t columns, const real *bias, int activation, const real *numbers)
{
    const int cheap = N(is_cheap)(activation) ? activation : NO_ACTIVATION;
    for (ptrdiff_t r = 0; r < rows; r++, y += y_row) {
        for (ptrdiff_t j = 0; j < columns; j += LANES) {
            part lanes = N(first)(columns - j);
            vec c = N(load_part)(y + j, lanes) + N(load_part)(bias + j, lanes);
            N(store_part)(y + j, N(activate_cheaply)(cheap, numbers, c), lanes);
        }
        if (cheap != activation) N(activate_row)(y, y, activation, numbers, columns);
    }
}

/* The same of a whole tile, without a way over the stack: with a bias or slopes, or with neither. */
FASTNN_INLINE void N(finish_whole)(
    const int activation, const int rows, const int biased, const int sloping, const N(product) *p, vec tile[TILE_ROWS][2])
{
    FASTNN_UNROLL for (int v = 0; v < 2; v++) {
        const vec bias = biased ? N(load)(p->bias + v * LANES) : N(set1)(0);
        FASTNN_UNROLL for (int i = 0; i < rows; i++) {
            vec c = tile[i][v];
            if (biased) c = c + bias;
            if (sloping) c = N(through_cheaply)(activation, p->numbers, c, N(load)(p->slopes_of + i * p->slopes_row + v * LANES));
            else c = N(activate_cheaply)(activation, p->numbers, c);
            N(store)(p->c + i * p->c_row + v * LANES, c);
        }
    }
}

/* A tile of c = f(bias + a b), or of c = (a b) f'(y) where slopes_of is y. What its end needs is fetched while it is summed up. */
FASTNN_INLINE void N(product_rows)(
    const int rows, const int vectors, const int whole, const int panel, const N(product) *p)
{
    vec tile[TILE_ROWS][2];
    real sums[TILE_ROWS * 2 * LANES];
    FASTNN_UNROLL for (int i = 0; i < rows; i++)
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) tile[i][v] = N(set1)(0);
    if (p->add)
        FASTNN_UNROLL for (int i = 0; i < rows; i++)
            FASTNN_UNROLL for (int v = 0; v < vectors; v++)
                tile[i][v] = N(load_part)(p->c + i * p->c_row + v * LANES, v == vectors - 1 ? p->last : p->all);
    if (panel)
        FASTNN_UNROLL for (int i = 0; i < rows; i++)
            FASTNN_UNROLL for (int v = 0; v < vectors; v += LANES * (int)sizeof(real) < 64 ? 2 : 1) {
                FASTNN_PREFETCH(p->c + i * p->c_row + v * LANES);
                if (p->slopes_of) FASTNN_PREFETCH(p->slopes_of + i * p->slopes_row + v * LANES);
            }
    N(multiply)(rows, vectors, whole, p->a_row, 1, panel ? 2 * LANES : p->b_row, tile, p);
    if (panel && vectors == 2 && p->width == 2 * LANES) {
        const int activation = p->activation;
        if (activation == RELU && p->bias && !p->slopes_of) { N(finish_whole)(RELU, rows, 1, 0, p, tile); return; }
        if (activation == RELU && p->slopes_of && !p->bias) { N(finish_whole)(RELU, rows, 0, 1, p, tile); return; }
        if (activation == NO_ACTIVATION && p->bias) { N(finish_whole)(NO_ACTIVATION, rows, 1, 0, p, tile); return; }
        if (activation == NO_ACTIVATION) { N(finish_whole)(NO_ACTIVATION, rows, 0, 0, p, tile); return; }
    }
    FASTNN_UNROLL for (int i = 0; i < rows; i++)
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) N(store)(sums + (i * 2 + v) * LANES, tile[i][v]);
    N(finish_tile)(rows, p, sums);
}

/* A tile of the gradient a b, used at once by the optimiser: it gets no further than the first-level cache. The sums of a part
 * of the batch wait at c for the next. Where gradients are collected, it goes where it belongs: of few rows, the way over the stack takes longer than the tile. */
FASTNN_INLINE void N(update_rows)(const int rows, const int vectors, const N(product) *p, const N(rule) *rule)
{
    vec tile[TILE_ROWS][2];
    real gradient[TILE_ROWS * 2 * LANES];
    FASTNN_UNROLL for (int i = 0; i < rows; i++)
        FASTNN_UNROLL for (int v = 0; v < vectors; v++)
            tile[i][v] = p->add ? N(load)(p->c + (i * 2 + v) * LANES) : N(set1)(0);
    /* dy lies in the arena, whose rows are whole vectors. */
    N(multiply)(rows, vectors, 1, 1, p->a_row, p->b_row, tile, p);
    if (p->unfinished) {
        FASTNN_UNROLL for (int i = 0; i < rows; i++)
            FASTNN_UNROLL for (int v = 0; v < vectors; v++) N(store)(p->c + (i * 2 + v) * LANES, tile[i][v]);
        return;
    }
    if (rule->optimizer == COLLECT) {
        real *w = p->w.values;
        const ptrdiff_t w_row = p->c_row;
        const part last = p->last;
        FASTNN_UNROLL for (int i = 0; i < rows; i++) {
            if (vectors == 2) N(store)(w + i * w_row, tile[i][0]);
            N(store_part)(w + i * w_row + (vectors - 1) * LANES, tile[i][vectors - 1], last);
        }
        return;
    }
    FASTNN_UNROLL for (int i = 0; i < rows; i++)
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) N(store)(gradient + (i * 2 + v) * LANES, tile[i][v]);
    N(step_rows)(rule, gradient, 2 * LANES, p->w, p->c_row, rows, p->width);
}

#define ROWS_CASE(n, call)                                                                                             \
    case n:                                                                                                            \
        if (vectors == 2) { enum { rows = n, two = 2 }; call(two); } else { enum { rows = n, one = 1 }; call(one); }    \
        break;
#if TILE_ROWS >= 14
#define ROWS_CASES(call) ROWS_CASE(1, call) ROWS_CASE(2, call) ROWS_CASE(3, call) ROWS_CASE(4, call)                    \
    ROWS_CASE(5, call) ROWS_CASE(6, call) ROWS_CASE(7, call) ROWS_CASE(8, call) ROWS_CASE(9, call) ROWS_CASE(10, call)  \
    ROWS_CASE(11, call) ROWS_CASE(12, call) ROWS_CASE(13, call) ROWS_CASE(14, call)
#elif TILE_ROWS >= 12
#define ROWS_CASES(call) ROWS_CASE(1, call) ROWS_CASE(2, call) ROWS_CASE(3, call) ROWS_CASE(4, call)                    \
    ROWS_CASE(5, call) ROWS_CASE(6, call) ROWS_CASE(7, call) ROWS_CASE(8, call) ROWS_CASE(9, call) ROWS_CASE(10, call)  \
    ROWS_CASE(11, call) ROWS_CASE(12, call)
#elif TILE_ROWS >= 6
#define ROWS_CASES(call) ROWS_CASE(1, call) ROWS_CASE(2, call) ROWS_CASE(3, call) ROWS_CASE(4, call)                    \
    ROWS_CASE(5, call) ROWS_CASE(6, call)
#else
#define ROWS_CASES(call) ROWS_CASE(1, call) ROWS_CASE(2, call) ROWS_CASE(3, call) ROWS_CASE(4, call)
#endif

/* A tile of b's columns as a panel. */
FASTNN_FUNCTION void N(panel_tile)(int tile_rows, int vectors, const N(product) *p)
{
#define CALL(v) N(product_rows)(rows, v, 1, 1, p)
    switch (tile_rows) { ROWS_CASES(CALL) }
#undef CALL
}

/* Of columns where they are, in whole vectors. */
FASTNN_FUNCTION void N(product_tile)(int tile_rows, int vectors, const N(product) *p)
{
#define CALL(v) N(product_rows)(rows, v, 1, 0, p)
    switch (tile_rows) { ROWS_CASES(CALL) }
#undef CALL
}

/* Of columns where they are, the last of which may be the end of what may be read. */
FASTNN_FUNCTION void N(part_tile)(int tile_rows, int vectors, const N(product) *p)
{
#define CALL(v) N(product_rows)(rows, v, 0, 0, p)
    switch (tile_rows) { ROWS_CASES(CALL) }
#undef CALL
}

FASTNN_FUNCTION void N(update_tile)(int tile_rows, int vectors, const N(product) *p, const N(rule) *rule)
{
#define CALL(v) N(update_rows)(rows, v, p, rule)
    switch (tile_rows) { ROWS_CASES(CALL) }
#undef CALL
}
#undef ROWS_CASE
#undef ROWS_CASES

/* ---- panels: operands laid out in the order in which the tiles read them ------------------------------------------ */

/* One panel: `columns` (two vectors at most) columns of b, row after row, filled up with zeros. */
FASTNN_FUNCTION void N(pack)(real *panel, const real *b, ptrdiff_t b_row, ptrdiff_t depth, ptrdiff_t columns)
{
    part low = N(first)(columns), high = N(first)(columns > LANES ? columns - LANES : 0);
    for (ptrdiff_t k = 0; k < depth; k++, panel += 2 * LANES, b += b_row) {
        N(store)(panel, N(load_part)(b, low));
        N(store)(panel + LANES, N(load_part)(b + LANES, high));
    }
}

/* Back from a panel to `columns` columns of b. */
FASTNN_FUNCTION void N(unpack)(real *b, ptrdiff_t b_row, const real *panel, ptrdiff_t depth, ptrdiff_t columns)
{
    part low = N(first)(columns), high = N(first)(columns > LANES ? columns - LANES : 0);
    for (ptrdiff_t k = 0; k < depth; k++, panel += 2 * LANES, b += b_row) {
        N(store_part)(b, N(load)(panel), low);
        N(store_part)(b + LANES, N(load)(panel + LANES), high);
    }
}

/* The same panel of the transpose of w: its columns are `columns` rows of w, its depth is that of w's columns. */
FASTNN_FUNCTION void N(pack_transposed)(real *panel, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t columns)
{
    for (int v = 0; v < 2; v++)
        for (ptrdiff_t k = 0; k < depth; k += LANES) {
            vec square[LANES], zipped[LANES];
            const ptrdiff_t rest = depth - k < LANES ? depth - k : LANES;
            const part lanes = N(first)(rest);
            FASTNN_UNROLL for (int i = 0; i < LANES; i++)
                square[i] = v * LANES + i < columns ? N(load_part)(w + (v * LANES + i) * w_row + k, lanes) : N(set1)(0);
            FASTNN_UNROLL for (int round = 1; round < LANES; round *= 2) {
                FASTNN_UNROLL for (int i = 0; i < LANES / 2; i++) {
                    zipped[2 * i] = N(zip_low)(square[i], square[i + LANES / 2]);
                    zipped[2 * i + 1] = N(zip_high)(square[i], square[i + LANES / 2]);
                }
                FASTNN_UNROLL for (int i = 0; i < LANES; i++) square[i] = zipped[i];
            }
            real *at = panel + k * 2 * LANES + v * LANES;
            FASTNN_UNROLL for (int i = 0; i < LANES; i++)
                if (i < rest) N(store)(at + i * 2 * LANES, square[i]);
        }
}
