/* Products of few rows with a large matrix, whose way from memory is what counts: it is read once, as it lies. The sums are the
 * same chains as elsewhere, and thus the same bits. */

#ifndef FASTNN_FEW_ROWS_ONCE
#define FASTNN_FEW_ROWS_ONCE
/* Rows of the matrix and vectors of each that a step holds in registers. */
enum { STREAMED_STEPS = 4, STREAMED_VECTORS = 3 };
/* Numbers of a matrix from which on it pays, since smaller ones stay in the second-level cache, and rows up to which it does.
 * Bytes of sums that are under way at a time: of more columns, so that the matrix is read in longer pieces, rather than in the
 * first-level cache. */
enum { STREAMED_NUMBERS = 100000, MOST_STREAMED_ROWS = 31, STREAMED_SUMS = 1 << 15 };
#endif

/* c += a b for `steps` rows of b and some of its columns, whose last vector has the lanes `last`; c = a b with `first`. */
FASTNN_INLINE void N(stream_tile)(
    const int vectors, const int steps, real *c, ptrdiff_t c_row, const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_row,
    ptrdiff_t rows, const part last, const int first)
{
    vec tile[STREAMED_STEPS][STREAMED_VECTORS];
    FASTNN_UNROLL for (int k = 0; k < steps; k++)
        FASTNN_UNROLL for (int v = 0; v < vectors; v++)
            tile[k][v] = vectors == 1 ? N(load_part)(b + k * b_row, last) : N(load)(b + k * b_row + v * LANES);
    for (ptrdiff_t r = 0; r < rows; r++, c += c_row, a += a_row) {
        vec sums[STREAMED_VECTORS];
        FASTNN_UNROLL for (int v = 0; v < vectors; v++)
            sums[v] = first ? N(set1)(0) : vectors == 1 ? N(load_part)(c, last) : N(load)(c + v * LANES);
        FASTNN_UNROLL for (int k = 0; k < steps; k++)
            FASTNN_UNROLL for (int v = 0; v < vectors; v++) sums[v] = N(fma)(N(set1)(a[k]), tile[k][v], sums[v]);
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
            if (vectors == 1) N(store_part)(c, sums[v], last);
            else N(store)(c + v * LANES, sums[v]);
        }
    }
}

/* c = f(bias + a b) for columns begin to end. The sums on the way are this thread's own: behind its columns of c lie another's, which
 * changes them all the time, and from which its processor would fetch ahead. */
FASTNN_FUNCTION void N(streamed_product)(
    real *c, ptrdiff_t c_row, const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_row, ptrdiff_t rows,
    ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, const real *bias, int activation, const real *numbers)
{
    real sums[STREAMED_SUMS / sizeof(real)];
    const ptrdiff_t whole = STREAMED_VECTORS * LANES, block = STREAMED_SUMS / (ptrdiff_t)sizeof(real) / rows / whole * whole;
    const part all = N(first)(LANES);
    for (; begin < end; begin += block) {
        const ptrdiff_t columns = end - begin < block ? end - begin : block, row = (columns + LANES - 1) / LANES * LANES;
        /* Of a single row, little is fetched ahead, and a copy is what it would notice. */
        real *const at = rows > 1 ? sums : c + begin;
        for (ptrdiff_t k = 0; k < depth;) {
            const int steps = depth - k < STREAMED_STEPS ? 1 : STREAMED_STEPS;
            ptrdiff_t j = 0;
#define TILE(vectors, steps, lanes) \
    N(stream_tile)(vectors, steps, at + j, row, a + k, a_row, b + k * b_row + begin + j, b_row, rows, lanes, k == 0)
            if (steps > 1) {
                for (; j + whole <= columns; j += whole) TILE(STREAMED_VECTORS, STREAMED_STEPS, all);
                for (; j < columns; j += LANES) TILE(1, STREAMED_STEPS, N(first)(columns - j));
            } else {
                for (; j + whole <= columns; j += whole) TILE(STREAMED_VECTORS, 1, all);
                for (; j < columns; j += LANES) TILE(1, 1, N(first)(columns - j));
            }
#undef TILE
            k += steps;
        }
        for (ptrdiff_t r = 0; r < rows && at == sums; r++) memcpy(c + r * c_row + begin, sums + r * row, (size_t)columns * sizeof(real));
        N(finish_rows)(c + begin, c_row, rows, columns, bias + begin, activation, numbers);
    }
}
