/* Batches sorted by column: a row of weights is read once for all samples that have its input, forward and for its gradient, which
 * the optimiser uses at once. A template: see kernels.h. */

/* A number of a batch that is not zero, and where its row's outputs begin. */
typedef struct {
    real value;
    uint32_t place;
} N(entry);

/* A batch's entries in columns begin to end, by column: those of column k are starts[k - begin] to starts[k - begin + 1].
 * starts has room for end - begin + 2; `distance` numbers lie between the beginnings of two rows of outputs. */
FASTNN_FUNCTION void N(by_column)(
    uint32_t *starts, void *out, const N(list) *lists, ptrdiff_t rows, ptrdiff_t distance, ptrdiff_t begin, ptrdiff_t end)
{
    N(entry) *entries = out;
    uint32_t *const counts = starts + 2 - begin, *const next = starts + 1 - begin;
    memset(starts, 0, (size_t)(end - begin + 2) * sizeof *starts);
    for (ptrdiff_t r = 0; r < rows; r++) {
        const N(list) x = lists[r];
        for (ptrdiff_t i = begin == 0 ? 0 : N(entry_of)(&x, begin); i < x.count && x.columns[i] < end; i++) counts[x.columns[i]]++;
    }
    for (ptrdiff_t k = 2; k <= end - begin; k++) starts[k + 1] += starts[k];
    /* starts[k + 1] is now where a column begins, and moves on to where it ends. */
    for (ptrdiff_t r = 0; r < rows; r++) {
        const N(list) x = lists[r];
        for (ptrdiff_t i = begin == 0 ? 0 : N(entry_of)(&x, begin); i < x.count && x.columns[i] < end; i++) {
            const N(entry) entry = {x.values[i], (uint32_t)(r * distance)};
            entries[next[x.columns[i]]++] = entry;
        }
    }
}

/* Vectors of columns, an even number, whose rows of outputs or gradients, `rows` of them, stay in the first-level cache. */
FASTNN_INLINE ptrdiff_t N(panel_vectors)(ptrdiff_t rows)
{
    ptrdiff_t vectors = rows > 0 ? CACHED_BYTES / (rows * LANES * (ptrdiff_t)sizeof(real)) / 2 * 2 : PANEL_VECTORS;
    return vectors < 2 ? 2 : vectors > PANEL_VECTORS ? PANEL_VECTORS : vectors;
}

/* y += x w for inputs sorted by column: a row of w is read once for all rows of x that have it. y's rows are whole vectors;
 * w_panel is the way from two vectors of columns to the next two. */
FASTNN_INLINE void N(columns_forward_panel)(
    const int vectors, const uint32_t *starts, const N(entry) *entries, ptrdiff_t size, const real *w, ptrdiff_t w_row,
    ptrdiff_t w_panel, real *y, part last)
{
    for (ptrdiff_t k = 0; k < size; k++, w += w_row) {
        const N(entry) *entry = entries + starts[k], *end = entries + starts[k + 1];
        if (entry == end) continue;
        vec weights[PANEL_VECTORS];
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
            const real *at = w + v / 2 * w_panel + v % 2 * LANES;
            weights[v] = v < vectors - 1 ? N(load)(at) : N(load_part)(at, last);
        }
        for (; entry < end; entry++) {
            const vec value = N(set1)(entry->value);
            real *row = y + entry->place;
            FASTNN_UNROLL for (int v = 0; v < vectors; v++)
                N(store)(row + v * LANES, N(fma)(value, weights[v], N(load)(row + v * LANES)));
        }
    }
}

FASTNN_FUNCTION void N(columns_forward)(
    const uint32_t *starts, const void *entries, ptrdiff_t size, ptrdiff_t rows, const real *w, ptrdiff_t w_row,
    ptrdiff_t w_panel, ptrdiff_t columns, real *y)
{
    const ptrdiff_t panel = N(panel_vectors)(rows) * LANES;
    for (ptrdiff_t j = 0; j < columns; j += panel) {
        ptrdiff_t width = columns - j < panel ? columns - j : panel;
        int vectors = (int)((width + LANES - 1) / LANES);
        part last = N(first)(width - (vectors - 1) * LANES);
        const real *at = w + j / N(PANEL) * w_panel;
#define CALL(s, v) N(columns_forward_panel)(v, starts, entries, size, at, w_row, w_panel, y + j, last)
        PANEL_CASES(CALL)
#undef CALL
    }
}

/* sum[v] = the gradient of a row of weights, from its column's entries. */
FASTNN_INLINE void N(column_gradient)(const int vectors, const N(entry) *entry, const N(entry) *stop, const real *dy, vec sum[PANEL_VECTORS])
{
    FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[v] = N(set1)(0);
    for (; entry < stop; entry++) {
        const vec value = N(set1)(entry->value);
        const real *row = dy + entry->place;
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) sum[v] = N(fma)(value, N(load)(row + v * LANES), sum[v]);
    }
}

/* Plain descent without decay leaves a weight without a gradient as it is, to the last bit. Of ten thousand columns a batch may have a
 * quarter: only their rows are visited, each once. All other rules go on for the others, too. */
FASTNN_INLINE void N(columns_descent)(
    const int vectors, const uint32_t *starts, const N(entry) *entries, ptrdiff_t size, const real *dy, real *w,
    ptrdiff_t w_row, ptrdiff_t w_panel, ptrdiff_t width, const N(rule) *rule)
{
    const vec rate = N(set1)(-rule->learning_rate);
    const part last = N(first)(width - (vectors - 1) * LANES);
    for (ptrdiff_t k = 0; k < size; k++, w += w_row) {
        if (starts[k] == starts[k + 1]) continue;
        vec sum[PANEL_VECTORS];
        N(column_gradient)(vectors, entries + starts[k], entries + starts[k + 1], dy, sum);
        FASTNN_UNROLL for (int v = 0; v < vectors; v++) {
            real *at = w + v / 2 * w_panel + v % 2 * LANES;
            if (v < vectors - 1) N(store)(at, N(fma)(rate, sum[v], N(load)(at)));
            else N(store_part)(at, N(fma)(rate, sum[v], N(load_part)(at, last)), last);
        }
    }
}

FASTNN_INLINE void N(columns_panel)(
    const int vectors, const uint32_t *starts, const N(entry) *entries, ptrdiff_t begin, ptrdiff_t end, const real *dy,
    N(parameters) w, ptrdiff_t w_row, ptrdiff_t w_panel, ptrdiff_t width, const N(rule) *rule, const unsigned char *seen)
{
    if (rule->optimizer == SGD && rule->decay == 1 && rule->ridge == 0) {
        N(columns_descent)(vectors, starts, entries, end - begin, dy, w.values + begin * w_row, w_row, w_panel, width, rule);
        return;
    }
    /* Some rows' gradients wait on the stack for the optimiser, which then goes through them without a stop. */
    real gradient[GROUPED_ROWS][PANEL_VECTORS * LANES];
    /* A matrix' columns follow one another, a panel's do not. */
    const ptrdiff_t piece = w_panel == N(PANEL) ? width : N(PANEL);
    for (ptrdiff_t k = begin; k < end;) {
        if (seen && !seen[k]) {
            k++;
            continue;
        }
        ptrdiff_t rows = end - k < GROUPED_ROWS ? end - k : GROUPED_ROWS;
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec sum[PANEL_VECTORS];
            const uint32_t *at = starts + (k - begin + r);
            N(column_gradient)(vectors, entries + at[0], entries + at[1], dy, sum);
            FASTNN_UNROLL for (int v = 0; v < vectors; v++) N(store)(gradient[r] + v * LANES, sum[v]);
        }
        for (ptrdiff_t j = 0; j < width; j += piece) {
            const ptrdiff_t at = k * w_row + j / N(PANEL) * w_panel, columns = width - j < piece ? width - j : piece;
            N(step_rows)(rule, gradient[0] + j, PANEL_VECTORS * LANES, N(parameters_at)(w, at), w_row, rows, columns);
        }
        k += rows;
    }
}

/* The optimiser's step for rows begin to end of w, from a batch sorted by column; dy's rows are whole vectors, as far apart as
 * those of the outputs. */
FASTNN_FUNCTION void N(columns_update)(
    const uint32_t *starts, const void *entries, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t batch, const real *dy,
    N(parameters) w, ptrdiff_t w_row, ptrdiff_t w_panel, ptrdiff_t columns, const N(rule) *rule, const unsigned char *seen)
{
    const ptrdiff_t panel = N(panel_vectors)(batch) * LANES;
    for (ptrdiff_t j = 0; j < columns; j += panel) {
        ptrdiff_t width = columns - j < panel ? columns - j : panel;
        int vectors = (int)((width + LANES - 1) / LANES);
        const N(parameters) at = N(parameters_at)(w, j / N(PANEL) * w_panel);
#define CALL(s, v) N(columns_panel)(v, starts, entries, begin, end, dy + j, at, w_row, w_panel, width, rule, seen)
        PANEL_CASES(CALL)
#undef CALL
    }
}
