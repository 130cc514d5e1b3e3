/* Whole matrix products as loops over tiles. A template: see kernels.h. */

#ifndef FASTNN_PRODUCTS_ONCE
#define FASTNN_PRODUCTS_ONCE
/* Depth of a pass over packed panels. Measured: 92 % of the multiply-add peak with 256, 93 to 94 % with 800 and more, though a
 * strip of fourteen rows then exceeds the first-level cache: fewer passes over the sums weigh more. */
enum { DEPTH_BLOCK = 1024 };
#endif

/* Columns of a panel: two vectors. */
enum { N(PANEL) = 2 * LANES };

/* c = f(bias + a b) for columns begin to end (begin is a multiple of PANEL), or c = (a b) f'(slopes_of).
 *
 * b is row-major with b_row numbers a row, or, where b_row is 0, packed in panels. Rows are split into tiles of nearly equal
 * height, since a tile of few rows waits for its own results. */
FASTNN_FUNCTION void N(product_columns)(
    real *c, ptrdiff_t c_row, const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_row,
    ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth,
    const real *bias, int activation, const real *numbers, const real *slopes_of, ptrdiff_t slopes_row)
{
    const ptrdiff_t block = b_row == 0 ? DEPTH_BLOCK : depth > 0 ? depth : 1;
    N(product) p = {0};
    p.a_row = a_row;
    p.b_row = b_row == 0 ? N(PANEL) : b_row;
    p.all = N(first)(LANES);
    p.c_row = c_row;
    p.slopes_row = slopes_row;
    p.numbers = numbers;
    for (ptrdiff_t k = 0; k == 0 || k < depth; k += block) {
        const int final = k + block >= depth;
        p.depth = final ? depth - k : block;
        p.add = k > 0;
        p.activation = final ? activation : NO_ACTIVATION;
        for (ptrdiff_t j = begin; j < end; j += N(PANEL)) {
            ptrdiff_t width = end - j < N(PANEL) ? end - j : N(PANEL);
            int vectors = width > LANES ? 2 : 1;
            p.b = b_row == 0 ? b + j * depth + k * N(PANEL) : b + k * b_row + j;
            p.width = width;
            p.last = N(first)(width - (vectors - 1) * LANES);
            p.bias = final && bias ? bias + j : NULL;
            for (ptrdiff_t r = 0; r < rows;) {
                ptrdiff_t tiles = (rows - r + TILE_ROWS - 1) / TILE_ROWS, height = (rows - r + tiles - 1) / tiles;
                p.a = a + r * a_row + k;
                p.c = c + r * c_row + j;
                p.slopes_of = final && slopes_of ? slopes_of + r * slopes_row + j : NULL;
                if (b_row == 0) N(panel_tile)((int)height, vectors, &p);
                else if (width % LANES == 0) N(product_tile)((int)height, vectors, &p);
                else N(part_tile)((int)height, vectors, &p);
                r += height;
            }
        }
    }
}

/* The optimiser's step for rows k_begin to k_end and columns j_begin to j_end of w, whose gradient is x^T dy. j_begin is a
 * multiple of PANEL, and w_panel the way from one panel's columns to the next: PANEL where w is a matrix. */
FASTNN_FUNCTION void N(weights_update)(
    N(parameters) w, ptrdiff_t w_row, ptrdiff_t w_panel, const real *x, ptrdiff_t x_row, const real *dy, ptrdiff_t dy_row,
    ptrdiff_t batch, ptrdiff_t k_begin, ptrdiff_t k_end, ptrdiff_t j_begin, ptrdiff_t j_end, const N(rule) *rule)
{
    N(product) p = {0};
    p.a_row = x_row;
    p.b_row = dy_row;
    p.depth = batch;
    p.all = N(first)(LANES);
    p.c_row = w_row;
    for (ptrdiff_t k = k_begin; k < k_end;) {
        ptrdiff_t tiles = (k_end - k + TILE_ROWS - 1) / TILE_ROWS, height = (k_end - k + tiles - 1) / tiles;
        p.a = x + k;
        for (ptrdiff_t j = j_begin; j < j_end; j += N(PANEL)) {
            ptrdiff_t width = j_end - j < N(PANEL) ? j_end - j : N(PANEL);
            int vectors = width > LANES ? 2 : 1;
            p.b = dy + j;
            p.width = width;
            p.last = N(first)(width - (vectors - 1) * LANES);
            p.w = N(parameters_at)(w, k * w_row + j / N(PANEL) * w_panel);
            N(update_tile)((int)height, vectors, &p, rule);
        }
        k += height;
    }
}

/* Columns begin to end of w (begin is a multiple of PANEL) as panels of `depth` rows. */
FASTNN_FUNCTION void N(pack_columns)(real *panels, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t j = begin; j < end; j += N(PANEL))
        N(pack)(panels + j * depth, w + j, w_row, depth, end - j < N(PANEL) ? end - j : N(PANEL));
}

/* The same panels back to the columns of w. */
FASTNN_FUNCTION void N(unpack_columns)(real *w, ptrdiff_t w_row, const real *panels, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t j = begin; j < end; j += N(PANEL))
        N(unpack)(w + j, w_row, panels + j * depth, depth, end - j < N(PANEL) ? end - j : N(PANEL));
}

/* Rows begin to end of w (begin is a multiple of PANEL) as panels of its transpose. */
FASTNN_FUNCTION void N(pack_rows)(real *panels, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t k = begin; k < end; k += N(PANEL))
        N(pack_transposed)(panels + k * depth, w + k * w_row, w_row, depth, end - k < N(PANEL) ? end - k : N(PANEL));
}
