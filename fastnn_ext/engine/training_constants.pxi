# Which work trainings share, list and time: numbers that were measured.

# Multiply-adds between two looks for Ctrl-C: some 20 ms of dense work at the slowest.
cdef Py_ssize_t WORK_BETWEEN_SIGNAL_CHECKS = 100_000_000

# Multiply-adds of a batch for each thread below which meeting the others, and fetching what they wrote, costs more than
# they save; one that visits non-zero inputs alone takes as long as three in a dense product.
cdef Py_ssize_t BATCH_WORK_FOR_A_THREAD = 2_000_000
cdef Py_ssize_t COST_OF_A_SPARSE_ONE = 3

# Multiply-adds of a piece that is timed, where batches are smaller: half a millisecond or more.
cdef Py_ssize_t WORK_TIMED = 25_000_000

# Rows looked at to see whether the data are sparse, and the largest share of non-zero inputs that is: in batches, where
# the dense product runs at full speed, and one by one, where it waits for memory. Of large batches, of so many rows or
# outputs of the first layer, sorted lists and the rows that they ask for no longer fit the caches. That does not matter
# where vectors of so many numbers list them, by masks, and read a narrow layer's rows in three: that takes 0.71 to 0.87
# of the time with AVX-512 at a density of 0.2; with AVX2 1.4 times as long.
cdef Py_ssize_t ROWS_PROBED = 64
cdef double DENSEST_BATCH = 0.35
cdef double DENSEST_SAMPLE = 0.75
cdef double DENSEST_LARGE_BATCH = 0.12
cdef Py_ssize_t LARGE_BATCH = 2048
cdef Py_ssize_t LARGE_OUTPUTS = 1 << 20
cdef Py_ssize_t LANES_OF_LARGE_LISTS = 16

# The index of non-zeros keeps no more than this; rows beyond it are listed anew in each epoch.
cdef Py_ssize_t LARGEST_INDEX = 64 << 20

# Widest layer whose sparse gradient is collected row by row rather than column by column, if four vectors hold a row.
cdef Py_ssize_t WIDEST_BY_ROW = 48

# Units of a sparse first layer from which on a row of its weights is read once a batch, rather than once a sample.
# Narrower weights stay in the second-level cache, and a thread's samples need no sorting by another.
cdef Py_ssize_t WIDE_FIRST_LAYER = 320

# Columns of the first layer for each thread from which on it trains them in panels of its own.
cdef Py_ssize_t FIRST_COLUMN_GROUP = 64

# Samples of a batch up to which they do so over sparse data also where it is not wide, and the numbers of a vector from
# which on that pays. On a Xeon, 128 to 256 units, 32 samples: 0.7 of the time with AVX-512; with AVX2 nothing.
cdef Py_ssize_t LARGEST_BATCH_OF_OWN_COLUMNS = 64
cdef Py_ssize_t LANES_OF_OWN_COLUMNS = 16


def constants():
    """The numbers by which trainings split their work; see `fastnn_ext.engine.layout.layout`."""
    return {
        "WORK_FOR_A_THREAD": BATCH_WORK_FOR_A_THREAD, "COST_OF_A_SPARSE_ONE": COST_OF_A_SPARSE_ONE,
        "ROWS_PROBED": ROWS_PROBED, "DENSEST_BATCH": DENSEST_BATCH, "DENSEST_SAMPLE": DENSEST_SAMPLE,
        "DENSEST_LARGE_BATCH": DENSEST_LARGE_BATCH, "LARGE_BATCH": LARGE_BATCH, "LARGE_OUTPUTS": LARGE_OUTPUTS,
        "LANES_OF_LARGE_LISTS": LANES_OF_LARGE_LISTS,
        "LARGEST_INDEX": LARGEST_INDEX, "WIDEST_BY_ROW": WIDEST_BY_ROW, "COLUMN_GROUP": COLUMN_GROUP,
        "ROWS_WORTH_ALIGNING": ROWS_WORTH_ALIGNING, "ROWS_WORTH_PACKING": ROWS_WORTH_PACKING,
        "WIDTH_WORTH_PACKING": WIDTH_WORTH_PACKING, "OUTPUTS_WORTH_PACKING": OUTPUTS_WORTH_PACKING,
        "GRADIENT_WORTH_PACKING": GRADIENT_WORTH_PACKING, "BATCH_WORTH_PACKING": BATCH_WORTH_PACKING,
        "UPDATE_DEPTH": UPDATE_DEPTH, "PACKED_GRADIENT": PACKED_GRADIENT, "PACKED_INPUTS": PACKED_INPUTS,
        "WAITING_SUMS": WAITING_SUMS, "PACKED_WEIGHTS": PACKED_WEIGHTS,
        "WIDE_FIRST_LAYER": WIDE_FIRST_LAYER, "FIRST_COLUMN_GROUP": FIRST_COLUMN_GROUP,
        "LARGEST_BATCH_OF_OWN_COLUMNS": LARGEST_BATCH_OF_OWN_COLUMNS,
        "WORK_BETWEEN_SIGNAL_CHECKS": WORK_BETWEEN_SIGNAL_CHECKS, "WORK_TIMED": WORK_TIMED,
    }
