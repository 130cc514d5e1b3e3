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
#define LOSS_OF_ROW(member, name, reduction) member,
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
#define LOSS_OF_ROW(member, name, reduction) case member: return reduction;
#include "tables/losses.def"
#undef LOSS
#undef LOSS_OF_ROW
    default: return MEAN;
    }
}

#define RULE(member, name, state) member,
enum {
#include "tables/rules.def"
    RULES
};
#undef RULE

enum { NOTHING = 0, MOMENTUM_STATE = 1, SQUARES_STATE = 2, BOTH_STATES = 3 };

/* Which of the two arrays of state a rule keeps for every parameter, as bits. */
static inline int fastnn_states(int rule)
{
    switch (rule) {
#define RULE(member, name, state) case member: return state;
#include "tables/rules.def"
#undef RULE
    default: return NOTHING;
    }
}

#endif
