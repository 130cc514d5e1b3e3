/* The activations, a vector at a time: for each row of the table its value and its derivative. A template: see kernels.h.
 *
 * parameter: the negative slope of leaky ReLU, the alpha of ELU. `from` is the output or the input, as the row says. */

/* Klambauer et al. 2017, equation 14. */
#define SELU_ALPHA ((real)1.6732632423543772848)
#define SELU_SCALE ((real)1.0507009873554804934)

FASTNN_INLINE vec N(relu_value)(real parameter, vec x) { (void)parameter; return N(max)(N(set1)(0), x); }
FASTNN_INLINE vec N(relu_back)(real parameter, vec dy, vec y) { (void)parameter; return N(above_zero)(y, dy, N(set1)(0)); }

FASTNN_INLINE vec N(leaky_relu_value)(real parameter, vec x) { return N(above_zero)(x, x, x * N(set1)(parameter)); }
FASTNN_INLINE vec N(leaky_relu_back)(real parameter, vec dy, vec y) { return N(above_zero)(y, dy, dy * N(set1)(parameter)); }

FASTNN_INLINE vec N(sigmoid_value)(real parameter, vec x) { (void)parameter; return N(logistic)(x); }
FASTNN_INLINE vec N(sigmoid_back)(real parameter, vec dy, vec y) { (void)parameter; return dy * (y * (N(set1)(1) - y)); }

FASTNN_INLINE vec N(tanh_value)(real parameter, vec x) { (void)parameter; return N(tanh)(x); }
FASTNN_INLINE vec N(tanh_back)(real parameter, vec dy, vec y) { (void)parameter; return dy * (N(set1)(1) - y * y); }

FASTNN_INLINE vec N(elu_value)(real parameter, vec x)
{
    return N(above_zero)(x, x, N(expm1_negative)(x) * N(set1)(parameter));
}
FASTNN_INLINE vec N(elu_back)(real parameter, vec dy, vec x)
{
    return N(above_zero)(x, dy, dy * N(set1)(parameter) * N(exp)(N(min)(N(set1)(0), x)));
}

FASTNN_INLINE vec N(selu_value)(real parameter, vec x)
{
    (void)parameter;
    return N(above_zero)(x, x, N(expm1_negative)(x) * N(set1)(SELU_ALPHA)) * N(set1)(SELU_SCALE);
}
FASTNN_INLINE vec N(selu_back)(real parameter, vec dy, vec x)
{
    (void)parameter;
    vec s = N(set1)(SELU_ALPHA) * N(exp)(N(min)(N(set1)(0), x));
    return dy * N(set1)(SELU_SCALE) * N(above_zero)(x, N(set1)(1), s);
}

FASTNN_INLINE vec N(gelu_value)(real parameter, vec x) { (void)parameter; return x * N(normal_distribution)(x); }
FASTNN_INLINE vec N(gelu_back)(real parameter, vec dy, vec x)
{
    (void)parameter;
    return dy * N(fma)(x, N(normal_density)(x), N(normal_distribution)(x));
}

FASTNN_INLINE vec N(silu_value)(real parameter, vec x) { (void)parameter; return x * N(logistic)(x); }
FASTNN_INLINE vec N(silu_back)(real parameter, vec dy, vec x)
{
    (void)parameter;
    vec s = N(logistic)(x);
    return dy * s * N(fma)(x, N(set1)(1) - s, N(set1)(1));
}

FASTNN_INLINE vec N(softplus_value)(real parameter, vec x) { (void)parameter; return N(softplus)(x); }
FASTNN_INLINE vec N(softplus_back)(real parameter, vec dy, vec x) { (void)parameter; return dy * N(logistic)(x); }

/* What the table's rows say, by member: linear for NO_ACTIVATION. */

FASTNN_INLINE vec N(activate)(int activation, real parameter, vec x)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost) case member: return N(name##_value)(parameter, x);
#include "tables/activations.def"
#undef ACTIVATION
    default: return x;
    }
}

FASTNN_INLINE vec N(through)(int activation, real parameter, vec dy, vec from)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost) case member: return N(name##_back)(parameter, dy, from);
#include "tables/activations.def"
#undef ACTIVATION
    default: return dy;
    }
}

#define ACTIVATION(member, name, told_by, cost) cost(member, name)
#define COSTLY(member, name)
FASTNN_INLINE int N(is_cheap)(int activation)
{
    switch (activation) {
#define CHEAP(member, name) case member:
#include "tables/activations.def"
#undef CHEAP
    case NO_ACTIVATION: return 1;
    default: return 0;
    }
}

FASTNN_INLINE vec N(activate_cheaply)(int activation, real parameter, vec x)
{
#define CHEAP(member, name) if (activation == member) return N(name##_value)(parameter, x);
#include "tables/activations.def"
#undef CHEAP
    return x;
}

FASTNN_INLINE vec N(through_cheaply)(int activation, real parameter, vec dy, vec y)
{
#define CHEAP(member, name) if (activation == member) return N(name##_back)(parameter, dy, y);
#include "tables/activations.def"
#undef CHEAP
    return dy;
}
#undef COSTLY
#undef ACTIVATION

/* y = f(x) and dx = dy f'(x) for `count` numbers, the latter from what the table says; the output may be an input. */
FASTNN_FUNCTION void N(activate_row)(real *y, const real *x, int activation, real parameter, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(y + i, N(activate)(activation, parameter, N(load_part)(x + i, lanes)), lanes);
    }
}

FASTNN_FUNCTION void N(through_row)(real *dx, const real *dy, const real *from, int activation, real parameter, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(dx + i, N(through)(activation, parameter, N(load_part)(dy + i, lanes), N(load_part)(from + i, lanes)), lanes);
    }
}

/* f'(x) from x, whatever the table says of it. */
FASTNN_FUNCTION void N(derivative_row)(real *slope, const real *x, int activation, real parameter, ptrdiff_t count)
{
    const int by_output = fastnn_told_by_output(activation);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        vec from = N(load_part)(x + i, lanes);
        if (by_output) from = N(activate)(activation, parameter, from);
        N(store_part)(slope + i, N(through)(activation, parameter, N(set1)(1), from), lanes);
    }
}

/* What is no number stays none: of a comparison with it, nobody would see it. */
FASTNN_FUNCTION void N(keep_nan)(real *y, const real *x, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] != x[i] ? x[i] : y[i];
}
