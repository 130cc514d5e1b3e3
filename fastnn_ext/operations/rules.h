/* The update rules, a vector of parameters at a time: rows of tables/rules.def. A template: see kernels.h. */

/* The rule's numbers in registers: read through a pointer, they would be read again after every store. */
typedef struct {
    vec rate, rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, inside, decay, ridge;
} N(step_numbers);

FASTNN_INLINE N(step_numbers) N(numbers_of)(const N(rule) *rule)
{
    N(step_numbers) s = {
        N(set1)(-rule->learning_rate), N(set1)(-rule->learning_rate_2), N(set1)(rule->beta_1), N(set1)(rule->beta_2),
        N(set1)(rule->rest_1), N(set1)(rule->rest_2), N(set1)(rule->epsilon), N(set1)(rule->epsilon_inside),
        N(set1)(rule->decay), N(set1)(rule->ridge)};
    return s;
}

/* The parameters that lie so many numbers further on, with their state. */
FASTNN_INLINE N(parameters) N(parameters_at)(N(parameters) w, ptrdiff_t at)
{
    w.values += at;
    FASTNN_UNROLL for (int slot = 0; slot < STATES; slot++) w.state[slot] += at;
    return w;
}

/* What is done to weights and gradients before the rule: nothing, a decoupled decay of the weights, or that after their squared
 * penalty. */
enum { AS_IT_IS, DECAYED, PENALISED };

/* One step of the rule for a vector of parameters w with gradient g, or for a part of one. */
FASTNN_INLINE void N(step_vector)(
    const int whole, const int optimizer, const int before, N(step_numbers) s, const real *g, N(parameters) w, part lanes)
{
#define LOAD(p) (whole ? N(load)(p) : N(load_part)(p, lanes))
#define STORE(p, v)                                                                                                    \
    do {                                                                                                               \
        if (whole) N(store)(p, v);                                                                                     \
        else N(store_part)(p, v, lanes);                                                                               \
    } while (0)
    vec gradient = LOAD(g), weight = LOAD(w.values), momentum = gradient, squares = gradient, extra = gradient;
    if (before == PENALISED) gradient = N(fma)(s.ridge, weight, gradient);
    if (before != AS_IT_IS) weight = weight * s.decay;
    switch (optimizer) {
#define RULE(member, kept, corrected, step)                                                                            \
    case member: {                                                                                                     \
        if ((kept) & MOMENTUM_STATE) momentum = LOAD(w.state[0]);                                                      \
        if ((kept) & SQUARES_STATE) squares = LOAD(w.state[1]);                                                        \
        if ((kept) & EXTRA_STATE) extra = LOAD(w.state[2]);                                                            \
        step;                                                                                                          \
        if ((kept) & MOMENTUM_STATE) STORE(w.state[0], momentum);                                                      \
        if ((kept) & SQUARES_STATE) STORE(w.state[1], squares);                                                        \
        if ((kept) & EXTRA_STATE) STORE(w.state[2], extra);                                                            \
    } break;
#include "tables/rules.def"
#undef RULE
    }
    STORE(w.values, weight);
#undef LOAD
#undef STORE
}

/* The same for `count` parameters. */
FASTNN_INLINE void N(step_row)(
    const int optimizer, const int before, N(step_numbers) s, const real *g, N(parameters) w, ptrdiff_t count)
{
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES)
        N(step_vector)(1, optimizer, before, s, g + i, N(parameters_at)(w, i), N(first)(LANES));
    if (i < count) N(step_vector)(0, optimizer, before, s, g + i, N(parameters_at)(w, i), N(first)(count - i));
}

/* The same for rows of a tile: g_row numbers lie between rows of the gradient, w_row between those of the parameters. */
FASTNN_FUNCTION void N(step_rows)(
    const N(rule) *rule, const real *g, ptrdiff_t g_row, N(parameters) w, ptrdiff_t w_row, ptrdiff_t rows, ptrdiff_t columns)
{
    const N(step_numbers) s = N(numbers_of)(rule);
#define ROWS(optimizer, before)                                                                                        \
    for (ptrdiff_t r = 0; r < rows; r++)                                                                               \
        N(step_row)(optimizer, before, s, g + r * g_row, N(parameters_at)(w, r * w_row), columns)
    switch (rule->optimizer) {
#define RULE(member, kept, corrected, step)                                                                            \
    case member:                                                                                                       \
        if (rule->ridge != 0) ROWS(member, PENALISED);                                                                 \
        else if (rule->decay != 1) ROWS(member, DECAYED);                                                              \
        else ROWS(member, AS_IT_IS);                                                                                   \
        break;
#include "tables/rules.def"
#undef RULE
    }
#undef ROWS
}
