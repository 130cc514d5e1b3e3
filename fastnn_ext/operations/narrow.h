/* Narrow first layers that visit lists: four vectors of columns at most. A template: see kernels.h.
 *
 * Rows of twenty weights lie across cache lines, and each line costs a load. For as long as a run lasts, the weights may lie in
 * aligned rows instead: the whole vectors of each row, one row behind the other, and behind all of them what is left of each, in
 * pieces of 16 or 32 bytes. Which numbers are added, and in which order, is the same.
 */

/* Rows begin to end of w, whose rows are `columns` numbers, into aligned rows. */
FASTNN_FUNCTION void N(align_rows)(
    real *out, ptrdiff_t whole_row, ptrdiff_t rest_row, const real *w, ptrdiff_t size, ptrdiff_t columns, ptrdiff_t begin,
    ptrdiff_t end)
{
    const part piece = N(first)(rest_row), left = N(first)(columns > whole_row ? columns - whole_row : 0);
    real *rest = out + size * whole_row + begin * rest_row;
    out += begin * whole_row;
    w += begin * columns;
    for (ptrdiff_t k = begin; k < end; k++, out += whole_row, rest += rest_row, w += columns) {
        for (ptrdiff_t j = 0; j < whole_row; j += LANES) N(store)(out + j, N(load_part)(w + j, N(first)(columns - j)));
        if (rest_row > 0) N(store_part)(rest, N(load_part)(w + whole_row, left), piece);
    }
}

/* And back. */
FASTNN_FUNCTION void N(unalign_rows)(
    real *w, const real *aligned, ptrdiff_t whole_row, ptrdiff_t rest_row, ptrdiff_t size, ptrdiff_t columns, ptrdiff_t begin,
    ptrdiff_t end)
{
    const part left = N(first)(columns > whole_row ? columns - whole_row : 0);
    const real *rest = aligned + size * whole_row + begin * rest_row;
    aligned += begin * whole_row;
    w += begin * columns;
    for (ptrdiff_t k = begin; k < end; k++, aligned += whole_row, rest += rest_row, w += columns) {
        for (ptrdiff_t j = 0; j < whole_row; j += LANES) N(store_part)(w + j, N(load)(aligned + j), N(first)(columns - j));
        if (rest_row > 0) N(store_part)(w + whole_row, N(load_part)(rest, left), left);
    }
}

#define NARROW_CASES(call, piece)                                                                                      \
    switch (vectors) {                                                                                                 \
    case 1: call(4, 1, piece); break;                                                                                  \
    case 2: call(4, 2, piece); break;                                                                                  \
    case 3: call(2, 3, piece); break;                                                                                  \
    default: call(2, 4, piece); break;                                                                                 \
    }
#if FASTNN_PIECES == 2
#define PIECES(call)                                                                                                   \
    if (piece == 16) { NARROW_CASES(call, 16) } else if (piece == 32) { NARROW_CASES(call, 32) } else { NARROW_CASES(call, N(WHOLE)) }
#elif FASTNN_PIECES == 1
#define PIECES(call) if (piece == 16) { NARROW_CASES(call, 16) } else { NARROW_CASES(call, N(WHOLE)) }
#else
#define PIECES(call) NARROW_CASES(call, N(WHOLE))
#endif

/* y = f(bias + x w) for the lists of some rows, w in aligned rows. */
FASTNN_FUNCTION void N(aligned_forward)(
    const N(list) *lists, ptrdiff_t rows, const real *w, ptrdiff_t whole_row, ptrdiff_t rest_row, ptrdiff_t size,
    ptrdiff_t columns, const real *bias, real *y, ptrdiff_t y_row, int activation, const real *numbers)
{
    const int vectors = (int)((columns + LANES - 1) / LANES), piece = (int)(rest_row * (ptrdiff_t)sizeof(real));
    const part last = N(first)(columns - (vectors - 1) * LANES);
    const real *rest = w + size * whole_row;
    (void)piece;
#define CALL(s, v, p)                                                                                                  \
    N(lists_panel)(s, v, p, lists, rows, w, whole_row, rest, rest_row, bias, y, y_row, activation, numbers, last)
    PIECES(CALL)
#undef CALL
    if (!N(is_cheap)(activation))
        for (ptrdiff_t r = 0; r < rows; r++) N(activate_row)(y + r * y_row, y + r * y_row, activation, numbers, columns);
}

/* The same for training one sample: see list_panel. */
FASTNN_FUNCTION void N(aligned_list_forward)(
    const N(list) *list, const real *w, ptrdiff_t whole_row, ptrdiff_t rest_row, ptrdiff_t size, ptrdiff_t columns,
    const real *bias, real *y, int activation, const real *numbers)
{
    const int vectors = (int)((columns + LANES - 1) / LANES), piece = (int)(rest_row * (ptrdiff_t)sizeof(real));
    const part last = N(first)(columns - (vectors - 1) * LANES);
    const real *rest = w + size * whole_row;
    const N(list) x = {list->columns, list->values, list->count};
    (void)piece;
#define CALL(c, v, p) N(list_panel)(c, v, p, x, w, whole_row, rest, rest_row, bias, y, activation, numbers, last)
    PIECES(CALL)
#undef CALL
    if (!N(is_cheap)(activation)) N(activate_row)(y, y, activation, numbers, columns);
}

/* w -= learning_rate x^T dy of one sample. */
FASTNN_FUNCTION void N(aligned_list_update)(
    N(list) x, const real *dy, real *w, ptrdiff_t whole_row, ptrdiff_t rest_row, ptrdiff_t size, ptrdiff_t columns,
    real learning_rate)
{
    const int vectors = (int)((columns + LANES - 1) / LANES), piece = (int)(rest_row * (ptrdiff_t)sizeof(real));
    const part last = N(first)(columns - (vectors - 1) * LANES);
    real *rest = w + size * whole_row;
    (void)piece;
#define CALL(s, v, p) N(list_update_panel)(v, p, x, dy, w, whole_row, rest, rest_row, learning_rate, last)
    PIECES(CALL)
#undef CALL
}

/* g[k - begin] += sum over the batch of x[k] dy, for columns begin to end of x: rows of the gradient are so short that sorting a
 * batch by column would cost more than it saves. `piece`: see load_last. */
FASTNN_INLINE void N(gradient_panel)(
    const int vectors, const int piece, real *g, ptrdiff_t g_row, real *rest, ptrdiff_t rest_row, const N(list) *lists,
    ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, const real *dy, ptrdiff_t dy_row, part last)
{
    for (ptrdiff_t r = 0; r < rows; r++, dy += dy_row) {
        const N(list) x = lists[r];
        vec d[BY_ROW_VECTORS];
        FASTNN_UNROLL for (int v = 0; v < vectors; v++)
            d[v] = v < vectors - 1 ? N(load)(dy + v * LANES) : N(load_part)(dy + v * LANES, last);
        const ptrdiff_t stop = x.count > 0 && x.columns[x.count - 1] < end ? x.count : N(entry_of)(&x, end);
        for (ptrdiff_t i = begin == 0 ? 0 : N(entry_of)(&x, begin); i < stop; i++) {
            const ptrdiff_t column = (ptrdiff_t)x.columns[i] - begin;
            const vec value = N(set1)(x.values[i]);
            real *row = g + column * g_row, *at = row + (vectors - 1) * LANES, *piece_of_row = rest + column * rest_row;
            FASTNN_UNROLL for (int v = 0; v < vectors - 1; v++)
                N(store)(row + v * LANES, N(fma)(value, d[v], N(load)(row + v * LANES)));
            N(store_last)(piece, at, piece_of_row, N(fma)(value, d[vectors - 1], N(load_last)(piece, at, piece_of_row, last)), last);
        }
    }
}

/* The optimiser's step for rows begin to end of narrow weights, whose gradient is g and whose rows of `columns` numbers follow one
 * another. Rows of inputs that were never seen but zero are left out: with no gradient, their state and their weights stay what
 * they are. */
FASTNN_INLINE void N(step_seen)(
    const N(rule) *rule, const real *g, N(parameters) w, ptrdiff_t columns, ptrdiff_t begin, ptrdiff_t end,
    const unsigned char *seen)
{
    for (ptrdiff_t k = begin; k < end;) {
        ptrdiff_t stop = k + 1;
        if (seen && !seen[k]) {
            k++;
            continue;
        }
        while (stop < end && (!seen || seen[stop])) stop++;
        const ptrdiff_t run = (stop - k) * columns;
        N(step_rows)(rule, g + (k - begin) * columns, run, N(parameters_at)(w, k * columns), run, 1, run);
        k = stop;
    }
}

/* The same from the lists of a batch; g has room for the rows. */
FASTNN_FUNCTION void N(lists_update)(
    real *g, const N(list) *lists, ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, const real *dy, ptrdiff_t dy_row,
    N(parameters) w, ptrdiff_t columns, const N(rule) *rule, const unsigned char *seen)
{
    const int vectors = (int)((columns + LANES - 1) / LANES);
    const part last = N(first)(columns - (vectors - 1) * LANES);
    memset(g, 0, (size_t)((end - begin) * columns) * sizeof *g);
#define CALL(s, v, p) N(gradient_panel)(v, p, g, columns, g, 0, lists, rows, begin, end, dy, dy_row, last)
    NARROW_CASES(CALL, N(IN_PLACE))
#undef CALL
    N(step_seen)(rule, g, w, columns, begin, end, seen);
}

/* The same for weights in aligned rows. */
FASTNN_FUNCTION void N(aligned_update)(
    real *g, const N(list) *lists, ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, const real *dy, ptrdiff_t dy_row,
    N(parameters) w, ptrdiff_t whole_row, ptrdiff_t rest_row, ptrdiff_t size, ptrdiff_t columns, const N(rule) *rule,
    const unsigned char *seen)
{
    const int vectors = (int)((columns + LANES - 1) / LANES), piece = (int)(rest_row * (ptrdiff_t)sizeof(real));
    const part last = N(first)(columns - (vectors - 1) * LANES);
    real *rest = g + (end - begin) * whole_row;
    (void)piece;
    memset(g, 0, (size_t)((end - begin) * (whole_row + rest_row)) * sizeof *g);
#define CALL(s, v, p) N(gradient_panel)(v, p, g, whole_row, rest, rest_row, lists, rows, begin, end, dy, dy_row, last)
    PIECES(CALL)
#undef CALL
    if (whole_row > 0) N(step_seen)(rule, g, w, whole_row, begin, end, seen);
    if (rest_row > 0) N(step_seen)(rule, rest, N(parameters_at)(w, size * whole_row), rest_row, begin, end, seen);
}
#undef NARROW_CASES
#undef PIECES
