/* The tables as C sees them: an enumeration of each, its size, and what is told of a row whatever the number type. */
#ifndef FASTNN_TABLES_H
#define FASTNN_TABLES_H

#define ACTIVATION(member, name, told_by, cost, value, back) member,
enum {
    NO_ACTIVATION = -1,
#include "tables/activations.def"
    ACTIVATIONS
};
#undef ACTIVATION

/* The most numbers that an activation has beside x. */
enum { ACTIVATION_NUMBERS = 3 };

/* INPUT alone is a name of Windows. */
enum { TOLD_BY_INPUT = 0, TOLD_BY_OUTPUT = 1 };

/* Whether an activation's derivative is worked out from its output, rather than its input. */
static inline int fastnn_told_by_output(int activation)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost, value, back) case member: return TOLD_BY_##told_by;
#include "tables/activations.def"
#undef ACTIVATION
    default: return TOLD_BY_OUTPUT;
    }
}

#define LOSS(member, name, reduction, value, slope) member,
#define LOSS_OF_ROW(member, name, reduction, ...) member,
enum {
#include "tables/losses.def"
    LOSSES
};
#undef LOSS
#undef LOSS_OF_ROW

enum { MEAN = 0, SUM = 1 };

/* Whether a loss is summed over the outputs of a sample, rather than averaged. */
static inline int fastnn_is_summed(int loss)
{
    switch (loss) {
#define LOSS(member, name, reduction, value, slope) case member: return reduction;
#define LOSS_OF_ROW(member, name, reduction, ...) case member: return reduction;
#include "tables/losses.def"
#undef LOSS
#undef LOSS_OF_ROW
    default: return MEAN;
    }
}

#define RULE(member, state, corrected, step) member,
enum {
#include "tables/rules.def"
    RULES
};
#undef RULE

/* The most arrays of state that a rule keeps for every parameter, and each of them as a bit. */
enum { STATES = 3, NOTHING = 0, MOMENTUM_STATE = 1, SQUARES_STATE = 2, EXTRA_STATE = 4 };

/* Which of the arrays a rule keeps, as bits. */
static inline int fastnn_states(int rule)
{
    switch (rule) {
#define RULE(member, state, corrected, step) case member: return state;
#include "tables/rules.def"
#undef RULE
    default: return NOTHING;
    }
}

/* Which of them are corrected for their start at zero, as bits. */
static inline int fastnn_corrected(int rule)
{
    switch (rule) {
#define RULE(member, state, corrected, step) case member: return corrected;
#include "tables/rules.def"
#undef RULE
    default: return NOTHING;
    }
}

#define OPERATION(member, name, learning, reach, gradient, samples, inputs, training) member,
enum {
#include "tables/operations.def"
    OPERATIONS
};
#undef OPERATION

enum { PLAIN = 0, LEARNS = 1 };
enum { OF_ROW = 0, OF_BATCH = 1 };
enum { ELSEWHERE = 0, OVERWRITES = 1 };
enum { BATCHED = 0, SINGLE = 1 };
enum { ONE = 0, SEVERAL = 1 };
enum { SAME = 0, OWN = 1, DRAWS = 2 };

/* What is told of an operation, as operations.def says. */
typedef struct {
    int learns, of_batch, overwrites, single, several, draws;
} fastnn_operation_traits;

static inline fastnn_operation_traits fastnn_traits(int operation)
{
    static const fastnn_operation_traits traits[] = {
#define OPERATION(member, name, learning, reach, gradient, samples, inputs, training) {learning, reach, gradient, samples, inputs, training == DRAWS},
#include "tables/operations.def"
#undef OPERATION
    };
    return traits[operation];
}

#endif
