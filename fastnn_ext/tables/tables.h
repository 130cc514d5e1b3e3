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

enum { INPUT = 0, OUTPUT = 1 };

/* Whether an activation's derivative is worked out from its output, rather than its input. */
static inline int fastnn_told_by_output(int activation)
{
    switch (activation) {
#define ACTIVATION(member, name, told_by, cost, value, back) case member: return told_by;
#include "tables/activations.def"
#undef ACTIVATION
    default: return OUTPUT;
    }
}

#endif
