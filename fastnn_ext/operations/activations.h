/* The activations, a vector at a time: what the rows of their table say, by member. A template: see kernels.h. */

/* Klambauer et al. 2017, equation 14. */
#define SELU_ALPHA ((real)1.6732632423543772848)
#define SELU_SCALE ((real)1.0507009873554804934)

#define ACTIVATION(member, name, told_by, cost, value, back)                                                           \
    FASTNN_INLINE vec N(name##_value)(const real *numbers, vec x) { (void)numbers; return value; }                        \
    FASTNN_INLINE vec N(name##_back)(const real *numbers, vec dy, vec from) { (void)numbers; return back; }
#include "tables/activations.def"
#undef ACTIVATION

/* NO_ACTIVATION is linear. */
FASTNN_INLINE vec N(activate)(int activation, const real *numbers, vec x)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost, value, back) case member: return N(name##_value)(numbers, x);
#include "tables/activations.def"
#undef ACTIVATION
    default: return x;
    }
}

FASTNN_INLINE vec N(through)(int activation, const real *numbers, vec dy, vec from)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost, value, back) case member: return N(name##_back)(numbers, dy, from);
#include "tables/activations.def"
#undef ACTIVATION
    default: return dy;
    }
}

#define ACTIVATION(member, name, told_by, cost, value, back) cost(member, name)
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

FASTNN_INLINE vec N(activate_cheaply)(int activation, const real *numbers, vec x)
{
#define CHEAP(member, name) if (activation == member) return N(name##_value)(numbers, x);
#include "tables/activations.def"
#undef CHEAP
    return x;
}

FASTNN_INLINE vec N(through_cheaply)(int activation, const real *numbers, vec dy, vec y)
{
#define CHEAP(member, name) if (activation == member) return N(name##_back)(numbers, dy, y);
#include "tables/activations.def"
#undef CHEAP
    return dy;
}
#undef COSTLY
#undef ACTIVATION

/* y = f(x) and dx = dy f'(x) for `count` numbers, the latter from what the table says; the output may be an input. */
FASTNN_FUNCTION void N(activate_row)(real *y, const real *x, int activation, const real *numbers, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(y + i, N(activate)(activation, numbers, N(load_part)(x + i, lanes)), lanes);
    }
}

FASTNN_FUNCTION void N(activation_backward_row)(real *dx, const real *dy, const real *from, int activation, const real *numbers, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        N(store_part)(dx + i, N(through)(activation, numbers, N(load_part)(dy + i, lanes), N(load_part)(from + i, lanes)), lanes);
    }
}

/* f'(x) from x, whatever the table says of it. */
FASTNN_FUNCTION void N(derivative_row)(real *slope, const real *x, int activation, const real *numbers, ptrdiff_t count)
{
    const int by_output = fastnn_told_by_output(activation);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        part lanes = N(first)(count - i);
        vec from = N(load_part)(x + i, lanes);
        if (by_output) from = N(activate)(activation, numbers, from);
        N(store_part)(slope + i, N(through)(activation, numbers, N(set1)(1), from), lanes);
    }
}

/* What is no number stays none: of a comparison with it, nobody would see it. */
FASTNN_FUNCTION void N(keep_nan)(real *y, const real *x, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] != x[i] ? x[i] : y[i];
}
