/* The update rules, a vector of parameters at a time. A template: see kernels.h.
 *
 * m and v are the state that the rule's row says it keeps; s has the numbers of the step, in which corrections for the first
 * steps and the sign of the rate are contained. */

/* The rule's numbers in registers: read through a pointer, they would be read again after every store. */
typedef struct {
    int optimizer;
    vec rate, rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, decay;
} N(step_numbers);

FASTNN_INLINE N(step_numbers) N(numbers_of)(const N(rule) *rule)
{
    N(step_numbers) s = {
        rule->optimizer, N(set1)(-rule->learning_rate), N(set1)(-rule->learning_rate_2), N(set1)(rule->beta_1), N(set1)(rule->beta_2),
        N(set1)(rule->rest_1), N(set1)(rule->rest_2), N(set1)(rule->epsilon), N(set1)(rule->decay)};
    return s;
}

#define STEP(name) FASTNN_INLINE vec N(name##_step)(N(step_numbers) s, vec weight, vec gradient, vec *m, vec *v)

STEP(sgd)
{
    (void)m, (void)v;
    return N(fma)(s.rate, gradient, weight);
}

STEP(momentum)
{
    (void)v;
    *m = N(fma)(s.beta_1, *m, gradient);
    return N(fma)(s.rate, *m, weight);
}

STEP(nesterov)
{
    (void)v;
    *m = N(fma)(s.beta_1, *m, gradient);
    return N(fma)(s.rate, N(fma)(s.beta_1, *m, gradient), weight);
}

STEP(rmsprop)
{
    (void)m;
    *v = N(fma)(s.beta_2, *v, s.rest_2 * gradient * gradient);
    return N(fma)(s.rate, gradient / (N(root)(*v) + s.epsilon), weight);
}

STEP(adam)
{
    *m = N(fma)(s.beta_1, *m, s.rest_1 * gradient);
    *v = N(fma)(s.beta_2, *v, s.rest_2 * gradient * gradient);
    return N(fma)(s.rate, *m / (N(root)(*v) + s.epsilon), weight * s.decay);
}

STEP(nadam)
{
    *m = N(fma)(s.beta_1, *m, s.rest_1 * gradient);
    *v = N(fma)(s.beta_2, *v, s.rest_2 * gradient * gradient);
    return weight + N(fma)(s.rate, gradient, s.rate_2 * *m) / (N(root)(*v) + s.epsilon);
}

STEP(collect)
{
    (void)s, (void)weight, (void)m, (void)v;
    return gradient;
}
#undef STEP

/* One step of the rule for a vector of parameters w with gradient g, or for a part of one; first and second are their state. */
FASTNN_INLINE void N(step_vector)(
    const int whole, const int optimizer, N(step_numbers) s, const real *g, real *w, real *first, real *second, part lanes)
{
#define LOAD(p) (whole ? N(load)(p) : N(load_part)(p, lanes))
#define STORE(p, v)                                                                                                    \
    do {                                                                                                               \
        if (whole) N(store)(p, v);                                                                                     \
        else N(store_part)(p, v, lanes);                                                                               \
    } while (0)
    vec gradient = LOAD(g), weight = LOAD(w), m = gradient, v = gradient;
    switch (optimizer) {
#define RULE(member, name, state)                                                                                      \
    case member:                                                                                                       \
        if ((state) & MOMENTUM_STATE) m = LOAD(first);                                                                 \
        if ((state) & SQUARES_STATE) v = LOAD(second);                                                                 \
        weight = N(name##_step)(s, weight, gradient, &m, &v);                                                          \
        if ((state) & MOMENTUM_STATE) STORE(first, m);                                                                 \
        if ((state) & SQUARES_STATE) STORE(second, v);                                                                 \
        break;
#include "tables/rules.def"
#undef RULE
    }
    STORE(w, weight);
#undef LOAD
#undef STORE
}

/* The same for `count` parameters. */
FASTNN_INLINE void N(step_row)(
    const int optimizer, N(step_numbers) s, const real *g, real *w, real *first, real *second, ptrdiff_t count)
{
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES) N(step_vector)(1, optimizer, s, g + i, w + i, first + i, second + i, N(first)(LANES));
    if (i < count) N(step_vector)(0, optimizer, s, g + i, w + i, first + i, second + i, N(first)(count - i));
}

/* The same for rows of a tile: g_row numbers lie between rows of the gradient, w_row between those of the parameters. */
FASTNN_FUNCTION void N(step_rows)(
    const N(rule) *rule, const real *g, ptrdiff_t g_row, real *w, real *first, real *second, ptrdiff_t w_row,
    ptrdiff_t rows, ptrdiff_t columns)
{
    const N(step_numbers) s = N(numbers_of)(rule);
    switch (rule->optimizer) {
#define RULE(member, name, state)                                                                                      \
    case member:                                                                                                       \
        for (ptrdiff_t r = 0; r < rows; r++)                                                                           \
            N(step_row)(member, s, g + r * g_row, w + r * w_row, first + r * w_row, second + r * w_row, columns);      \
        break;
#include "tables/rules.def"
#undef RULE
    }
}
