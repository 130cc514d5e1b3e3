/* Inputs of a batch in strips, as an update reads them: what the kernels and whoever finds them memory both know of it. */
#ifndef FASTNN_STRIPS_H
#define FASTNN_STRIPS_H

#include <stddef.h>

enum {
    /* Rows of a batch that an update packs at a time: a panel of their gradient lies in the first-level cache. */
    UPDATE_DEPTH = 256,
    /* Numbers of that gradient at a time: they stay in the second-level cache beside a strip. */
    PACKED_GRADIENT = 32768,
    /* From a strip to the next: else all would begin in the same sets of the first-level cache. The last row of a strip
     * ends here, too: it is written in whole vectors. */
    STRIP_GAP = 48,
    FEWEST_INPUTS_OF_A_STRIP = 4
};

/* Numbers of so many inputs in strips, up to whole cache lines. */
static inline ptrdiff_t fastnn_strips_size(ptrdiff_t inputs, ptrdiff_t depth)
{
    const ptrdiff_t strips = (inputs + FEWEST_INPUTS_OF_A_STRIP - 1) / FEWEST_INPUTS_OF_A_STRIP;
    return (inputs * depth + strips * STRIP_GAP + 15) / 16 * 16;
}

#endif
