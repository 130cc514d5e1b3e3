/* Whole matrix products as loops over tiles. A template: see kernels.h. */

#include "tables/strips.h"

#ifndef FASTNN_PRODUCTS_ONCE
#define FASTNN_PRODUCTS_ONCE
/* Depth of a pass over packed panels. Measured: 92 % of the multiply-add peak with 256, 93 to 94 % with 800 and more, though a
 * strip of fourteen rows then exceeds the first-level cache: fewer passes over the sums weigh more. */
enum { DEPTH_BLOCK = 1024 };
/* Rows of a transposed product that are computed before they are turned: tiles and vectors divide it. */
enum { TURNED_ROWS = 8 * TILE_ROWS };
/* Panels that are packed side by side: of a single one, each row would be a line in another page. */
enum { PACKED_PANELS = 4 };
/* Rows of a matrix that are unpacked before their next columns: both lie in the first-level cache. */
enum { UNPACKED_ROWS = 32 };
#endif

/* Columns of a panel: two vectors. Numbers of a matrix' rows that pass by a group of panels before the next rows do: half of a
 * second-level cache, which is the larger the longer the vectors are. */
enum { N(PANEL) = 2 * LANES, N(CACHED_ROWS) = 8192 * LANES };
/* Vectors that a row of a strip takes. */
enum { N(STRIP_VECTORS) = (TILE_ROWS + LANES - 1) / LANES };

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
    if (b_row > 0 && rows > 0 && rows <= MOST_STREAMED_ROWS && depth * (end - begin) >= STREAMED_NUMBERS && bias) {
        N(streamed_product)(c, c_row, a, a_row, b, b_row, rows, begin, end, depth, bias, activation, numbers);
        return;
    }
    if (b_row > 0 && rows == 1 && !slopes_of) {
        N(row_product)(a, b + begin, b_row, depth, end - begin, bias ? bias + begin : NULL, c + begin, activation, numbers);
        return;
    }
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

/* Columns begin to end of w (begin is a multiple of PANEL) as panels of `depth` rows. */
FASTNN_FUNCTION void N(pack_columns)(real *panels, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    ptrdiff_t j = begin;
    for (; end - j >= PACKED_PANELS * N(PANEL); j += PACKED_PANELS * N(PANEL))
        for (ptrdiff_t k = 0; k < depth; k++) {
            const real *from = w + k * w_row + j;
            real *to = panels + j * depth + k * N(PANEL);
            for (int i = 0; i < PACKED_PANELS; i++, from += N(PANEL), to += depth * N(PANEL)) {
                N(store)(to, N(load)(from));
                N(store)(to + LANES, N(load)(from + LANES));
            }
        }
    for (; j < end; j += N(PANEL))
        N(pack)(panels + j * depth, w + j, w_row, depth, end - j < N(PANEL) ? end - j : N(PANEL));
}

/* The same panels back to the columns of w. */
FASTNN_FUNCTION void N(unpack_columns)(real *w, ptrdiff_t w_row, const real *panels, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t k = 0; k < depth; k += UNPACKED_ROWS) {
        const ptrdiff_t rows = depth - k < UNPACKED_ROWS ? depth - k : UNPACKED_ROWS;
        for (ptrdiff_t j = begin; j < end; j += N(PANEL))
            N(unpack)(w + k * w_row + j, w_row, panels + j * depth + k * N(PANEL), rows, end - j < N(PANEL) ? end - j : N(PANEL));
    }
}

/* Rows begin to end of w (begin is a multiple of PANEL) as panels of its transpose. */
FASTNN_FUNCTION void N(pack_rows)(real *panels, const real *w, ptrdiff_t w_row, ptrdiff_t depth, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t k = begin; k < end; k += N(PANEL))
        N(pack_transposed)(panels + k * depth, w + k * w_row, w_row, depth, end - k < N(PANEL) ? end - k : N(PANEL));
}

/* c = f(bias + a w), or, with `by_rows`, c = (a w^T) f'(slopes_of), for columns begin to end of c (begin is a multiple of PANEL).
 * w is packed into `panels`, which has room for `group` columns (whole panels), as many at a time, and each group is read while it
 * is in the cache. */
FASTNN_FUNCTION void N(packing_product)(
    real *c, ptrdiff_t c_row, const real *a, ptrdiff_t a_row, const real *w, ptrdiff_t w_row, int by_rows,
    ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, const real *bias, int activation, const real *numbers,
    const real *slopes_of, ptrdiff_t slopes_row, real *panels, ptrdiff_t group)
{
    const ptrdiff_t passed = depth < 1 ? 1 : depth < DEPTH_BLOCK ? depth : DEPTH_BLOCK;
    const ptrdiff_t tiles = N(CACHED_ROWS) / (passed * TILE_ROWS), block = (tiles > 0 ? tiles : 1) * TILE_ROWS;
    for (ptrdiff_t j = begin; j < end; j += group) {
        const ptrdiff_t columns = end - j < group ? end - j : group;
        if (by_rows) N(pack_rows)(panels, w + j * w_row, w_row, depth, 0, columns);
        else N(pack_columns)(panels, w + j, w_row, depth, 0, columns);
        for (ptrdiff_t r = 0; r < rows; r += block)
            N(product_columns)(c + r * c_row + j, c_row, a + r * a_row, a_row, panels, 0, rows - r < block ? rows - r : block, 0,
                               columns, depth, bias ? bias + j : NULL, activation, numbers,
                               slopes_of ? slopes_of + r * slopes_row + j : NULL, slopes_row);
    }
}

/* Columns of x as strips of up to TILE_ROWS of them, row after row. x is read row by row; the last vectors of a strip's row are
 * written over by its next ones, and those of its last row end in the gap behind it. */
FASTNN_FUNCTION void N(pack_strips)(real *strips, const real *x, ptrdiff_t x_row, ptrdiff_t rows, ptrdiff_t columns)
{
    const ptrdiff_t tiles = (columns + TILE_ROWS - 1) / TILE_ROWS, higher = columns % tiles;
    for (ptrdiff_t r = 0; r < rows; r++, x += x_row) {
        real *strip = strips;
        for (ptrdiff_t k = 0, tile = 0; tile < tiles; tile++) {
            const ptrdiff_t height = columns / tiles + (tile < higher), rest = columns - k;
            real *const to = strip + r * height;
            for (int i = 0; i < N(STRIP_VECTORS) * LANES; i += LANES)
                N(store)(to + i, rest >= N(STRIP_VECTORS) * LANES ? N(load)(x + k + i)
                                                                 : N(load_part)(x + k + i, N(first)(rest > i ? rest - i : 0)));
            strip += rows * height + STRIP_GAP;
            k += height;
        }
    }
}

/* The step for rows k_begin to k_end and columns j_begin to j_end of w where x and dy are packed: `block_rows` columns of x, as many
 * panels of dy as stay in the second-level cache beside a strip, and of both UPDATE_DEPTH rows at a time. The sums wait behind them
 * until all rows of the batch are in them. */
FASTNN_FUNCTION void N(packed_update)(
    const N(parameters) *w, ptrdiff_t w_row, ptrdiff_t w_panel, const real *x, ptrdiff_t x_row, const real *dy, ptrdiff_t dy_row,
    ptrdiff_t batch, ptrdiff_t k_begin, ptrdiff_t k_end, ptrdiff_t j_begin, ptrdiff_t j_end, const N(rule) *rule,
    real *packed, ptrdiff_t block_rows)
{
    const ptrdiff_t most = batch < UPDATE_DEPTH ? batch : UPDATE_DEPTH, group = PACKED_GRADIENT / (most * N(PANEL)) * N(PANEL);
    real *const panels = packed + fastnn_strips_size(block_rows, most);
    real *const sums = panels + PACKED_GRADIENT;
    N(product) p = {0};
    p.b_row = N(PANEL);
    p.all = N(first)(LANES);
    p.c_row = w_row;
    for (ptrdiff_t k_first = k_begin; k_first < k_end; k_first += block_rows) {
        const ptrdiff_t columns = k_end - k_first < block_rows ? k_end - k_first : block_rows;
        const ptrdiff_t tiles = (columns + TILE_ROWS - 1) / TILE_ROWS, higher = columns % tiles;
        for (ptrdiff_t top = 0; top < batch; top += most) {
            p.depth = batch - top < most ? batch - top : most;
            p.add = top > 0;
            p.unfinished = top + most < batch;
            p.c = sums;
            N(pack_strips)(packed, x + top * x_row + k_first, x_row, p.depth, columns);
            for (ptrdiff_t j_first = j_begin; j_first < j_end; j_first += group) {
                const ptrdiff_t j_last = j_end - j_first < group ? j_end : j_first + group;
                N(pack_columns)(panels, dy + top * dy_row + j_first, dy_row, p.depth, 0, j_last - j_first);
                p.a = packed;
                for (ptrdiff_t k = k_first, tile = 0; tile < tiles; tile++) {
                    p.a_row = columns / tiles + (tile < higher);
                    for (ptrdiff_t j = j_first; j < j_last; j += N(PANEL)) {
                        const int vectors = j_last - j > LANES ? 2 : 1;
                        p.width = j_last - j < N(PANEL) ? j_last - j : N(PANEL);
                        p.last = N(first)(p.width - (vectors - 1) * LANES);
                        p.b = panels + (j - j_first) * p.depth;
                        p.w = N(parameters_at)(*w, k * w_row + j / N(PANEL) * w_panel);
                        N(update_tile)((int)p.a_row, vectors, &p, rule);
                        p.c += p.a_row * N(PANEL);
                    }
                    p.a += p.a_row * p.depth + STRIP_GAP;
                    k += p.a_row;
                }
            }
        }
    }
}

/* The optimiser's step for rows k_begin to k_end and columns j_begin to j_end of w, whose gradient is x^T dy. j_begin is a
 * multiple of PANEL, and w_panel the way from one panel's columns to the next: PANEL where w is a matrix.
 *
 * Rows of x and dy lie far apart: where the batch is large, they are packed first. `packed` has room for what packed_update
 * keeps there of block_rows columns of x; NULL: they are read in place. */
FASTNN_FUNCTION void N(weights_update)(
    N(parameters) w, ptrdiff_t w_row, ptrdiff_t w_panel, const real *x, ptrdiff_t x_row, const real *dy, ptrdiff_t dy_row,
    ptrdiff_t batch, ptrdiff_t k_begin, ptrdiff_t k_end, ptrdiff_t j_begin, ptrdiff_t j_end, const N(rule) *rule,
    real *packed, ptrdiff_t block_rows)
{
    if (batch == 1 && rule->optimizer == COLLECT && w_panel == N(PANEL)) {
        N(outer_product)(w.values + k_begin * w_row + j_begin, w_row, x + k_begin, dy + j_begin, k_end - k_begin, j_end - j_begin);
        return;
    }
    if (packed) {
        N(packed_update)(&w, w_row, w_panel, x, x_row, dy, dy_row, batch, k_begin, k_end, j_begin, j_end, rule, packed, block_rows);
        return;
    }
    N(product) p = {0};
    p.a_row = x_row;
    p.b_row = dy_row;
    p.depth = batch;
    p.all = N(first)(LANES);
    p.c_row = w_row;
    for (ptrdiff_t k = k_begin; k < k_end;) {
        const ptrdiff_t tiles = (k_end - k + TILE_ROWS - 1) / TILE_ROWS, height = (k_end - k + tiles - 1) / tiles;
        p.a = x + k;
        for (ptrdiff_t j = j_begin; j < j_end; j += N(PANEL)) {
            const ptrdiff_t width = j_end - j < N(PANEL) ? j_end - j : N(PANEL);
            const int vectors = width > LANES ? 2 : 1;
            p.b = dy + j;
            p.width = width;
            p.last = N(first)(width - (vectors - 1) * LANES);
            p.w = N(parameters_at)(w, k * w_row + j / N(PANEL) * w_panel);
            N(update_tile)((int)height, vectors, &p, rule);
        }
        k += height;
    }
}

/* dx = (dy w^T) f'(slopes_of) for rows begin to end of w, by (w dy^T)^T: of few rows, to turn dy and the product takes less
 * than to turn w. `panels` has room for the transpose of dy, in whole panels. The sums are those of product_columns. */
FASTNN_FUNCTION void N(turned_product)(
    real *dx, ptrdiff_t dx_row, const real *dy, ptrdiff_t dy_row, const real *w, ptrdiff_t w_row, ptrdiff_t rows,
    ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, real *panels, int activation, const real *numbers,
    const real *slopes_of, ptrdiff_t slopes_row)
{
    real sums[TURNED_ROWS * 2 * LANES], turned[2 * LANES * 2 * LANES];
    N(pack_rows)(panels, dy, dy_row, depth, 0, rows);
    for (ptrdiff_t k = begin; k < end; k += TURNED_ROWS) {
        const ptrdiff_t height = end - k < TURNED_ROWS ? end - k : TURNED_ROWS;
        for (ptrdiff_t r = 0; r < rows; r += N(PANEL)) {
            const ptrdiff_t count = rows - r < N(PANEL) ? rows - r : N(PANEL);
            N(product_columns)(sums, N(PANEL), w + k * w_row, w_row, panels + r * depth, 0, height, 0, count, depth, NULL,
                               NO_ACTIVATION, NULL, NULL, 0);
            for (ptrdiff_t i = 0; i < height; i += N(PANEL)) {
                const ptrdiff_t columns = height - i < N(PANEL) ? height - i : N(PANEL);
                N(pack_transposed)(turned, sums + i * N(PANEL), N(PANEL), count, columns);
                for (ptrdiff_t s = 0; s < count; s++)
                    memcpy(dx + (r + s) * dx_row + k + i, turned + s * N(PANEL), (size_t)columns * sizeof(real));
            }
            for (ptrdiff_t s = r; s < r + count && slopes_of; s++) {
                real *row = dx + s * dx_row + k;
                N(activation_backward_row)(row, row, slopes_of + s * slopes_row + k, activation, numbers, height);
            }
        }
    }
}
