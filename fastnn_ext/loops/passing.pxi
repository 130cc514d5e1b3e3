# What a thread carries along as a batch passes through the operations, and how threads divide their work.


cdef struct Value:
    # Where the rows of an operation's output lie, or those of an input of the plan.
    real* data
    Py_ssize_t row                  # numbers from one row to the next


cdef struct Pass:
    # One thread's way through the operations with one batch, or with one block of rows to predict.
    Run* run
    Value* values                   # by operation; at -1 - k those of input k
    Py_ssize_t start                # the batch's first sample, in the run's order
    Py_ssize_t batch                # rows in it
    Py_ssize_t begin                # the rows that are this thread's where rows are shared
    Py_ssize_t end
    long step                       # the optimiser's, counted from 1
    const step_rule* rule
    double penalty_scale            # what penalties are multiplied by in this batch
    int thread
    int threads
    bint rows_ready                 # what was computed so far is complete for these rows, at least
    bint listed                     # in prediction: the first operation visits the lists in the scratch
    char* scratch


cdef struct Gradient:
    # Where the gradient with respect to one input goes, and which part of it is this thread's.
    int input                       # which of the operation's inputs it is
    real* data
    Py_ssize_t row
    Py_ssize_t begin                # rows
    Py_ssize_t end
    Py_ssize_t first                # columns
    Py_ssize_t last


cdef struct Descriptor:
    # What an operation does; see tables/operations.def.
    # False where a user's function failed, which keeps its error in the run.
    bint (*forward)(Pass* p, int i) noexcept nogil
    bint (*infer)(Pass* p, int i) noexcept nogil
    void (*backward)(Pass* p, int i, const Gradient* gradient) noexcept nogil
    void (*update)(Pass* p, int i) noexcept nogil


cdef inline const real* numbers_of(const Operation* operation) noexcept nogil:
    # What the activation is told beside x.
    return <const real*> numbers_as(&operation.numbers, sizeof(real) == sizeof(double))


cdef inline Py_ssize_t share(Py_ssize_t count, int thread, int threads) noexcept nogil:
    # Where a thread's part of `count` pieces begins; the next thread's beginning is its end. A division takes as long
    # as a small row.
    return count * thread // threads if threads > 1 else count * thread


cdef inline Py_ssize_t column_share(Py_ssize_t columns, Py_ssize_t group, int thread, int threads) noexcept nogil:
    # Where a thread's part of the columns begins, in whole groups.
    return min(share((columns + group - 1) // group, thread, threads) * group, columns)


cdef inline void meet(Run* run, int threads) noexcept nogil:
    if threads > 1:
        barrier_wait(&run.barrier, threads)


cdef inline void meet_for_rows(Pass* p) noexcept nogil:
    # Waits where this thread's rows may not be complete.
    if not p.rows_ready:
        meet(p.run, p.threads)
        p.rows_ready = True


cdef inline uint64_t number_of_row(Run* run, Py_ssize_t row) noexcept nogil:
    # By which a row of the batch draws.
    return <uint64_t> (row if run.data.row_numbers == NULL else run.data.row_numbers[row])


cdef inline int source_of(Run* run, int i, int input) noexcept nogil:
    return run.edges[run.operations[i].first_edge + input].source


cdef inline Value* input_of(Pass* p, int i, int input) noexcept nogil:
    # A pointer: a copy would read both numbers at once where they have just been written one by one, and wait for that.
    return &p.values[source_of(p.run, i, input)]


cdef inline Value* place_values(Run* run, char* at) noexcept nogil:
    # In a thread's scratch; the inputs lie before the operations.
    return <Value*> at + run.data.source_count


cdef inline bint is_of_batch(const Operation* operation) noexcept nogil:
    # Whether a row of its output depends, in training, on all rows of its input.
    return fastnn_traits(operation.kind).of_batch and not operation.frozen


cdef inline bint reads_data(Run* run, int i) noexcept nogil:
    # Whether an operation is the first, and takes the plan's first input.
    return i == 0 and run.edges[run.operations[0].first_edge].source == -1
