/* What a row of outputs costs against its targets, and the gradient. A template: see kernels.h.
 *
 * Each returns the sum over the row in double precision and writes dy, the gradient with respect to y_pred, times scale.
 */

/* Probabilities are kept this far from 0 and 1 in logarithms and quotients: half the distance from 1 to its neighbour. */
#define SMALLEST_PROBABILITY (sizeof(real) == 4 ? (real)5.9604645e-08 : (real)1.1102230246251565e-16)

/* Keras' guard for targets' logarithms. */
#define SMALL_COUNT ((real)1e-7)

FASTNN_INLINE real N(within)(real low, real x, real high) { return x < low ? low : (x > high ? high : x); }

/* Vectors that are added up as such: what they give is added in double precision, since in single a million costs would lose
 * their last three digits. */
enum { SUMMED_TOGETHER = 32 };

/* Those of a whole row. */
#define LOSS_OF_ROW(member, loss, reduction, ...)                                                                      \
    FASTNN_INLINE double N(loss##_row)(                                                                                \
        const real *numbers, real *dy, const real *y_pred, const real *y, ptrdiff_t size, real scale)                  \
    {                                                                                                                  \
        (void)numbers;                                                                                                 \
        __VA_ARGS__                                                                                                    \
    }
/* Those of a number at a time, as vectors. */
#define LOSS(member, loss, reduction, value, slope)                                                                    \
    FASTNN_INLINE vec N(loss##_vector)(vec parameter, vec y_pred, vec y, vec *slopes)                                  \
    {                                                                                                                  \
        const vec zero = N(set1)(0), one = N(set1)(1), half = N(set1)((real)0.5);                                      \
        const vec error = y_pred - y, size = N(max)(error, -error);                                                    \
        (void)zero, (void)one, (void)half, (void)size, (void)parameter;                                                \
        *slopes = slope;                                                                                               \
        return value;                                                                                                  \
    }                                                                                                                  \
    FASTNN_INLINE double N(loss##_row)(                                                                                \
        const real *numbers, real *dy, const real *y_pred, const real *y, ptrdiff_t size, real scale)                  \
    {                                                                                                                  \
        double total = 0;                                                                                              \
        for (ptrdiff_t j = 0; j < size;) {                                                                             \
            const ptrdiff_t end = j + SUMMED_TOGETHER * LANES < size ? j + SUMMED_TOGETHER * LANES : size;             \
            vec sum = N(set1)(0), slopes;                                                                              \
            for (; j < end; j += LANES) {                                                                              \
                part lanes = N(first)(size - j);                                                                       \
                vec cost = N(loss##_vector)(                                                                           \
                    N(set1)(numbers[0]), N(load_part)(y_pred + j, lanes), N(load_part)(y + j, lanes), &slopes);        \
                sum = sum + N(keep_part)(cost, N(set1)(0), lanes);                                                     \
                N(store_part)(dy + j, slopes * N(set1)(scale), lanes);                                                 \
            }                                                                                                          \
            total += (double)N(sum)(sum);                                                                              \
        }                                                                                                              \
        return total;                                                                                                  \
    }
#include "tables/losses.def"
#undef LOSS
#undef LOSS_OF_ROW

/* The loss of a row by its number; `numbers` are as many as the row has and three. What the table lacks does not come here: the
 * bindings look. */
FASTNN_FUNCTION double N(loss_row)(
    int loss, const real *numbers, real *dy, const real *y_pred, const real *y, ptrdiff_t size, real scale)
{
    switch (loss) {
#define LOSS(member, name, reduction, value, slope) LOSS_OF_ROW(member, name, reduction, )
#define LOSS_OF_ROW(member, name, reduction, ...) case member: return N(name##_row)(numbers, dy, y_pred, y, size, scale);
#include "tables/losses.def"
#undef LOSS
#undef LOSS_OF_ROW
    default: return (double)NAN;
    }
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
