/* Products that visit the non-zero numbers of rows alone. A template: see kernels.h.
 *
 * Leaving out a zero changes no sum of finite numbers, so a list gives the same bits as the row that it was made from.
 */

#ifndef FASTNN_SPARSE_ONCE
#define FASTNN_SPARSE_ONCE
enum { BY_ROW_VECTORS = 4, GROUPED_ROWS = 8 };
/* What a panel may take of the first-level cache, which has 32 or 48 KB. */
enum { CACHED_BYTES = 32 << 10 };
#endif

typedef struct {
    const column_number *columns;
    const real *values;
    ptrdiff_t count;
} N(list);

/* ---- forward ---------------------------------------------------------------------------------------------------- */

/* The last vector of a row of weights: a part of what lies there, a whole vector, or a piece of one that lies elsewhere. */
enum { N(IN_PLACE) = -1, N(WHOLE) = 0 };
FASTNN_INLINE vec N(load_last)(const int piece, const real *row, const real *rest, part last)
{
    return piece == N(IN_PLACE) ? N(load_part)(row, last) : piece == N(WHOLE) ? N(load)(row) : N(load_piece)(piece, rest);
}

/* y[r] = f(bias + row r times w) for `vectors` vectors of columns: `streams` rows at a time, each in ascending order. `piece`: see
 * load_last; rest_row numbers lie between two rows of what lies elsewhere. */
FASTNN_INLINE void N(lists_panel)(
    const int streams, const int vectors, const int piece, const N(list) *lists, ptrdiff_t rows, const real *w,
    ptrdiff_t w_row, const real *rest, ptrdiff_t rest_row, const real *bias, real *y, ptrdiff_t y_row, int activation,
    const real *numbers, part last)
{
    vec sum[STREAMS][PANEL_VECTORS];
    N(list) stream[STREAMS];
    real *out[STREAMS];
    ptrdiff_t next = 0;
    FASTNN_UNROLL for (int s = 0; s < streams; s++) {
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[s][v] = N(set1)(0);
        out[s] = NULL;
        stream[s] = (N(list)){NULL, NULL, 0};
        if (next < rows) {
            stream[s] = lists[next];
            out[s] = y + next++ * y_row;
        }
    }
#define STEP(s, i)                                                                                                     \
    do {                                                                                                               \
        const vec value = N(set1)(stream[s].values[i]);                                                                \
        const ptrdiff_t column = (ptrdiff_t)stream[s].columns[i];                                                      \
        const real *row = w + column * w_row;                                                                          \
        FASTNN_UNROLL for (int v = 0; v < vectors - 1; v++) sum[s][v] = N(fma)(value, N(load)(row + v * LANES), sum[s][v]); \
        sum[s][vectors - 1] = N(fma)(value,                                                                            \
            N(load_last)(piece, row + (vectors - 1) * LANES, rest + column * rest_row, last), sum[s][vectors - 1]);    \
    } while (0)
    while (streams > 1 && rows >= streams) {
        ptrdiff_t together = stream[0].count;
        FASTNN_UNROLL for (int s = 1; s < streams; s++) if (stream[s].count < together) together = stream[s].count;
        for (ptrdiff_t i = 0; i < together; i++) FASTNN_UNROLL for (int s = 0; s < streams; s++) STEP(s, i);
        FASTNN_UNROLL for (int s = 0; s < streams; s++) {
            stream[s].values += together;
            stream[s].columns += together;
            stream[s].count -= together;
            if (stream[s].count == 0 && next < rows) {
                N(finish_row)(vectors, sum[s], bias, out[s], activation, numbers, last);
                FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[s][v] = N(set1)(0);
                stream[s] = lists[next];
                out[s] = y + next++ * y_row;
            } else if (stream[s].count == 0) {
                next = rows + 1;
            }
        }
        if (next > rows) break;
    }
    /* Fewer rows are left than streams: one after the other. */
    FASTNN_UNROLL for (int s = 0; s < streams; s++) {
        while (out[s]) {
            for (ptrdiff_t i = 0; i < stream[s].count; i++) STEP(s, i);
            N(finish_row)(vectors, sum[s], bias, out[s], activation, numbers, last);
            out[s] = NULL;
            if (next < rows) {
                FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[s][v] = N(set1)(0);
                stream[s] = lists[next];
                out[s] = y + next++ * y_row;
            }
        }
    }
#undef STEP
}

FASTNN_FUNCTION void N(lists_forward)(
    const N(list) *lists, ptrdiff_t rows, const real *w, ptrdiff_t w_row, ptrdiff_t columns,
    const real *bias, real *y, ptrdiff_t y_row, int activation, const real *numbers)
{
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        int vectors = (int)((width + LANES - 1) / LANES);
        part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(s, v)                                                                                                     \
    N(lists_panel)(s, v, N(IN_PLACE), lists, rows, w + j, w_row, w, 0, bias + j, y + j, y_row, activation, numbers, last)
        PANEL_CASES(CALL)
#undef CALL
    }
    if (!N(is_cheap)(activation))
        for (ptrdiff_t r = 0; r < rows; r++) N(activate_row)(y + r * y_row, y + r * y_row, activation, numbers, columns);
}

/* Where the entries of columns from `column` on begin. */
FASTNN_INLINE ptrdiff_t N(entry_of)(const N(list) *list, ptrdiff_t column)
{
    ptrdiff_t low = 0, high = list->count;
    while (low < high) {
        ptrdiff_t middle = (low + high) / 2;
        if (list->columns[middle] < column) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* ---- one sample at a time ----------------------------------------------------------------------------------------- */

/* y = f(bias + row times w) for training one sample: entries take turns in `chains` sums, which are added at the end. `piece` and
 * what lies elsewhere: see lists_panel. */
FASTNN_INLINE void N(list_panel)(
    const int chains, const int vectors, const int piece, N(list) x, const real *w, ptrdiff_t w_row,
    const real *rest, ptrdiff_t rest_row, const real *bias, real *y, int activation, const real *numbers, part last)
{
    vec sum[STREAMS][PANEL_VECTORS];
    ptrdiff_t i = 0;
    FASTNN_UNROLL for (int c = 0; c < chains; c++) FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[c][v] = N(set1)(0);
#define STEP(c, i)                                                                                                     \
    do {                                                                                                               \
        const vec value = N(set1)(x.values[i]);                                                                        \
        const ptrdiff_t column = x.columns ? (ptrdiff_t)x.columns[i] : (i);                                            \
        const real *row = w + column * w_row;                                                                          \
        FASTNN_UNROLL for (int v = 0; v < vectors - 1; v++) sum[c][v] = N(fma)(value, N(load)(row + v * LANES), sum[c][v]); \
        sum[c][vectors - 1] = N(fma)(value,                                                                            \
            N(load_last)(piece, row + (vectors - 1) * LANES, rest + column * rest_row, last), sum[c][vectors - 1]);    \
    } while (0)
    for (; i + chains <= x.count; i += chains) FASTNN_UNROLL for (int c = 0; c < chains; c++) STEP(c, i + c);
    for (; i < x.count; i++) STEP(0, i);
#undef STEP
    FASTNN_UNROLL for (int c = 1; c < chains; c++) FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[0][v] = sum[0][v] + sum[c][v];
    N(finish_row)(vectors, sum[0], bias, y, activation, numbers, last);
}

/* x.columns may be NULL: x is then dense. */
FASTNN_FUNCTION void N(list_forward)(
    const N(list) *list, const real *w, ptrdiff_t w_row, ptrdiff_t columns, const real *bias, real *y, int activation,
    const real *numbers)
{
    /* Number by number: all of a list that has just been written could not be read at once without waiting. */
    const N(list) x = {list->columns, list->values, list->count};
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        int vectors = (int)((width + LANES - 1) / LANES);
        part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(c, v)                                                                                                     \
    if (x.columns) N(list_panel)(c, v, N(IN_PLACE), x, w + j, w_row, w, 0, bias + j, y + j, activation, numbers, last);  \
    else {                                                                                                             \
        const N(list) dense = {NULL, x.values, x.count};                                                               \
        N(list_panel)(c, v, N(IN_PLACE), dense, w + j, w_row, w, 0, bias + j, y + j, activation, numbers, last);        \
    }
        PANEL_CASES(CALL)
#undef CALL
    }
    if (!N(is_cheap)(activation)) N(activate_row)(y, y, activation, numbers, columns);
}

/* Puts back what load_last took. */
FASTNN_INLINE void N(store_last)(const int piece, real *row, real *rest, vec sum, part last)
{
    if (piece == N(IN_PLACE)) N(store_part)(row, sum, last);
    else if (piece == N(WHOLE)) N(store)(row, sum);
    else N(store_piece)(piece, rest, sum);
}

/* w -= learning_rate x^T dy of one sample; the rows of other inputs have no gradient. */
FASTNN_INLINE void N(list_update_panel)(
    const int vectors, const int piece, N(list) x, const real *dy, real *w, ptrdiff_t w_row, real *rest, ptrdiff_t rest_row,
    real learning_rate, part last)
{
    vec step[PANEL_VECTORS];
    FASTNN_UNROLL for (int v = 0; v < vectors; v++)
        step[v] = (v == vectors - 1 ? N(load_part)(dy + v * LANES, last) : N(load)(dy + v * LANES)) * N(set1)(-learning_rate);
    for (ptrdiff_t i = 0; i < x.count; i++) {
        const vec value = N(set1)(x.values[i]);
        const ptrdiff_t column = (ptrdiff_t)x.columns[i];
        real *row = w + column * w_row, *at = row + (vectors - 1) * LANES, *piece_of_row = rest + column * rest_row;
        FASTNN_UNROLL for (int v = 0; v < vectors - 1; v++)
            N(store)(row + v * LANES, N(fma)(value, step[v], N(load)(row + v * LANES)));
        N(store_last)(piece, at, piece_of_row, N(fma)(value, step[vectors - 1], N(load_last)(piece, at, piece_of_row, last)), last);
    }
}

FASTNN_FUNCTION void N(list_update)(N(list) x, const real *dy, real *w, ptrdiff_t w_row, ptrdiff_t columns, real learning_rate)
{
    for (ptrdiff_t j = 0; j < columns; j += PANEL_VECTORS * LANES) {
        ptrdiff_t width = columns - j < PANEL_VECTORS * LANES ? columns - j : PANEL_VECTORS * LANES;
        int vectors = (int)((width + LANES - 1) / LANES);
        part last = N(first)(width - (vectors - 1) * LANES);
#define CALL(s, v) N(list_update_panel)(v, N(IN_PLACE), x, dy + j, w + j, w_row, w, 0, learning_rate, last)
        PANEL_CASES(CALL)
#undef CALL
    }
}
