/* What a row of outputs costs against its targets, and the gradient. A template: see kernels.h.
 *
 * Each returns the sum over the row in double precision and writes dy, the gradient with respect to y_pred, times scale.
 */

/* Probabilities are kept this far from 0 and 1 in logarithms and quotients: half the distance from 1 to its neighbour. */
#define SMALLEST_PROBABILITY (sizeof(real) == 4 ? (real)5.9604645e-08 : (real)1.1102230246251565e-16)

/* Keras' guard for targets' logarithms. */
#define SMALL_COUNT ((real)1e-7)

/* Losses that need no logarithm, a vector at a time. parameter: Huber's delta, or the quantile. */
FASTNN_INLINE vec N(loss_vector)(const int loss, vec parameter, vec y_pred, vec y, vec *slope)
{
    const vec zero = N(set1)(0), one = N(set1)(1), half = N(set1)((real)0.5);
    vec error = y_pred - y, size = N(max)(error, -error), value, sign;
    switch (loss) {
    case MEAN_SQUARED_ERROR:
        *slope = error + error;
        return error * error;
    case MEAN_ABSOLUTE_ERROR:
        *slope = N(above_zero)(error, one, N(above_zero)(-error, -one, error));
        return size;
    case HUBER:
        *slope = N(max)(-parameter, N(min)(parameter, error));
        return N(above_zero)(size - parameter, parameter * (size - half * parameter), half * error * error);
    case QUANTILE:
        *slope = N(above_zero)(error, one - parameter, N(above_zero)(-error, -parameter, error));
        return N(max)(-parameter * error, (one - parameter) * error);
    default: /* HINGE: classes are -1 and 1, or 0 and 1 */
        sign = N(above_zero)(y, one, -one);
        value = one - sign * y_pred;
        *slope = N(above_zero)(value, -sign, zero * y_pred);
        return N(max)(zero, value);
    }
}

FASTNN_INLINE double N(loss_vectors)(
    const int loss, real parameter, real *dy, const real *y_pred, const real *y, ptrdiff_t size, real scale)
{
    vec total = N(set1)(0), slope;
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec value = N(loss_vector)(loss, N(set1)(parameter), N(load_part)(y_pred + j, lanes), N(load_part)(y + j, lanes), &slope);
        total = total + N(keep_part)(value, N(set1)(0), lanes);
        N(store_part)(dy + j, slope * N(set1)(scale), lanes);
    }
    return (double)N(sum)(total);
}

FASTNN_INLINE real N(within)(real low, real x, real high) { return x < low ? low : (x > high ? high : x); }

FASTNN_FUNCTION double N(loss_row)(
    int loss, real parameter, real *dy, const real *y_pred, const real *y, ptrdiff_t size, real scale)
{
    const real smallest = SMALLEST_PROBABILITY;
    double total = 0;
    switch (loss) {
    case MEAN_SQUARED_ERROR: return N(loss_vectors)(MEAN_SQUARED_ERROR, parameter, dy, y_pred, y, size, scale);
    case MEAN_ABSOLUTE_ERROR: return N(loss_vectors)(MEAN_ABSOLUTE_ERROR, parameter, dy, y_pred, y, size, scale);
    case HUBER: return N(loss_vectors)(HUBER, parameter, dy, y_pred, y, size, scale);
    case QUANTILE: return N(loss_vectors)(QUANTILE, parameter, dy, y_pred, y, size, scale);
    case HINGE: return N(loss_vectors)(HINGE, parameter, dy, y_pred, y, size, scale);
    }
    for (ptrdiff_t j = 0; j < size; j++) {
        real p = y_pred[j], t = y[j];
        switch (loss) {
        case CROSS_ENTROPY:
            p = p < smallest ? smallest : p;
            dy[j] = -t / p * scale;
            /* The second comparison holds for NaN alone, which no class may hide. */
            if (t != 0 || p != p) total -= (double)t * log((double)p);
            break;
        case BINARY_CROSS_ENTROPY:
            p = N(within)(smallest, p, 1 - smallest);
            dy[j] = (p - t) / (p * (1 - p)) * scale;
            total -= (double)t * log((double)p) + (1 - (double)t) * log1p(-(double)p);
            break;
        case POISSON:
            dy[j] = (1 - t / (p + SMALL_COUNT)) * scale;
            total += (double)p - (double)t * log((double)p + SMALL_COUNT);
            break;
        case KL_DIVERGENCE:
            p = N(within)(SMALL_COUNT, p, 1);
            t = N(within)(SMALL_COUNT, t, 1);
            dy[j] = -t / p * scale;
            total += (double)t * log((double)t / (double)p);
            break;
        }
    }
    return total;
}

/* Cross-entropy of outputs that need not sum to 1: of the shares p = o / sum(o). The gradient with respect to o is
 * sum(t) / sum(o) - t / o. Both stay finite where every output is zero. */
FASTNN_FUNCTION double N(shares_entropy_row)(real *dy, const real *outputs, const real *y, ptrdiff_t size, real scale)
{
    const real smallest = SMALLEST_PROBABILITY;
    double total = 0, sum = 0, mass = 0;
    for (ptrdiff_t j = 0; j < size; j++) {
        sum += (double)outputs[j];
        mass += (double)y[j];
    }
    real pull = (real)(mass / (sum < smallest ? smallest : sum));
    for (ptrdiff_t j = 0; j < size; j++) {
        real o = outputs[j], t = y[j];
        double p = (double)o / sum;
        /* What is no number stays none, and 0 / 0 is no share. */
        if (p < smallest || sum == 0) p = smallest;
        if (t != 0 || p != p) total -= (double)t * log(p);
        dy[j] = (pull - t / (o < smallest ? smallest : o)) * scale;
    }
    return total;
}

/* Binary cross-entropy of sigmoid(z), exact for z of any size: max(z, 0) - z y + log(1 + exp(-|z|)). The gradient is
 * p - y, and p = sigmoid(z) is written too; p may be z. */
FASTNN_FUNCTION double N(sigmoid_entropy_row)(real *p, real *dy, const real *z, const real *y, ptrdiff_t size, real scale)
{
    vec total = N(set1)(0);
    for (ptrdiff_t j = 0; j < size; j += LANES) {
        part lanes = N(first)(size - j);
        vec logit = N(load_part)(z + j, lanes), target = N(load_part)(y + j, lanes), probability = N(logistic)(logit);
        total = total + N(keep_part)(N(softplus)(logit) - logit * target, N(set1)(0), lanes);
        N(store_part)(p + j, probability, lanes);
        N(store_part)(dy + j, (probability - target) * N(set1)(scale), lanes);
    }
    return (double)N(sum)(total);
}
#undef SMALLEST_PROBABILITY
#undef SMALL_COUNT
