/* Batch and layer normalisation, forward and backward. A template: see kernels.h.
 *
 * A column's sums run over the rows in order, a row's over its vectors, so that results do not depend on how work is split.
 */

/* Columns begin to end: y = gamma (x - mean) inverse + beta with each column's mean and 1 / sqrt(variance + epsilon), which
 * are written; the moving ones follow by (1 - momentum) (Ioffe and Szegedy 2015, algorithm 1, in Keras' form). */
FASTNN_FUNCTION void N(batch_normalize)(
    real *y, ptrdiff_t y_row, const real *x, ptrdiff_t x_row, ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end, const real *gamma,
    const real *beta, real *mean, real *inverse, real *moving_mean, real *moving_variance, real momentum, real epsilon)
{
    const vec share = N(set1)((real)1 / (real)rows), keep = N(set1)(momentum), follow = N(set1)(1 - momentum);
    for (ptrdiff_t j = begin; j < end; j += LANES) {
        part lanes = N(first)(end - j);
        vec sum = N(set1)(0), squares = N(set1)(0);
        for (ptrdiff_t r = 0; r < rows; r++) sum = sum + N(load_part)(x + r * x_row + j, lanes);
        vec centre = sum * share;
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec apart = N(load_part)(x + r * x_row + j, lanes) - centre;
            squares = N(fma)(apart, apart, squares);
        }
        vec variance = squares * share, scale = N(set1)(1) / N(sqrt)(variance + N(set1)(epsilon));
        N(store_part)(mean + j, centre, lanes);
        N(store_part)(inverse + j, scale, lanes);
        N(store_part)(moving_mean + j, N(fma)(keep, N(load_part)(moving_mean + j, lanes), follow * centre), lanes);
        N(store_part)(moving_variance + j, N(fma)(keep, N(load_part)(moving_variance + j, lanes), follow * variance), lanes);
        scale = scale * N(load_part)(gamma + j, lanes);
        vec shift = N(load_part)(beta + j, lanes);
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec apart = N(load_part)(x + r * x_row + j, lanes) - centre;
            N(store_part)(y + r * y_row + j, N(fma)(apart, scale, shift), lanes);
        }
    }
}

/* The same with the moving statistics, for prediction. */
FASTNN_FUNCTION void N(normalize_row)(
    real *y, const real *x, ptrdiff_t size, const real *gamma, const real *beta, const real *mean, const real *variance, real epsilon)
{
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec scale = N(load_part)(gamma + j, lanes) / N(sqrt)(N(load_part)(variance + j, lanes) + N(set1)(epsilon));
        vec apart = N(load_part)(x + j, lanes) - N(load_part)(mean + j, lanes);
        N(store_part)(y + j, N(fma)(apart, scale, N(load_part)(beta + j, lanes)), lanes);
    }
}

/* dx of a row of that. */
FASTNN_FUNCTION void N(normalize_back_row)(
    real *dx, const real *dy, ptrdiff_t size, const real *gamma, const real *variance, real epsilon)
{
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec scale = N(load_part)(gamma + j, lanes) / N(sqrt)(N(load_part)(variance + j, lanes) + N(set1)(epsilon));
        N(store_part)(dx + j, N(load_part)(dy + j, lanes) * scale, lanes);
    }
}

/* dx, and the gradients of gamma and beta, for columns begin to end. dx may not be dy. */
FASTNN_FUNCTION void N(batch_normalize_back)(
    real *dx, ptrdiff_t dx_row, const real *dy, ptrdiff_t dy_row, const real *x, ptrdiff_t x_row, ptrdiff_t rows, ptrdiff_t begin,
    ptrdiff_t end, const real *gamma, const real *mean, const real *inverse, real *dgamma, real *dbeta)
{
    const vec share = N(set1)((real)1 / (real)rows);
    for (ptrdiff_t j = begin; j < end; j += LANES) {
        part lanes = N(first)(end - j);
        vec centre = N(load_part)(mean + j, lanes), scale = N(load_part)(inverse + j, lanes);
        vec sum = N(set1)(0), product = N(set1)(0);
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec d = N(load_part)(dy + r * dy_row + j, lanes);
            sum = sum + d;
            product = N(fma)(d, (N(load_part)(x + r * x_row + j, lanes) - centre) * scale, product);
        }
        N(store_part)(dbeta + j, sum, lanes);
        N(store_part)(dgamma + j, product, lanes);
        sum = sum * share;
        product = product * share;
        vec factor = N(load_part)(gamma + j, lanes) * scale;
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec normal = (N(load_part)(x + r * x_row + j, lanes) - centre) * scale;
            vec d = N(load_part)(dy + r * dy_row + j, lanes) - sum - normal * product;
            N(store_part)(dx + r * dx_row + j, d * factor, lanes);
        }
    }
}

/* y = gamma (x - mean) inverse + beta with the row's own mean and 1 / sqrt(variance + epsilon), written to statistics[0]
 * and [1] (Ba, Kiros and Hinton 2016). y may be x. */
FASTNN_FUNCTION void N(layer_normalize_row)(
    real *y, const real *x, ptrdiff_t size, const real *gamma, const real *beta, real epsilon, real *statistics)
{
    vec sum = N(set1)(0), squares = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) sum = sum + N(load_part)(x + j, N(first)(size - j));
    const real mean = N(sum)(sum) / (real)size;
    const vec centre = N(set1)(mean);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec apart = N(keep_part)(N(load_part)(x + j, lanes) - centre, N(set1)(0), lanes);
        squares = N(fma)(apart, apart, squares);
    }
    const real inverse = 1 / (real)sqrt((double)(N(sum)(squares) / (real)size + epsilon));
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec normal = (N(load_part)(x + j, lanes) - centre) * N(set1)(inverse);
        N(store_part)(y + j, N(fma)(normal, N(load_part)(gamma + j, lanes), N(load_part)(beta + j, lanes)), lanes);
    }
    statistics[0] = mean;
    statistics[1] = inverse;
}

/* dx of a row; dx may not be dy. */
FASTNN_FUNCTION void N(layer_normalize_back_row)(
    real *dx, const real *dy, const real *x, ptrdiff_t size, const real *gamma, const real *statistics)
{
    const vec centre = N(set1)(statistics[0]), inverse = N(set1)(statistics[1]);
    vec sum = N(set1)(0), product = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec d = N(load_part)(dy + j, lanes) * N(load_part)(gamma + j, lanes);
        sum = sum + d;
        product = N(fma)(d, (N(load_part)(x + j, lanes) - centre) * inverse, product);
    }
    const vec mean = N(set1)(N(sum)(sum) / (real)size), slope = N(set1)(N(sum)(product) / (real)size);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec normal = (N(load_part)(x + j, lanes) - centre) * inverse;
        vec d = N(load_part)(dy + j, lanes) * N(load_part)(gamma + j, lanes) - mean - normal * slope;
        N(store_part)(dx + j, d * inverse, lanes);
    }
}

/* The gradients of gamma and beta for columns begin to end; statistics: two numbers a row. */
FASTNN_FUNCTION void N(layer_normalize_gradients)(
    real *dgamma, real *dbeta, const real *dy, ptrdiff_t dy_row, const real *x, ptrdiff_t x_row, ptrdiff_t rows, ptrdiff_t begin,
    ptrdiff_t end, const real *statistics)
{
    for (ptrdiff_t j = begin; j < end; j += LANES) {
        part lanes = N(first)(end - j);
        vec sum = N(set1)(0), product = N(set1)(0);
        for (ptrdiff_t r = 0; r < rows; r++) {
            vec d = N(load_part)(dy + r * dy_row + j, lanes);
            vec normal = (N(load_part)(x + r * x_row + j, lanes) - N(set1)(statistics[2 * r])) * N(set1)(statistics[2 * r + 1]);
            sum = sum + d;
            product = N(fma)(d, normal, product);
        }
        N(store_part)(dgamma + j, product, lanes);
        N(store_part)(dbeta + j, sum, lanes);
    }
}
