# The constants of how numbers are laid out and work is divided: one place for all who decide by them.
from cpython.pyport cimport PY_SSIZE_T_MAX

cdef extern from "tables/strips.h" nogil:
    enum: UPDATE_DEPTH
    enum: PACKED_GRADIENT
    Py_ssize_t strips_size "fastnn_strips_size"(Py_ssize_t inputs, Py_ssize_t depth)

cdef enum:
    # Buffers start on a cache line, so that a row shares none with its neighbours in the arena.
    ALIGNMENT = 64
    # Fewer rows, narrower layers or less of both read weights in place: packing costs as much as some 16 rows'
    # arithmetic, and the rows of a narrow layer lie close enough together.
    ROWS_WORTH_PACKING = 32
    WIDTH_WORTH_PACKING = 65
    OUTPUTS_WORTH_PACKING = 16_384
    # Fewer rows in a call read narrow weights where they lie: to align them costs as much as some 32 rows gain by it.
    ROWS_WORTH_ALIGNING = 128
    # Numbers of a batch's gradient from which on an update packs it and its inputs: read in place they would come from
    # the second-level cache, and rows of 2 KB compete there. Of narrow ones it is the inputs that lie too far apart.
    GRADIENT_WORTH_PACKING = 32_768
    BATCH_WORTH_PACKING = 1024
    # Inputs that are packed at a time, and sums that wait for the rest of the batch: in the third-level cache.
    PACKED_INPUTS = 1024
    WAITING_SUMS = 1 << 20
    # Numbers of weights that are packed at a time, all of a panel at least: they stay in the second-level cache.
    PACKED_WEIGHTS = 131_072
    # Multiply-adds for each thread below which waking another one costs more than it saves: some 20 microseconds.
    WORK_FOR_A_THREAD = 500_000
    # In a prediction of so few rows threads share the columns of dense layers with so many numbers, which lie beyond a
    # core's own cache. A single row waits more for other threads, and its zeros may leave little to do. Of layers whose
    # weights a block of rows packs they share the columns, too: each packs its own.
    MOST_ROWS_BY_COLUMNS = 7
    NUMBERS_WORTH_SHARING = 1 << 19
    SHARES_OF_A_ROW = 4
    # Threads of a prediction take pieces of the work as they are done with others, so many each where all are as fast:
    # a processor that other work keeps busy, too, has fewer. Pieces of rows have as many as make several tiles.
    PIECES_OF_A_THREAD = 4
    ROWS_OF_A_PIECE = 28
    # Multiply-adds of a block below which to hand it over costs more than an idle thread.
    WORK_OF_A_PIECE = 2_000_000
    # Each has its own scratch in a run.
    MAXIMUM_THREADS = 64
    # Columns of a wide layer that one thread takes for itself, so that its part of the weights stays in its own cache:
    # the panel of the sparse products with the longest vectors.
    COLUMN_GROUP = 128
    # Rows that pass through all layers together: eight tiles of the highest, whose activations fit the second-level
    # cache.
    BLOCK_ROWS = 112
    # Bytes of packed weights that predictions keep for all blocks. Larger ones are packed again for each, a few columns
    # at a time, and blocks are larger: to read all of them from memory for some rows takes longer.
    LARGEST_KEPT_PANELS = 1 << 22
    LARGE_BLOCK_ROWS = 448
    # Predictions whose arena is smaller use the plan's own again.
    LARGEST_KEPT_ARENA = 1 << 20


cdef inline Py_ssize_t most_numbers() noexcept nogil:
    # Of one run: its product with the size of a number, and the like, stay within an address. Where these have 64 bits
    # nothing comes near it.
    return PY_SSIZE_T_MAX >> (19 if sizeof(void*) == 8 else 7)


cdef inline bint packs_weights(Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    # A prediction's rows times columns may be more than an address.
    return rows >= ROWS_WORTH_PACKING and columns >= WIDTH_WORTH_PACKING \
        and columns > (OUTPUTS_WORTH_PACKING - 1) // rows


cdef inline bint is_worth_sharing(Py_ssize_t rows, Py_ssize_t fan_in, Py_ssize_t fan_out) noexcept nogil:
    # Whether threads share a layer's columns in a prediction of so many rows.
    if rows <= MOST_ROWS_BY_COLUMNS:
        return fan_in * fan_out >= NUMBERS_WORTH_SHARING
    return packs_weights(rows, fan_out) and fan_in * fan_out >= PACKED_WEIGHTS


cdef inline Py_ssize_t packed_columns(Py_ssize_t depth, Py_ssize_t panel) noexcept nogil:
    # Columns of weights that are packed at a time.
    return max(<Py_ssize_t> 1, PACKED_WEIGHTS // (depth * panel)) * panel


cdef inline Py_ssize_t packed_weights(Py_ssize_t columns, Py_ssize_t depth, Py_ssize_t panel) noexcept nogil:
    # Numbers of these.
    return min((columns + panel - 1) // panel * panel, packed_columns(depth, panel)) * depth


cdef inline bint packs_update(Py_ssize_t batch, Py_ssize_t columns) noexcept nogil:
    # Whether the update of so many columns of weights packs what it reads.
    return batch >= BATCH_WORTH_PACKING or (
        columns >= WIDTH_WORTH_PACKING and batch * columns >= GRADIENT_WORTH_PACKING)


cdef inline Py_ssize_t packed_inputs(Py_ssize_t inputs, Py_ssize_t columns) noexcept nogil:
    # How many inputs an update packs at a time.
    return min(inputs, <Py_ssize_t> PACKED_INPUTS, max(<Py_ssize_t> 1, WAITING_SUMS // columns))


cdef inline Py_ssize_t packed_update(Py_ssize_t batch, Py_ssize_t inputs, Py_ssize_t columns,
                                     Py_ssize_t panel) noexcept nogil:
    # Numbers of all that it packs, in batches of this size and smaller ones, and of the sums that wait.
    cdef Py_ssize_t block = packed_inputs(inputs, columns)
    cdef Py_ssize_t sums = block * ((columns + panel - 1) // panel * panel) if batch > UPDATE_DEPTH else 0
    return strips_size(block, min(batch, <Py_ssize_t> UPDATE_DEPTH)) + PACKED_GRADIENT + sums


cdef inline bint turns_gradient(Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth) noexcept nogil:
    # Whether it takes less to turn so many rows of a gradient and what they give than a layer's weights.
    return 4 * rows * (depth + end - begin) < (end - begin) * depth


cdef inline Py_ssize_t way_back(Py_ssize_t batch, Py_ssize_t fan_in, Py_ssize_t fan_out,
                                Py_ssize_t panel) noexcept nogil:
    # Numbers that the way back through a dense layer packs: of its weights, or of a gradient that it turns, which has
    # fewer rows than a quarter of its inputs.
    cdef Py_ssize_t turned = (min(batch, fan_in // 4 + 1) + panel - 1) // panel * panel * fan_out
    return max(turned, packed_weights(fan_in, fan_out, panel))


cdef inline bint can_be_aligned(Py_ssize_t columns, Py_ssize_t lanes, Py_ssize_t item, Py_ssize_t* whole_row,
                                Py_ssize_t* rest_row) noexcept nogil:
    # How many numbers of a narrow matrix' row go to whole vectors in aligned rows, and how many to the piece behind
    # them; see operations/narrow.h. False where they lie well as they are, or a quarter more would be zeros.
    cdef Py_ssize_t rest = columns % lanes * item, vector = lanes * item
    whole_row[0], rest_row[0] = columns // lanes * lanes, 0
    if rest == 0:
        return False
    if rest <= 16 and vector > 16:
        rest_row[0] = 16 // item
    elif rest <= 32 and vector > 32:
        rest_row[0] = 32 // item
    else:
        whole_row[0] += lanes
    return 4 * (whole_row[0] + rest_row[0]) <= 5 * columns


cdef inline bint has_32_bits(Py_ssize_t number) noexcept nogil:
    # Whether the number, which is not negative, is below 2**32.
    return <unsigned long long> number >> 32 == 0
