# What is asked of weights beside a small loss: that they are small themselves, or lie within limits.


cdef struct Penalty:
    # l1 |w| + l2 w^2 for each number w.
    double l1
    double l2


cdef enum LimitKind:
    # What numbers satisfy after each step of the optimiser.
    NO_LIMIT = 0
    NORMS_OF_COLUMNS = 1            # Euclidean norms from `low` to `high`; a share `rate` of the way there in a step
    NORMS_OF_ROWS = 2
    NOT_NEGATIVE = 3


cdef struct Limit:
    LimitKind kind
    double low
    double high
    double rate
